// Opening the index by way of a copy says what reading all of it says, whatever happens to the copy and to the repository. spec/15-repository.md#index
import { describe, expect, it } from "vitest";
import { concatBytes } from "../../../src/bytes/compare.js";
import { toHex } from "../../../src/bytes/hex.js";
import { MemoryStorage } from "../../../src/connectors/memory/storage.js";
import { writeIndexCache } from "../../../src/repository/cache/index-cache.js";
import { openIndex } from "../../../src/repository/cache/opening.js";
import type { RepositoryArchives } from "../../../src/repository/files/archives.js";
import { PackIndex } from "../../../src/repository/index/pack-index.js";
import { readIndex } from "../../../src/repository/index/reading.js";
import { Repository } from "../../../src/repository/repository.js";
import { native } from "../../archive/engines.js";
import { refusal } from "../../container/refusal.js";
import { MemoryCache, WatchedStorage } from "../index-caches.js";
import { chunksFrom, contentOf, nameOf, sectionOf } from "../pack-index-fixtures.js";
import { backedUp, newRepository, reopened } from "../repositories.js";
import { archivesOf, named, namesOf, publishSections } from "../stored-archives.js";

const id = nameOf("repository");
const key = { keyId: new Uint8Array(16).fill(1), secret: new Uint8Array(32).fill(2) };
const a = sectionOf("a", chunksFrom(0, 30));
const b = sectionOf("b", chunksFrom(20, 30));
const c = sectionOf("c", chunksFrom(40, 30));
const indexPath = (name: string) => `index/${name}.ptar` as const;

const sorted = (index: PackIndex) => contentOf(index).toSorted();

/** Opens by way of the copy; it says what index archives say. */
async function expectSame(archives: RepositoryArchives, cache: MemoryCache): Promise<PackIndex> {
  const index = await openIndex(archives, id, cache);
  expect(sorted(index).join("\n")).toBe(sorted(await readIndex(archives)).join("\n"));
  return index;
}

/** Index archives that opening by way of the copy opens. */
async function openedBy(storage: WatchedStorage, archives: RepositoryArchives, cache: MemoryCache): Promise<number> {
  const before = storage.opened;
  await openIndex(archives, id, cache);
  return storage.opened - before;
}

describe.each(["plain", "sealed"] as const)("opening the index of a repository that is %s", (form) => {
  const own = form === "sealed" ? key : undefined;

  async function made() {
    const storage = new WatchedStorage();
    const archives = archivesOf(storage, own);
    const cache = new MemoryCache();
    const first = await publishSections(archives, [a]);
    const second = await publishSections(archives, [b]);
    await openIndex(archives, id, cache);
    return { storage, archives, cache, first, second };
  }

  it("reads no index archive that the copy has, and only what is new", async () => {
    const { storage, archives, cache } = await made();
    expect(cache.written).toBe(1);
    expect(await openedBy(storage, archives, cache)).toBe(0);
    await publishSections(archives, [c]);
    expect(await openedBy(storage, archives, cache)).toBe(1);
    expect(named(await expectSame(archives, cache))).toEqual(namesOf(a, b, c));
    expect([await openedBy(storage, archives, cache), cache.written]).toEqual([0, 2]);
  });

  it("follows index archives that another program superseded and deleted", async () => {
    const { storage, archives, cache, first, second } = await made();
    await publishSections(archives, [b, c], [first, second]);
    expect(named(await expectSame(archives, cache))).toEqual(namesOf(b, c));
    for (const name of [first, second]) await archives.storage.remove(indexPath(name));
    expect(named(await expectSame(archives, cache))).toEqual(namesOf(b, c));
    expect(await openedBy(storage, archives, cache)).toBe(0);
  });

  it("follows them when it sees the deletion alone, and when all are gone", async () => {
    const { archives, cache, first, second } = await made();
    const third = await publishSections(archives, [b], [first, second]);
    for (const name of [first, second]) await archives.storage.remove(indexPath(name));
    expect(named(await expectSame(archives, cache))).toEqual(namesOf(b));
    await archives.storage.remove(indexPath(third));
    expect((await expectSame(archives, cache)).size).toBe(0);
  });

  it("keeps no row that only an index archive had which a person deleted", async () => {
    const { archives, cache } = await made();
    // rows of an archive that another index archive names with fewer
    const wrong = await publishSections(archives, [{ ...a, rows: sectionOf("a", chunksFrom(0, 99)).rows }]);
    expect((await expectSame(archives, cache)).size).toBe(129);
    await archives.storage.remove(indexPath(wrong));
    const index = await expectSame(archives, cache);
    expect([index.size, index.has("chunk", nameOf("chunk 90"))]).toEqual([60, false]);
  });

  it("reads all of it when there is no copy, or one that is cut, changed, of another version or of another repository, and writes a sound one", async () => {
    const { storage, archives, cache } = await made();
    const sound = cache.bytes;
    const foreign = new MemoryCache();
    await openIndex(archives, nameOf("another"), foreign);
    const spoilt = [
      new Uint8Array(),
      sound.slice(0, 50),
      sound.slice(0, -1),
      sound.slice(0, Math.floor(sound.length / 2)),
      concatBytes(sound, sound),
      sound.with(sound.length - 20, (sound.at(-20) as number) ^ 1),
      sound.with(16, 9),
      foreign.bytes,
      new Uint8Array(sound.length),
    ];
    for (const bytes of spoilt) {
      cache.replace(bytes);
      expect(named(await expectSame(archives, cache))).toEqual(namesOf(a, b));
      expect(await openedBy(storage, archives, cache)).toBe(0);
    }
    cache.copies.clear();
    expect(named(await expectSame(archives, cache))).toEqual(namesOf(a, b));
  });

  it("gives way to what is new when somebody made a copy up that contradicts it", async () => {
    const { archives, cache, first } = await made();
    const lie = new PackIndex();
    lie.add({ ...c, archive: { ...c.archive, length: 1 } }, Buffer.from(first, "hex"));
    lie.note({ name: Buffer.from(first, "hex"), supersedes: [] });
    await writeIndexCache(cache, lie, { id, crypto: archives.engine.crypto, ...(own && { secret: own.secret }) });
    await publishSections(archives, [c]);
    expect(named(await expectSame(archives, cache))).toEqual(namesOf(a, b, c));
  });

  it("refuses what is wrong with index archives, copy or not", async () => {
    const { archives, cache } = await made();
    await publishSections(archives, [{ ...a, archive: { ...a.archive, length: 1 } }]);
    expect(await refusal(() => openIndex(archives, id, cache))).toMatch("PTAR_CATALOGUE_INVALID");
    expect(cache.written).toBe(1);
  });

  it("does not write the copy anew for a little, unless many index archives are new", async () => {
    const { archives, cache } = await made();
    await publishSections(archives, [sectionOf("large", chunksFrom(1000, 60_000))]);
    await openIndex(archives, id, cache);
    expect(cache.written).toBe(2);
    await publishSections(archives, [sectionOf("small", chunksFrom(0, 1))]);
    await openIndex(archives, id, cache);
    expect(cache.written).toBe(2);
    for (const pack of ["smaller", "smallest", "least"]) await publishSections(archives, [sectionOf(pack, chunksFrom(0, 1))]);
    expect((await expectSame(archives, cache)).size).toBe(60_064);
    expect(cache.written).toBe(3);
  });
});

describe("a repository", () => {
  it("is opened by way of the copy, unless somebody wants to hear of all problems", async () => {
    const { storage } = await newRepository();
    const first = await reopened(storage);
    await backedUp(first, { a: "text" });
    const cache = new MemoryCache();
    const open = (more = {}) => Repository.open(storage, { engine: native, cache, ...more });
    expect(sorted((await open()).index)).toEqual(sorted(first.index));
    expect([cache.written, cache.reads]).toEqual([1, 1]);
    await open({ onProblem: () => undefined });
    await storage.remove(indexPath(toHex((first.index.sources()[0] as { readonly name: Uint8Array }).name)));
    expect((await open({ onProblem: () => undefined })).index.size).toBe(0);
    expect([cache.written, cache.reads]).toEqual([1, 1]);
    expect((await open()).index.size).toBe(0);
  });
});

describe("the copy of an encrypted repository", () => {
  it("shows no id, name or secret, and is of no use without the repository's own", async () => {
    const storage = new MemoryStorage();
    const archives = archivesOf(storage, key);
    const secret = new Uint8Array(32).fill(0x77);
    const adopted = { ...b, archive: { ...b.archive, place: "adopted" as const, secret } };
    await publishSections(archives, [a, adopted]);
    const cache = new MemoryCache();
    await openIndex(archives, id, cache);
    const bytes = Buffer.from(cache.bytes);
    for (const clear of [secret, a.archive.name, b.archive.name, nameOf("chunk 3"), ...(await indexNames(storage))])
      expect(bytes.includes(Buffer.from(clear))).toBe(false);
    expect((await openIndex(archives, id, cache)).archives()).toContainEqual(adopted.archive);
    const stranger = archivesOf(new MemoryStorage(), { ...key, secret: new Uint8Array(32).fill(3) });
    expect((await openIndex(stranger, id, cache)).size).toBe(0);
  });
});

async function indexNames(storage: MemoryStorage): Promise<readonly Uint8Array[]> {
  const names: Uint8Array[] = [];
  for await (const { name } of storage.list("index")) names.push(Buffer.from(name.slice(0, 64), "hex"));
  expect(names.map(toHex)).not.toEqual([]);
  return names;
}
