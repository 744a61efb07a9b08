// SIGKILL before changes that a command makes on the disk, before every one with PTAR_THOROUGH=1: repositories open, nothing is lost, and the next run finishes. spec/15-repository.md#publishing
import { cpSync, existsSync, lutimesSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.js";
import { folderStorage } from "../../src/connectors/node/storage/folder-storage.js";
import { limits } from "../../src/format/limits.js";
import { checkRepository } from "../../src/repository/check/check.js";
import { CheckFindings } from "../../src/repository/check/findings.js";
import { forgetSnapshots } from "../../src/repository/prune/forget.js";
import { readLock, removeLock } from "../../src/repository/prune/lock.js";
import { Repository } from "../../src/repository/repository.js";
import { native } from "../archive/engines.js";
import { newFolder } from "../connectors/folder.js";
import { oneIn } from "../thorough.js";
import { type OtherProgram, otherProgram } from "./other-program.js";
import { filesOf, stored } from "./repositories.js";
import { type Added, doJob, grace, prepare, type RepositoryJob, withRepository } from "./repository-jobs.js";

const folder = newFolder();
const place = join(folder, "place");
const beginning = join(folder, "beginning");
let program: OtherProgram<RepositoryJob>;

beforeAll(() => {
  program = otherProgram<RepositoryJob>("const open = (place) => place;", { jobs: "./test/repository/repository-jobs.js", counted: "changes" });
});
afterAll(() => program.remove());

/** Files of each snapshot, by its id. */
type Contents = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Everything that the repository `a` holds, after a deep check which finds nothing; `ids`: without reading the files once more. */
async function contentsOf(what: "files" | "ids" = "files"): Promise<Contents> {
  const findings = new CheckFindings();
  const storage = folderStorage(join(place, "a"));
  const repository = await Repository.open(storage, { engine: native, onProblem: (file, error) => findings.note(error, { file }) });
  try {
    const { problems, exitCode } = await checkRepository(repository, findings, { level: "deep" });
    expect({ problems, exitCode }).toEqual({ problems: [], exitCode: 0 });
    const ids = repository.snapshots.map(({ id }) => toHex(id));
    return Object.fromEntries(await Promise.all(ids.map(async (id) => [id, what === "ids" ? {} : await filesOf(repository, id)] as const)));
  } finally {
    await repository.close();
  }
}

/** What a new run adds at most: nothing that lies in packs already. */
async function orphanBytes(): Promise<number> {
  return withRepository(place, "a", async ({ storage, index }) => {
    const named = new Set(index.archives().map(({ name }) => toHex(name)));
    let bytes = 0;
    for (const [name, length] of await stored({ storage }, "packs")) if (!named.has(name.slice(0, 64))) bytes += length;
    return bytes;
  });
}

async function unlock(): Promise<void> {
  const storage = folderStorage(join(place, "a"));
  const lock = await readLock(storage, limits);
  if (lock !== undefined) await removeLock(storage, lock);
}

/** Starts from what `arrange` makes of two repositories. */
async function begin(arrange: () => Promise<void>): Promise<void> {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place);
  await prepare(place);
  await arrange();
  rmSync(beginning, { recursive: true, force: true });
  cpSync(place, beginning, { recursive: true, preserveTimestamps: true });
}

function restart(): void {
  rmSync(place, { recursive: true, force: true });
  cpSync(beginning, place, { recursive: true, preserveTimestamps: true });
}

/** Makes all files of `a` look as if they had been written two grace periods ago. */
function age(): void {
  const then = Date.now() / 1000 - 2 * grace;
  for (const entry of readdirSync(join(place, "a"), { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) lutimesSync(join(entry.parentPath, entry.name), then, then);
  }
}

const asItIs = async (): Promise<void> => undefined;
const markedLongAgo = async (): Promise<void> => {
  await doJob("mark", place);
  age();
};

/** What stands below `place`: folders and lengths, for the names are random. */
function shapeOf(): string {
  const entries = readdirSync(place, { recursive: true, withFileTypes: true });
  const lines = entries.map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return `${entry.parentPath} ${entry.name.startsWith(".") ? "part" : "whole"} ${entry.isFile() ? statSync(path).size : "folder"}`;
  });
  return lines.sort().join("\n");
}

/**
 * Kills the job at each place, or at one in `every`, and does it again to its end; `look` is called after the kill and after that, unless the change before
 * made no difference. How many places there are at least.
 */
async function killEverywhere(
  { job, every = 1 }: { readonly job: RepositoryJob; readonly every?: number },
  look: (when: "killed" | "finished", again: Added | null) => Promise<void>,
): Promise<number> {
  let last = "";
  for (let at = 1; ; at += every) {
    restart();
    const ending = program.runUntil(at, place, job);
    if (ending === "ended") return at - every;
    const shape = shapeOf();
    if (shape === last) continue;
    last = shape;
    await look("killed", null);
    await unlock();
    await look("finished", (await doJob(job, place)) as Added | null);
  }
}

/** How many files there are in a folder of a repository. */
function wholeIn(path: string): number {
  return existsSync(path) ? readdirSync(path).filter((name) => !name.startsWith(".")).length : 0;
}

/** Snapshots by what is in them: ids of backups have the time in them. */
function filesIn(contents: Contents): readonly string[] {
  return Object.values(contents)
    .map((files) => JSON.stringify(files))
    .sort();
}

// all write packs, index archives and snapshots in the way that a backup does
describe.each([
  ["backup", 1],
  ["import whole", oneIn(3)],
  ["import thin", oneIn(3)],
  ["sync", oneIn(3)],
] as const)("%s, killed before one change in %i", (job, every) => {
  test("loses nothing, and the next run goes on where it was", async () => {
    await begin(asItIs);
    const before = await contentsOf();
    const { addedBytes: all } = (await doJob(job, place)) as Added;
    const after = filesIn(await contentsOf());
    expect(after).toHaveLength(Object.keys(before).length + 1);
    let [orphans, resumed] = [0, 0];
    const places = await killEverywhere({ job, every }, async (when, again) => {
      const now: Contents = await contentsOf();
      expect(now).toMatchObject(before);
      if (when === "killed") {
        orphans = await orphanBytes();
        return;
      }
      // a backup killed after its snapshot was published makes another one
      expect([...new Set(filesIn(now))]).toEqual(after);
      expect(again?.addedBytes).toBeLessThanOrEqual(all - orphans + 10_000);
      if (orphans > 1_000_000) resumed++;
    });
    expect(places).toBeGreaterThan(20);
    expect(resumed).toBeGreaterThan(every === 1 ? 2 : 0);
  });
});

describe("an export, killed before each change", () => {
  test("leaves a whole archive or none", async () => {
    await begin(asItIs);
    const before = await contentsOf();
    await doJob("export --have", place);
    const out = join(place, "out.ptar");
    const places = await killEverywhere({ job: "export --have" }, async (when) => {
      if (when === "killed") rmSync(out, { force: true });
      else expect(existsSync(out)).toBe(true);
    });
    expect(await contentsOf()).toEqual(before);
    expect(places).toBeGreaterThan(4);
  });
});

describe("init, killed before each change", () => {
  test("leaves a repository or none, and can be run again", async () => {
    await begin(asItIs);
    const made = join(place, "new", "ptar-repository.json");
    let places = 0;
    for (restart(); program.runUntil(places + 1, place, "init") === "killed"; restart()) {
      places++;
      if (!existsSync(made)) await doJob("init", place);
      await withRepository(place, "new", async ({ snapshots }) => expect(snapshots).toEqual([]));
    }
    expect(places).toBeGreaterThan(3);
  });
});

describe("forgetting, killed before each change", () => {
  test("leaves every snapshot whole that is there", async () => {
    await begin(asItIs);
    const before = await contentsOf();
    const places = await killEverywhere({ job: "forget" }, async (when) => {
      const now = await contentsOf();
      expect(before).toMatchObject(now);
      if (when === "finished") expect(Object.keys(now).length).toBeLessThan(2);
    });
    expect(places).toBeGreaterThan(0);
  });
});

describe.each([
  ["mark", oneIn(2), asItIs],
  ["sweep", oneIn(2), markedLongAgo],
  ["prune at once", 1, asItIs],
] as const)("%s, killed before one change in %i", (job, every, arrange) => {
  test("keeps what is needed, and the next run finishes", async () => {
    await begin(async () => {
      await withRepository(place, "a", async (a) => forgetSnapshots(a, a.snapshots.slice(0, 1)));
      await arrange();
    });
    const before = await contentsOf();
    const filesBelow = (): readonly number[] => ["packs", "index", "marks", "locks"].map((each) => wholeIn(join(place, "a", each)));
    const [packs] = filesBelow() as [number];
    await doJob(job, place);
    const after = filesBelow();
    expect(await contentsOf()).toEqual(before);
    const places = await killEverywhere({ job, every }, async (when) => {
      if (when === "killed") {
        expect(Object.keys(await contentsOf("ids"))).toEqual(Object.keys(before));
        return;
      }
      if (job !== "mark") expect(filesBelow()).toEqual(after);
      // what is left of a prune goes with the next one after the grace period
      age();
      await doJob("sweep", place);
      expect(await contentsOf()).toEqual(before);
      expect(filesBelow()[0]).toBeLessThan(packs);
    });
    expect(places).toBeGreaterThan(5);
  });
});
