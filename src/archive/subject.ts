// What an archive is about when it is not about snapshots: a catalogue or an inventory. spec/08-manifest.md#subject
import { mustHex, toHex } from "../bytes/hex.js";
import { PtarError } from "../errors/ptar-error.js";
import { decodeCatalogue } from "../format/catalogue.js";
import type { Catalogue, Inventory, Subject } from "../format/generated/types.js";
import { decodeHoldings, listKeyLengths } from "../format/holdings.js";
import { checkInventoryCount, decodeInventory } from "../format/inventory.js";
import { decodeLocations, type LocationsSection } from "../format/locations.js";
import type { Kind } from "../format/object.js";
import type { ObjectReader } from "../tree/object-io.js";
import type { FoundObjects } from "./found-objects.js";
import type { Archive } from "./open.js";

/** What the newest manifest says that the archive is about; undefined: snapshots, or nothing. @throws PTAR_MANIFEST_MISMATCH */
export function subjectOf({ container: { header, listing } }: Archive): Subject | undefined {
  const { subject } = listing;
  // spec/08-manifest.md#subject
  if (subject !== undefined && header.thin)
    throw new PtarError("PTAR_MANIFEST_MISMATCH", `manifest: has the subject ${subject.kind}, and the archive is thin`);
  return subject;
}

/**
 * The catalogue `id` of an archive that is `features` plain or sealed.
 * @throws PTAR_OBJECT_*, PTAR_DOCUMENT_*, PTAR_UNSUPPORTED_EXTENSION, PTAR_CATALOGUE_INVALID
 */
export async function readCatalogue(objects: ObjectReader, id: Uint8Array, features: "plain" | "sealed"): Promise<Catalogue> {
  return decodeCatalogue(await objects.get("catalogue", id), features);
}

/** All sections of a catalogue, in order. @throws PTAR_OBJECT_*, PTAR_CATALOGUE_INVALID */
export async function* readLocations(objects: ObjectReader, { locations }: Pick<Catalogue, "locations">): AsyncGenerator<LocationsSection> {
  let before: LocationsSection | undefined;
  for (const id of locations) {
    const sections = decodeLocations(await objects.get("locations", mustHex(id)), objects.limits, before);
    yield* sections;
    before = sections.at(-1);
  }
}

/** The secrets of a catalogue, by the names of adopted archives in hex. */
export function secretsOf({ secrets }: Pick<Catalogue, "secrets">): ReadonlyMap<string, Uint8Array> {
  return new Map(secrets.map(({ archive, secret }) => [archive, mustHex(secret)]));
}

/**
 * What opens an archive of a section, where the index archive is `features` plain or sealed; undefined for those that need no secret of their own.
 * @throws PTAR_CATALOGUE_INVALID
 */
export function secretOf(
  { archive }: Pick<LocationsSection, "archive">,
  secrets: ReadonlyMap<string, Uint8Array>,
  features: "plain" | "sealed",
): Uint8Array | undefined {
  if (archive.place === "packs" || features === "plain") return undefined;
  const name = toHex(archive.name);
  const secret = secrets.get(name);
  // spec/15-repository.md#index
  if (secret === undefined) throw new PtarError("PTAR_CATALOGUE_INVALID", `catalogue: it has no secret of adopted archive ${name}`);
  return secret;
}

/** The inventory `id`. @throws PTAR_OBJECT_*, PTAR_DOCUMENT_*, PTAR_UNSUPPORTED_EXTENSION */
export async function readInventory(objects: ObjectReader, id: Uint8Array): Promise<Inventory> {
  return decodeInventory(await objects.get("inventory", id));
}

/** The keys of a list of an inventory, page by page; who stops early has not compared their number. @throws PTAR_OBJECT_*, PTAR_INVENTORY_INVALID */
export async function* readInventoryKeys(
  objects: ObjectReader,
  inventory: Inventory,
  list: keyof typeof listKeyLengths,
): AsyncGenerator<readonly Uint8Array[]> {
  let found = 0;
  let after: Uint8Array | undefined;
  for (const id of inventory[list].pages) {
    const keys = decodeHoldings(await objects.get("holdings", mustHex(id)), { keyLength: listKeyLengths[list], after });
    yield keys;
    found += keys.length;
    after = keys.at(-1);
  }
  checkInventoryCount(list, found, inventory);
}

/**
 * Reads everything that an archive is about; `found` hears of it.
 * @throws PTAR_MANIFEST_MISMATCH, PTAR_OBJECT_*, PTAR_DOCUMENT_*, PTAR_UNSUPPORTED_EXTENSION, PTAR_CATALOGUE_INVALID, PTAR_INVENTORY_INVALID
 */
export async function verifySubject(archive: Archive, found: FoundObjects | undefined): Promise<void> {
  const subject = subjectOf(archive);
  if (subject === undefined) return;
  const { crypto, limits } = archive.objects;
  const get = (kind: Kind, id: Uint8Array) => {
    found?.reference(kind, id);
    return archive.objects.get(kind, id);
  };
  const objects: ObjectReader = { crypto, limits, get };
  const id = mustHex(subject.id);
  if (subject.kind === "catalogue") {
    const features = archive.container.header.sealed ? "sealed" : "plain";
    const catalogue = await readCatalogue(objects, id, features);
    const secrets = secretsOf(catalogue);
    for await (const section of readLocations(objects, catalogue)) secretOf(section, secrets, features);
    return;
  }
  const inventory = await readInventory(objects, id);
  for (const list of ["snapshots", "others"] as const) await drain(readInventoryKeys(objects, inventory, list));
}

async function drain(parts: AsyncGenerator<unknown>): Promise<void> {
  while (!(await parts.next()).done);
}
