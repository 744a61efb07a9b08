// Locks that a killed prune left: refused with their owner and age, and removed by `unlock`. spec/15-repository.md#lock
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { type Place, place } from "./run.js";

let here: Place;
let gone: number;

beforeEach(async () => {
  here = place();
  expect(await here.ptar("repo", "init", "r")).toMatchObject({ code: 0 });
  gone = spawnSync(process.execPath, ["-e", ""]).pid;
});

/** Leaves the lock of a process, as old as that. */
function leaveLock(owner: { readonly process: number; readonly host?: string; readonly user?: string }, hours = 26): void {
  const { process, host = hostname(), user = "me" } = owner;
  const path = join(here.folder, "r/locks/prune.json");
  mkdirSync(join(here.folder, "r/locks"), { recursive: true });
  writeFileSync(path, JSON.stringify({ createdAt: "2026-01-01T00:00:00Z", ext: [], host, operation: "prune", process, type: "lock", user }));
  const then = Date.now() / 1000 - hours * 3600;
  utimesSync(path, then, then);
}

const locks = () => readdirSync(join(here.folder, "r/locks"));

describe("a lock whose process is gone", () => {
  it("refuses prune, which says so, and nothing else", async () => {
    leaveLock({ process: gone });
    writeFileSync(join(here.folder, "x"), "x");
    expect(await here.ptar("repo", "backup", "r", "x")).toMatchObject({ code: 0 });
    const { code, stdout, stderr } = await here.ptar("repo", "prune", "r");
    expect({ code, stdout }).toEqual({ code: 11, stdout: "" });
    expect(stderr).toBe(
      `ptar: repository r: it is being pruned by process ${gone} of me on ${hostname()}, since 2026-01-01T00:00:00Z, 26 hours ago; no such process runs on this host\n` +
        "ptar: hint: it was killed, or its computer restarted: `ptar repo unlock`\n",
    );
    const details = { host: hostname(), user: "me", process: gone, createdAt: "2026-01-01T00:00:00Z", state: "is gone" };
    expect(JSON.parse((await here.ptar("repo", "prune", "r", "--json")).stdout)).toMatchObject({
      error: { code: "PTAR_REPOSITORY_LOCKED", details },
    });
  });

  it("is removed by unlock, with temporary files that are as old", async () => {
    leaveLock({ process: gone });
    mkdirSync(join(here.folder, "r/packs"));
    const part = (digit: string) => join(here.folder, "r/packs", `.${digit.repeat(64)}.ptar.0123456789ab.ptar-part`);
    for (const digit of ["a", "b"]) writeFileSync(part(digit), "part");
    const before = Date.now() / 1000 - 27 * 3600;
    utimesSync(part("a"), before, before);
    const { code, stdout } = await here.ptar("repo", "unlock", "r");
    expect(code).toBe(0);
    expect(stdout).toBe(
      `removed the lock of process ${gone} of me on ${hostname()}, since 2026-01-01T00:00:00Z, 26 hours ago\nremoved 1 temporary file\n`,
    );
    expect(locks()).toEqual([]);
    expect(readFileSync(part("b"), "utf8")).toBe("part");
    expect(await here.ptar("repo", "prune", "r")).toMatchObject({ code: 0 });
    expect(await here.ptar("repo", "unlock", "r")).toMatchObject({ code: 0, stdout: "not locked\n" });
  });
});

describe("a lock whose process runs", () => {
  it("is removed by unlock --force alone", async () => {
    leaveLock({ process: process.pid });
    const { code, stderr } = await here.ptar("repo", "unlock", "r");
    expect(code).toBe(11);
    expect(stderr).toMatch(/^ptar: process \d+ of me, which has the lock since 2026-01-01T00:00:00Z, still runs\nptar: hint: .*--force\n$/);
    expect(locks()).toEqual(["prune.json"]);
    expect((await here.ptar("repo", "prune", "r")).stderr).toMatch(/26 hours ago\nptar: hint: wait until it has finished\n$/);
    const forced = await here.ptar("repo", "unlock", "r", "--force", "--json");
    expect(JSON.parse(forced.stdout)).toMatchObject({ lock: { process: process.pid }, temporaryFiles: 0, exitCode: 0 });
    expect(locks()).toEqual([]);
  });
});

describe("a lock of another computer", () => {
  it("is described without telling whether its process runs; names in it are escaped", async () => {
    leaveLock({ process: process.pid, host: "else\u001b[31mwhere", user: "me\nptar: all is well" });
    const { stderr } = await here.ptar("repo", "prune", "r");
    expect(stderr).toContain("\\n");
    expect(stderr.split("\n")).toHaveLength(3);
    expect(stderr).not.toContain("\u001b");
    expect(stderr).toMatch(/26 hours ago\nptar: hint: when that process is gone: `ptar repo unlock`\n$/);
    const { code, stdout } = await here.ptar("repo", "unlock", "r");
    expect(code).toBe(0);
    expect(stdout.split("\n")).toHaveLength(2);
    expect(stdout).not.toContain("\u001b");
    expect(locks()).toEqual([]);
  });
});
