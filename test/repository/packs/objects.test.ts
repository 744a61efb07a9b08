// Objects of a repository are read from any archive that has them, a few of which stay open. spec/15-repository.md#index
import { describe, expect, it } from "vitest";
import { objectId } from "../../../src/block/object-id.js";
import { toHex } from "../../../src/bytes/hex.js";
import { toUtf8 } from "../../../src/bytes/utf8.js";
import { indexRowLength } from "../../../src/format/index-row.js";
import type { RepositoryArchives } from "../../../src/repository/files/archives.js";
import { PackIndex, type PackSection } from "../../../src/repository/index/pack-index.js";
import { RepositoryObjects } from "../../../src/repository/packs/objects.js";
import { native, noise } from "../../archive/engines.js";
import { refusal } from "../../container/refusal.js";
import { nameOf } from "../pack-index-fixtures.js";
import { archivesOf, CountingStorage, publishPack } from "../stored-archives.js";

const idOf = (text: string) => objectId(native.crypto, "content", toUtf8(text));
const packPath = ({ archive }: PackSection) => `packs/${toHex(archive.name)}.ptar` as const;

function objectsIn(archives: RepositoryArchives, ...sections: readonly PackSection[]): RepositoryObjects {
  const index = new PackIndex();
  for (const section of sections) expect(index.add(section)).toBe("added");
  return new RepositoryObjects(archives, index);
}

async function textFrom(objects: RepositoryObjects, text: string): Promise<string> {
  return new TextDecoder().decode(await objects.get("content", idOf(text)));
}

/** A pack of which the index says something that is not so. */
const lies: readonly (readonly [string, (section: PackSection, archives: RepositoryArchives) => Promise<PackSection>, string])[] = [
  [
    "is gone",
    async (section, { storage }) => {
      await storage.remove(packPath(section));
      return section;
    },
    "is not there",
  ],
  [
    "has another length",
    async (section) => ({ ...section, archive: { ...section.archive, length: section.archive.length + 1 } }),
    "bytes, the index says",
  ],
  [
    "has another fingerprint",
    async (section) => ({ ...section, archive: { ...section.archive, fingerprint: nameOf("another") } }),
    "has another fingerprint than the index says",
  ],
];

describe("an object of a repository", () => {
  it("is missing when no pack has it", async () => {
    const archives = archivesOf();
    const objects = objectsIn(archives, await publishPack(archives, "one"));
    expect(await textFrom(objects, "one")).toBe("one");
    expect(await refusal(() => textFrom(objects, "two"))).toMatch(/^PTAR_OBJECT_MISSING: object: content [0-9a-f]{64} is in no pack/);
    await objects.close();
  });

  it.each(lies)("cannot be read from a pack that %s", async (_what, lie, problem) => {
    const storage = new CountingStorage();
    const archives = archivesOf(storage);
    const section = await lie(await publishPack(archives, "one"), archives);
    const objects = objectsIn(archives, section);
    const said = await refusal(() => textFrom(objects, "one"));
    expect(said).toMatch(`PTAR_PACK_MISSING: repository: ${packPath(section)} `);
    expect(said).toContain(problem);
    expect(storage.held).toBe(0);
    await objects.close();
  });

  it.each(lies)("is read from another place when one pack %s", async (_what, lie) => {
    const archives = archivesOf();
    // whichever place is looked at first
    for (let run = 0; run < 4; run++) {
      const [bad, good] = [await lie(await publishPack(archives, "one"), archives), await publishPack(archives, "one", "two")];
      for (const sections of [
        [bad, good],
        [good, bad],
      ]) {
        const objects = objectsIn(archives, ...sections);
        expect(await textFrom(objects, "one")).toBe("one");
        await objects.close();
      }
    }
  });

  it("gives the first failure when no place is sound, and is read when the pack is back", async () => {
    const archives = archivesOf();
    const section = await publishPack(archives, "one");
    const file = await archives.storage.open(packPath(section));
    const bytes = (await file?.read(0, file.length)) as Uint8Array;
    await archives.storage.remove(packPath(section));
    const objects = objectsIn(archives, section);
    expect(await refusal(() => textFrom(objects, "one"))).toMatch("PTAR_PACK_MISSING");
    const back = await archives.storage.create(packPath(section));
    await back.write(bytes);
    await back.publish();
    expect(await textFrom(objects, "one")).toBe("one");
    await objects.close();
  });
});

describe("an object that is not where the index of the repository says", () => {
  const frameOffset = 32;
  const ordinalOffset = 40;

  it.each([
    ["another ordinal", ordinalOffset, 1],
    ["an ordinal that its block does not have", ordinalOffset, 9],
    ["a frame that is no block", frameOffset, 1],
  ])("is read by the pack's own index: %s", async (_what, offset, value) => {
    const archives = archivesOf();
    const section = await publishPack(archives, "one", "two");
    const rows = section.rows.slice();
    const view = new DataView(rows.buffer);
    const isOne = (at: number) => toHex(rows.subarray(at, at + 32)) === toHex(idOf("one"));
    for (let at = 0; at < rows.length; at += indexRowLength)
      if (isOne(at)) view.setUint32(at + offset, view.getUint32(at + offset, true) === value ? 0 : value, true);
    expect(rows).not.toEqual(section.rows);
    const objects = objectsIn(archives, { ...section, rows });
    expect([await textFrom(objects, "one"), await textFrom(objects, "two"), await textFrom(objects, "one")]).toEqual(["one", "two", "one"]);
    await objects.close();
  });

  it("is missing when the pack has no such object", async () => {
    const archives = archivesOf();
    const section = await publishPack(archives, "one");
    const rows = section.rows.slice();
    rows.set(idOf("two"));
    const objects = objectsIn(archives, { ...section, rows });
    expect(await refusal(() => textFrom(objects, "two"))).toMatch(
      /^PTAR_OBJECT_MISSING: object: content [0-9a-f]{64} is referenced but not in the archive/,
    );
    await objects.close();
  });
});

describe("archives that objects are read from", () => {
  const most = 12;
  /** Packs that are longer than what is read at one go. */
  const texts = Array.from({ length: most + 4 }, (_, i) => Buffer.from(noise(300_000, i + 1)).toString("base64"));

  async function onePackEach() {
    const storage = new CountingStorage();
    storage.mostOpen = most;
    const archives = archivesOf(storage);
    const sections: PackSection[] = [];
    for (const text of texts) sections.push(await publishPack(archives, text));
    return { storage, objects: objectsIn(archives, ...sections) };
  }
  async function manyPacks(count: number) {
    const storage = new CountingStorage();
    const archives = archivesOf(storage);
    const more = Array.from({ length: count }, (_, i) => Buffer.from(noise(300_000, i + 1)).toString("base64"));
    const sections: PackSection[] = [];
    for (const text of more) sections.push(await publishPack(archives, text));
    return { storage, objects: objectsIn(archives, ...sections), more };
  }
  /** Closing waits for nobody. */
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it("stay open, so many at most, until everything is closed", async () => {
    const { storage, objects } = await onePackEach();
    for (const text of texts) {
      expect(await textFrom(objects, text)).toBe(text);
      await settled();
      expect(storage.held).toBeLessThanOrEqual(most);
    }
    expect(storage.held).toBe(most);
    const before = storage.most;
    expect(await textFrom(objects, texts.at(-1) as string)).toBe(texts.at(-1));
    expect([storage.held, storage.most]).toEqual([most, before]);
    await objects.close();
    expect(storage.held).toBe(0);
  });

  it("are read once for all that their blocks hold, however many there are in turn", async () => {
    const { storage, objects } = await onePackEach();
    for (const text of texts.slice(0, most)) await textFrom(objects, text);
    const before = storage.reads;
    for (const text of texts.slice(0, most)) expect(await textFrom(objects, text)).toBe(text);
    expect(storage.reads).toBe(before);
    await objects.close();
  });

  it("stay open up to 64 where the storage does not mind", async () => {
    const { storage, objects, more } = await manyPacks(70);
    for (const text of more) expect(await textFrom(objects, text)).toBe(text);
    await settled();
    expect(storage.held).toBe(64);
    await objects.close();
    expect(storage.held).toBe(0);
  });

  it("are closed at once when they are short enough to be in memory", async () => {
    const storage = new CountingStorage();
    const archives = archivesOf(storage);
    const objects = objectsIn(archives, await publishPack(archives, "one"));
    expect(await textFrom(objects, "one")).toBe("one");
    expect(storage.held).toBe(0);
    const before = storage.reads;
    expect(await textFrom(objects, "one")).toBe("one");
    expect(storage.reads).toBe(before);
    await objects.close();
    expect(storage.held).toBe(0);
  });

  it("are not closed while they are read, and closed again when they are not", async () => {
    const { storage, objects } = await onePackEach();
    expect(await Promise.all(texts.map((text) => textFrom(objects, text)))).toEqual(texts);
    expect(storage.most).toBe(texts.length);
    expect(await textFrom(objects, texts[0] as string)).toBe(texts[0]);
    await settled();
    expect(storage.held).toBe(most);
    await objects.close();
    expect(storage.held).toBe(0);
  });
});
