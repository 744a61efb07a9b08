// What one entry costs where its bytes are not read: `node bench/micro/tree.mjs [--entries 100000] [--rounds 5] [--only write] [--dist FOLDER]`.
// Prints medians of CPU microseconds for one entry or call. Objects are kept in memory; nothing is compressed.
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    entries: { type: "string", default: "100000" },
    rounds: { type: "string", default: "5" },
    only: { type: "string", default: "" },
    dist: { type: "string", default: join(import.meta.dirname, "../../dist") },
  },
});
const load = (path) => import(pathToFileURL(join(resolve(values.dist), path)).href);
const { captureItem } = await load("archive/captured.js");
const { objectId } = await load("block/object-id.js");
const { toUtf8 } = await load("bytes/utf8.js");
const { toHex, fromHex } = await load("bytes/hex.js");
const { limits } = await load("format/limits.js");
const { nameMembers } = await load("format/name.js");
const { captureClasses } = await load("format/snapshot.js");
const { nativeCrypto: crypto } = await load("native/crypto.js");
const { checkTree } = await load("tree/check-tree.js");
const { TreeWriter } = await load("tree/tree-writer.js");
const { walkTree } = await load("tree/walk.js");

const count = Number(values.entries);
const perDirectory = 16;
const captured = { classes: captureClasses.filter((name) => name !== "digests"), profile: "evidence" };
const salt = new Uint8Array(32).fill(7);
const id = toHex(crypto.sha256(toUtf8("contents")));

/** Facts as a source gives them, shaped like those of a kernel tree: two levels of directories, 16 files in each. */
function facts(i, type) {
  const time = String(1_700_000_000_000_000_000n + BigInt(i) * 1_000_003n);
  const times = { atime: time, mtime: time, ctime: time, birthtime: time };
  const item = { type, mode: 0o644, uid: 1000, gid: 1000, ...times, dev: "65024", inode: String(1_000_000 + i), nlink: 1 };
  return type === "file" ? { ...item, size: 1000 + i } : item;
}

function itemOf(listed, name) {
  const read = listed.type === "file" ? { size: listed.size, sha256: id } : {};
  return { ...captureItem(listed, captured), ...read, ...nameMembers(name) };
}

function namesOf(stem, extension) {
  return Array.from({ length: count }, (_, i) => toUtf8(`${stem}-${String(i).padStart(7, "0")}${extension}`));
}
const listedFiles = Array.from({ length: count }, (_, i) => facts(i, "file"));
const listedDirectories = Array.from({ length: Math.ceil(count / perDirectory) }, (_, i) => facts(i, "directory"));
const fileNames = namesOf("driver", ".c");
const directoryNames = namesOf("subsystem", "");

function write() {
  const objects = new Map();
  const put = (kind, bytes) => {
    const key = objectId(crypto, kind, bytes);
    objects.set(toHex(key), bytes);
    return key;
  };
  const tree = new TreeWriter(crypto, { put }, salt);
  let files = 0;
  for (let i = 0; files < count; i++) {
    if (i % perDirectory === 0) {
      if (i > 0) tree.leave();
      tree.enter(directoryNames[i], itemOf(listedDirectories[i], directoryNames[i]));
    }
    tree.enter(directoryNames[i], itemOf(listedDirectories[i], directoryNames[i]));
    for (let k = 0; k < perDirectory && files < count; k++, files++) tree.add(fileNames[files], itemOf(listedFiles[files], fileNames[files]), {});
    tree.leave();
  }
  tree.leave();
  return { written: tree.finish(), objects };
}

const { written, objects } = write();
const reader = { crypto, limits, get: async (_, key) => objects.get(toHex(key)) };
const { counters, itemCount, itemRoot, root } = written;
const snapshot = {
  items: { count: itemCount, root: toHex(itemRoot) },
  completeness: { failed: 0, unstable: 0, stored: counters.entries },
};
const content = { root: toHex(root), salt: toHex(salt), links: null };

async function walk() {
  let entries = 0;
  for await (const step of walkTree(reader, root)) if (step.kind === "entry") entries++;
  if (entries !== itemCount) throw new Error(`walked ${entries} of ${itemCount} entries`);
}

const check = (level) =>
  checkTree(
    { objects: reader, idOf: (kind, bytes) => objectId(crypto, kind, bytes), chunk: async () => ({ length: undefined }), level },
    snapshot,
    content,
  );

/** Microseconds of one call, over 200,000. */
function each(work) {
  return () => {
    for (let i = 0; i < 200_000; i++) work(i);
  };
}

const path = toUtf8("drivers/net/ethernet/vendor/driver-0000001.c");
const text = JSON.stringify({ ...itemOf(listedFiles[0], fileNames[0]) });
const digest = fromHex(id);
const rows = [
  ["write: capture, texts, item tree, pages", itemCount, write],
  ["walk: pages decoded", itemCount, walk],
  ["check: standard", itemCount, () => check("standard")],
  ["check: full (item tree too)", itemCount, () => check("full")],
  ["captureItem", 200_000, each((i) => captureItem(listedFiles[i % count], captured))],
  ["sha256 of three parts, 100 bytes", 200_000, each(() => crypto.sha256(salt, salt, path))],
  ["sha256 of one part, 400 bytes", 200_000, each(() => crypto.sha256(toUtf8(text)))],
  ["toHex of 32 bytes", 200_000, each(() => toHex(digest))],
  ["fromHex of 32 bytes", 200_000, each(() => fromHex(id))],
  ["toUtf8 of a name", 200_000, each(() => toUtf8("driver-0000001.c"))],
  ["nameMembers", 200_000, each((i) => nameMembers(fileNames[i % count]))],
];

console.log(
  `Node ${process.versions.node}, OpenSSL ${process.versions.openssl}, ${itemCount} entries, ${objects.size} pages, root ${toHex(itemRoot).slice(0, 16)}`,
);
for (const [name, per, work] of rows.filter(([name]) => name.startsWith(values.only))) {
  const times = [];
  await work(); // warm
  for (let round = 0; round < Number(values.rounds); round++) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / per);
  }
  times.sort((a, b) => a - b);
  console.log(`${times[times.length >> 1].toFixed(2).padStart(8)} µs  ${name}`);
}
