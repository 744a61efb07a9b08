// One index archive, read: its catalogue, and the sections of a small one at once. spec/15-repository.md#index
import { BlockCache } from "../../archive/block-cache.js";
import type { ArchiveObjects } from "../../archive/objects.js";
import { readCatalogue, readLocations, secretOf, secretsOf } from "../../archive/subject.js";
import { mustHex, toHex } from "../../bytes/hex.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { Catalogue } from "../../format/generated/types.js";
import type { LocationsSection } from "../../format/locations.js";
import type { RepositoryArchives } from "../files/archives.js";
import { objectsOf } from "../files/own-objects.js";
import type { PackIndex } from "./pack-index.js";

/** Bytes of an index archive whose sections are read when it is opened for its catalogue. */
const smallFile = 256 * 1024;

/** An index archive as its catalogue describes it. */
export interface IndexFile {
  readonly name: Uint8Array;
  readonly supersedes: readonly Uint8Array[];
  readonly features: "plain" | "sealed";
  /** Secrets of adopted archives by their names, in hex. */
  readonly secrets: ReadonlyMap<string, Uint8Array>;
  /** Of a small one, which is not opened again for them. */
  readonly sections: readonly LocationsSection[] | undefined;
}

/** Bytes of sections that may be kept until they are added. */
export interface Room {
  left: number;
}

/** The index archive `name`, undefined when it is gone. @throws PTAR_CATALOGUE_INVALID, PTAR_REPOSITORY_INVALID, and what opening an archive throws */
export async function readIndexFile(archives: RepositoryArchives, name: Uint8Array, room: Room): Promise<IndexFile | undefined> {
  return withIndexFile(archives, name, async ({ objects, catalogue, length }) => ({
    name,
    supersedes: catalogue.supersedes.map(mustHex),
    features: archives.key === undefined ? "plain" : "sealed",
    secrets: secretsOf(catalogue),
    sections: length <= smallFile ? await keptSections(objects, catalogue, room) : undefined,
  }));
}

/** Adds what an index archive says, and notes it; nothing is added when it throws. @throws as `readIndexFile` */
export async function addIndexFile(archives: RepositoryArchives, index: PackIndex, file: IndexFile): Promise<"added" | "gone"> {
  const { name, supersedes, sections } = file;
  try {
    if (sections !== undefined) for (const section of sections) addSection(index, file, section);
    else if ((await addRead(archives, index, file)) === undefined) return "gone";
  } catch (error) {
    // rows of a file that was not read whole must not stay: nothing would ever take them away
    index.forget(name);
    throw error;
  }
  index.note({ name, supersedes });
  return "added";
}

async function addRead(archives: RepositoryArchives, index: PackIndex, file: IndexFile): Promise<"added" | undefined> {
  return withIndexFile(archives, file.name, async ({ objects, catalogue }) => {
    for await (const section of readLocations(objects, catalogue)) addSection(index, file, section);
    return "added" as const;
  });
}

function addSection(index: PackIndex, { name, secrets, features }: IndexFile, { archive, rows }: LocationsSection): void {
  const secret = secretOf({ archive }, secrets, features);
  const section = { archive: { ...archive, ...(secret && { secret }) }, rows };
  // spec/15-repository.md#index
  if (index.add(section, name) === "contradicts") throw contradicts(name, archive.name);
}

/** All sections; undefined when there is no room, or when they cannot be read, which is no problem where the index archive is superseded. */
async function keptSections(objects: ArchiveObjects, catalogue: Catalogue, room: Room): Promise<readonly LocationsSection[] | undefined> {
  const sections: LocationsSection[] = [];
  let bytes = 0;
  try {
    for await (const section of readLocations(objects, catalogue)) {
      // not the length of the file: rows may be compressed well
      bytes += section.rows.length;
      if (bytes > room.left) return undefined;
      sections.push({ ...section, rows: section.rows.slice() });
    }
  } catch (error) {
    if (error instanceof PtarError) return undefined;
    throw error;
  }
  room.left -= bytes;
  return sections;
}

interface OpenedIndexFile {
  readonly objects: ArchiveObjects;
  readonly catalogue: Catalogue;
  /** Bytes of the file. */
  readonly length: number;
}

async function withIndexFile<T>(
  archives: RepositoryArchives,
  name: Uint8Array,
  use: (opened: OpenedIndexFile) => Promise<T>,
): Promise<T | undefined> {
  const opened = await archives.open("index", name);
  if (opened === undefined) return undefined;
  try {
    const { listing, input } = opened.container;
    const { subject } = listing;
    if (subject?.kind !== "catalogue")
      throw new PtarError("PTAR_REPOSITORY_INVALID", `repository: index/${toHex(name)}.ptar: it is about no catalogue`);
    // each object is read once, and rows take all memory that there is
    const objects = await objectsOf(opened, archives.engine, { cache: new BlockCache(0) });
    const catalogue = await readCatalogue(objects, mustHex(subject.id), archives.key === undefined ? "plain" : "sealed");
    return await use({ objects, catalogue, length: input.reader.length });
  } finally {
    await opened.close();
  }
}

function contradicts(index: Uint8Array, archive: Uint8Array): PtarError {
  return new PtarError(
    "PTAR_CATALOGUE_INVALID",
    `repository: index/${toHex(index)}.ptar: archive ${toHex(archive)} has another length, fingerprint or place elsewhere`,
  );
}
