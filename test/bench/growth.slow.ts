// What grows is stated against the size before, and what an archive spends its bytes on is all of its bytes. No figure is judged.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";

const repository = join(import.meta.dirname, "../..");
const work = mkdtempSync(join(tmpdir(), "ptar-growth-test-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));
const skipped = !existsSync("/usr/bin/time") && process.env.CI !== "true";

it.skipIf(skipped)("prints a row for each size, exponents from the second on, and accounts for each byte", () => {
  const json = join(work, "runs.json");
  const args = ["bench/growth.mjs", "--work", work, "--files", "1500,50", "--sparse", "0.01", "--json", json];
  const run = spawnSync(process.execPath, args, { cwd: repository, encoding: "utf8" });
  expect(run.stderr).toBe("");
  expect(run.status).toBe(0);
  expect(run.stdout).toMatch(/^\| +50 \|( +[\d.]+ \|){4}( +\|){4}( +[\d.]+ \|){2}$/m);
  expect(run.stdout).toMatch(/^\| +1500 \|( +-?[\d.]+ \|){10}$/m);
  expect(run.stdout).toContain("### growth: verify sparse");
  const { results } = JSON.parse(readFileSync(json, "utf8"));
  expect(results.map(({ action, amount }: { action: string; amount: number }) => `${action} ${amount}`)).toEqual([
    "create 50",
    "verify 50",
    "create 1500",
    "verify 1500",
    "create 0.01",
    "verify 0.01",
  ]);
  for (const { size, stored } of results) expect(stored.contents + stored.metadata + stored.index + stored.rest).toBe(size);
  expect(readdirSync(work).sort()).toEqual(["corpora", "runs.json"]);
});
