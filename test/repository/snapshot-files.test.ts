// Snapshot archives as they are read: one snapshot each, taken together. spec/15-repository.md#snapshots
import { describe, expect, it } from "vitest";
import { toHex } from "../../src/bytes/hex.js";
import { MemoryStorage } from "../../src/connectors/memory/storage.js";
import { PtarError } from "../../src/errors/ptar-error.js";
import type { Snapshot } from "../../src/format/generated/types.js";
import { encodeSnapshot } from "../../src/format/snapshot.js";
import { decodeSnapshotStatement } from "../../src/format/statement.js";
import type { RepositoryArchives } from "../../src/repository/files/archives.js";
import type { StoragePath, StoredFile } from "../../src/repository/files/storage.js";
import { SnapshotFiles } from "../../src/repository/snapshot-files.js";
import { signSnapshot } from "../../src/statement/sign.js";
import { verifyBytes } from "../archive/engines.js";
import { author, signerOf, type TestSigner } from "../container/build.js";
import { refusal } from "../container/refusal.js";
import { samples } from "../format/samples.js";
import { pack } from "./repositories.js";
import { archivesOf, CountingStorage, FadingStorage } from "./stored-archives.js";

const sample = samples.find(([name]) => name === "snapshot")?.[2] as Snapshot;
const id = new Uint8Array(32).fill(6);
const early = "2026-11-21T09:00:00Z";
const late = "2026-11-22T09:00:00Z";

/** A snapshot that finished then. */
const finished = (time: string, content = sample.content) => encodeSnapshot({ ...sample, content, times: { started: time, finished: time } });
const signed = (signer: TestSigner, time: string) => signSnapshot(signer, { id, items: sample.items }, { role: "author", time });

/** Lists what new readers see, in hex, and when the snapshots finished. */
async function listed(archives: RepositoryArchives): Promise<readonly string[]> {
  return (await new SnapshotFiles(archives).list()).map(({ snapshot }) => snapshot.times.finished);
}

const publish = (archives: RepositoryArchives, bytes: Uint8Array, ...statements: readonly Uint8Array[]) =>
  new SnapshotFiles(archives).publish({ bytes, statements });

/** Publishes an archive of exactly these snapshots. */
async function publishAll(archives: RepositoryArchives, ...snapshots: readonly Uint8Array[]): Promise<string> {
  const file = await archives.create("snapshots", { pack, extent: "thin" });
  await file.publish({ snapshots: snapshots.map((bytes) => ({ id: file.writer.put("snapshot", bytes), statements: [] })), complete: true });
  return `snapshots/${toHex(file.name)}.ptar`;
}

async function pathsIn(archives: RepositoryArchives): Promise<readonly StoragePath[]> {
  const paths: StoragePath[] = [];
  for await (const { name } of archives.storage.list("snapshots")) paths.push(`snapshots/${name}`);
  return paths;
}

/** Lists files in another order: storages have none. */
class BackwardStorage extends MemoryStorage {
  override async *list(folder: Parameters<MemoryStorage["list"]>[0]) {
    const files: StoredFile[] = [];
    for await (const file of super.list(folder)) files.unshift(file);
    yield* files;
  }
}

describe("snapshots of a repository", () => {
  it("that finished and were written at once have one order all the same", async () => {
    const archives = archivesOf(new BackwardStorage({ clock: () => 1000 }));
    for (const byte of ["dd", "aa", "cc", "bb", "ee"]) await publish(archives, finished(early, byte.repeat(32)));
    const files = (await new SnapshotFiles(archives).list()).map(({ files: [only] }) => only);
    expect(files).toEqual(files.toSorted());
  });

  it("come in the order in which they finished, and of two that finished at once the one that was written first", async () => {
    let clock = 1000;
    const archives = archivesOf(new BackwardStorage({ clock: () => clock }));
    const contents = ["aa", "bb", "cc", "dd"].map((byte) => byte.repeat(32));
    await publish(archives, finished(late));
    for (const content of contents) {
      clock += 1000;
      await publish(archives, finished(early, content));
    }
    expect(await listed(archives)).toEqual([early, early, early, early, late]);
    expect((await new SnapshotFiles(archives).list()).slice(0, 4).map(({ snapshot }) => snapshot.content)).toEqual(contents);
  });

  it("are taken together from all archives that hold them, with one statement of each key: of two the earlier", async () => {
    const archives = archivesOf();
    const bytes = finished(early);
    const other = signerOf(5);
    const [first, second, theirs] = [await signed(author, early), await signed(author, late), await signed(other, late)];
    await publish(archives, bytes, second);
    await publish(archives, bytes, first, theirs);
    await publish(archives, bytes);
    await publish(archives, bytes, second, theirs);
    const [only, ...more] = await new SnapshotFiles(archives).list();
    expect(more).toEqual([]);
    expect(only?.bytes).toEqual(bytes);
    const expected = [first, theirs].map((stored) => [decodeSnapshotStatement(stored).body.publicKey, toHex(stored)] as const).toSorted();
    expect(only?.statements.map(toHex)).toEqual(expected.map(([, stored]) => stored));
    expect(only?.files.map((name) => `snapshots/${name}.ptar`)).toEqual((await pathsIn(archives)).toSorted());
    expect(only?.files).toHaveLength(4);
  });

  it("are read once, and forgotten when their archives are gone", async () => {
    const storage = new CountingStorage();
    const archives = archivesOf(storage);
    const files = new SnapshotFiles(archives);
    await publish(archives, finished(early));
    expect(await files.list()).toHaveLength(1);
    storage.most = 0;
    expect(await files.list()).toHaveLength(1);
    expect(storage.most).toBe(0);
    for (const path of await pathsIn(archives)) await storage.remove(path);
    await publish(archives, finished(late));
    expect((await files.list()).map(({ snapshot }) => snapshot.times.finished)).toEqual([late]);
    expect(storage.held).toBe(0);
  });

  it("may be forgotten by somebody else between list and look", async () => {
    const storage = new FadingStorage();
    const archives = archivesOf(storage);
    await publish(archives, finished(early));
    const [path] = (await pathsIn(archives)) as [StoragePath];
    await publish(archives, finished(late));
    storage.fades = { path, opening: 1, meanwhile: async () => undefined };
    expect(await listed(archives)).toEqual([late]);
  });

  it.each([
    ["two snapshots", [finished(early), finished(late)], 2],
    ["none", [], 0],
  ])("are not read from an archive of %s", async (_what, snapshots, count) => {
    const storage = new CountingStorage();
    const archives = archivesOf(storage);
    const path = await publishAll(archives, ...snapshots);
    expect(await refusal(() => listed(archives))).toBe(`PTAR_REPOSITORY_INVALID: repository: ${path}: holds ${count} snapshots, expected one`);
    expect(storage.held).toBe(0);
  });

  it("are passed over one by one when somebody wants to hear what is wrong with them", async () => {
    const archives = archivesOf();
    const path = await publishAll(archives);
    await publish(archives, finished(early));
    const told: string[] = [];
    const files = new SnapshotFiles(archives, (file, { code }) => told.push(`${file} ${code}`));
    expect(await files.list()).toHaveLength(1);
    expect(told).toEqual([`${path} PTAR_REPOSITORY_INVALID`]);
  });

  it("are not passed over because a disk or a program fails", async () => {
    for (const failure of [new PtarError("PTAR_IO_FAILED", "disk: it is gone"), new TypeError("a mistake")]) {
      const storage = new MemoryStorage();
      const archives = archivesOf(storage);
      await publish(archives, finished(early));
      storage.open = () => Promise.reject(failure);
      const told: string[] = [];
      await expect(new SnapshotFiles(archives, (file) => told.push(file)).list()).rejects.toBe(failure);
      expect(told).toEqual([]);
    }
  });

  it("leave their contents to packs: the archive is a thin one that verifies", async () => {
    const archives = archivesOf();
    await publish(archives, finished(early));
    const [path] = (await pathsIn(archives)) as [StoragePath];
    const file = await archives.storage.open(path);
    const bytes = (await file?.read(0, file.length)) as Uint8Array;
    expect(await verifyBytes(bytes, { level: "deep", allowUnsigned: true })).toMatchObject({
      integrity: { status: "ok" },
      selfContained: { status: "no", needs: 1 },
    });
  });

  it("leave nothing behind when they cannot be published", async () => {
    const storage = new MemoryStorage();
    const archives = archivesOf(storage);
    const create = storage.create.bind(storage);
    storage.create = async (path) => ({
      ...(await create(path)),
      publish: () => Promise.reject(new PtarError("PTAR_IO_FAILED", "disk: it is gone")),
    });
    expect(await refusal(() => publish(archives, finished(early)))).toMatch("PTAR_IO_FAILED");
    expect(await storage.sweep(Number.MAX_SAFE_INTEGER)).toBe(0);
  });
});
