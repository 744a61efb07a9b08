// Corpora of growing size: many tiny files, and one sparse file.
import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { seededBytes } from "./seeded.mjs";
import { madeOnce, measureTree } from "./tree.mjs";

const filesOfFolder = 1000;
const gigabyte = 1e9;
const islandBytes = 64 * 1024;

/** `count` files that hold their own number, a thousand in each folder. */
export function tinyFiles(made, count) {
  const base = madeOnce(join(made, `files-${count}`), (folder) => {
    for (let i = 0; i < count; i++) {
      const at = join(folder, "files", String(Math.floor(i / filesOfFolder)));
      if (i % filesOfFolder === 0) mkdirSync(at, { recursive: true });
      writeFileSync(join(at, String(i)), String(i));
    }
  });
  return { name: "files", amount: count, base, paths: ["files"], ...measureTree(base, ["files"]) };
}

/** One file of `gigabytes`, all holes but 64 KiB of random bytes at the start of each gigabyte. */
export function sparseFile(made, gigabytes) {
  const base = madeOnce(join(made, `sparse-${gigabytes}`), (folder) => {
    const fd = openSync(join(folder, "sparse.bin"), "wx");
    const bytes = seededBytes("islands");
    try {
      ftruncateSync(fd, Math.round(gigabytes * gigabyte));
      for (let i = 0; i < gigabytes; i++) writeSync(fd, bytes.take(islandBytes), 0, islandBytes, i * gigabyte);
    } finally {
      closeSync(fd);
    }
  });
  return { name: "sparse", amount: gigabytes, base, paths: ["sparse.bin"], ...measureTree(base, ["sparse.bin"]) };
}
