// One action on one corpus: its command for each program, runs in turn, ratios against the peers.
import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { editableCopy } from "./corpora/edited.mjs";
import { measureTree, regularFiles } from "./corpora/tree.mjs";
import { ratios } from "./figures.mjs";
import { goalsFor } from "./goals.mjs";
import { alternate } from "./paired.mjs";
import { run } from "./programs.mjs";

// starts are short, and a shared machine disturbs short runs most
const startRounds = 2;

/**
 * Measures `action` on `corpus` with those of `programs` that have it. `folders` has `archives` and `out`; archives of an earlier create stay.
 * @returns `{ action, corpus, rounds, programs: [{ name, key, runs, size? }], ratios: [{ …, goals }] }`
 */
export async function measure(action, original, { programs, folders, rounds }) {
  const corpus = action === "edited" ? editableCopy(original, join(folders.archives, "edited")) : original;
  const having = programs.flatMap((program) => {
    const place = placeOf(program, folders);
    const steps = program.steps({ corpus, ...place });
    return steps[action] === undefined ? [] : [{ program, steps, contender: contenderOf(action, { program, steps, place, corpus }) }];
  });
  const count = action === "version" ? rounds * startRounds : rounds;
  const runs = await alternate(
    having.map(({ contender }) => contender),
    { rounds: count, figuresFile: join(folders.archives, "figures") },
  );
  const measured = having.map(({ program, steps }, i) => ({
    name: program.name,
    key: program.key,
    node: program.node,
    zstd: program.zstd,
    encrypted: program.encrypted,
    runs: runs[i],
    ...(steps[action].output === undefined ? {} : { size: sizeOf(steps[action].output) }),
  }));
  return { action, corpus: corpus.name, rounds: count, programs: measured, ratios: rounds === 0 ? [] : pairs(measured, action, corpus.name) };
}

function placeOf(program, { archives, out }) {
  const name = program.name.replaceAll(/[^\w.]+/g, "-");
  const home = join(archives, name);
  mkdirSync(home, { recursive: true });
  return { home, out: join(out, name) };
}

function contenderOf(action, { program, steps, place, corpus }) {
  const { before, output: _output, ...step } = steps[action];
  const contender = { name: `${program.name}: ${action} ${corpus.name}`, env: steps.env, ...step };
  if (action === "extract") return { ...contender, ...extracting(program.name, place.out, corpus) };
  if (before === undefined) return contender;
  let turn = 0;
  const prepare = () => {
    before();
    // the warm-up backs up what was not edited yet
    corpus.editTo?.(turn++);
    // what an earlier command left to be written would be waited for by the next one that syncs
    run(["sync", "-f", place.home]);
  };
  return { ...contender, before: prepare };
}

/** An empty folder before, nothing after, and once a look whether all files are there. */
function extracting(name, out, corpus) {
  let seen = "not yet";
  const remove = () => rmSync(out, { recursive: true, force: true });
  return {
    before: () => [remove(), mkdirSync(out, { recursive: true })],
    after: () => {
      if (seen === "not yet") checkExtracted(name, out, corpus);
      seen = "whole";
      remove();
    },
  };
}

function checkExtracted(name, out, corpus) {
  const { files, bytes } = measureTree(out, readdirSync(out));
  if (files === corpus.files && bytes === corpus.bytes) return;
  throw new Error(`${name}: extracted ${files} files of ${bytes} bytes, the corpus has ${corpus.files} of ${corpus.bytes}`);
}

function sizeOf(output) {
  if (!existsSync(output)) throw new Error(`${output}: nothing was written`);
  return regularFiles(output, [""]).reduce((sum, path) => sum + lstatSync(join(output, path)).size, 0);
}

function pairs(measured, action, corpus) {
  const ours = measured.filter(({ key }) => key === "ptar" || key === "sealed");
  return ours.flatMap((subject) =>
    measured
      .filter((base) => isBaseOf(base, subject, ours[0]))
      .map((base) => {
        const wanted = { action, corpus, subject: subject.key === "sealed" ? "sealed" : "plain", base: base.key, zstd: subject.zstd };
        return { ...ratios(subject, base), goals: goalsFor(wanted) };
      }),
  );
}

/** Peers are, for the sealed one those that encrypt; a Node alone and ptar unsealed are for the same Node; the first ptar is for other Nodes. */
function isBaseOf(base, subject, first) {
  if (base === subject || base.key === "sealed") return false;
  if (base.key === "node") return base.node === subject.node;
  if (base.key !== "ptar") return subject.key !== "sealed" || base.encrypted !== "no";
  return subject.key === "sealed" ? base.node === subject.node : base === first;
}
