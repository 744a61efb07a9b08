// Snapshots of a repository, verified. spec/10-verify.md
import { describe, expect, it } from "vitest";
import type { Engine } from "../../../src/archive/engine.js";
import type { Level, VerifyReport } from "../../../src/archive/results.js";
import { toHex } from "../../../src/bytes/hex.js";
import { MemoryStorage } from "../../../src/connectors/memory/storage.js";
import type { MemoryTree } from "../../../src/connectors/memory/tree.js";
import type { Snapshot } from "../../../src/format/generated/types.js";
import { encodeSnapshot } from "../../../src/format/snapshot.js";
import type { StorageFolder, StoragePath } from "../../../src/repository/files/storage.js";
import type { Repository } from "../../../src/repository/repository.js";
import { type VerifySnapshotsOptions, verifySnapshots } from "../../../src/repository/verify/verify.js";
import { native, noise, taking, trusting } from "../../archive/engines.js";
import { author, signerOf } from "../../container/build.js";
import { backedUp, newRepository, reopened } from "../repositories.js";

const tree = { a: noise(100_000), b: noise(3_000_000, 2), d: { type: "directory", children: { e: noise(70_000, 3) } } } as const;
const levels = ["standard", "full", "deep"] as const satisfies readonly Level[];

async function verified(repository: Repository, options: Partial<VerifySnapshotsOptions> = {}): Promise<VerifyReport> {
  return verifySnapshots(repository, { snapshots: repository.snapshots, trust: trusting(author), ...options });
}

async function newRepositoryWith(contents: MemoryTree): Promise<Repository> {
  const repository = await newRepository();
  await backedUp(repository, contents);
  return repository;
}

/** A copy of a storage in which one file has other bytes, or is missing. */
async function changed(storage: Repository["storage"], path: StoragePath, change: (bytes: Uint8Array) => Uint8Array | undefined) {
  const copy = new MemoryStorage();
  const paths: StoragePath[] = ["ptar-repository.json"];
  for (const folder of ["packs", "index", "snapshots"] as const satisfies readonly StorageFolder[])
    for await (const { name } of storage.list(folder)) paths.push(`${folder}/${name}`);
  for (const one of paths) {
    const file = await storage.open(one);
    const bytes = (await file?.read(0, file.length)) as Uint8Array;
    const kept = one === path ? change(bytes) : bytes;
    if (kept === undefined) continue;
    const sink = await copy.create(one);
    await sink.write(kept);
    await sink.publish();
  }
  return reopened(copy);
}

/** The pack and frame of a chunk that is the whole file `a`. */
async function placeOf(repository: Repository, contents: Uint8Array): Promise<{ readonly path: StoragePath; readonly at: number }> {
  const { crypto } = repository.archives.engine;
  const [place] = repository.index.places("chunk", crypto.sha256(contents));
  const { name } = repository.index.archive(place?.archive ?? -1);
  const opened = await repository.archives.open("packs", name);
  const frame = await opened?.container.frame(place?.frame ?? 0);
  await opened?.close();
  return { path: `packs/${toHex(name)}.ptar`, at: (frame?.end ?? 0) - 40 };
}

const flip = (at: number) => (bytes: Uint8Array) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));

/** Publishes a snapshot that says something else, signed by nobody. */
async function publishChanged(repository: Repository, change: (snapshot: Snapshot) => Snapshot): Promise<Repository> {
  const { snapshot } = repository.snapshot("latest");
  await repository.snapshotFiles.publish({ bytes: encodeSnapshot(change(snapshot)), statements: [] });
  await repository.refresh();
  return repository;
}

describe("snapshots of a repository", () => {
  it("tells how many bytes it read, also where threads take the memory of the blocks", async () => {
    const { storage } = await newRepositoryWith(tree);
    const told = async (engine: Engine) => {
      const bytes: number[] = [];
      await verified(await reopened(storage, engine), { level: "full", onProgress: (progress) => void bytes.push(progress.bytes) });
      return bytes;
    };
    const there = await told(taking);
    expect(Math.max(...there)).toBeGreaterThan(3_000_000);
    expect(there).toEqual(await told(native));
  });

  it.each(levels)("are sound at level %s", async (level) => {
    const repository = await newRepository();
    await backedUp(repository, tree);
    expect(await verified(repository, { level })).toMatchObject({
      level,
      exitCode: 0,
      integrity: { status: "ok", entries: 4, problems: [], warnings: [] },
      signature: { status: "trusted" },
      selfContained: { status: "yes", needs: 0 },
      completeness: { status: "complete" },
      generations: [],
    });
  });

  it("are read from level full on", async () => {
    const repository = await newRepository();
    await backedUp(repository, tree);
    const [standard, full] = [await verified(repository, { level: "standard" }), await verified(repository)];
    expect(standard.integrity.bytes).toBe(0);
    expect(full.integrity.bytes).toBeGreaterThan(3_170_000);
    expect(full.integrity.frames).toBeGreaterThan(1);
  });

  it("are damaged when a block is, which level standard does not look at", async () => {
    const repository = await newRepository();
    await backedUp(repository, tree);
    const { path, at } = await placeOf(repository, tree.a);
    const damaged = await changed(repository.storage, path, flip(at));
    expect(await verified(damaged, { level: "standard" })).toMatchObject({ exitCode: 0 });
    const report = await verified(damaged);
    expect(report).toMatchObject({ exitCode: 4, integrity: { status: "damaged", problems: [{ code: "PTAR_FRAME_CHECK" }] } });
    expect(report.integrity.problems[0]?.message).toMatch(new RegExp(`^snapshot [0-9a-f]{12}: ${path}: frame \\d+`));
    expect(report.selfContained.status).toBe("no");
    expect(report.selfContained.needs).toBeGreaterThan(0);
  });

  it("lack what was in a pack that is gone, at every level", async () => {
    const repository = await newRepository();
    await backedUp(repository, { a: noise(2_000_000, 7), b: noise(2_000_000, 8) });
    const { path } = await placeOf(await withWhole(repository), noise(100, 9));
    const lost = await changed(repository.storage, path, () => undefined);
    for (const level of levels) expect(await verified(lost, { level })).toMatchObject({ exitCode: 4, selfContained: { status: "no" } });
  });

  it("are sound with a warning when another copy of what is damaged is", async () => {
    const storage = new MemoryStorage();
    const [first, second] = [await newRepository({ storage }), await reopened(storage)];
    // two that back the same up at once store it twice
    await Promise.all([backedUp(first, { a: tree.a }), backedUp(second, { a: tree.a })]);
    const repository = await reopened(storage);
    const places = repository.index.places("chunk", repository.archives.engine.crypto.sha256(tree.a));
    expect(places).toHaveLength(2);
    const { path, at } = await placeOf(repository, tree.a);
    const report = await verified(await changed(storage, path, flip(at)));
    expect(report).toMatchObject({ exitCode: 0, integrity: { status: "ok" }, selfContained: { status: "yes" } });
    expect(report.integrity.warnings).toEqual([expect.stringMatching(new RegExp(`^${path}: .*another copy is sound$`))]);
  });

  it("are told apart: one that is sound is not damaged with another", async () => {
    const repository = await newRepository();
    await backedUp(repository, { a: tree.a });
    const sound = await backedUp(repository, { d: noise(50_000, 9) });
    const { path, at } = await placeOf(repository, tree.a);
    const damaged = await changed(repository.storage, path, flip(at));
    expect(await verified(damaged, { snapshots: [damaged.snapshot(toHex(sound.snapshot))] })).toMatchObject({ exitCode: 0 });
    expect((await verified(damaged)).integrity.problems).toHaveLength(1);
  });

  it("of one tree are all damaged with it", async () => {
    const repository = await newRepository();
    const { snapshot } = await backedUp(repository, { a: tree.a });
    await backedUp(repository, { a: tree.a }, { parent: repository.snapshot(toHex(snapshot)) });
    const { path, at } = await placeOf(repository, tree.a);
    const damaged = await changed(repository.storage, path, flip(at));
    expect(damaged.snapshots).toHaveLength(2);
    expect((await verified(damaged)).integrity.problems).toHaveLength(2);
  });

  it("have the counters that they say", async () => {
    const repository = await newRepository();
    await backedUp(repository, tree);
    await publishChanged(repository, (one) => ({ ...one, completeness: { ...one.completeness, stored: 3, failed: 1 } }));
    const report = await verified(repository, { level: "standard", anySigner: true });
    expect(report).toMatchObject({ exitCode: 4, integrity: { problems: [{ code: "PTAR_SNAPSHOT_COUNTERS" }] } });
  });

  it("have the item tree that they say, from level full on", async () => {
    const repository = await newRepository();
    await backedUp(repository, tree);
    await publishChanged(repository, (one) => ({ ...one, items: { ...one.items, root: "5".repeat(64) } }));
    expect(await verified(repository, { level: "standard", anySigner: true })).toMatchObject({ exitCode: 0 });
    const report = await verified(repository, { anySigner: true });
    expect(report).toMatchObject({ exitCode: 4, integrity: { problems: [{ code: "PTAR_SNAPSHOT_ITEMS" }] } });
  });

  it("are none in an empty repository, which is no success", async () => {
    await expect(verified(await newRepository())).rejects.toMatchObject({ code: "PTAR_SNAPSHOT_NOT_FOUND" });
  });
});

describe("signatures about snapshots", () => {
  it("of unknown keys are refused, unless any will do", async () => {
    const repository = await newRepository();
    await backedUp(repository, { c: "text" });
    const trust = trusting(signerOf(9));
    expect(await verified(repository, { trust })).toMatchObject({
      exitCode: 6,
      integrity: { status: "ok" },
      signature: { status: "unknown-key", problems: [{ code: "PTAR_SIGNER_UNTRUSTED" }] },
    });
    expect(await verified(repository, { trust, anySigner: true })).toMatchObject({ exitCode: 0, signature: { status: "unknown-key", problems: [] } });
  });

  it("are missing where nobody signed, unless that is allowed", async () => {
    const repository = await newRepository();
    await backedUp(repository, { c: "text" }, { signers: [] });
    expect(await verified(repository)).toMatchObject({
      exitCode: 5,
      signature: { status: "unsigned", problems: [{ code: "PTAR_SIGNATURE_MISSING" }] },
    });
    expect(await verified(repository, { allowUnsigned: true })).toMatchObject({ exitCode: 0, signature: { status: "unsigned" } });
    expect(await verified(repository, { anySigner: true })).toMatchObject({ exitCode: 0 });
  });

  it("that are not valid are so whoever may have signed", async () => {
    const repository = await newRepository();
    await backedUp(repository, { c: "text" });
    const { bytes, statements } = repository.snapshot("latest");
    const other = await newRepository();
    await backedUp(other, { c: "text" });
    await other.snapshotFiles.publish({ bytes, statements: statements.map(flip(0)) });
    await other.refresh();
    const report = await verified(other, { anySigner: true });
    expect(report).toMatchObject({ exitCode: 4, signature: { status: "invalid", problems: [{ code: "PTAR_SIGNATURE_INVALID" }] } });
    expect(report.signature.problems[0]?.message).toMatch(/^snapshot /);
  });
});

describe("completeness of snapshots", () => {
  it("is that of the worst, with the counters of the latest", async () => {
    const repository = await newRepository();
    await backedUp(repository, { c: { type: "file", content: "text", openFault: "EACCES" } });
    await backedUp(repository, { c: "text" });
    expect(await verified(repository)).toMatchObject({ exitCode: 3, completeness: { status: "incomplete", counters: { failed: 0, stored: 1 } } });
    expect(await verified(repository, { snapshots: [repository.snapshot("latest")] })).toMatchObject({ exitCode: 0 });
  });
});

/** The repository with one more small file, in a pack of its own. */
async function withWhole(repository: Repository): Promise<Repository> {
  await backedUp(repository, { small: noise(100, 9) });
  return repository;
}
