// Commands run in turn, and a failed, wrong or interrupted one gives no figure. Real commands; no figure is judged.
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

const node = (...args: readonly string[]) => spawnSync(process.execPath, args, { cwd: repository, encoding: "utf8", maxBuffer: 1 << 24 });
const bench = (...args: readonly string[]) => node("bench/run.mjs", "--work", work, "--out", work, "--rounds", "1", ...args);

/** The words of a process, each with its NUL; none for one that has just ended. */
function commandLineOf(pid: string): string {
  try {
    return readFileSync(join("/proc", pid, "cmdline"), "utf8");
  } catch {
    return "";
  }
}

/** What `alternate` gives, run in a Node of its own; `program` is the second command. */
const alternating = (program: string) =>
  node(
    "--input-type=module",
    "-e",
    `import { alternate } from "./bench/paired.mjs";
     const contender = (name, command) => ({ name, command, before: () => console.log(name) });
     const runs = await alternate([contender("a", ["true"]), contender("b", [${JSON.stringify(program)}])], { rounds: 2, figuresFile: ${JSON.stringify(join(work, "figures"))} });
     console.log(JSON.stringify(runs));`,
  );

describe.skipIf(skipped)("bench/run.mjs", () => {
  it("refuses words it does not know and names the package of a missing program", () => {
    expect(bench("--corpus", "lim").stderr).toBe("bench: --corpus: lim is not one of lin, nm, bin, b, d1, d2, small\n");
    expect(bench("--peers", "rustic").stderr).toBe("bench: --peers: rustic is not one of restic, borg, zstd, squashfs\n");
    const run = node("--input-type=module", "-e", 'process.env.PATH = ""; (await import("./bench/peers.mjs")).loadPeers(["borg"]);');
    expect(run.status).toBe(1);
    expect(run.stderr).toContain("borg: not found; Debian's package is borgbackup");
  });
});

describe.skipIf(skipped)("measure", () => {
  it("aborts when what was extracted is not the corpus", () => {
    const run = node(
      "--input-type=module",
      "-e",
      `import { measure } from "./bench/measure.mjs";
       const extracting = { name: "liar", key: "liar", steps: () => ({ extract: { command: ["true"] } }) };
       const corpus = { name: "small", base: ".", paths: [], files: 3, bytes: 9, one: "" };
       await measure("extract", corpus, { programs: [extracting], folders: { archives: ${JSON.stringify(work)}, out: ${JSON.stringify(join(work, "out"))} }, rounds: 1 });`,
    );
    expect(run.status).toBe(1);
    expect(run.stderr).toContain("liar: extracted 0 files of 0 bytes, the corpus has 3 of 9");
  });
});

describe.skipIf(skipped)("alternate", () => {
  it("runs in turn after a warm-up, every second round backwards", () => {
    const lines = alternating("true").stdout.trim().split("\n");
    expect(lines.slice(0, -1)).toEqual(["b", "a", "a", "b", "b", "a"]);
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject([
      [{ wall: expect.any(Number), cpu: expect.any(Number), memory: expect.any(Number) }, {}],
      [{}, {}],
    ]);
  });

  it("rejects when a command fails", () => {
    const run = alternating("false");
    expect(run.status).toBe(1);
    expect(run.stderr).toContain("b: false: exit 1");
  });

  it("ends the measured program and its children when it is interrupted", () => {
    const script = `import { alternate, interruptible } from "./bench/paired.mjs";
     const contender = { name: "a", command: ["bash", "-c", "sleep 61.7 & wait"], before: () => setTimeout(() => process.kill(process.pid, "SIGINT"), 500) };
     await interruptible(() => alternate([contender], { rounds: 1, figuresFile: ${JSON.stringify(join(work, "figures"))} }).finally(() => console.log("cleaned up")));`;
    const run = node("--input-type=module", "-e", script);
    expect(run).toMatchObject({ status: 130, stdout: "cleaned up\n", stderr: "bench: interrupted by SIGINT\n" });
    expect(readdirSync("/proc").filter((pid) => commandLineOf(pid) === "sleep\0" + "61.7\0")).toEqual([]);
  });
});
