// The corpora by name: each finds or makes its files, and says how many there are.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { linux, linuxTwice, tarTwice } from "./corpora/linux.mjs";
import { modules } from "./corpora/modules.mjs";
import { writeRandomFile } from "./corpora/seeded.mjs";
import { small } from "./corpora/small.mjs";
import { madeOnce, measureTree } from "./corpora/tree.mjs";

const d1Bytes = 2_100_000_000;

const makers = {
  lin: linux,
  nm: modules,
  bin: () => ({ base: "/usr", paths: ["lib", "bin"] }),
  b: linuxTwice,
  d1: ({ made }) => ({
    base: madeOnce(join(made, "d1"), (folder) => writeRandomFile(join(folder, "random.bin"), d1Bytes, "d1")),
    paths: ["random.bin"],
  }),
  d2: tarTwice,
  small,
};

/** Names of all corpora. */
export const corpusNames = Object.keys(makers);

/**
 * A corpus: folders or files `paths` below `base`, count and total size of regular files, and `one` of their paths.
 * What is made is kept in the work folder and found there again.
 */
export function loadCorpus(name, { work, corpusDir, nodeModules }) {
  const made = join(work, "corpora");
  mkdirSync(made, { recursive: true });
  const { base, paths } = makers[name]({ made, corpusDir, nodeModules });
  return { name, base, paths, ...measureTree(base, paths) };
}
