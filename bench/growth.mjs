// How time, memory and size grow with the input: `node bench/growth.mjs --help`, bench/README.md. Nothing is judged.
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { sparseFile, tinyFiles } from "./corpora/growing.mjs";
import { exponent, spread } from "./figures.mjs";
import { storedBytes } from "./frames.mjs";
import { goalsFor, goalText } from "./goals.mjs";
import { describeMachine } from "./machine.mjs";
import { counted, listed, words } from "./options.mjs";
import { alternate, interruptible, timeProgram } from "./paired.mjs";
import { ptarPrograms } from "./peers/ptar.mjs";
import { run, versionOf } from "./programs.mjs";
import { seconds, table } from "./report.mjs";

const usage = `usage: node bench/growth.mjs [options]
  --files LIST     counts of tiny files (default 10000,100000,1000000)
  --sparse LIST    gigabytes of a sparse file (default 1,10,100)
  --actions LIST   create, verify, list (default create,verify); create always runs
  --rounds N       measured runs of each, without a warm-up (default 1)
  --workers N      passed on to the commands of ptar that have it
  --work DIR       corpora and archives; corpora are kept (default ${join(tmpdir(), "ptar-bench")})
  --json FILE      also write every run as JSON
An empty list leaves a corpus out.`;

const known = ["create", "verify", "list"];
const corpora = { files: tinyFiles, sparse: sparseFile };
const units = { files: "files", sparse: "GB" };
const mebibyte = 1024 * 1024;

function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      files: { type: "string", default: "10000,100000,1000000" },
      sparse: { type: "string", default: "1,10,100" },
      actions: { type: "string", default: "create,verify" },
      rounds: { type: "string", default: "1" },
      workers: { type: "string" },
      work: { type: "string", default: join(tmpdir(), "ptar-bench") },
      json: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const chosen = listed("--actions", words(values.actions), known);
  return {
    ...values,
    ...(values.help ? { usage } : {}),
    sizes: { files: amounts("--files", values.files), sparse: amounts("--sparse", values.sparse) },
    actions: known.filter((action) => action === "create" || chosen.includes(action)),
    rounds: counted("--rounds", values.rounds),
    work: resolve(values.work),
  };
}

function amounts(option, list) {
  const numbers = words(list).map(Number);
  if (numbers.some((number) => !(number > 0))) throw new Error(`${option}: ${list} is not a list of positive numbers`);
  return numbers.sort((a, b) => a - b);
}

async function main(options) {
  versionOf({ command: [timeProgram, "--version"], debian: "time" });
  mkdirSync(options.work, { recursive: true });
  const folder = mkdtempSync(join(options.work, "run-"));
  try {
    const [ptar] = ptarPrograms({ nodes: [process.execPath], sealing: ["plain"], workers: options.workers, folder: join(folder, "keys") });
    const machine = describeMachine({ archives: folder, out: folder });
    const { date, processors, memoryGiB, kernel, archivesOn } = machine;
    console.log(`${date}; ${processors}, ${memoryGiB} GiB; ${kernel}; archives on ${archivesOn}; ${ptar.name} ${ptar.version}, ${ptar.settings}`);
    const results = [];
    for (const kind of Object.keys(corpora)) results.push(...(await growthOf(kind, ptar, { ...options, folder })));
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ machine, results }, null, 2)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Measures one kind of corpus in all its sizes, and prints a table for each action. */
async function growthOf(kind, ptar, options) {
  const results = [];
  for (const amount of options.sizes[kind]) {
    const corpus = corpora[kind](join(options.work, "corpora"), amount);
    results.push(...(await measureAmount(corpus, ptar, options)));
  }
  for (const action of options.actions) {
    const rows = results.filter((result) => result.action === action);
    if (rows.length > 0) console.log(growthText(kind, action, rows));
  }
  const goal = goalsFor({ action: "growth", corpus: kind }).map(goalText).join("; ");
  if (results.length > 0) console.log(`\nGoal: ${goal}`);
  return results;
}

async function measureAmount(corpus, ptar, { folder, actions, rounds }) {
  const steps = ptar.steps({ corpus, home: folder, out: join(folder, "out") });
  const results = [];
  for (const action of actions) {
    const contender = { name: `${action} ${corpus.name} ${corpus.amount}`, env: steps.env, ...steps[action] };
    const [runs] = await alternate([contender], { rounds, figuresFile: join(folder, "figures"), warmUp: "none" });
    results.push({ kind: corpus.name, action, amount: corpus.amount, files: corpus.files, runs });
  }
  const [node, bin] = steps.version.command;
  const { output } = steps.create;
  const { objects } = JSON.parse(run([node, bin, "info", output, "--json"], { env: steps.env }));
  const facts = { objects, size: statSync(output).size, stored: storedBytes(output) };
  return results.map((result) => ({ ...result, ...facts }));
}

/** Exponents and added bytes are against the row above. */
function growthText(kind, action, results) {
  const rows = results.map((result, i) => rowOf(result, results[i - 1]));
  const header = [
    units[kind],
    "wall s",
    "CPU s",
    "peak MiB",
    "archive MB",
    "wall ^",
    "size ^",
    "peak ^",
    "peak + B/object",
    "index B/object",
    "metadata B/entry",
  ];
  return `\n### growth: ${action} ${kind} (exponents: 1 is linear, 0 no growth)\n\n${table(header, rows)}`;
}

function rowOf(result, before) {
  const grew = (value) => (before === undefined ? "" : exponent(value(before), value(result), { from: before.amount, to: result.amount }).toFixed(2));
  const median = (key) => (of) => spread(of.runs.map((run) => run[key])).median;
  const memory = median("memory");
  const added = before === undefined ? "" : ((memory(result) - memory(before)) / Math.max(1, result.objects - before.objects)).toFixed(0);
  return [
    String(result.amount),
    seconds(median("wall")(result)),
    seconds(median("cpu")(result)),
    (memory(result) / mebibyte).toFixed(0),
    (result.size / 1e6).toFixed(3),
    grew(median("wall")),
    grew((of) => of.size),
    grew(memory),
    result.kind === "files" ? added : "",
    (result.stored.index / result.objects).toFixed(1),
    result.kind === "files" ? (result.stored.metadata / result.files).toFixed(1) : "",
  ];
}

await interruptible(async () => {
  const options = readOptions(process.argv.slice(2));
  if (options.usage !== undefined) console.log(options.usage);
  else await main(options);
});
