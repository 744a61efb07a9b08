// The benchmark: ptar and other programs alternately on the same files. `node bench/run.mjs --help`, bench/README.md
// Aborts when any command fails. Goals stand beside what was measured; the exit code does not depend on them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { corpusNames, loadCorpus } from "./corpora.mjs";
import { goals } from "./goals.mjs";
import { describeMachine, fileSystemOf } from "./machine.mjs";
import { measure } from "./measure.mjs";
import { archiveActions, listed, readOptions, repositoryActions } from "./options.mjs";
import { interruptible, timeProgram } from "./paired.mjs";
import { ptarPrograms } from "./peers/ptar.mjs";
import { loadPeers, peerNames } from "./peers.mjs";
import { versionOf } from "./programs.mjs";
import { actionText, corpusText, headText, memoryText, notMeasuredText } from "./report.mjs";

// what needs no files
const noCorpus = { name: "*", base: undefined, paths: [], one: "" };

async function main(options) {
  listed("--corpus", options.corpora, corpusNames);
  versionOf({ command: [timeProgram, "--version"], debian: "time" });
  const peers = loadPeers(listed("--peers", options.peers, peerNames));
  mkdirSync(options.work, { recursive: true });
  const archives = mkdtempSync(join(options.work, "run-"));
  const out = mkdtempSync(join(options.out ?? fastFolder(options.work), "ptar-bench-out-"));
  try {
    const programs = [...ptarPrograms({ ...options, folder: join(archives, "keys") }), ...peers];
    const machine = describeMachine({ archives, out });
    console.log(headText(machine, programs, options));
    const results = await measureAll(options, { programs, folders: { archives, out } });
    const missing = notMeasuredText(options.corpora, results.results);
    if (missing !== "") console.log(missing);
    if (options.json !== undefined) writeJson(options, { machine, programs, ...results });
  } finally {
    for (const folder of [archives, out]) rmSync(folder, { recursive: true, force: true });
  }
}

/** Memory as a folder, where there is one: what is compared is the programs, not a disk. */
function fastFolder(otherwise) {
  try {
    return fileSystemOf("/dev/shm") === "tmpfs" ? "/dev/shm" : otherwise;
  } catch {
    return otherwise;
  }
}

async function measureAll(options, context) {
  const corpora = [];
  const results = [];
  for (const name of options.corpora) {
    const corpus = loadCorpus(name, options);
    corpora.push(corpus);
    console.log(corpusText(corpus));
    const onCorpus = await measureCorpus(corpus, options, context);
    if (options.actions.includes("memory")) console.log(memoryText(name, onCorpus));
    results.push(...onCorpus);
  }
  if (options.actions.includes("version")) results.push(await measured("version", noCorpus, { ...context, rounds: options.rounds }));
  return { corpora, results };
}

/** What writes comes before what reads it, measured or not; what was written is removed at the end. */
async function measureCorpus(corpus, { actions, rounds }, context) {
  const isWished = (action) => actions.includes(action);
  const results = [];
  for (const [writing, reading] of [
    ["create", archiveActions.filter(isWished)],
    ["backup", repositoryActions.filter(isWished)],
  ]) {
    const onlyMemory = writing === "create" && actions.every((action) => ["memory", "version"].includes(action)) && isWished("memory");
    if (isWished(writing) || onlyMemory) results.push(await measured(writing, corpus, { ...context, rounds }));
    else if (reading.length > 0) await measure(writing, corpus, { ...context, rounds: 0 });
    for (const action of reading) results.push(await measured(action, corpus, { ...context, rounds }));
  }
  return results;
}

async function measured(action, corpus, context) {
  const result = await measure(action, corpus, context);
  console.log(actionText(result));
  return result;
}

function writeJson({ json, rounds, workers }, { machine, programs, corpora, results }) {
  const described = programs.map(({ steps: _steps, programs: _programs, ...facts }) => facts);
  writeFileSync(json, `${JSON.stringify({ machine, rounds, workers, programs: described, corpora, results, goals }, null, 2)}\n`);
}

await interruptible(async () => {
  const options = readOptions(process.argv.slice(2));
  if (options.help !== undefined) console.log(options.help);
  else await main(options);
});
