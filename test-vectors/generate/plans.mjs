// Descriptions of valid archives that many vectors start from. spec/01-overview.md
import { one } from "./archive.mjs";
import { noise, sha256, utf8 } from "./bytes.mjs";
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

/** Three index pages of two rows or one. */
export const indexed = one([file("hello.txt", "hello\n")], { rowsPerPage: 2 });

/** Something was lost on the way. */
export const lossy = one([
  file("changed.log", "as it was read", { unstable: { ctime: "1763712131000000002", mtime: "1763712131000000002", size: 20 } }),
  file("fine.txt", "fine\n"),
  unreadable("half.bin", "first|", 10, "|last"),
  special("vanished", "unknown", { mode: undefined, mtime: undefined, errors: [{ code: "ENOENT", operation: "stat" }] }),
]);

/** The first generation is incomplete, the second is not. */
export const healed = {
  generations: [{ snapshots: [{ nodes: lossy.generations[0].snapshots[0].nodes }] }, { snapshots: [{ nodes: [file("fine.txt", "fine\n")] }] }],
};

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

/** 532 chunks of which the 512th ends the first list. */
function cutEarly() {
  const same = Array.from({ length: 511 }, () => utf8("again "));
  let end = 0;
  while ((Buffer.from(sha256(utf8(`end ${end}`))).readUInt16LE() & 0x3ff) !== 0) end++;
  return [...same, utf8(`end ${end}`), ...chunksOf("rest", 20)];
}
