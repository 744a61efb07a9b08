// The index of 3 million objects, of 10 million with PTAR_THOROUGH=1: memory while it is built, and when it was opened from a cache.
// spec/15-repository.md#index
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { amount } from "../thorough.js";
import { repository, temporaryFolder } from "./program.js";

const rows = amount(3_000_000, 10_000_000);
/** Of the whole process, Node's own among it: 600 for 10 million; measured 225 to 234 for 3 million. */
const boundMegabytes = 110 + (49 * rows) / 1e6;
/** What was decoded of index archives is there beside it while they are read; measured 614 to 638 for 10 million, 255 for 3 million. */
const readingMegabytes = boundMegabytes + (8 * rows) / 1e6;
const folder = temporaryFolder();

/** Runs a step of the benchmark in a process of its own; the most memory that it had, MB. It fails when a lookup has a wrong answer. */
function peakOf(...step: readonly string[]): number {
  const run = spawnSync(process.execPath, [join(repository, "bench/micro/pack-index.mjs"), ...step], { encoding: "utf8" });
  expect(run.status, run.stderr).toBe(0);
  const { peak } = JSON.parse(run.stdout) as { readonly peak: number };
  console.info(`${step[0]} ${step[3] ?? ""}: ${peak} MB at most`);
  return peak;
}

describe(`the index of ${rows / 1e6} million objects`, () => {
  test("is built and written to a cache in bounded memory", () => {
    expect(peakOf("build", folder, String(rows))).toBeLessThan(boundMegabytes);
  });

  test.each(["plain", "sealed"])("is opened from a %s cache in bounded memory", (form) => {
    expect(peakOf("open", folder, String(rows), form)).toBeLessThan(boundMegabytes);
  });

  test("is read from index archives the first time, and from the cache the next, in bounded memory", () => {
    peakOf("publish", folder, String(rows));
    expect(peakOf("repository", folder, String(rows), "first")).toBeLessThan(readingMegabytes);
    expect(peakOf("repository", folder, String(rows), "again")).toBeLessThan(boundMegabytes);
  });
});
