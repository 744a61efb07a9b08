// Index archives as they are published, read, superseded and lost. spec/15-repository.md#index
import { describe, expect, it } from "vitest";
import { openArchive } from "../../../src/archive/open.js";
import { subjectOf } from "../../../src/archive/subject.js";
import { mustHex, toHex } from "../../../src/bytes/hex.js";
import { MemoryReader } from "../../../src/connectors/memory/reader.js";
import { MemoryStorage } from "../../../src/connectors/memory/storage.js";
import { PtarError } from "../../../src/errors/ptar-error.js";
import { encodeCatalogue } from "../../../src/format/catalogue.js";
import type { Catalogue } from "../../../src/format/generated/types.js";
import { limits } from "../../../src/format/limits.js";
import { encodeLocations, type LocationsSection } from "../../../src/format/locations.js";
import type { RepositoryArchives } from "../../../src/repository/files/archives.js";
import { objectsOf } from "../../../src/repository/files/own-objects.js";
import { readIndexFile } from "../../../src/repository/index/file.js";
import { PackIndex, type PackSection } from "../../../src/repository/index/pack-index.js";
import { publishIndex } from "../../../src/repository/index/publishing.js";
import { listIndex, readIndex } from "../../../src/repository/index/reading.js";
import { native } from "../../archive/engines.js";
import { refusal } from "../../container/refusal.js";
import { WatchedStorage } from "../index-caches.js";
import { chunksFrom, contentOf, nameOf, sectionOf } from "../pack-index-fixtures.js";
import { pack } from "../repositories.js";
import { archivesOf, FadingStorage, named, namesOf, publishPack, publishSections } from "../stored-archives.js";

const a = sectionOf("a", chunksFrom(0, 3));
const b = sectionOf("b", chunksFrom(2, 2));
/** Its index archive is read again for its rows. */
const large = sectionOf("large", chunksFrom(0, 9000));
const key = { keyId: new Uint8Array(16).fill(1), secret: new Uint8Array(32).fill(2) };
const indexPath = (name: string) => `index/${name}.ptar` as const;

/** Has the index of all that is there, without what is superseded or gone. */
async function expectNamed(archives: RepositoryArchives, index: PackIndex, ...sections: readonly PackSection[]) {
  expect(named(await readIndex(archives, index))).toEqual(namesOf(...sections));
  expect(named(await readIndex(archives))).toEqual(namesOf(...sections));
}

/** Publishes an index archive with exactly this catalogue and these objects of locations. */
async function publishCatalogue(archives: RepositoryArchives, parts: readonly (readonly LocationsSection[])[], change: Partial<Catalogue> = {}) {
  const file = await archives.create("index", { pack });
  const locations = parts.map((sections) => toHex(file.writer.put("locations", encodeLocations(sections))));
  const id = file.writer.put("catalogue", encodeCatalogue({ type: "catalogue", locations, supersedes: [], secrets: [], ext: [], ...change }));
  await file.publish({ snapshots: [], complete: true, subject: { kind: "catalogue", id } });
}

describe("the index of a repository", () => {
  it("is the union of its index archives, and says what was published", async () => {
    const archives = archivesOf();
    expect((await readIndex(archives)).size).toBe(0);
    await publishSections(archives, [a]);
    const index = await readIndex(archives);
    await publishSections(archives, [b]);
    await expectNamed(archives, index, a, b);
    expect(contentOf(index)).toEqual(contentOf(await readIndex(archives)));
    expect(index.places("chunk", nameOf("chunk 2"))).toHaveLength(2);
    for (const { archive } of [a, b]) expect(index.archives()).toContainEqual(archive);
  });

  it("leaves out what is superseded, and forgets it where it was known", async () => {
    const archives = archivesOf();
    const first = await publishSections(archives, [a, b]);
    const known = await readIndex(archives);
    const second = await publishSections(archives, [b], [first]);
    await expectNamed(archives, known, b);
    expect(known.sources().map(({ name }) => toHex(name))).toEqual([second]);
    await archives.storage.remove(indexPath(first));
    await expectNamed(archives, known, b);
  });

  it("forgets what is superseded where the new one is published", async () => {
    const archives = archivesOf();
    const first = await publishSections(archives, [a]);
    const known = await readIndex(archives);
    await publishIndex(archives, known, { archives: [a.archive], supersedes: [mustHex(first)] });
    expect(known.sources().map(({ name }) => toHex(name))).toEqual(await listIndex(archives).then((names) => names.filter((name) => name !== first)));
    expect(named(known)).toEqual(namesOf(a));
  });

  it("is not read where the storage fails, also by who wants to hear what is wrong with it", async () => {
    const archives = archivesOf(
      new (class extends MemoryStorage {
        override open(): never {
          throw new PtarError("PTAR_IO_FAILED", "planted");
        }
      })(),
    );
    await publishSections(archives, [a]);
    const told: string[] = [];
    expect(await refusal(() => readIndex(archives, undefined, { onProblem: (file) => told.push(file) }))).toBe("PTAR_IO_FAILED: planted");
    expect(told).toEqual([]);
  });

  it("does not look at the rows of what is superseded", async () => {
    const archives = archivesOf();
    const lie = { ...a, archive: { ...a.archive, length: 1 } };
    await publishSections(archives, [a], [await publishSections(archives, [lie])]);
    expect((await readIndex(archives)).archives()).toEqual([a.archive]);
  });

  it("forgets an index archive that is gone", async () => {
    const archives = archivesOf();
    await publishSections(archives, [a]);
    const known = await readIndex(archives);
    const gone = await publishSections(archives, [b]);
    await expectNamed(archives, known, a, b);
    await archives.storage.remove(indexPath(gone));
    await expectNamed(archives, known, a);
    expect(known.has("chunk", nameOf("chunk 3"))).toBe(false);
  });

  it.each([
    ["for its catalogue", 1],
    ["for its rows", 2],
  ])("is listed again when an index archive is superseded and vanishes before it is opened %s", async (_what, opening) => {
    const storage = new FadingStorage();
    const archives = archivesOf(storage);
    const first = await publishSections(archives, [large]);
    storage.fades = { path: indexPath(first), opening, meanwhile: () => publishSections(archives, [large, b], [first]) };
    expect(named(await readIndex(archives))).toEqual(namesOf(large, b));
  });

  it("is read while a prune deletes superseded index archives for longer than all tries take", async () => {
    const archives = archivesOf(
      new (class extends MemoryStorage {
        /** One index archive goes with each opening of one that is there. */
        override async open(path: Parameters<MemoryStorage["open"]>[0]) {
          const file = await super.open(path);
          const next = doomed.shift();
          if (file !== undefined && next !== undefined) await this.remove(indexPath(next));
          return file;
        }
      })(),
    );
    const doomed: string[] = [];
    const old: string[] = [];
    for (let i = 0; i < 40; i++) old.push(await publishSections(archives, [a]));
    await publishSections(archives, [b], old);
    doomed.push(...old.toReversed());
    expect(named(await readIndex(archives))).toEqual(namesOf(b));
  });

  it("opens small index archives once and reads each at one go, several at once but not all", async () => {
    const storage = new WatchedStorage();
    const archives = archivesOf(storage);
    const sections = Array.from({ length: 60 }, (_, i) => sectionOf(`pack ${i}`, chunksFrom(10 * i, 10)));
    for (const section of sections) await publishSections(archives, [section]);
    expect(named(await readIndex(archives))).toEqual(namesOf(...sections));
    expect(storage).toMatchObject({ opened: 60, reads: 60, most: 16, held: 0 });
  });

  it("opens index archives again for rows that there is no room for, and large ones", async () => {
    const storage = new WatchedStorage();
    const archives = archivesOf(storage);
    const small = await publishSections(archives, [a]);
    const room = { left: 3 * 48 };
    const kept = (await readIndexFile(archives, mustHex(small), room))?.sections;
    // without the block that they were in
    expect(kept?.map(({ rows }) => [rows.length, rows.buffer.byteLength])).toEqual([[3 * 48, 3 * 48]]);
    expect(room.left).toBe(0);
    expect((await readIndexFile(archives, mustHex(small), room))?.sections).toBeUndefined();
    storage.opened = 0;
    await publishSections(archives, [large]);
    await expectNamed(archives, new PackIndex(), a, large);
    expect(storage.opened).toBe(2 * 3);
  });

  it("closes all that it opened when one of several cannot be read", async () => {
    const storage = new WatchedStorage();
    const archives = archivesOf(storage);
    const file = await archives.create("index", { pack });
    await file.publish({ snapshots: [], complete: true });
    for (let i = 0; i < 40; i++) await publishSections(archives, [sectionOf(`pack ${i}`, chunksFrom(i, 1))]);
    expect(await refusal(() => readIndex(archives))).toMatch("it is about no catalogue");
    expect(storage.held).toBe(0);
    expect(storage.opened).toBeLessThan(20);
  });

  it("tells of each index archive that cannot be read, and has the others", async () => {
    const archives = archivesOf();
    await publishSections(archives, [a]);
    await publishCatalogue(archives, [[b]], { locations: ["cd".repeat(32)] });
    const told: string[] = [];
    const index = await readIndex(archives, undefined, { onProblem: (file, { code }) => told.push(`${file.slice(0, 6)} ${code}`) });
    expect(named(index)).toEqual(namesOf(a));
    expect(told).toEqual(["index/ PTAR_OBJECT_MISSING"]);
  });

  it("tells of one once, however often index archives are listed", async () => {
    const storage = new FadingStorage();
    const archives = archivesOf(storage);
    await publishCatalogue(archives, [[b]], { locations: ["cd".repeat(32)] });
    const first = await publishSections(archives, [large]);
    storage.fades = { path: indexPath(first), opening: 2, meanwhile: () => publishSections(archives, [large, a], [first]) };
    const told: string[] = [];
    expect(named(await readIndex(archives, undefined, { onProblem: (_file, { code }) => told.push(code) }))).toEqual(namesOf(large, a));
    expect(told).toEqual(["PTAR_OBJECT_MISSING"]);
  });

  it("takes no rows of a superseded index archive whose rows cannot be read", async () => {
    const archives = archivesOf();
    await publishCatalogue(archives, [[b]], { locations: ["cd".repeat(32)] });
    const superseded = (await listIndex(archives)).slice();
    await publishSections(archives, [a], superseded);
    expect(named(await readIndex(archives))).toEqual(namesOf(a));
  });

  it("is refused when index archives vanish again and again", async () => {
    class Empty extends MemoryStorage {
      override open(path: Parameters<MemoryStorage["open"]>[0]) {
        return path.startsWith("index/") ? Promise.resolve(undefined) : super.open(path);
      }
    }
    const archives = archivesOf(new Empty());
    await publishSections(archives, [a]);
    expect(await refusal(() => readIndex(archives))).toMatch("PTAR_REPOSITORY_INVALID: repository: index archives come and go");
  });

  it.each([
    ["length", { length: 1 }],
    ["fingerprint", { fingerprint: nameOf("another") }],
    ["place", { place: "adopted" as const }],
  ])("is refused when two index archives give a pack another %s, and keeps nothing of the second", async (_what, change) => {
    const archives = archivesOf();
    await publishSections(archives, [a]);
    const known = await readIndex(archives);
    const lie = { ...a, archive: { ...a.archive, ...change } };
    await publishSections(archives, [b, lie]);
    expect(await refusal(() => readIndex(archives, known))).toMatch(
      new RegExp(`^PTAR_CATALOGUE_INVALID: repository: index/[0-9a-f]{64}.ptar: archive ${toHex(a.archive.name)} has another length`),
    );
    expect(named(known)).toEqual(namesOf(a));
    expect(await refusal(() => readIndex(archives))).toMatch("PTAR_CATALOGUE_INVALID");
  });

  it("is refused when sections go out of order from one object to the next", async () => {
    const archives = archivesOf();
    const sorted = [a, b].toSorted((one, other) => Buffer.compare(one.archive.name, other.archive.name));
    await publishCatalogue(
      archives,
      sorted.toReversed().map((section) => [section]),
    );
    expect(await refusal(() => readIndex(archives))).toMatch(
      /^PTAR_CATALOGUE_INVALID: repository: index\/[0-9a-f]{64}.ptar: locations: section 0 is not after the one before/,
    );
  });

  it("is refused when a file in its folder is about no catalogue", async () => {
    const archives = archivesOf();
    const file = await archives.create("index", { pack });
    await file.publish({ snapshots: [], complete: true });
    expect(await refusal(() => readIndex(archives))).toMatch(
      /^PTAR_REPOSITORY_INVALID: repository: index\/[0-9a-f]{64}.ptar: it is about no catalogue/,
    );
  });

  it("is refused when a file in its folder has the name of another one", async () => {
    const archives = archivesOf();
    const { storage } = archives;
    const file = await storage.open(indexPath(await publishSections(archives, [a])));
    const other = await storage.create(indexPath("ab".repeat(32)));
    await other.write((await file?.read(0, file.length)) as Uint8Array);
    await other.publish();
    expect(await refusal(() => readIndex(archives))).toMatch(
      /^PTAR_REPOSITORY_INVALID: repository: index\/(ab){32}.ptar: its header has the archive id/,
    );
  });

  it("is refused when a plain one holds secrets, which everybody could read", async () => {
    const archives = archivesOf();
    await publishCatalogue(archives, [[a]], { secrets: [{ archive: toHex(a.archive.name), secret: "ee".repeat(32) }] });
    expect(await refusal(() => readIndex(archives))).toMatch(
      /^PTAR_CATALOGUE_INVALID: repository: index\/[0-9a-f]{64}.ptar: catalogue: it holds secrets/,
    );
  });

  it("is refused when what a catalogue names is missing", async () => {
    const archives = archivesOf();
    await publishCatalogue(archives, [[a]], { locations: ["cd".repeat(32)] });
    expect(await refusal(() => readIndex(archives))).toMatch(/^PTAR_OBJECT_MISSING: repository: index\/[0-9a-f]{64}.ptar: object: locations cdcd/);
  });
});

describe("an index archive", () => {
  it("of many packs with one row each has no object over 1 MiB, and gives all of them back", async () => {
    const archives = archivesOf();
    const sections = chunksFrom(0, 12_000).map((row, i) => sectionOf(`pack ${i}`, [row]));
    const name = await publishSections(archives, sections);
    const opened = await archives.open("index", mustHex(name));
    const own = await objectsOf(opened as NonNullable<typeof opened>, native);
    let parts = 0;
    for await (const { kind, id } of own.index.rows()) {
      expect((await own.get(kind, id)).length).toBeLessThanOrEqual(limits.objectBytes);
      if (kind === "locations") parts++;
    }
    expect(parts).toBe(2);
    expect(named(await readIndex(archives))).toEqual(namesOf(...sections));
  });

  it("is an archive that verifies as one, about its catalogue", async () => {
    const archives = archivesOf();
    const name = await publishSections(archives, [a, b]);
    const file = await archives.storage.open(indexPath(name));
    const bytes = (await file?.read(0, file.length)) as Uint8Array;
    const archive = await openArchive(new MemoryReader(bytes), { engine: native, trust: "any-signer" });
    expect(subjectOf(archive)?.kind).toBe("catalogue");
  });
});

describe("the index of an encrypted repository", () => {
  it("is sealed, and keeps the secrets of adopted archives", async () => {
    const archives = archivesOf(new MemoryStorage(), key);
    const secret = new Uint8Array(32).fill(0x77);
    const adopted: PackSection = { ...b, archive: { ...b.archive, place: "adopted", secret } };
    const name = await publishSections(archives, [a, adopted]);
    const index = await readIndex(archives);
    expect(index.archives()).toContainEqual(adopted.archive);
    expect(index.archives()).toContainEqual(a.archive);
    const file = await archives.storage.open(indexPath(name));
    const bytes = Buffer.from((await file?.read(0, file.length)) as Uint8Array);
    for (const clear of [secret, toHex(secret), a.archive.name, toHex(a.archive.name), "locations"])
      expect(bytes.includes(Buffer.from(clear))).toBe(false);
  });

  it("is refused in a plain repository, in one of another key, and when a plain file is in it", async () => {
    const storage = new MemoryStorage();
    await publishSections(archivesOf(storage, key), [a]);
    expect(await refusal(() => readIndex(archivesOf(storage)))).toMatch(/^PTAR_REPOSITORY_INVALID: .* it is sealed, and the repository is plain/);
    const otherId = { ...key, keyId: new Uint8Array(16).fill(9) };
    expect(await refusal(() => readIndex(archivesOf(storage, otherId)))).toMatch(
      /^PTAR_REPOSITORY_INVALID: .* it is not sealed with the key of this repository/,
    );
    const otherSecret = { ...key, secret: new Uint8Array(32).fill(9) };
    expect(await refusal(() => readIndex(archivesOf(storage, otherSecret)))).toMatch("PTAR_KEY_COMMITMENT");
    const plain = new MemoryStorage();
    await publishSections(archivesOf(plain), [a]);
    expect(await refusal(() => readIndex(archivesOf(plain, key)))).toMatch(
      /^PTAR_REPOSITORY_INVALID: .* it is plain, and the repository is encrypted/,
    );
  });

  it("names packs that open with the same key", async () => {
    const archives = archivesOf(new MemoryStorage(), key);
    const section = await publishPack(archives, "one");
    await publishSections(archives, [section]);
    expect(named(await readIndex(archives))).toEqual(namesOf(section));
    expect(Buffer.from((await (await archives.storage.open(`packs/${namesOf(section)[0]}.ptar`))?.read(12, 1)) ?? []).readUInt8() & 1).toBe(1);
  });
});
