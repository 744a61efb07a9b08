// Corpora of Linux sources: lin (the tree), b (the tree twice, edited), d2 (its tar twice, with insertions).
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { run } from "../programs.mjs";
import { editSome } from "./edited.mjs";
import { seededBytes, seededNumbers } from "./seeded.mjs";
import { madeOnce } from "./tree.mjs";

const tree = "linux-source-6.1";
const packed = `/usr/src/${tree}.tar.xz`;
const pieceBytes = 4 * 1024 * 1024;

/** Debian's linux-source-6.1 unpacked: from `corpusDir`, or from the package's file. */
export function linux({ made, corpusDir }) {
  if (corpusDir !== undefined) {
    if (!existsSync(join(corpusDir, tree))) throw new Error(`--corpus-dir ${corpusDir}: there is no ${tree} in it`);
    return { base: corpusDir, paths: [tree] };
  }
  const folder = join(made, "lin");
  if (!existsSync(folder) && !existsSync(packed)) throw new Error(`${packed}: not found; Debian's package is ${tree} (or --corpus-dir)`);
  return { base: madeOnce(folder, (at) => run(["tar", "-xJf", packed, "-C", at])), paths: [tree] };
}

/** The tree twice; one in a hundred files of the second copy is edited. */
export function linuxTwice(options) {
  const base = madeOnce(join(options.made, "b"), (folder) => copyEdited(linux(options), folder));
  return { base, paths: ["first", "second"] };
}

/** Copies `paths` of a corpus to folder/first and folder/second, and edits one in a hundred files of the second. */
export function copyEdited({ base, paths }, folder) {
  for (const copy of ["first", "second"]) {
    mkdirSync(join(folder, copy));
    run(["cp", "-a", "--reflink=auto", ...paths.map((path) => join(base, path)), join(folder, copy)]);
  }
  editSome(folder, ["second"], "edits");
}

/** The tar of the tree twice; the second has 200 insertions. */
export function tarTwice(options) {
  const base = madeOnce(join(options.made, "d2"), (folder) => {
    const { base: from, paths } = linux(options);
    const plain = ["--sort=name", "--format=posix", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
    run(["tar", ...plain, "--pax-option=delete=atime,delete=ctime", "-cf", join(folder, "first.tar"), "-C", from, ...paths]);
    copyWithInsertions(join(folder, "first.tar"), join(folder, "second.tar"), 200);
  });
  return { base, paths: ["first.tar", "second.tar"] };
}

/** Copies a file and puts `count` runs of 1 to 4,096 random bytes at random places. */
export function copyWithInsertions(from, to, count) {
  const numbers = seededNumbers("insertions");
  const bytes = seededBytes("inserted");
  const [source, target] = [openSync(from, "r"), openSync(to, "wx")];
  try {
    const { size } = fstatSync(source);
    const places = Array.from({ length: count }, () => numbers.below(size + 1)).sort((a, b) => a - b);
    let at = 0;
    for (const place of places) {
      copyRange(source, target, at, place);
      writeSync(target, bytes.take(1 + numbers.below(4096)));
      at = place;
    }
    copyRange(source, target, at, size);
  } finally {
    closeSync(source);
    closeSync(target);
  }
}

function copyRange(source, target, from, to) {
  const piece = Buffer.alloc(pieceBytes);
  for (let at = from; at < to; ) {
    const got = readSync(source, piece, 0, Math.min(piece.length, to - at), at);
    if (got === 0) throw new Error(`the file became shorter than ${to} bytes while it was copied`);
    for (let done = 0; done < got; ) done += writeSync(target, piece, done, got - done);
    at += got;
  }
}
