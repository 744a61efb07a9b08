// The corpus small: the case of examples/ and some hundred made files, a few megabytes in a second, for CI and tests.
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { seededBytes, seededNumbers } from "./seeded.mjs";
import { madeOnce } from "./tree.mjs";

const example = join(import.meta.dirname, "../../examples/case");
const textFiles = 400;
const foldersOfText = 20;

/** examples/case, 400 files of words in 20 folders, and four larger ones: two random, one the copy of another, one of few values. */
export function small({ made }) {
  return { base: madeOnce(join(made, "small"), fill), paths: ["case", "text", "large"] };
}

function fill(folder) {
  cpSync(example, join(folder, "case"), { recursive: true, verbatimSymlinks: true });
  const numbers = seededNumbers("text");
  const words = Array.from({ length: 2000 }, () => numbers.below(2 ** 40).toString(36));
  for (let i = 0; i < textFiles; i++) {
    const at = join(folder, "text", String(i % foldersOfText));
    mkdirSync(at, { recursive: true });
    writeFileSync(join(at, `${i}.txt`), text(words, numbers, 20 + numbers.below(2000)));
  }
  mkdirSync(join(folder, "large"));
  const random = seededBytes("large").take(1 << 20);
  for (const name of ["random.bin", "copy.bin"]) writeFileSync(join(folder, "large", name), random);
  writeFileSync(join(folder, "large", "shifted.bin"), Buffer.concat([Buffer.from("shifted"), random]));
  writeFileSync(
    join(folder, "large", "few.bin"),
    random.map((byte) => byte & 3),
  );
}

function text(words, numbers, count) {
  const line = () => Array.from({ length: 10 }, () => words[numbers.below(words.length)]).join(" ");
  return Array.from({ length: Math.ceil(count / 10) }, line).join("\n");
}
