// Repositories on disks that are full or cannot be written. spec/15-repository.md#publishing
import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readdirSync, statSync, truncateSync, unlinkSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { noise } from "../archive/engines.js";
import { canMount, makeReadOnly, memoryDisk } from "../connectors/disks.js";
import { type Outcome, type Place, place } from "./run.js";

const diskBytes = 8 << 20;

/** A repository with one snapshot on a small disk, another one elsewhere whose snapshot is larger than this disk, and an archive of that. */
async function small() {
  const here = place();
  const disk = memoryDisk(diskBytes);
  const repository = join(disk, "r");
  const other = join(here.folder, "other");
  for (const [name, length] of [
    ["little", 1_500_000],
    ["large", 14_000_000],
  ] as const) {
    mkdirSync(join(here.folder, name));
    writeFileSync(join(here.folder, name, "noise"), noise(length, length));
  }
  const done = async (...args: readonly string[]) => {
    const outcome = await here.ptar(...args);
    expect(outcome, `${args.join(" ")}\n${outcome.stderr}`).toMatchObject({ code: 0 });
    return outcome.stdout;
  };
  for (const location of [repository, other]) await done("repo", "init", location, "--pack-size", "1M");
  const first = (await done("repo", "backup", repository, "little", "--quiet")).trim();
  await done("repo", "backup", other, "large", "--quiet");
  await done("repo", "export", other, "latest", "-o", "large.ptar");
  const writing = {
    backup: ["repo", "backup", repository, "large", "--json"],
    import: ["repo", "import", repository, "large.ptar", "--json"],
    sync: ["repo", "sync", other, repository, "--one-way", "--json"],
  } as const;
  return { ...here, disk, repository, other, done, first, writing };
}

/** Nothing is lost, no temporary file is left, and the first snapshot is there. */
async function expectSound({ done, repository, first }: Awaited<ReturnType<typeof small>>): Promise<void> {
  const { problems } = JSON.parse(await done("repo", "check", repository, "--level", "deep", "--json")) as { readonly problems: readonly unknown[] };
  expect(problems).toEqual([]);
  expect(await done("repo", "snapshots", repository, "--json")).toContain(first);
  expect(partsIn(repository)).toEqual([]);
}

function partsIn(repository: string): readonly string[] {
  return readdirSync(repository, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ptar-part"));
}

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

/** Fills a disk to its last page. */
function fill(disk: string): string {
  const path = join(disk, "filler");
  const file = openSync(path, "w");
  for (const length of [1 << 20, 4096]) {
    try {
      for (;;) writeSync(file, new Uint8Array(length));
    } catch (error) {
      expect(error).toMatchObject({ code: "ENOSPC" });
    }
  }
  closeSync(file);
  return path;
}

function addedBy(job: string, stdout: string): number {
  const document = JSON.parse(stdout) as { readonly addedBytes?: number; readonly taken?: readonly { readonly addedBytes: number }[] };
  const bytes = document.addedBytes ?? document.taken?.[0]?.addedBytes;
  if (bytes === undefined) throw new Error(`${job} does not say what it has added: ${stdout}`);
  return bytes;
}

function expectFull({ code, stdout }: Outcome): void {
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: "PTAR_IO_NO_SPACE", hint: expect.stringContaining("free some space") }, exitCode: 1 });
}

describe.skipIf(!canMount)("a disk that becomes full", () => {
  test.each(["backup", "import", "sync"] as const)("during %s: nothing is lost, and with more space it goes on where it was", async (job) => {
    const here = await small();
    const { ptar, done, disk, repository, writing } = here;
    const before = bytesIn(join(repository, "packs"));
    expectFull(await ptar(...writing[job]));
    await expectSound(here);
    const left = bytesIn(join(repository, "packs")) - before;
    expect(left).toBeGreaterThan(2_000_000);
    // again on the full disk: nothing gets worse
    expectFull(await ptar(...writing[job]));
    await expectSound(here);
    execFileSync("mount", ["-o", "remount,size=64m", disk]);
    const added = addedBy(job, await done(...writing[job]));
    expect(added).toBeLessThan(14_000_000 + 200_000 - left);
    await expectSound(here);
    await done("extract", repository, "--snapshot", "latest", "-C", "out");
    execFileSync("diff", ["-r", "large", "out/large"], { cwd: here.folder });
  });

  test("before anything: what reads works, what writes fails, and forgetting and pruning make room", async () => {
    const here = await small();
    const { ptar, done, disk, repository, writing, first } = here;
    await done("repo", "backup", repository, "little", "--parent", "none", "--tag", "second");
    writeFileSync(join(here.folder, "little/more"), noise(1_200_000, 77));
    const third = (await done("repo", "backup", repository, "little", "--quiet")).trim();
    const filler = fill(disk);
    for (const job of ["backup", "import", "sync"] as const) expectFull(await ptar(...writing[job]));
    expectFull(await ptar("repo", "prune", repository, "--grace", "0", "--json"));
    await expectSound(here);
    await done("extract", repository, "--snapshot", third, "-C", "out");
    await done("repo", "export", repository, first.slice(0, 12), "-o", "first.ptar");
    await done("repo", "have", repository, "-o", "have.ptar");
    await done("repo", "forget", repository, third);
    expect(readdirSync(join(repository, "locks"))).toEqual([]);
    // the index that leaves packs out must be written before they go
    truncateSync(filler, statSync(filler).size - 65_536);
    await done("repo", "prune", repository, "--grace", "0");
    unlinkSync(filler);
    await expectSound(here);
    expect(bytesIn(join(repository, "packs"))).toBeLessThan(1_600_000);
  });
});

describe.skipIf(!canMount)("a disk that cannot be written", () => {
  test("can be read in every way, and is left as it is", async () => {
    const here = await small();
    const { ptar, done, disk, repository, writing, other, first } = here;
    const before = filesOf(here, repository);
    makeReadOnly(disk);
    await expectSound(here);
    await done("repo", "show", repository, first);
    await done("list", repository, "--snapshot", first);
    await done("cat", repository, "little/noise", "--snapshot", first);
    await done("extract", repository, "--snapshot", first, "-C", "out");
    await done("repo", "export", repository, first, "-o", "first.ptar");
    await done("repo", "have", repository, "-o", "have.ptar");
    await done("repo", "forget", repository, first, "--dry-run");
    await done("repo", "unlock", repository);
    await done("repo", "sync", repository, other, "--one-way");
    const refused = [...Object.values(writing), ["repo", "forget", repository, first, "--json"], ["repo", "prune", repository, "--json"]];
    refused.push(["repo", "init", join(disk, "new"), "--json"]);
    for (const args of refused) {
      const { code, stdout } = await ptar(...args);
      expect({ args, code }).toEqual({ args, code: 1 });
      const message = expect.stringContaining("read-only (EROFS)");
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: "PTAR_IO_FAILED", message, hint: expect.stringContaining("mount it for writing") } });
    }
    expect(filesOf(here, repository)).toEqual(before);
  });
});

/** Every file and its length. */
function filesOf({ folder }: Place, location: string): string {
  return execFileSync("find", [location, "-printf", "%p %s\n"], { cwd: folder, encoding: "utf8" });
}
