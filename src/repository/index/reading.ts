// Index archives: which object is in which pack. spec/15-repository.md#index
import { type PackParams, packBlock } from "../../block/pack.js";
import { compareBytes } from "../../bytes/compare.js";
import { mustHex, toHex } from "../../bytes/hex.js";
import { PtarError } from "../../errors/ptar-error.js";
import { encodeCatalogue } from "../../format/catalogue.js";
import { encodeLocations, type LocationsSection, sectionLength } from "../../format/locations.js";
import type { PackedArchive, RepositoryArchives } from "../files/archives.js";
import { inFile, isFinding, type OnProblem } from "../files/finding.js";
import { circlesOf } from "./circles.js";
import { addIndexFile, type IndexFile, type Room, readIndexFile } from "./file.js";
import { PackIndex } from "./pack-index.js";
import { readAhead } from "./read-ahead.js";

/** Bytes of sections in one object of locations, at most: the largest section has 786,512. An object has 1 MiB. */
const locationsTarget = 800_000;
const indexPack: PackParams = { codec: "zstd", level: 3 };
const tries = 3;
/** Index archives that are open at once: one after the other, each costs the time of several answers of a storage that is far away. */
const filesAtOnce = 16;
/** Bytes of rows of small index archives that are kept until all catalogues are read; the rest are opened again. */
const roomForSections = 16 << 20;

/** How the index is read. */
export interface IndexReading {
  /** Names of the index archives, in hex, as they were just listed. */
  readonly listed?: readonly string[];
  /** Told of index archives that cannot be read, which are then passed over; default: the first is thrown. */
  readonly onProblem?: OnProblem | undefined;
}

/** What is known while the index is read. */
interface Reading {
  readonly archives: RepositoryArchives;
  readonly index: PackIndex;
  readonly onProblem: OnProblem | undefined;
  /** By name. `refused`: `onProblem` was told. */
  readonly files: Map<string, IndexFile | "refused">;
  readonly room: Room;
}

/** Names of the index archives that are there, in hex. @throws PTAR_IO_FAILED */
export async function listIndex({ storage }: RepositoryArchives): Promise<readonly string[]> {
  const listed: string[] = [];
  for await (const { name } of storage.list("index")) listed.push(name.slice(0, 64));
  return listed;
}

/**
 * Brings `index` up to date with the index archives that are there: adds what is new, forgets what is superseded or gone.
 * @throws PTAR_CATALOGUE_INVALID, PTAR_REPOSITORY_INVALID, PTAR_DOCUMENT_*, PTAR_OBJECT_*, and what opening an archive throws
 */
export async function readIndex(archives: RepositoryArchives, index = new PackIndex(), options: IndexReading = {}): Promise<PackIndex> {
  const reading: Reading = { archives, index, onProblem: options.onProblem, files: new Map(), room: { left: roomForSections } };
  let listed = options.listed ?? (await listIndex(archives));
  for (let attempt = 1; (await readListed(reading, listed)) === "something went"; attempt++) {
    // superseded and deleted meanwhile: what supersedes it is there by now
    if (attempt === tries) throw new PtarError("PTAR_REPOSITORY_INVALID", "repository: index archives come and go while they are read");
    listed = await listIndex(archives);
  }
  return index;
}

async function readListed(reading: Reading, listed: readonly string[]): Promise<"all there" | "something went"> {
  const { archives, index, files } = reading;
  const known = new Set(index.sources().map(({ name }) => toHex(name)));
  const unread = listed.filter((name) => !known.has(name));
  const gone = await readCatalogues(reading, unread);
  refuseCircles(reading, listed);
  // what was read is not read again: a prune may go on deleting for longer than all tries take
  if (gone > 0) return "something went";
  const fresh = unread.map((name) => files.get(name)).filter((file) => file !== undefined && file !== "refused");
  const superseded = new Set([...fresh, ...index.sources()].flatMap(({ supersedes }) => supersedes.map(toHex)));
  for (const file of fresh) {
    if (superseded.has(toHex(file.name))) continue;
    if ((await tolerating(reading, toHex(file.name), () => addIndexFile(archives, index, file))) === "gone") return "something went";
  }
  const there = new Set(listed);
  for (const name of known) if (superseded.has(name) || !there.has(name)) index.forget(mustHex(name));
  return "all there";
}

/** Index archives that supersede each other would all vanish; who publishes one knows only those that are there. @throws PTAR_CATALOGUE_INVALID, unless it is told */
// spec/15-repository.md#index
function refuseCircles({ index, files, onProblem }: Reading, listed: readonly string[]): void {
  const sources = [...index.sources(), ...[...files.values()].filter((file) => file !== "refused")];
  const there = new Set(listed);
  const circular = circlesOf(
    new Map(sources.map(({ name, supersedes }) => [toHex(name), supersedes.map(toHex).filter((other) => there.has(other))])),
  );
  for (const name of circular) {
    const problem = new PtarError("PTAR_CATALOGUE_INVALID", `repository: index/${name}.ptar: it and what it supersedes supersede each other`, {
      hint: "somebody has forged it: delete it, then `ptar repo check` says what is affected",
    });
    if (onProblem === undefined) throw problem;
    if (files.has(name)) onProblem(`index/${name}.ptar`, problem);
    files.set(name, "refused");
  }
}

/** Reads the catalogues of index archives, those that were not read before; how many are gone. */
async function readCatalogues(reading: Reading, names: readonly string[]): Promise<number> {
  const { archives, files, room } = reading;
  const unread = names.filter((name) => !files.has(name));
  let gone = 0;
  const read = async (name: string) => ({ name, file: await tolerating(reading, name, () => readIndexFile(archives, mustHex(name), room)) });
  for await (const { name, file } of readAhead(unread, read, filesAtOnce)) {
    if (file === undefined) gone++;
    else files.set(name, file);
  }
  return gone;
}

/** What `read` gives; what is wrong with an index archive is told where somebody wants to hear it. */
async function tolerating<T>({ onProblem, files }: Reading, name: string, read: () => Promise<T>): Promise<T | "refused"> {
  try {
    return await read();
  } catch (error) {
    if (onProblem === undefined || !isFinding(error)) throw inFile(error, `index/${name}.ptar`);
    onProblem(`index/${name}.ptar`, error);
    files.set(name, "refused");
    return "refused";
  }
}

/** What an index archive says. */
export interface IndexContents {
  readonly archives: readonly PackedArchive[];
  /** Names of index archives whose rows are all in it. */
  readonly supersedes: readonly Uint8Array[];
}

/** Publishes an index archive with all rows that `index` has of these archives, and notes it there. @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE */
export async function publishIndex(archives: RepositoryArchives, index: PackIndex, contents: IndexContents): Promise<void> {
  const named = contents.archives.toSorted((a, b) => compareBytes(a.name, b.name));
  const supersedes = contents.supersedes.toSorted(compareBytes);
  const file = await archives.create("index", { pack: indexPack });
  try {
    const locations: string[] = [];
    for (const sections of objectsOfSections(index, named)) {
      locations.push(toHex(file.writer.put("locations", encodeLocations(sections))));
      // not kept until the end: 48 bytes for each object of the repository
      for (const { objects, rows } of file.writer.takeFull()) await file.writer.addMeta(packBlock(objects, archives.engine.codecs, indexPack), rows);
    }
    const secrets = named.flatMap(({ name, secret }) => (secret === undefined ? [] : [{ archive: toHex(name), secret: toHex(secret) }]));
    const catalogue = encodeCatalogue({ type: "catalogue", locations, supersedes: supersedes.map(toHex), secrets, ext: [] });
    const id = file.writer.put("catalogue", catalogue);
    await file.publish({ snapshots: [], complete: true, subject: { kind: "catalogue", id } });
  } finally {
    await file.discard();
  }
  index.note(
    { name: file.name, supersedes },
    named.map(({ name }) => name),
  );
  for (const name of supersedes) index.forget(name);
}

function* objectsOfSections(index: PackIndex, named: readonly PackedArchive[]): Generator<readonly LocationsSection[]> {
  let sections: LocationsSection[] = [];
  let bytes = 0;
  for (const section of index.sections(named.map(({ name }) => name))) {
    // spec/11-limits.md: packs of few objects have more heads than rows
    const length = sectionLength(section);
    if (sections.length > 0 && bytes + length > locationsTarget) {
      yield sections;
      sections = [];
      bytes = 0;
    }
    sections.push(section);
    bytes += length;
  }
  if (sections.length > 0) yield sections;
}
