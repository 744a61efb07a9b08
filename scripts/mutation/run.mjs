// Runs the tests over the mutants: all of them in one process a file; then, for those that may be noticed where modules are loaded
// or in hooks, a process for each.
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

/** A test that takes longer is not repeated, ms. */
const longest = 300;
/** How many test files one mutant gets processes for. */
const mostFiles = 4;

/** How long a mutant is tried in each list of tests, ms: longer in the last when few are left. */
const budgets = [() => 5_000, () => 2_000, (alive) => Math.max(2_000, Math.min(20_000, 300_000 / alive))];

/** The mutants, each with what killed it. */
export async function runTests({ root, folder, firsts, mutants, tests }) {
  const read = (name) =>
    existsSync(join(folder, name))
      ? readFileSync(join(folder, name), "utf8")
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line))
      : [];
  const kill = (id, file, test) => appendFileSync(join(folder, "killed"), `${JSON.stringify({ id, file, test })}\n`);
  writeFileSync(join(folder, "count.json"), JSON.stringify({ count: mutants.length + 1, firsts }));
  for (const { id, left } of mutants) if (left) kill(id, "", "left out");

  /** The mutant that was on when the process of `file` died. */
  const currentOf = (file) => {
    const path = join(folder, `current ${file.replaceAll("/", " ")}`);
    return existsSync(path) ? Number(readFileSync(path, "utf8")) : 0;
  };
  const countAlive = () => mutants.length - new Set(read("killed").map((one) => one.id)).size;
  const tryAll = (files, budget) => {
    for (let crashes = 0; files.length > 0; ) {
      vitest(root, { folder, files, longest, budget });
      const done = new Set(read("done").map(({ file }) => file));
      const undone = files.filter((file) => !done.has(file));
      const unclear = new Set(read("unclear").map(({ id }) => id));
      for (const file of undone) {
        const id = currentOf(file);
        if (id !== 0 && !unclear.has(id)) kill(id, file, "never ends, or ends the process");
      }
      if (undone.length === files.length && ++crashes > 200) throw new Error(`${undone[0]} cannot be run`);
      files = undone;
      console.error(`${files.length} files left, ${countAlive()} mutants alive`);
    }
  };
  const sound = new Map();
  /** A file that passes in a process of its own with no mutant on. */
  const isSound = ({ file }) => {
    if (!sound.has(file)) sound.set(file, vitest(root, { folder, files: [file], one: mutants.length + 1 }));
    return sound.get(file);
  };
  const tryAlone = (files) => {
    const killed = new Set(read("killed").map(({ id }) => id));
    const done = read("done").filter(({ file }) => files.includes(file));
    for (const { id, file } of mutants.filter((mutant) => !killed.has(mutant.id))) {
      const mirror = `/${basename(file, ".ts")}.test.ts`;
      const rank = (test) => (test.file.endsWith(mirror) ? 0 : test.ms);
      const seen = done
        .filter(({ outside, untried, spent }) => untried.includes(id) || (outside.includes(id) && !spent.some(([tried]) => tried === id)))
        .sort((a, b) => rank(a) - rank(b));
      const chosen = seen
        .slice(0, mostFiles)
        .filter(isSound)
        .map((test) => test.file);
      if (chosen.length === 0) continue;
      const passes = vitest(root, { folder, files: chosen, one: id });
      if (!passes) kill(id, chosen[0], "on from the start");
      console.error(`${id} ${passes ? "survives" : "killed"}: ${chosen.join(" ")}`);
    }
  };

  let budget = 0;
  for (const [i, files] of tests.entries()) {
    budget += budgets[i](countAlive());
    tryAll(files, budget);
    tryAlone(files);
  }
  const killed = new Map(read("killed").map((one) => [one.id, one]));
  return mutants.map((mutant) => ({ ...mutant, by: killed.get(mutant.id) }));
}

/** Whether all tests of `files` pass. */
function vitest(root, { files, ...what }) {
  // a mutant that never ends does so in a process that vitest started: timeout ends the whole group
  const { status, stdout, stderr, error } = spawnSync(
    what.one ? "timeout" : process.execPath,
    [
      ...(what.one ? ["--signal", "KILL", "90", process.execPath] : []),
      "node_modules/vitest/vitest.mjs",
      "run",
      "--config",
      join(import.meta.dirname, "vitest.config.mjs"),
      ...(what.one ? ["--bail", "1"] : []),
    ],
    {
      cwd: root,
      encoding: "utf8",
      maxBuffer: 1 << 28,
      env: { ...process.env, NO_COLOR: "1", TMPDIR: join(what.folder, "tmp"), PTAR_MUTATION: JSON.stringify({ root, files, ...what }) },
    },
  );
  if (error !== undefined) throw error;
  if (!what.one) writeFileSync(join(what.folder, "out"), stdout + stderr);
  if (process.env.PTAR_MUTATION_LOG && !what.one) appendFileSync(process.env.PTAR_MUTATION_LOG, stdout + stderr);
  return status === 0;
}
