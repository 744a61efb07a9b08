// A copy of a corpus that is edited between rounds: one in a hundred files each time.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../programs.mjs";
import { seededNumbers } from "./seeded.mjs";
import { regularFiles } from "./tree.mjs";

/** A copy of `corpus` in a new folder; `editTo(n)` edits it until it was edited `n` times, so that each program of a round finds the same files. */
export function editableCopy(corpus, folder) {
  mkdirSync(folder);
  run(["cp", "-a", "--reflink=auto", ...corpus.paths.map((path) => join(corpus.base, path)), folder]);
  const paths = corpus.paths.map((path) => path.split("/").at(-1));
  let edited = 0;
  const editTo = (times) => {
    for (; edited < times; edited++) editSome(folder, paths, `edits ${edited}`);
  };
  return { ...corpus, base: folder, paths, editTo };
}

/** Edits one in a hundred of the files below `paths`; which ones and how follows from `seed`. */
export function editSome(folder, paths, seed) {
  const numbers = seededNumbers(seed);
  for (const path of regularFiles(folder, paths)) if (numbers.below(100) === 0) editFile(join(folder, path), numbers);
}

/** Replaces a run of bytes somewhere in a file by a line of text, as an edit of source code does. */
function editFile(path, numbers) {
  const old = readFileSync(path);
  const at = numbers.below(old.length + 1);
  const line = Buffer.from(`/* edited: ${numbers.below(1e9)} */\n`);
  writeFileSync(path, Buffer.concat([old.subarray(0, at), line, old.subarray(at + numbers.below(80))]));
}
