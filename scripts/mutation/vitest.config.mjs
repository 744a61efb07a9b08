// Runs test files over mutated sources, in the order given, one after the other in a process of its own.
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { defineConfig } from "vitest/config";
import { mutate } from "./points.mjs";

const { root, folder, files } = JSON.parse(process.env.PTAR_MUTATION);
const { firsts } = JSON.parse(readFileSync(join(folder, "count.json"), "utf8"));

class GivenOrder {
  shard = (specifications) => specifications;
  sort = (specifications) => specifications.toSorted((a, b) => placeOf(a) - placeOf(b));
}
const placeOf = ({ moduleId }) => files.indexOf(relative(root, moduleId));

const mutated = {
  name: "mutated",
  enforce: "pre",
  transform: (text, id) => {
    const first = firsts[relative(root, id)];
    return first === undefined ? undefined : mutate(relative(root, id), text, first).text;
  },
};

export default defineConfig({
  root,
  plugins: [mutated],
  test: {
    include: files,
    runner: join(import.meta.dirname, "runner.mjs"),
    pool: "forks",
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 60_000,
    sequence: { sequencer: GivenOrder },
    reporters: ["dot"],
    silent: true,
  },
});
