// What programs import: names on the faces, and the examples that stand there. spec/01-overview.md
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as format from "../../src/format.js";
import * as portable from "../../src/index.js";
import {
  backup,
  exportSnapshots,
  extractArchive,
  importArchives,
  initRepository,
  loadPortableEngine,
  MemoryReader,
  MemorySink,
  MemorySource,
  MemoryStorage,
  MemoryTarget,
  openArchive,
  proofOf,
  Repository,
  repositoryStats,
  signerFromSeed,
  snapshotsOf,
  type Trust,
  takeSnapshots,
  verifyArchive,
  verifySnapshots,
} from "../../src/index.js";
import { folderStorage, loadNativeEngine } from "../../src/node.js";

const pack = { codec: "zstd", level: 3 } as const;

describe("the portable face", () => {
  it("carries a snapshot from one repository to another, signed by whoever made it", async () => {
    const engine = await loadPortableEngine();
    const author = signerFromSeed(new Uint8Array(32).fill(1), engine.crypto);
    const carrier = signerFromSeed(new Uint8Array(32).fill(2), engine.crypto);
    const trust: Trust = { keys: [author, carrier].map(({ publicKey }, i) => ({ publicKey, name: `key ${i}` })) };

    const storage = new MemoryStorage();
    await initRepository(storage, { engine });
    const repository = await Repository.open(storage, { engine });
    const result = await backup(repository, { source: new MemorySource({ "notes.md": "seen" }), signers: [author], pack, facts: {} });
    await repository.refresh();

    const sink = new MemorySink();
    await exportSnapshots(repository, { snapshots: [repository.snapshot("latest")], sink, signers: [carrier], pack });
    const carried = new MemoryReader(sink.bytes());
    expect(await verifyArchive(carried, { engine, trust })).toMatchObject({ exitCode: 0 });

    const there = new MemoryStorage();
    await initRepository(there, { engine });
    const other = await Repository.open(there, { engine });
    const archive = await openArchive(carried, { engine, trust });
    expect(await importArchives(other, [archive], { pack })).toMatchObject({ added: [result.snapshot] });
    await other.refresh();

    expect(await verifySnapshots(other, { snapshots: other.snapshots, trust })).toMatchObject({ exitCode: 0, signature: { status: "trusted" } });
    expect(await repositoryStats(other)).toMatchObject({ contentBytes: 4 });
    const target = new MemoryTarget();
    expect(await extractArchive(snapshotsOf(other, trust), target)).toMatchObject({ files: 1, bytes: 4 });
    expect(proofOf(other)).toEqual(proofOf(repository));
    await repository.close();
    await other.close();
  });

  it("names what repositories need", () => {
    expect(
      Object.keys(portable)
        .filter((name) => /repositor|snapshot|storage/i.test(name))
        .sort(),
    ).toEqual([
      "MemoryStorage",
      "Repository",
      "checkRepository",
      "exportSnapshots",
      "forgetSnapshots",
      "initRepository",
      "repositoryFacts",
      "repositoryStats",
      "snapshotsOf",
      "storageFolders",
      "takeSnapshots",
      "verifySnapshots",
    ]);
  });
});

describe("the face for Node", () => {
  it("keeps a repository in a folder", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ptar-face-"));
    try {
      const engine = await loadNativeEngine();
      const storage = folderStorage(join(folder, "case"));
      const id = await initRepository(storage, { engine });
      const [repository, memory] = [await Repository.open(storage, { engine }), new MemoryStorage()];
      expect(repository.id).toEqual(id);
      await initRepository(memory, { engine });
      const away = await Repository.open(memory, { engine });
      await backup(away, { source: new MemorySource({ a: "b" }), signers: [], pack, facts: {} });
      await away.refresh();
      expect(await takeSnapshots(away, repository, { pack, trust: "any-signer" })).toMatchObject({ snapshots: [away.snapshots[0]?.id] });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("the face of the byte layouts", () => {
  it("encodes and decodes the documents of repositories", () => {
    const mark = { type: "mark", createdAt: "2026-01-01T00:00:00Z", grace: 60, packs: ["ab".repeat(32)], ext: [] } as const;
    expect(format.decodeMark(format.encodeMark(mark), "mark", format.limits)).toEqual(mark);
    expect(Object.keys(format)).toEqual(
      expect.arrayContaining([
        ...["Catalogue", "Inventory", "Holdings", "Locations", "Lock", "Mark", "Repository"].flatMap((name) => [`decode${name}`, `encode${name}`]),
        "shortKey",
        "repositoryKeyId",
        "descriptionName",
      ]),
    );
  });
});
