// Descriptions of valid archives that many vectors start from. spec/01-overview.md
import { createHash } from "node:crypto";
import { nameMembers } from "../../dist/format/name.js";
import { one } from "./archive.mjs";
import { bytesOf, canonical, noise, sha256, utf8 } from "./bytes.mjs";
import { keys } from "./keys.mjs";
import { directory, file, linked, special, symlink } from "./tree.mjs";

/** One small file. */
export const tiny = one([file("hello.txt", "hello\n")]);

/** Files of one, two and 17 chunks, a directory, hard links, a symlink. */
export const small = one([
  directory("docs", [file("a.txt", "alpha\n"), file("b.txt", ["first half, ", "second half\n"])]),
  linked("g", file("h1", "linked\n")),
  linked("g", file("h2", "linked\n")),
  symlink("s", "docs/a.txt"),
]);

/** A file with a chunk list. */
export const listed = one([file("long.bin", chunksOf("long", 17))]);

/** A list of level 1 above two lists of 512 and 20 rows. */
export const layered = one([file("long.bin", cutEarly())]);

/** A directory of several leaf pages below a branch page. */
export const wide = one(names(200).map((name) => file(name, "")));

/** Two generations; the second adds a snapshot. */
export const grown = {
  generations: [
    { snapshots: [{ nodes: [file("one.txt", "one\n")] }] },
    { snapshots: [{ nodes: [file("one.txt", "one\n"), file("two.txt", "two\n")] }] },
  ],
};

/** A generation and a tail with a statement of a witness. */
export const witnessed = one([file("hello.txt", "hello\n")], {
  tails: [[["statement", keys.carol, "witness", { action: "witnessed", time: "2026-11-22T10:00:00Z" }]]],
});

/** A frame table in pages of three units. */
export const paged = one([file("a", "a"), file("b", "b"), file("c", "c"), file("d", "d")], { chunksPerBlock: 1, unitsPerPage: 3 });

/** Two frame-table pages; inline stand the rows of two index pages and the index root, and those of the frame-table pages. */
export const pagedTwice = { generations: paged.generations.map((generation) => ({ ...generation, rowsPerPage: 2, unitsPerPage: 5 })) };

/** Three index pages of two rows or one. */
export const indexed = one([file("hello.txt", "hello\n")], { rowsPerPage: 2 });

/** A file was longer when reading had ended than when it was listed. */
export const unstable = { after: stats("1763712131000000002", 20), before: stats("1763712131000000001", 14) };

/** Something was lost on the way. */
export const lossy = one([
  file("changed.log", "as it was read", { unstable }),
  file("fine.txt", "fine\n"),
  unreadable("half.bin", "first|", 10, "|last"),
  special("vanished", "unknown", { mode: undefined, mtime: undefined, errors: [{ code: "ENOENT", operation: "stat" }] }),
]);

/** The first generation is incomplete, the second is not. */
export const healed = {
  generations: [{ snapshots: [{ nodes: lossy.generations[0].snapshots[0].nodes }] }, { snapshots: [{ nodes: [file("fine.txt", "fine\n")] }] }],
};

/** All classes of facts in their order. spec/06-snapshot.md#captured */
const classes = ["name", "type", "content", "links", "mode", "mtime", "atime", "ctime", "birthtime", "owner", "owner-names", "inode"].concat([
  "xattrs",
  "holes",
  "digests",
]);

/** A snapshot of `nodes` that captured every class of facts. */
export function evidence(nodes, document = {}) {
  const captured = { classes, profile: "evidence" };
  return { generations: [{ snapshots: [{ nodes, document: { captured, ...document } }] }] };
}

/** An extended attribute; `name` and `value` are text or bytes. */
export function xattr(name, value) {
  return { ...nameMembers(bytesOf(name)), value: Buffer.from(bytesOf(value)).toString("base64url") };
}

/** Two extended attributes whose canonical JSON has `length` bytes. */
export function longXattrs(length) {
  const first = xattr("user.a", Buffer.alloc(65535));
  const left = length - canonical([first, xattr("user.bcd", "")]).length;
  const both = [first, xattr("user.bcd", Buffer.alloc(Math.floor((left * 3) / 4)))];
  if (canonical(both).length !== length) throw new Error(`no value makes a list of ${length} bytes`);
  return both;
}

/** `count` extended attributes with empty values. */
export const manyXattrs = (count) => names(count).map((name) => xattr(name, ""));

/** `count` holes of one byte, a byte between any two. */
export const holes = (count) => Array.from({ length: count }, (_, i) => ({ offset: 2 * i, length: 1 }));

/** All other digests of a file of these parts. spec/05-page.md#digests */
export function digestsOf(...parts) {
  return Object.fromEntries(["md5", "sha1", "sha512"].map((algorithm) => [algorithm, digestOf(algorithm, parts)]));
}

function digestOf(algorithm, parts) {
  return parts.reduce((hash, part) => hash.update(part), createHash(algorithm)).digest("hex");
}

/** That extended attributes could not be read. */
export const xattrError = { code: "EIO", operation: "xattr" };

/** A file of which `lost` bytes in the middle could not be read. */
export function unreadable(name, before, lost, after) {
  const node = file(name, [before, after]);
  const { size, sha256 } = node.item;
  const errors = [{ code: "EIO", operation: "read", offset: before.length, length: lost }];
  return { ...node, item: { ...node.item, size: size + lost, sha256: null, sha256Stored: sha256, errors } };
}

/** `count` chunks of 100 bytes. */
export function chunksOf(seed, count) {
  const bytes = noise(seed, 100 * count);
  return Array.from({ length: count }, (_, i) => bytes.subarray(100 * i, 100 * (i + 1)));
}

export function names(count) {
  return Array.from({ length: count }, (_, i) => `entry-${String(i).padStart(4, "0")}`);
}

/** What a file was at one time. */
function stats(time, size) {
  return { ctime: time, mtime: time, size };
}

/** 532 chunks of which the 512th ends the first list. */
function cutEarly() {
  const same = Array.from({ length: 511 }, () => utf8("again "));
  let end = 0;
  while ((Buffer.from(sha256(utf8(`end ${end}`))).readUInt16LE() & 0x3ff) !== 0) end++;
  return [...same, utf8(`end ${end}`), ...chunksOf("rest", 20)];
}
