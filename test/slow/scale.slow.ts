// Large inputs under a fixed heap: memory is bounded whatever the input, apart from some bytes per object. spec/11-limits.md
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { amount } from "../thorough.js";
import { bin, repository, temporaryFolder } from "./program.js";

const heapMegabytes = 128;
const mebi = 1 << 20;
/** Code, heap and buffers of any command. */
const fixedBytes = 260 * mebi;
/** What a program keeps of each object: its row in the index while writing, what was found of it while verifying. */
const bytesPerObject = 160;

/** More than four gibibytes: no offset and no length fits into 32 bits. */
const gibibytes = amount(5, 8);
const files = amount(80_000, 200_000);
const folder = temporaryFolder();

interface Measured {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly peakBytes: number;
}

/** Runs the program with a fixed heap and says how much memory it had at most. */
function measured(...args: readonly string[]): Measured {
  const report = join(folder, "peak.json");
  const command = [process.execPath, `--max-old-space-size=${heapMegabytes}`, bin, ...args];
  const run = spawnSync("python3", [join(repository, "test/slow/peak.py"), report, ...command], {
    encoding: "utf8",
    env: { ...process.env, XDG_CONFIG_HOME: join(folder, "config") },
    maxBuffer: 1 << 30,
  });
  const facts = JSON.parse(readFileSync(report, "utf8")) as { readonly status: number; readonly peakBytes: number };
  console.info(`${args[0]}: ${Math.round(facts.peakBytes / mebi)} MiB at most`);
  return { ...facts, stdout: run.stdout, stderr: run.stderr };
}

function makeTree(kind: "files" | "sparse", root: string, number: number): void {
  expect(spawnSync("python3", [join(repository, "test/slow/make-tree.py"), kind, root, String(number)]).status).toBe(0);
}

function differences(original: string, restored: string): string {
  const judge = [join(repository, "test/slow/compare-trees.py"), original, restored];
  return spawnSync("python3", judge, { encoding: "utf8", maxBuffer: 1 << 28 }).stdout.trim();
}

describe.each([
  [`a sparse file of ${gibibytes} GiB`, "sparse", gibibytes * 1024 * mebi, 20, 1],
  [`a tree of ${files} files`, "files", files, files * 1.01, files + files / 1000],
] as const)("%s", (_name, kind, number, objects, entries) => {
  const root = join(folder, kind);
  const archive = join(folder, `${kind}.ptar`);
  const restored = join(folder, `${kind}.restored`);
  const bound = fixedBytes + objects * bytesPerObject;

  test("is created", () => {
    makeTree(kind, root, number);
    const { status, stderr, peakBytes } = measured("create", archive, root);
    expect(status, stderr).toBe(0);
    expect(peakBytes).toBeLessThan(bound);
  });

  test.each(["standard", "full", "deep"])("is verified at level %s", (level) => {
    const { status, stderr, peakBytes } = measured("verify", archive, "--level", level);
    expect(status, stderr).toBe(0);
    expect(peakBytes).toBeLessThan(bound);
  });

  test("is listed", () => {
    const { status, stdout, peakBytes } = measured("list", archive, root.slice(1));
    expect(status).toBe(0);
    expect(stdout.split("\n").length).toBeGreaterThan(entries);
    expect(peakBytes).toBeLessThan(bound);
  });

  test("is extracted without a difference", () => {
    mkdirSync(restored);
    const { status, stderr, peakBytes } = measured("extract", archive, "-C", restored);
    expect(status, stderr).toBe(0);
    expect(peakBytes).toBeLessThan(bound);
    expect(differences(root, join(restored, root))).toMatch(/^\d+ paths, 0 differences$/);
  });
});

test("a sparse file is sparse again", () => {
  const { blocks } = statSync(join(folder, "sparse.restored", folder, "sparse/disk.img"));
  expect(blocks * 512).toBeLessThan(2 * mebi);
});
