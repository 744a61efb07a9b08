// Archives that are about a catalogue or an inventory. spec/08-manifest.md#subject
import { describe, expect, it } from "vitest";
import { openArchive } from "../../src/archive/open.js";
import { readCatalogue, readInventory, readInventoryKeys, readLocations, subjectOf } from "../../src/archive/subject.js";
import { ArchiveWriter } from "../../src/archive/writer.js";
import { objectId } from "../../src/block/object-id.js";
import { canonicalBytes, type JsonValue } from "../../src/bytes/canonical-json.js";
import { mustHex, toHex } from "../../src/bytes/hex.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { MemorySink } from "../../src/connectors/memory/sink.js";
import { aboutText } from "../../src/format/about.js";
import { encodeCatalogue } from "../../src/format/catalogue.js";
import type { Catalogue, Inventory, Subject } from "../../src/format/generated/types.js";
import { encodeHoldings } from "../../src/format/holdings.js";
import { encodeIndexPage } from "../../src/format/index-page.js";
import { encodeInventory } from "../../src/format/inventory.js";
import { encodeLocations, type LocationsSection } from "../../src/format/locations.js";
import type { Kind } from "../../src/format/object.js";
import { ArchiveBuilder, author, type BuiltObject } from "../container/build.js";
import { sealedBuilder } from "../container/sealed-archives.js";
import { archiveId, keysFor, owner, ringOf, secret } from "../container/sealing.js";
import { codesOf, native, verifyBytes } from "./engines.js";

const time = "2026-11-21T09:02:11Z";
const hash = (fill: number) => new Uint8Array(32).fill(fill);
const idOf = ({ kind, bytes }: BuiltObject) => objectId(native.crypto, kind, bytes);
const hexOf = (object: BuiltObject) => toHex(idOf(object));

const section = (name: number, id: number): LocationsSection => ({
  archive: { name: hash(name), fingerprint: hash(9), length: 4711, place: "packs" },
  rows: encodeIndexPage([{ id: hash(id), kind: "chunk", frame: 3, ordinal: 0 }]).subarray(16),
});
const locations = (...sections: readonly LocationsSection[]): BuiltObject => ({ kind: "locations", bytes: encodeLocations(sections) });
const firstPart = locations(section(1, 1), section(2, 1));
const secondPart = locations(section(2, 2));

const catalogueOf = (parts: readonly BuiltObject[], change: Partial<Catalogue> = {}): BuiltObject => {
  const catalogue: Catalogue = { ext: [], locations: parts.map(hexOf), secrets: [], supersedes: [], type: "catalogue", ...change };
  return { kind: "catalogue", bytes: encodeCatalogue(catalogue) };
};
const holdings = (...keys: readonly Uint8Array[]): BuiltObject => ({ kind: "holdings", bytes: encodeHoldings(keys) });
const snapshotsPage = holdings(hash(1), hash(2));
const othersPages = [holdings(new Uint8Array(16).fill(1)), holdings(new Uint8Array(16).fill(2), new Uint8Array(16).fill(3))];
const inventoryOf = (change: Partial<Inventory> = {}): BuiltObject => {
  const inventory: Inventory = {
    ext: [],
    others: { count: 3, pages: othersPages.map(hexOf) },
    repository: toHex(hash(7)),
    salt: "ab".repeat(16),
    snapshots: { count: 2, pages: [hexOf(snapshotsPage)] },
    time,
    type: "inventory",
    ...change,
  };
  return { kind: "inventory", bytes: encodeInventory(inventory) };
};

/** An archive of these objects that is about the first one, unless it says something else. */
function about(objects: readonly BuiltObject[], { subject, builder = new ArchiveBuilder() }: { subject?: Subject; builder?: ArchiveBuilder } = {}) {
  const [first] = objects as readonly [BuiltObject];
  const named = subject ?? { id: hexOf(first), kind: first.kind as Subject["kind"] };
  return builder.generation({ blocks: [objects], listing: ({ index, snapshots }) => ({ index, snapshots, subject: named }) }).bytes();
}

async function listOf<T>(parts: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = [];
  for await (const part of parts) list.push(part);
  return list;
}

const opened = (bytes: Uint8Array) => openArchive(new MemoryReader(bytes), { engine: native, trust: "any-signer" });
const whole = { exitCode: 0, integrity: { status: "ok", unreferenced: 0 } };

describe("an archive about a catalogue", () => {
  const objects = [catalogueOf([firstPart, secondPart]), firstPart, secondPart];

  it("verifies at every level, and everything in it is referenced", async () => {
    for (const level of ["standard", "full", "deep"] as const) expect(await verifyBytes(about(objects), { level })).toMatchObject(whole);
  });

  it("gives its sections in order", async () => {
    const archive = await opened(about(objects));
    const subject = subjectOf(archive) as Subject;
    expect(subject.kind).toBe("catalogue");
    const catalogue = await readCatalogue(archive.objects, mustHex(subject.id), "plain");
    const sections = await listOf(readLocations(archive.objects, catalogue));
    expect(sections).toEqual([section(1, 1), section(2, 1), section(2, 2)]);
  });

  it.each([
    ["without the catalogue", [secondPart], { id: hexOf(objects[0] as BuiltObject), kind: "catalogue" }, "PTAR_OBJECT_MISSING"],
    ["without locations", objects.slice(0, 2), undefined, "PTAR_OBJECT_MISSING"],
    ["of an inventory by its kind", objects, { id: hexOf(objects[0] as BuiltObject), kind: "inventory" }, "PTAR_OBJECT_MISSING"],
    [
      "with sections out of order between objects",
      [catalogueOf([secondPart, firstPart]), firstPart, secondPart],
      undefined,
      "PTAR_CATALOGUE_INVALID",
    ],
    [
      "with secrets that everybody can read",
      [catalogueOf([firstPart], { secrets: [{ archive: "aa".repeat(32), secret: "bb".repeat(32) }] }), firstPart],
      undefined,
      "PTAR_CATALOGUE_INVALID",
    ],
  ] as const)("%s is refused at every level", async (_what, some, subject, code) => {
    for (const level of ["standard", "full"] as const) expect(await codesOf(about(some, subject && { subject }), { level })).toEqual([code]);
  });

  it("is not thin", async () => {
    const builder = new ArchiveBuilder(undefined, aboutText, undefined, "thin");
    expect(await codesOf(about(objects, { builder }))).toEqual(["PTAR_MANIFEST_MISMATCH"]);
  });

  it("is about what its newest generation says", async () => {
    const builder = new ArchiveBuilder();
    about([firstPart], { builder, subject: { id: "ab".repeat(32), kind: "catalogue" } });
    expect(await codesOf(builder.generation({ blocks: [] }).bytes())).toEqual([]);
    expect(subjectOf(await opened(builder.bytes()))).toBeUndefined();
  });
});

describe("an archive about an inventory", () => {
  const objects = [inventoryOf(), snapshotsPage, ...othersPages];

  it("verifies at every level, and everything in it is referenced", async () => {
    for (const level of ["standard", "full", "deep"] as const) expect(await verifyBytes(about(objects), { level })).toMatchObject(whole);
  });

  it("gives its keys page by page", async () => {
    const archive = await opened(about(objects));
    const inventory = await readInventory(archive.objects, mustHex((subjectOf(archive) as Subject).id));
    expect(await listOf(readInventoryKeys(archive.objects, inventory, "snapshots"))).toEqual([[hash(1), hash(2)]]);
    const others = await listOf(readInventoryKeys(archive.objects, inventory, "others"));
    expect(others.map((page) => page.map(([first]) => first))).toEqual([[1], [2, 3]]);
  });

  const reversed = othersPages.toReversed().map(hexOf);

  it.each<readonly [string, Partial<Inventory>, string]>([
    ["another number of snapshots", { snapshots: { count: 3, pages: [hexOf(snapshotsPage)] } }, "PTAR_INVENTORY_INVALID"],
    ["another number of other objects", { others: { count: 2, pages: othersPages.map(hexOf) } }, "PTAR_INVENTORY_INVALID"],
    ["pages out of order", { others: { count: 3, pages: reversed } }, "PTAR_INVENTORY_INVALID"],
    ["a page that is not there", { snapshots: { count: 2, pages: ["ab".repeat(32)] } }, "PTAR_OBJECT_MISSING"],
    ["half a key", { snapshots: { count: 0, pages: [hexOf(othersPages[0] as BuiltObject)] } }, "PTAR_INVENTORY_INVALID"],
  ])("with %s is refused at every level", async (_what, change, code) => {
    const bytes = about([inventoryOf(change), snapshotsPage, ...othersPages]);
    for (const level of ["standard", "full"] as const) expect(await codesOf(bytes, { level })).toEqual([code]);
  });
});

describe("a sealed archive", () => {
  const secrets = [{ archive: "aa".repeat(32), secret: "bb".repeat(32) }];
  const objects = [catalogueOf([firstPart], { secrets }), firstPart];
  const bytes = async () => about(objects, { builder: sealedBuilder([await keysFor([owner])]) });

  it("says what it is about to those with a key only, and may hold secrets", async () => {
    expect(await verifyBytes(await bytes(), { keys: ringOf(owner) })).toMatchObject(whole);
    expect(await verifyBytes(await bytes())).toMatchObject({ exitCode: 0, contents: { status: "sealed" } });
    expect(Buffer.from(await bytes()).includes("subject")).toBe(false);
  });

  it("that is about what it does not hold is refused with a key", async () => {
    const builder = sealedBuilder([await keysFor([owner])]);
    const lie = about([firstPart], { builder, subject: { id: "ab".repeat(32), kind: "catalogue" } });
    expect(await codesOf(lie, { keys: ringOf(owner) })).toEqual(["PTAR_OBJECT_MISSING"]);
  });
});

describe("the writer", () => {
  async function written(objects: readonly (BuiltObject & { kind: Exclude<Kind, "chunk"> })[], seal?: "sealed"): Promise<Uint8Array> {
    const sink = new MemorySink();
    const sealing = seal && { seal: { secret, keys: [await keysFor([owner])] } };
    const writer = await ArchiveWriter.start({ sink, engine: native, archiveId, pack: { codec: "store", level: 3 }, ...sealing });
    const [id] = objects.map(({ kind, bytes }) => writer.put(kind, bytes)) as [Uint8Array];
    const closing = { snapshots: [], complete: true, createdAt: time, role: "carrier", writer: { name: "test", version: "1" } } as const;
    await writer.finish({ ...closing, signers: [author], subject: { kind: objects[0]?.kind as Subject["kind"], id } });
    return sink.bytes();
  }
  const catalogue = catalogueOf([firstPart]) as BuiltObject & { kind: "catalogue" };
  const part = firstPart as BuiltObject & { kind: "locations" };

  it("says what an archive is about, in the manifest or in the sealed one", async () => {
    const plain = await written([catalogue, part]);
    expect(await verifyBytes(plain)).toMatchObject(whole);
    expect(subjectOf(await opened(plain))).toEqual({ id: hexOf(catalogue), kind: "catalogue" });
    const sealed = await written([catalogue, part], "sealed");
    expect(await verifyBytes(sealed, { keys: ringOf(owner) })).toMatchObject(whole);
    const archive = await openArchive(new MemoryReader(sealed), { engine: native, trust: "any-signer", keys: ringOf(owner) });
    expect(subjectOf(archive)).toEqual({ id: hexOf(catalogue), kind: "catalogue" });
    expect(archive.container.newest.manifest.subject).toBeUndefined();
  });

  it("cannot name an object of another kind", async () => {
    await expect(written([part])).rejects.toThrow(TypeError);
  });
});

it("a catalogue that is not canonical is refused with the code of all documents", async () => {
  const bytes = new TextEncoder().encode(`${new TextDecoder().decode(canonicalBytes({ type: "catalogue" } as JsonValue))} `);
  expect(await codesOf(about([{ kind: "catalogue", bytes }]))).toEqual(["PTAR_DOCUMENT_NOT_CANONICAL"]);
});
