// Ctrl-C and full or read-only disks: nothing at the final name, nothing half-written left.
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type Place, place } from "./run.js";

/** A source that takes minutes to read and no space on the disk. */
function longSource(): Place {
  const made = place();
  mkdirSync(join(made.folder, "src"));
  writeFileSync(join(made.folder, "src/zeros"), "");
  truncateSync(join(made.folder, "src/zeros"), 100_000_000_000);
  return made;
}

async function until(condition: () => boolean, child: ChildProcess): Promise<void> {
  while (!condition() && child.exitCode === null) await setTimeout(10);
}

describe("Ctrl-C", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "during create (%s): exit 130, no archive, no temporary file, and a second run works",
    async (signal) => {
      const { folder, ptar, start } = longSource();
      const { child, outcome } = start("create", "a.ptar", "src");
      const writing = () => readdirSync(folder).some((name) => name.endsWith(".ptar-part"));
      await until(writing, child);
      await setTimeout(150);
      child.kill(signal);
      const { code, stdout, stderr } = await outcome;
      expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
      expect(stderr).toMatch(/ptar: stopped on request\n$/);
      expect(readdirSync(folder).sort()).toEqual([".config", "src"]);
      truncateSync(join(folder, "src/zeros"), 10);
      expect((await ptar("create", "a.ptar", "src")).code).toBe(0);
    },
  );

  it("gives one document with --json", async () => {
    const { folder, start } = longSource();
    const { child, outcome } = start("create", "a.ptar", "src", "--json");
    await until(() => readdirSync(folder).some((name) => name.endsWith(".ptar-part")), child);
    child.kill("SIGINT");
    expect(JSON.parse((await outcome).stdout)).toEqual({
      error: { code: "PTAR_INTERRUPTED", message: "stopped on request", hint: null, details: {} },
      exitCode: 130,
    });
  });

  it("twice in a row stops at once and leaves no temporary file either", async () => {
    const { folder, start } = longSource();
    const { child, outcome } = start("create", "a.ptar", "src");
    await until(() => readdirSync(folder).some((name) => name.endsWith(".ptar-part")), child);
    child.kill("SIGINT");
    child.kill("SIGTERM");
    expect((await outcome).code).toBe(130);
    expect(readdirSync(folder).sort()).toEqual([".config", "src"]);
  });

  it("during extract: exit 130, no half file, and the rest is called a part", async () => {
    const { folder, ptar, start } = place();
    mkdirSync(join(folder, "src"));
    writeFileSync(join(folder, "src/a"), "a");
    writeFileSync(join(folder, "src/zeros"), "");
    truncateSync(join(folder, "src/zeros"), 400_000_000);
    await ptar("create", "a.ptar", "src");
    const { child, outcome } = start("extract", "a.ptar", "-C", "out");
    await until(() => existsSync(join(folder, "out/src/a")), child);
    child.kill("SIGINT");
    const { code, stderr } = await outcome;
    expect(code).toBe(130);
    expect(stderr).toMatch(/ptar: out: holds only a part of what was asked for\nptar: stopped on request\n$/);
    expect(readdirSync(join(folder, "out/src"))).toEqual(["a"]);
  });
});

/** Runs a script with a disk of 1 MiB at `disk`, in a mount namespace of its own; undefined where that is not permitted. */
async function onSmallDisk(made: Place, script: string, options = "size=1m") {
  mkdirSync(join(made.folder, "disk"));
  const probe = await made.shell("unshare -m true 2>/dev/null || unshare -rm true");
  if (probe.code !== 0) return undefined;
  const flags = process.getuid?.() === 0 ? "-m" : "-rm";
  const inner = `mount -t tmpfs -o ${options} none disk && { ${script}\n}`;
  return made.shell(`declare -f ptar > ptar.sh; unshare ${flags} /bin/bash -c '. ./ptar.sh; ${inner}'`);
}

describe("a disk that does not take the archive", () => {
  it("full: exit 1, a clear sentence, nothing left", async ({ skip }) => {
    const made = place();
    mkdirSync(join(made.folder, "src"));
    writeFileSync(join(made.folder, "src/noise"), Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * i * 2654435761) >>> 13)));
    const outcome = await onSmallDisk(made, "ptar create disk/a.ptar src --codec store; echo code $?; ls -A disk");
    if (outcome === undefined) return skip("mounting a small disk is not permitted here");
    expect(outcome.stdout).toBe("code 1\n");
    expect(outcome.stderr).toMatch(/ptar: disk\/a\.ptar: the disk is full \(ENOSPC\)\nptar: hint: free some space/);
  });

  it("full while extracting: exit 1, no half file", async ({ skip }) => {
    const made = place();
    mkdirSync(join(made.folder, "src"));
    writeFileSync(join(made.folder, "src/noise"), Buffer.alloc(3_000_000, "noise"));
    const outcome = await onSmallDisk(
      made,
      "ptar create a.ptar src --quiet >/dev/null; ptar extract a.ptar -C disk/out; echo code $?; find disk -type f",
    );
    if (outcome === undefined) return skip("mounting a small disk is not permitted here");
    expect(outcome.stdout).toBe("code 1\n");
    expect(outcome.stderr).toMatch(/\(ENOSPC\)/);
  });

  it("read-only: exit 1, a clear sentence", async ({ skip }) => {
    const made = place();
    writeFileSync(join(made.folder, "x"), "x");
    const outcome = await onSmallDisk(made, "ptar create disk/a.ptar x; echo code $?", "ro");
    if (outcome === undefined) return skip("mounting a small disk is not permitted here");
    expect(outcome.stdout).toBe("code 1\n");
    expect(outcome.stderr).toContain("ptar: disk/a.ptar: the file system is read-only (EROFS)\n");
  });
});
