// What a directory holds, as the lines that the conformance tests of targets compare.
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Lines "directory d", "file d/x: contents", "symlink s -> destination"; sorted, one character per byte. */
export function diskLines(folder: string): readonly string[] {
  return [...linesBelow(Buffer.from(folder), "")].sort();
}

function* linesBelow(folder: Buffer, above: string): Generator<string> {
  for (const name of readdirSync(folder, { encoding: "buffer" })) {
    const full = Buffer.concat([folder, Buffer.from("/"), name]);
    const path = above + name.toString("latin1");
    const stats = lstatSync(full);
    if (stats.isSymbolicLink()) yield `symlink ${path} -> ${readlinkSync(full, "buffer").toString("latin1")}`;
    else if (stats.isFile()) yield `file ${path}: ${readFileSync(full, "utf8")}`;
    else yield `directory ${path}`;
    if (stats.isDirectory()) yield* linesBelow(full, `${path}/`);
  }
}
