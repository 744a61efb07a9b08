// How long an adopted archive is kept. spec/15-repository.md#prune
import { describe, expect, it } from "vitest";
import { toHex } from "../../../src/bytes/hex.js";
import { MemoryStorage } from "../../../src/connectors/memory/storage.js";
import { publishMarks } from "../../../src/repository/files/marks.js";
import { type PruneOptions, prune } from "../../../src/repository/prune/prune.js";
import type { Repository } from "../../../src/repository/repository.js";
import { archiveOf, native, noise } from "../../archive/engines.js";
import { refusal } from "../../container/refusal.js";
import { backedUp, digestOf, filesOf, newRepository, pack, reopened, stored } from "../repositories.js";
import { adopted, checkedDeep, countStored, MeddledStorage, opened, originalOf } from "./adopting.js";

const owner = { host: "here", user: "me", process: 1 };
const tree = { a: noise(300_000), b: noise(300_000, 2) };
const bytes = await archiveOf(tree);
const { fingerprint } = await opened(bytes);
const path = `adopted/${toHex(fingerprint)}.ptar` as const;
const grace = 3600;

const pruned = (repository: Repository, options: Partial<PruneOptions> = {}) => prune(repository, { pack, owner, grace: 0, ...options });

/** Forgets the snapshot of the archive. */
async function forget(repository: Repository): Promise<void> {
  const [id] = (await opened(bytes)).snapshotIds;
  for (const file of repository.snapshot(toHex(id as Uint8Array)).files) await repository.storage.remove(`snapshots/${file}.ptar`);
  await repository.refresh();
}

/** A repository whose clock stands where it is put, with the archive adopted. */
async function clocked() {
  const time = { now: 1_000_000 };
  const storage = new MemoryStorage({ clock: () => time.now++ });
  const repository = await newRepository({ storage });
  await adopted(repository, bytes);
  return { repository, wait: (seconds: number) => (time.now += seconds * 1000) };
}

describe("an adopted archive", () => {
  it("stays while its snapshot is there, though most of what is in it may be needed by nothing", async () => {
    const few = await archiveOf({ a: "text" });
    const repository = await newRepository();
    await adopted(repository, few);
    expect(await pruned(repository)).toEqual({ deletedPacks: 0, deletedBytes: 0, markedPacks: 0, markedBytes: 0, movedObjects: 0 });
    expect(await countStored(repository)).toEqual([0, 1, 1, 1]);
    expect(digestOf(await originalOf(repository, (await opened(few)).fingerprint))).toBe(digestOf(few));
  });

  it("goes when no snapshot needs anything of it", async () => {
    const repository = await newRepository();
    await adopted(repository, bytes);
    await forget(repository);
    expect(await pruned(repository)).toMatchObject({ deletedPacks: 1, deletedBytes: bytes.length, movedObjects: 0 });
    expect(await countStored(repository)).toEqual([0, 0, 1, 0]);
    expect((await reopened(repository.storage)).index.archives()).toEqual([]);
  });

  it("goes when its snapshot is forgotten, after what others need of it was stored again", async () => {
    const repository = await newRepository();
    await adopted(repository, bytes);
    await backedUp(repository, { a: noise(300_000), c: "other" });
    const files = await filesOf(repository);
    await forget(repository);
    const result = await pruned(repository);
    expect(result.movedObjects).toBeGreaterThan(0);
    expect((await countStored(repository))[1]).toBe(0);
    expect(await filesOf(await reopened(repository.storage))).toEqual(files);
    expect(await checkedDeep(repository.storage)).toMatchObject({ problemCount: 0, orphans: 0 });
  });

  it("that was marked stays when its snapshot comes back in time", async () => {
    const { repository, wait } = await clocked();
    await forget(repository);
    expect(await pruned(repository, { grace })).toMatchObject({ markedPacks: 1 });
    const again = await reopened(repository.storage);
    expect(await adopted(again, bytes)).toMatchObject({ adopted: [{ outcome: "there" }] });
    // a sweep that saw no snapshot may come in between: contents do not depend on it
    expect((await countStored(again))[0]).toBeGreaterThan(0);
    wait(2 * grace);
    expect(await pruned(await reopened(repository.storage), { grace })).toMatchObject({ deletedPacks: 0 });
    expect(digestOf(await originalOf(repository, fingerprint))).toBe(digestOf(bytes));
    expect((await stored(repository, "marks")).size).toBe(0);
    expect(await checkedDeep(repository.storage)).toMatchObject({ problemCount: 0 });
  });

  it("is entered in the index anew by who does not know yet that a prune has deleted it", async () => {
    const repository = await newRepository();
    await adopted(repository, bytes);
    await forget(repository);
    const stale = await reopened(repository.storage);
    await pruned(repository);
    expect(await adopted(stale, bytes)).toMatchObject({ adopted: [{ outcome: "kept" }] });
    expect(await checkedDeep(repository.storage)).toMatchObject({ problemCount: 0, snapshotCount: 1, orphans: 0 });
  });

  it("whose file was lost is relied upon again, once it is there", async () => {
    const repository = await newRepository();
    await adopted(repository, bytes);
    await forget(repository);
    await repository.storage.remove(path);
    expect(await adopted(await reopened(repository.storage), bytes)).toMatchObject({ addedObjects: 0, adopted: [{ outcome: "kept" }] });
    expect(await checkedDeep(repository.storage)).toMatchObject({ problemCount: 0, snapshotCount: 1, orphans: 0 });
  });

  it("that a prune is about to delete is not relied upon, also where its file was just written", async () => {
    const repository = await newRepository();
    await adopted(repository, bytes);
    await forget(repository);
    await publishMarks(repository.storage, [toHex(fingerprint)], { crypto: native.crypto, grace });
    await repository.storage.remove(path);
    expect(await adopted(await reopened(repository.storage), bytes)).toMatchObject({ adopted: [{ outcome: "kept" }] });
    await repository.storage.remove(path);
    expect(Object.keys(await filesOf(await reopened(repository.storage)))).toEqual(["a", "b"]);
  });

  it("that a crash has left goes after the grace period", async () => {
    const time = { now: 1_000_000 };
    const storage = new MeddledStorage({ clock: () => time.now++ });
    const repository = await newRepository({ storage });
    storage.meddle = { folder: "index", before: () => Promise.reject(new Error("killed")) };
    await expect(adopted(repository, bytes)).rejects.toThrow("killed");
    expect(await pruned(await reopened(storage), { grace })).toMatchObject({ deletedPacks: 0 });
    expect((await countStored({ storage }))[1]).toBe(1);
    for (let i = 0; i < 3; i++) {
      time.now += 2000 * grace;
      await pruned(await reopened(storage), { grace });
    }
    expect((await countStored({ storage }))[1]).toBe(0);
  });

  it("that a prune deletes under the import is missed at its end, and healed by the next one", async () => {
    const storage = new MeddledStorage();
    const repository = await newRepository({ storage });
    storage.meddle = { folder: "snapshots", before: () => storage.remove(path) };
    expect(await refusal(() => adopted(repository, bytes))).toMatch(`PTAR_PACK_MISSING: repository memory: a prune has deleted ${path} meanwhile`);
    expect(await adopted(await reopened(storage), bytes)).toMatchObject({ adopted: [{ outcome: "kept" }] });
    expect(await checkedDeep(storage)).toMatchObject({ problemCount: 0, snapshotCount: 1 });
  });
});
