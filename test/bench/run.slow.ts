// The benchmark prints what it measured, and gives no figure where a command failed. Real commands on the small corpus; no figure is judged.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const repository = join(import.meta.dirname, "../..");
const work = mkdtempSync(join(tmpdir(), "ptar-bench-test-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const isMissing = !existsSync("/usr/bin/time") || spawnSync("zstd", ["--version"]).error !== undefined;
const skipped = isMissing && process.env.CI !== "true";

/** A ratio of one pair of runs, with least and greatest. */
const ratio = String.raw`\d+\.\d\d \(\d+\.\d\d to \d+\.\d\d\)`;

const node = (...args: readonly string[]) => spawnSync(process.execPath, args, { cwd: repository, encoding: "utf8", maxBuffer: 1 << 24 });
const bench = (...args: readonly string[]) => node("bench/run.mjs", "--work", work, "--out", work, "--rounds", "1", ...args);

describe.skipIf(skipped)("bench/run.mjs", () => {
  it("prints facts of each program, figures, ratios with goals beside them, and keeps nothing but the corpus", () => {
    const json = join(work, "runs.json");
    const run = bench("--corpus", "small", "--peers", "zstd", "--actions", "create,version,memory", "--json", json);
    expect(run.stderr).toBe("");
    expect(run.status).toBe(0);
    expect(run.stdout).toMatch(/^\| ptar \(node [\d.]+\) +\| +\d\S* \| zstd 3, (native|wasm); profile evidence; signed/m);
    expect(run.stdout).toMatch(/^\| zstd +\| +\d\S* \| tar \\\| zstd -3 -T2 +\| no +\| nothing/m);
    expect(run.stdout).toContain("## small: 416 files, ");
    expect(run.stdout).toContain("### create small (medians of 1)");
    expect(run.stdout).toMatch(new RegExp(String.raw`^\| ptar \(node [\d.]+\) / zstd \| ${ratio} `, "m"));
    expect(run.stdout).toMatch(new RegExp(String.raw`^\| ptar \(node [\d.]+\) / node [\d.]+ \| ${ratio} +\| .* \| wall ≤ 1\.60 \|$`, "m"));
    expect(run.stdout).toMatch(/^\| peak MiB +\| create \|$/m);
    const { results, corpora } = JSON.parse(readFileSync(json, "utf8"));
    expect(corpora).toMatchObject([{ name: "small", files: 416 }]);
    expect(results.map(({ action }: { action: string }) => action)).toEqual(["create", "version"]);
    expect(results[0].programs).toMatchObject([
      { key: "ptar", size: expect.any(Number), runs: [{ wall: expect.any(Number), cpu: expect.any(Number), memory: expect.any(Number) }] },
      { key: "zstd" },
    ]);
    expect(readdirSync(work).sort()).toEqual(["corpora", "runs.json"]);
  });

  it("measures repositories: what an action needs is made before it", () => {
    const json = join(work, "runs.json");
    const run = bench("--corpus", "small", "--actions", "import,sync,unchanged,edited", "--json", json);
    expect(run.stderr).toBe("");
    expect(run.status).toBe(0);
    const { results } = JSON.parse(readFileSync(json, "utf8"));
    expect(results.map(({ action }: { action: string }) => action)).toEqual(["import", "sync", "unchanged", "edited"]);
    expect(readdirSync(work).sort()).toEqual(["corpora", "runs.json"]);
  });

  it("aborts when a command fails: no table, its words, nothing left behind", () => {
    const run = bench("--actions", "create", "--workers", "none");
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/^bench: ptar \(node [\d.]+\): create small: .*--workers none: exit 2\nptar: --workers/);
    expect(run.stdout).not.toContain("### create");
    expect(readdirSync(work).filter((name) => name.startsWith("run-") || name.startsWith("ptar-bench-out-"))).toEqual([]);
  });
});
