// Archives with two things wrong, each as in a test vector: the readers name the same class. `PTAR_FUZZ_MINUTES=60 npm run fuzz`; CONTRIBUTING.md says more.
import fc from "fast-check";
import { expect, it } from "vitest";
import { cannotOpen, skipped } from "../vectors/python.js";
import { outcomesOf } from "./judging.js";
import { archiveOfPair, type Pair, pairs } from "./pairs.js";
import { Sample } from "./reference.js";

const { PTAR_FUZZ_MINUTES, PTAR_FUZZ_SEED } = process.env;
const minutes = Number(PTAR_FUZZ_MINUTES ?? 1);
/** As for mutated archives: without wishes always the same. */
const seed = Number(PTAR_FUZZ_SEED ?? (PTAR_FUZZ_MINUTES === undefined ? 1 : Date.now() % 2 ** 31));
/** They take a quarter of the time that mutated archives have. */
const perMinute = 400;

it.runIf(skipped === undefined && !cannotOpen)("archives of two vectors are read alike", { timeout: (minutes + 10) * 60_000 }, async () => {
  const sample = new Sample();
  const look = async (pair: Pair) => {
    const archive = archiveOfPair(pair);
    if (archive === undefined) return;
    const outcomes = await outcomesOf(archive.bytes, archive.base);
    sample.add(archive, outcomes.deep, outcomes);
    if (sample.isFull) sample.compare();
  };
  await fc.assert(fc.asyncProperty(pairs, look), { seed, numRuns: perMinute * minutes });
  sample.compare();
  console.log(`fuzz: seed ${seed}: ${sample.compared} archives of two vectors, for ${sample.otherCodes} another code of the same class`);
  expect(sample.compared).toBeGreaterThan(perMinute * minutes * 0.9);
  expect(sample.differences).toEqual([]);
});
