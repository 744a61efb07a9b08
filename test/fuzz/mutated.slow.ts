// Sound archives with one to three things changed, and everything above the change hashed, sealed and signed anew: readers refuse them with a code of the
// list or read what is there. `PTAR_FUZZ_MINUTES=60 npm run fuzz`; CONTRIBUTING.md says more.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { cannotOpen, skipped } from "../vectors/python.js";
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

/** Whether the reader in Python can look at all of them. */
const compares = skipped === undefined && !cannotOpen;

const watch = new Watch();
const sample = new Sample();
afterAll(() => watch.end());

const counts = new Map<string, number>();
const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);

/** What is wrong with what readers say of a mutant. Not every reader looks at each of them. */
async function judge(mutant: Mutant, turn: number): Promise<Wrong> {
  const { bytes, base } = mutant;
  const deep = await verdictOf(bytes, base, "deep");
  const outcomes = turn % 4 === 3 ? await outcomesOf(bytes, base) : undefined;
  const read = turn % 16 === 1 ? "by bytes" : "whole";
  const wrong =
    (await wrongContents(mutant, deep)) ??
    (outcomes && wrongLevels(outcomes)) ??
    (turn % 4 === 1 ? await wrongEngine(bytes, base, { deep, read }) : undefined);
  if (wrong !== undefined) return wrong;
  count(deep.expect);
  if (compares) sample.add(mutant, deep, outcomes);
  return undefined;
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
  if (sample.isFull) sample.compare();
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

it.runIf(compares)("the reference reader says the same", { timeout: 600_000 }, () => {
  sample.compare();
  console.log(`fuzz: the reference reader looked at ${sample.compared} of them, and named another code of the same class for ${sample.otherCodes}`);
  expect(sample.differences).toEqual([]);
});
