// Deletes each check and shifts each bound of a folder of src/, and says which of these mutants no test notices.
// node scripts/mutation/main.mjs [--list] [--constants] [--survivors FILE] [--save FILE] [--tests PATTERN] [PATH…]    see CONTRIBUTING.md
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { mutate } from "./points.mjs";
import { reportOf } from "./report.mjs";
import { runTests } from "./run.mjs";

const usual = ["src/container", "src/format", "src/block", "src/merkle", "src/statement", "src/archive/extract.ts", "src/archive/list.ts"];
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: "boolean", default: false },
    /** Tries only those that an earlier run saved. */
    survivors: { type: "string" },
    /** Tries constants of modules too: each needs a process of its own, seconds, and hardly one survives. */
    constants: { type: "boolean", default: false },
    save: { type: "string" },
    tests: { type: "string", default: "" },
    root: { type: "string", default: join(import.meta.dirname, "../..") },
  },
});
const root = realpathSync(values.root);

const sources = (positionals.length > 0 ? positionals : [...usual, "src/connectors/node/target"]).flatMap(filesOf);
const firsts = {};
const mutants = [];
for (const file of sources) {
  firsts[file] = mutants.length + 1;
  mutants.push(...mutate(file, readFileSync(join(root, file), "utf8"), firsts[file]).mutants);
}

if (values.list) for (const { file, line, original, change } of mutants) console.info(`${file}:${line} ${original} → ${change}`);
else {
  const folder = mkdtempSync(join(tmpdir(), "ptar-mutation-"));
  mkdirSync(join(folder, "tmp"));
  try {
    const results = await runTests({ root, folder, firsts, mutants: wanted(), tests: testsOf(values.tests) });
    if (values.save)
      writeFileSync(
        values.save,
        JSON.stringify(
          results.filter(({ by, left }) => by === undefined && !left),
          null,
          1,
        ),
      );
    console.info(reportOf(results));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** All mutants, those marked that are left out. */
function wanted() {
  const only = values.survivors && new Set(JSON.parse(readFileSync(values.survivors, "utf8")).map(({ key }) => key));
  return mutants.map((mutant) => ({ ...mutant, left: (mutant.constant && !values.constants) || (only && !only.has(mutant.key)) }));
}

function filesOf(path) {
  if (!statSync(join(root, path)).isDirectory()) return [path];
  const below = readdirSync(join(root, path), { recursive: true });
  return below
    .filter((name) => name.endsWith(".ts") && !name.startsWith("generated"))
    .map((name) => join(path, name))
    .sort();
}

/** The tests of the mutated folders, the vectors, and the tests of what stands upon them, one list after the other. */
function testsOf(pattern) {
  const found = readdirSync(join(root, "test"), { recursive: true }).map((name) => join("test", name));
  const all = found.filter((name) => name.endsWith(".test.ts") && name.includes(pattern) && !/^test.(cli|project|bench|browser|native)/.test(name));
  const own = (name) => sources.some((source) => name.startsWith(source.replace(/^src/, "test").replace(/[^/]*$/, "")));
  const rank = (name) => (own(name) ? 0 : name.endsWith("vectors/verify.test.ts") ? 1 : 2);
  return [0, 1, 2].map((wanted) => all.filter((name) => rank(name) === wanted).sort());
}
