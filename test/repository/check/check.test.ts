// Everything that is wrong with a repository. spec/15-repository.md#check
import { describe, expect, it } from "vitest";
import type { Engine } from "../../../src/archive/engine.js";
import type { OnProgress } from "../../../src/archive/progress.js";
import type { Level } from "../../../src/archive/results.js";
import { MemoryStorage } from "../../../src/connectors/memory/storage.js";
import { checkRepository } from "../../../src/repository/check/check.js";
import { CheckFindings } from "../../../src/repository/check/findings.js";
import type { StorageFolder, StoragePath } from "../../../src/repository/files/storage.js";
import { Repository } from "../../../src/repository/repository.js";
import { native, noise, taking } from "../../archive/engines.js";
import { backedUp, newRepository, stored } from "../repositories.js";

const tree = { a: noise(100_000), b: noise(3_000_000, 2), d: { type: "directory", children: { e: noise(70_000, 3) } } } as const;

async function checked(storage: Repository["storage"], level: Level = "full", { engine = native, onProgress }: Partial<Told> = {}) {
  const findings = new CheckFindings();
  const repository = await Repository.open(storage, { engine, onProblem: (file, error) => findings.note(error, { file }) });
  return checkRepository(repository, findings, { level, ...(onProgress && { onProgress }) });
}

interface Told {
  readonly engine: Engine;
  readonly onProgress: OnProgress;
}

/** A copy of a storage in which the bytes of one file are others. */
async function changed(storage: Repository["storage"], path: StoragePath, change: (bytes: Uint8Array) => Uint8Array): Promise<MemoryStorage> {
  const copy = new MemoryStorage();
  const paths: StoragePath[] = ["ptar-repository.json"];
  for (const folder of ["keys", "packs", "index", "snapshots"] as const satisfies readonly StorageFolder[])
    for await (const { name } of storage.list(folder)) paths.push(`${folder}/${name}`);
  for (const one of paths) {
    const file = await storage.open(one);
    const bytes = (await file?.read(0, file.length)) as Uint8Array;
    const sink = await copy.create(one);
    await sink.write(one === path ? change(bytes) : bytes);
    await sink.publish();
  }
  return copy;
}

const flipped = (at: number) => (bytes: Uint8Array) => {
  const copy = bytes.slice();
  copy[at] = (copy[at] as number) ^ 1;
  return copy;
};

async function filled() {
  const repository = await newRepository();
  await backedUp(repository, tree);
  const { storage } = repository;
  const paths: StoragePath[] = [];
  for (const folder of ["packs", "index", "snapshots"] as const)
    for (const name of (await stored(repository, folder)).keys()) paths.push(`${folder}/${name}`);
  return { storage, paths };
}

describe("a check", () => {
  it.each(["standard", "full", "deep"] as const)("at level %s finds nothing in a sound repository", async (level) => {
    const { storage } = await filled();
    expect(await checked(storage, level)).toMatchObject({ problemCount: 0, exitCode: 0, snapshots: [], paths: [], snapshotCount: 1 });
  });

  it("tells how many bytes it read, also where threads take the memory of the blocks", async () => {
    const { storage } = await filled();
    const told = async (engine: Engine, level: Level) => {
      const bytes: number[] = [];
      await checked(storage, level, { engine, onProgress: (progress) => void bytes.push(progress.bytes) });
      return bytes;
    };
    const deep = await told(taking, "deep");
    expect(Math.max(...deep)).toBeGreaterThan(3_000_000);
    expect(deep).toEqual(await told(native, "deep"));
  });

  it("at level full finds a flipped bit anywhere", async () => {
    const { storage, paths } = await filled();
    for (const path of paths) {
      const file = await storage.open(path);
      const length = file?.length ?? 0;
      for (const at of [0, 20, 70, Math.floor(length / 3), Math.floor(length / 2), length - 200, length - 50, length - 1]) {
        const report = await checked(await changed(storage, path, flipped(at)));
        expect(report.problemCount, `${path} ${at}`).toBeGreaterThan(0);
        expect(report.exitCode).toBe(path.startsWith("snapshots") || report.exitCode === 10 ? report.exitCode : 4);
      }
    }
  });

  it("names what a missing pack affects", async () => {
    const { storage, paths } = await filled();
    const packs = paths.filter((path) => path.startsWith("packs/"));
    let affected = 0;
    for (const path of packs) {
      const copy = await changed(storage, path, (bytes) => bytes);
      await copy.remove(path);
      const report = await checked(copy);
      expect(report.problems.map(({ code, file }) => [code, file])).toContainEqual(["PTAR_PACK_MISSING", path]);
      expect(report.problems.map(({ code }) => code)).toContain("PTAR_OBJECT_MISSING");
      expect(report.snapshots).toHaveLength(1);
      affected += report.paths.length;
    }
    expect(affected).toBeGreaterThan(packs.length - 1);
  });

  it("goes on after an index archive that cannot be read", async () => {
    const { storage, paths } = await filled();
    const path = paths.find((each) => each.startsWith("index/")) as StoragePath;
    const report = await checked(await changed(storage, path, (bytes) => flipped(bytes.length - 20)(bytes)));
    expect(report.problems[0]).toMatchObject({ file: path });
    expect(report.problems.length).toBeGreaterThan(1);
    expect(report.orphans).toBeGreaterThan(0);
  });
});
