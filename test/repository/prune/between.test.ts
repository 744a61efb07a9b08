// Writers and readers between which a prune comes, and prunes that were killed. spec/15-repository.md#prune
import { describe, expect, it } from "vitest";
import { objectId } from "../../../src/block/object-id.js";
import { toHex } from "../../../src/bytes/hex.js";
import { MemorySource } from "../../../src/connectors/memory/source.js";
import { MemoryStorage } from "../../../src/connectors/memory/storage.js";
import type { MemoryTree } from "../../../src/connectors/memory/tree.js";
import { type BackupResult, backup } from "../../../src/repository/backup.js";
import { checkRepository } from "../../../src/repository/check/check.js";
import { CheckFindings } from "../../../src/repository/check/findings.js";
import { publishMarks } from "../../../src/repository/files/marks.js";
import type { Storage } from "../../../src/repository/files/storage.js";
import { rowsOf } from "../../../src/repository/live.js";
import { namesOf } from "../../../src/repository/packs/stored-archives.js";
import { forgetSnapshots } from "../../../src/repository/prune/forget.js";
import { mergeIndex, removeSuperseded } from "../../../src/repository/prune/index-merge.js";
import { type PruneOptions, type PruneResult, prune } from "../../../src/repository/prune/prune.js";
import { Repository } from "../../../src/repository/repository.js";
import { takeSnapshots } from "../../../src/repository/transfer/sync.js";
import { Writing } from "../../../src/repository/writing.js";
import { native, noise } from "../../archive/engines.js";
import { author } from "../../container/build.js";
import { refusal } from "../../container/refusal.js";
import { backedUp, digestOf, exported, filesOf, newRepository, pack, reopened, stored } from "../repositories.js";
import { dyingAt, once, watchedStorage } from "../watched-storage.js";

const owner = { host: "here", user: "me", process: 1 };
const grace = 3600;
const later = 2 * grace * 1000;
const shared = noise(20_000, 3);
const first: MemoryTree = { a: noise(40_000), c: shared };
const second: MemoryTree = { c: shared, d: noise(30_000, 4) };
const third: MemoryTree = { e: noise(50_000, 5) };

/** A storage whose clock goes on by itself a little, and further when `now` is put there. */
function clocked() {
  const time = { now: 1_000_000 };
  return Object.assign(time, { storage: new MemoryStorage({ clock: () => time.now++ }) });
}

async function pruned(storage: Storage, options: Partial<PruneOptions> = {}): Promise<PruneResult> {
  return prune(await reopened(storage), { pack, owner, grace, ...options });
}

/** Two snapshots, of which the first was forgotten: one pack is garbage, one is shared. */
async function halfForgotten() {
  const place = clocked();
  const repository = await newRepository({ storage: place.storage });
  await backedUp(repository, first);
  await backedUp(repository, second);
  await forgetSnapshots(repository, repository.snapshots.slice(0, 1));
  return place;
}

async function backUp(storage: Storage, tree: MemoryTree): Promise<BackupResult> {
  return backup(await reopened(storage), { source: new MemorySource(tree), signers: [author], pack, facts: {} });
}

const digests = (tree: MemoryTree) => Object.fromEntries(Object.entries(tree).map(([name, bytes]) => [name, digestOf(bytes as Uint8Array)]));

/** Files of the latest snapshot, after a deep check of all that finds nothing. */
async function sound(storage: Storage): Promise<Readonly<Record<string, string>>> {
  const findings = new CheckFindings();
  const repository = await Repository.open(storage, { engine: native, onProblem: (file, error) => findings.note(error, { file }) });
  const { problems } = await checkRepository(repository, findings, { level: "deep" });
  expect(problems).toEqual([]);
  return filesOf(repository);
}

function contentThatNobodyNeeds({ index, snapshots }: Repository): Uint8Array {
  const needed = new Set(snapshots.map(({ snapshot }) => snapshot.content));
  const contents = index.archives().flatMap((archive) => [...rowsOf(index, archive)].filter(({ kind }) => kind === "content"));
  return (contents.find(({ id }) => !needed.has(toHex(id))) ?? { id: new Uint8Array() }).id.slice();
}

const packsIn = async (storage: Storage) => [...(await stored({ storage }, "packs")).keys()].map((name) => name.slice(0, 64)).sort();

/** Names of packs that no index archive names. */
async function orphansIn(storage: Storage): Promise<readonly string[]> {
  const named = namesOf((await reopened(storage)).index.archives());
  return (await packsIn(storage)).filter((name) => !named.has(name));
}

/** Packs as a run leaves them that is killed before it publishes its index. */
async function leaveOrphans(storage: Storage, tree: MemoryTree): Promise<void> {
  const killed = async () => {
    throw new Error("killed");
  };
  await expect(backUp(watchedStorage(storage, once("create index/", killed)), tree)).rejects.toThrow("killed");
}

describe("a writer", () => {
  it("stores again what was in packs that are gone", async () => {
    const { storage } = await halfForgotten();
    for (const name of await packsIn(storage)) await storage.remove(`packs/${name}.ptar`);
    const { snapshot } = await backUp(storage, second);
    expect(await filesOf(await reopened(storage), toHex(snapshot))).toEqual(digests(second));
  });

  it("stores again what was in packs that have another length", async () => {
    const place = clocked();
    const repository = await newRepository({ storage: place.storage });
    await backedUp(repository, third);
    for (const name of await packsIn(place.storage)) {
      await place.storage.remove(`packs/${name}.ptar`);
      await put(place.storage, `packs/${name}.ptar`, new Uint8Array(1000));
    }
    const { addedBytes } = await backUp(place.storage, third);
    expect(addedBytes).toBeGreaterThan(50_000);
  });

  it("whose own packs are marked before its snapshot is there stores them again", async () => {
    const { storage } = await halfForgotten();
    const between = async () => {
      // somebody else finds its packs and publishes their index; no snapshot needs them yet
      await backUp(storage, { other: noise(1000, 9) });
      expect((await pruned(storage)).markedPacks).toBeGreaterThan(1);
    };
    const { snapshot } = await backUp(watchedStorage(storage, once("create index/", between)), third);
    expect(await filesOf(await reopened(storage), toHex(snapshot))).toEqual(digests(third));
    await sound(storage);
  });

  it("that ran longer than the grace period finds what was moved to other packs", async () => {
    const place = await halfForgotten();
    const { storage } = place;
    const between = async () => {
      const { movedObjects } = await pruned(storage);
      expect(movedObjects).toBeGreaterThan(0);
      place.now += later;
      expect((await pruned(storage)).deletedPacks).toBeGreaterThan(0);
    };
    // of what it takes for granted there is `c`, in a pack that goes
    const { snapshot } = await backUp(watchedStorage(storage, once("create packs/", between)), { c: shared, e: noise(50_000, 5) });
    expect(await filesOf(await reopened(storage), toHex(snapshot))).toEqual(digests({ c: shared, ...third }));
    await sound(storage);
  });

  it("that ran longer than the grace period and relies on what was deleted publishes no snapshot, and succeeds when it is run again", async () => {
    const place = await halfForgotten();
    const { storage } = place;
    const between = async () => {
      await pruned(storage);
      place.now += later;
      await pruned(storage);
    };
    const before = await stored({ storage }, "snapshots");
    const both = { ...first, ...third };
    const late = watchedStorage(storage, once("create packs/", between));
    expect(await refusal(() => backUp(late, both))).toMatch(
      "PTAR_PACK_MISSING: repository memory: a prune has deleted packs that this run relied on",
    );
    expect(await stored({ storage }, "snapshots")).toEqual(before);
    await sound(storage);
    await backUp(storage, both);
    expect(await sound(storage)).toEqual(digests(both));
  });

  it("that ran so long that its own packs are gone does not name them in its index", async () => {
    const place = await halfForgotten();
    const { storage } = place;
    const between = async () => {
      place.now += later;
      expect((await pruned(storage)).markedPacks).toBe(2);
      place.now += later;
      await pruned(storage);
    };
    // before it looks which packs are there: the first look is that for orphans
    const late = watchedStorage(storage, once("list packs", between, 2));
    expect(await refusal(() => backUp(late, third))).toMatch("PTAR_PACK_MISSING");
    await sound(storage);
  });
});

describe("a writer that read the index again meanwhile", () => {
  it("knows still what it relied on", async () => {
    const place = await halfForgotten();
    const { storage } = place;
    const repository = await reopened(storage);
    const forgotten = contentThatNobodyNeeds(repository);
    const writing = await Writing.start(repository, pack);
    await pruned(storage);
    place.now += later;
    await pruned(storage);
    // brings the index up to date, which knows nothing of the forgotten snapshot any more
    await filesOf(repository);
    expect(await refusal(() => writing.publishFor([forgotten], { pack }))).toMatch("PTAR_PACK_MISSING");
    await writing.end();
  });
});

describe("packs that no index names", () => {
  it("are marked when they are old, and go after the grace period", async () => {
    const place = clocked();
    const { storage } = place;
    await backedUp(await newRepository({ storage }), second);
    const before = await packsIn(storage);
    await leaveOrphans(storage, third);
    expect(await pruned(storage)).toMatchObject({ markedPacks: 0, deletedPacks: 0 });
    place.now += later;
    const look = await pruned(storage, { mode: "look" });
    const marked = await pruned(storage);
    expect(marked.markedPacks).toBeGreaterThan(0);
    expect(look).toEqual(marked);
    expect(await pruned(storage)).toMatchObject({ markedPacks: 0, deletedPacks: 0 });
    expect((await packsIn(storage)).length).toBeGreaterThan(before.length);
    place.now += later;
    expect(await pruned(storage)).toMatchObject({ deletedPacks: marked.markedPacks, deletedBytes: marked.markedBytes });
    expect(await packsIn(storage)).toEqual(before);
  });

  it("are used by nobody once they are marked", async () => {
    const place = clocked();
    const { storage } = place;
    await backedUp(await newRepository({ storage }), second);
    await leaveOrphans(storage, third);
    place.now += later;
    const { markedPacks } = await pruned(storage);
    const orphans = await orphansIn(storage);
    expect(orphans).toHaveLength(markedPacks);
    await backUp(storage, third);
    expect(await orphansIn(storage)).toEqual(orphans);
  });

  it("stay with whoever found them before they were marked", async () => {
    const place = clocked();
    const { storage } = place;
    await backedUp(await newRepository({ storage }), second);
    await leaveOrphans(storage, third);
    place.now += later;
    const between = async () => {
      expect((await pruned(storage)).markedPacks).toBeGreaterThan(0);
    };
    const { snapshot } = await backUp(watchedStorage(storage, once("create index/", between)), third);
    place.now += later;
    await pruned(storage);
    expect(await filesOf(await reopened(storage), toHex(snapshot))).toEqual(digests(third));
    await sound(storage);
  });
});

describe("a prune", () => {
  it("keeps a marked pack when the other one that has its objects is gone", async () => {
    const place = clocked();
    const { storage } = place;
    await newRepository({ storage });
    const origin = await newRepository();
    await backedUp(origin, third);
    const take = async (to: Storage) => void (await takeSnapshots(origin, await reopened(to), { pack, trust: "any-signer" }));
    // two who know nothing of each other store the same
    await take(
      watchedStorage(
        storage,
        once("create packs/", () => take(storage)),
      ),
    );
    const packs = await packsIn(storage);
    expect(packs.length).toBe(2);
    const [gone, marked] = packs as [string, string];
    await publishMarks(storage, [marked], { crypto: native.crypto, grace: 0 });
    const { bytes } = await copyOf(storage, `packs/${gone}.ptar`);
    await storage.remove(`packs/${gone}.ptar`);
    await pruned(storage);
    expect(await packsIn(storage)).toEqual([marked]);
    expect(await sound(storage)).toEqual(digests(third));
    // what is gone is named no longer, for nobody needs it
    await put(storage, `packs/${gone}.ptar`, bytes);
    expect((await reopened(storage)).index.archives().map(({ name }) => toHex(name))).toEqual([marked]);
  });

  it("keeps the names of packs that are gone, for whoever has copies of them", async () => {
    const origin = await newRepository();
    const large = { e: noise(5_000_000, 5) };
    await backedUp(origin, large);
    const { storage } = clocked();
    await newRepository({ storage });
    const take = async (to: Storage) => void (await takeSnapshots(origin, await reopened(to), { pack, trust: "any-signer" }));
    await take(
      watchedStorage(
        storage,
        once("create packs/", () => take(storage)),
      ),
    );
    // those of chunks alone: what else is missing stops the prune
    const { index } = await reopened(storage);
    const ofChunks = index.archives().filter((archive) => [...rowsOf(index, archive)].every(({ kind }) => kind === "chunk"));
    const both = ofChunks.map(({ name }) => `packs/${toHex(name)}.ptar` as const);
    expect(both).toHaveLength(2);
    const copies = await Promise.all(both.map((path) => copyOf(storage, path)));
    for (const path of both) await storage.remove(path);
    await pruned(storage);
    for (const [i, path] of both.entries()) {
      await put(storage, path, copies[i]?.bytes);
      expect(await filesOf(await reopened(storage))).toEqual(digests(large));
      await storage.remove(path);
    }
  });

  it("that was killed after it had moved objects moves them no second time", async () => {
    const { storage } = await halfForgotten();
    const killed = async () => {
      throw new Error("killed");
    };
    await expect(pruned(watchedStorage(storage, once("create index/", killed)))).rejects.toThrow("killed");
    await storage.remove("locks/prune.json");
    const before = await packsIn(storage);
    expect(await pruned(storage)).toMatchObject({ movedObjects: 0, markedPacks: 1 });
    expect(await packsIn(storage)).toEqual(before);
    expect(await sound(storage)).toEqual(digests(second));
  });

  it("killed at any place loses nothing, and the next ones leave what an uninterrupted one leaves", { timeout: 60_000 }, async () => {
    const after = await afterPrunes(await halfForgotten());
    let places = 0;
    for (let at = 1; ; at++) {
      const place = await halfForgotten();
      const ended = await pruned(watchedStorage(place.storage, dyingAt(at)), { grace: 0 }).then(
        () => true,
        () => false,
      );
      if (ended) break;
      places = at;
      expect(await sound(place.storage), `killed at change ${at}`).toEqual(digests(second));
      await place.storage.remove("locks/prune.json");
      expect(await afterPrunes(place), `killed at change ${at}`).toEqual(after);
    }
    expect(places).toBeGreaterThan(8);
  });

  it("killed while it removes index archives does not bring back what the others said", async () => {
    const place = await halfForgotten();
    const { storage } = place;
    const killed = async () => {
      throw new Error("killed");
    };
    await expect(pruned(watchedStorage(storage, once("remove index/", killed, 2)), { grace: 0 })).rejects.toThrow("killed");
    expect((await stored({ storage }, "index")).size).toBeGreaterThan(1);
    await storage.remove("locks/prune.json");
    // the next one supersedes the index archive that superseded the one which was left
    const repository = await reopened(storage);
    await backedUp(repository, third);
    await forgetSnapshots(repository, repository.snapshots.slice(-1));
    await pruned(storage, { grace: 0 });
    expect(await sound(storage)).toEqual(digests(second));
    expect((await stored({ storage }, "index")).size).toBe(1);
  });

  it("does not remove the lock of somebody else", async () => {
    const { storage } = await halfForgotten();
    const theirs = new TextEncoder().encode("theirs");
    const between = async () => {
      await storage.remove("locks/prune.json");
      await put(storage, "locks/prune.json", theirs);
    };
    await pruned(watchedStorage(storage, once("list marks", between, 2)));
    expect((await copyOf(storage, "locks/prune.json")).bytes).toEqual(theirs);
  });
});

async function put(storage: Storage, path: Parameters<Storage["create"]>[0], bytes: Uint8Array = new Uint8Array()): Promise<void> {
  const file = await storage.create(path);
  await file.write(bytes);
  await file.publish();
}

async function copyOf(storage: Storage, path: Parameters<Storage["open"]>[0]): Promise<{ readonly bytes: Uint8Array }> {
  const file = await storage.open(path);
  return { bytes: (await file?.read(0, file.length)) ?? new Uint8Array() };
}

/** What is there when two more prunes have had their time. */
async function afterPrunes({ storage }: ReturnType<typeof clocked>) {
  for (const _run of [1, 2]) await pruned(storage, { grace: 0 });
  expect(await sound(storage)).toEqual(digests(second));
  const folders = ["packs", "index", "marks", "locks"] as const;
  return Promise.all(folders.map(async (folder) => (await stored({ storage }, folder)).size));
}

describe("very many index archives", () => {
  it("are superseded in turn, and all rows stay", async () => {
    const { storage } = clocked();
    const repository = await newRepository({ storage });
    for (let i = 0; i < 7; i++) await backedUp(repository, { [`f${i}`]: noise(20_000, i + 10) });
    const one = await reopened(storage);
    const objects = one.index.size;
    expect((await stored(one, "index")).size).toBe(7);
    const superseded = await mergeIndex(one, { without: new Set(), most: 3 });
    expect(superseded).toHaveLength(7);
    expect(one.index.size).toBe(objects);
    // until they are removed, and then
    for (const _look of [1, 2]) {
      const again = await reopened(storage);
      expect(again.index.size).toBe(objects);
      expect(again.index.sources()).toHaveLength(3);
      // each has rows of those that it supersedes
      const naming = again.index.table.records.flatMap(({ sources }) => [...sources]);
      expect(again.index.sources().filter(({ name }) => naming.includes(toHex(name)))).toHaveLength(3);
      await sound(storage);
      await removeSuperseded(again);
      expect((await stored(again, "index")).size).toBe(3);
    }
  });

  it("leave out what goes, in each of those that supersede them", async () => {
    const { storage } = clocked();
    const repository = await newRepository({ storage });
    for (let i = 0; i < 5; i++) await backedUp(repository, { [`f${i}`]: noise(20_000, i + 10) });
    const one = await reopened(storage);
    const going = (await packsIn(storage)).slice(0, 2);
    await mergeIndex(one, { without: new Set(going), most: 2 });
    const names = (await reopened(storage)).index.archives().map(({ name }) => toHex(name));
    expect(names.sort()).toEqual((await packsIn(storage)).slice(2));
  });
});

describe("a reader that opened a repository before a prune", () => {
  /** A repository opened, and then pruned so that what it knows is gone. */
  async function overtaken() {
    const { storage } = await halfForgotten();
    const reader = await reopened(storage);
    const before = await packsIn(storage);
    await pruned(storage, { grace: 0 });
    expect(await packsIn(storage)).not.toEqual(before);
    return { reader, storage };
  }

  it("finds what was moved", async () => {
    const { reader } = await overtaken();
    expect(await filesOf(reader)).toEqual(digests(second));
  });

  it("finds it also when it asks for many things at once", async () => {
    const { reader } = await overtaken();
    expect(await Promise.all([1, 2, 3].map(() => filesOf(reader)))).toEqual([1, 2, 3].map(() => digests(second)));
  });

  it("finds it also when somebody else has read the index again meanwhile", async () => {
    const { storage } = clocked();
    const repository = await newRepository({ storage });
    const [x, y] = [noise(20_000, 31), noise(20_000, 32)];
    await backedUp(repository, { x, a: noise(40_000, 33), b: noise(40_000, 34) });
    await backedUp(repository, { y, c: noise(40_000, 35), d: noise(40_000, 36) });
    const both = await backedUp(repository, { x, y });
    await forgetSnapshots(repository, repository.snapshots.slice(0, 2));
    const packOf = (bytes: Uint8Array) => {
      const id = objectId(native.crypto, "chunk", bytes);
      const [place] = repository.index.places("chunk", id);
      return { id, name: toHex(repository.index.archive(place?.archive ?? 0).name) };
    };
    const [first, other] = [packOf(x), packOf(y)];
    expect(first.name).not.toBe(other.name);
    const reader: Repository = await reopened(
      watchedStorage(
        storage,
        once(`open packs/${other.name}`, () => reader.objects.get("chunk", first.id).then(() => undefined)),
      ),
    );
    await pruned(storage, { grace: 0 });
    expect(await packsIn(storage)).not.toContain(first.name);
    expect(await packsIn(storage)).not.toContain(other.name);
    expect(await reader.objects.get("chunk", other.id)).toEqual(y);
    expect(await filesOf(reader, toHex(both.snapshot))).toEqual(digests({ x, y }));
  });

  it("exports it", async () => {
    const { reader } = await overtaken();
    expect((await exported(reader)).length).toBeGreaterThan(50_000);
  });

  it("takes it over", async () => {
    const { reader } = await overtaken();
    const other = await newRepository();
    await takeSnapshots(reader, other, { pack, trust: "any-signer" });
    await other.refresh();
    expect(await filesOf(other)).toEqual(digests(second));
  });

  it("finds nothing wrong when it checks", async () => {
    const { reader } = await overtaken();
    const { problems } = await checkRepository(reader, new CheckFindings(), { level: "full" });
    expect(problems).toEqual([]);
  });

  it("says what is missing when it is missing for good", async () => {
    const { storage } = await halfForgotten();
    const reader = await reopened(storage);
    for (const name of await packsIn(storage)) await storage.remove(`packs/${name}.ptar`);
    expect(await refusal(() => filesOf(reader))).toMatch("PTAR_PACK_MISSING");
  });
});
