// Sound archives with one to three things changed, and everything above the change hashed, sealed and signed anew: readers refuse them with a code of the
// list or read what is there. `PTAR_FUZZ_MINUTES=60 npm run fuzz`; CONTRIBUTING.md says more.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import type { Outcome } from "../vectors/vectors.js";
import { outcomesOf, verdictOf, type Wrong, wrongContents, wrongEngine, wrongLevels } from "./judging.js";
import { type Mutant, type Mutation, mutantOf, mutations } from "./mutants.js";
import { Sample } from "./reference.js";
import { Watch } from "./watched.js";

const { PTAR_FUZZ_MINUTES, PTAR_FUZZ_SEED, PTAR_FUZZ_PATH } = process.env;
const minutes = Number(PTAR_FUZZ_MINUTES ?? 1);
/** Without wishes always the same, so that a change of the code alone can turn a run red; a run of given length looks where none looked before. */
const seed = Number(PTAR_FUZZ_SEED ?? (PTAR_FUZZ_MINUTES === undefined ? 1 : Date.now() % 2 ** 31));
/** Peak memory of the process, most of it the test runner's. */
const mostMemory = 1 << 30;

const watch = new Watch();
const sample = new Sample();
afterAll(() => watch.end());

const counts = new Map<string, number>();
const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);

/** What is wrong with what readers say of a mutant. Not every reader looks at each of them. */
async function judge(mutant: Mutant, turn: number): Promise<Wrong> {
  const { bytes, base } = mutant;
  const deep = await verdictOf(bytes, base, "deep");
  const wrong = (await wrongContents(mutant, deep)) ?? (turn % 2 === 0 ? undefined : await otherReaders(mutant, deep, turn));
  if (wrong === undefined) count(deep.expect);
  return wrong;
}

async function otherReaders(mutant: Mutant, deep: Outcome, turn: number): Promise<Wrong> {
  const { bytes, base } = mutant;
  const wrong = await wrongEngine(bytes, base, { deep, read: turn % 16 === 1 ? "by bytes" : "whole" });
  if (wrong !== undefined || turn % 4 === 1) return wrong;
  const outcomes = await outcomesOf(bytes, base);
  sample.add(mutant, outcomes);
  return wrongLevels(outcomes);
}

/** Looks at one mutant; what readers throw without a code is wrong, too. */
async function look(mutation: Mutation): Promise<Wrong> {
  const mutant = mutantOf(mutation);
  if (mutant === undefined) {
    count("not to be built");
    return undefined;
  }
  return watch.over(mutant.bytes, () => judge(mutant, mutation.turn).catch((error: unknown) => `no code: ${(error as Error).stack}`));
}

async function property(mutation: Mutation): Promise<void> {
  const wrong = await look(mutation);
  if (wrong !== undefined) throw new Error(wrong);
}

function summary(): string {
  const total = [...counts.values()].reduce((sum, some) => sum + some, 0);
  return `fuzz: seed ${seed}: ${total} mutations: ${[...counts].map(([what, some]) => `${some} ${what}`).join(", ")}`;
}

it("mutated archives are refused with a code, or read as what they are", { timeout: (minutes + 10) * 60_000 }, async () => {
  const result = await fc.check(fc.asyncProperty(mutations, property), {
    seed,
    numRuns: 2 ** 31 - 1,
    interruptAfterTimeLimit: minutes * 60_000,
    ...(PTAR_FUZZ_PATH !== undefined && { path: PTAR_FUZZ_PATH }),
  });
  console.log(summary());
  if (result.counterexample !== null) {
    const [mutation] = result.counterexample;
    const mutant = mutantOf(mutation) as Mutant;
    const file = join(mkdtempSync(join(tmpdir(), "ptar-fuzz-")), "wrong.ptar");
    writeFileSync(file, mutant.bytes);
    const again = `PTAR_FUZZ_SEED=${result.seed} PTAR_FUZZ_PATH=${result.counterexamplePath} npm run fuzz`;
    expect.fail(`${await look(mutation)}\n${mutant.story}\n${file}\n${again}`);
  }
  expect(process.resourceUsage().maxRSS * 1024).toBeLessThan(mostMemory);
});

it("the reference reader says the same of some of them", { timeout: 600_000 + minutes * 60_000 }, () => {
  const { differences, otherCodes } = sample.compared();
  expect(differences, sample.folder).toEqual([]);
  console.log(`fuzz: the reference reader agrees on ${sample.size} of them, ${otherCodes} times by another code of the same class`);
  rmSync(sample.folder, { recursive: true, force: true });
});
