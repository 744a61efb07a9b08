// The reference reader in Python, written from the spec alone, says the same of every vector and of an archive of the toolkit. spec/10-verify.md#order
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folder } from "./vectors.js";

const root = join(import.meta.dirname, "../..");
const reader = join(root, "spec/reference/ptar_reference.py");

/** Why the reader cannot run here; undefined when it can. */
function obstacle(): string | undefined {
  const { status, stdout } = spawnSync("python3", ["-c", "import sys; print(*sys.version_info[:2])"], { encoding: "utf8" });
  if (status !== 0) return "python3 is not there";
  const [major = 0, minor = 0] = stdout.trim().split(" ").map(Number);
  return major === 3 && minor >= 9 ? undefined : `python3 is ${major}.${minor}, 3.9 or later is needed`;
}

function python(...args: readonly string[]) {
  return spawnSync("python3", ["-B", reader, ...args], { encoding: "utf8", env: { ...process.env, PYTHONIOENCODING: "utf-8" } });
}

// where everything must be tested, the tests fail rather than vanish
const skipped = process.env.CI === "true" ? undefined : obstacle();

describe.skipIf(skipped !== undefined)(`the reference reader${skipped === undefined ? "" : ` (skipped: ${skipped})`}`, () => {
  let work = "";
  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), "ptar-reference-"));
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  function ptar(...args: readonly string[]) {
    const env = { ...process.env, XDG_CONFIG_HOME: join(work, "config") };
    return spawnSync(process.execPath, [join(root, "bin/ptar.js"), ...args], { encoding: "utf8", cwd: join(root, "examples"), env });
  }

  // elliptic curves in plain Python are slow
  it("agrees with every vector", { timeout: 180_000 }, () => {
    const { status, stdout, stderr } = python("--vectors", folder);
    expect(stderr).toBe("");
    const last = stdout.trimEnd().split("\n").at(-1);
    expect(last, stdout).toMatch(/^[0-9]+ agree, 0 differ$/);
    expect(Number(last?.split(" ")[0])).toBeGreaterThan(400);
    expect(status).toBe(0);
  });

  it("lists and verifies an archive of the toolkit as the toolkit does", { timeout: 60_000 }, () => {
    const archive = join(work, "case.ptar");
    // the codec that needs no package in Python
    const created = ptar("create", archive, "case", "--codec", "deflate", "--quiet");
    expect(created.status, created.stderr).toBe(0);
    const { entries } = JSON.parse(ptar("list", archive, "--json").stdout) as { entries: { path: string; type: string; size?: number }[] };
    expect(entries.length).toBeGreaterThan(10);
    const listed = python("list", archive);
    expect(listed.stderr).toBe("");
    expect(listed.stdout.trimEnd().split("\n").map(lineOf)).toEqual(entries.map(({ path, type, size }) => ({ path, type, size: size ?? "-" })));
    const trust = join(work, "config/ptar/id_ed25519.pub");
    const verified = python("verify", archive, "--level", "deep", "--trust", trust);
    expect({ stderr: verified.stderr, status: verified.status }).toEqual({ stderr: "", status: 0 });
    expect(verified.stdout.split("\n")[0]?.replaceAll(" ", "")).toBe(created.stdout.trim().replaceAll(" ", ""));
  });
});

/** A line of the reader's list: a mark, type, size and path. */
function lineOf(line: string): { path: string; type: string; size: number | string } {
  const [, type = "", size = "", path = ""] = /^[ ~!] (\S+) +(\S+) (.*)$/.exec(line) ?? [];
  return { path, type, size: size === "-" ? size : Number(size) };
}
