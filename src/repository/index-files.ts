// Index archives: which object is in which pack. spec/15-repository.md#index
import type { ArchiveObjects } from "../archive/objects.js";
import { readCatalogue, readLocations } from "../archive/subject.js";
import type { PackParams } from "../block/pack.js";
import { packBlock } from "../block/pack.js";
import { compareBytes } from "../bytes/compare.js";
import { mustHex, toHex } from "../bytes/hex.js";
import { PtarError } from "../errors/ptar-error.js";
import { encodeCatalogue } from "../format/catalogue.js";
import type { Catalogue } from "../format/generated/types.js";
import { encodeLocations, type LocationsSection, sectionLength } from "../format/locations.js";
import type { RepositoryArchives } from "./archives.js";
import { objectsOf } from "./own-objects.js";
import { PackIndex } from "./pack-index.js";
import type { PackedArchive } from "./pack-index-archives.js";

/** Bytes of sections in one object of locations, at most: the largest section has 786,512. An object has 1 MiB. */
const locationsTarget = 800_000;
const indexPack: PackParams = { codec: "zstd", level: 3 };
const tries = 3;

/** Told of a file of the repository that cannot be read. */
export type OnProblem = (file: string, error: PtarError) => void;

/** An index archive as its catalogue describes it. */
interface IndexFile {
  readonly name: Uint8Array;
  readonly catalogue: Catalogue;
}

/**
 * Brings `index` up to date with the index archives that are there: adds what is new, forgets what is superseded or gone.
 * @throws PTAR_CATALOGUE_INVALID, PTAR_REPOSITORY_INVALID, PTAR_DOCUMENT_*, PTAR_OBJECT_*, and what opening an archive throws
 */
export async function readIndex(archives: RepositoryArchives, index = new PackIndex(), onProblem?: OnProblem): Promise<PackIndex> {
  const refused = new Set<string>();
  const passOver =
    onProblem &&
    ((file: string, error: PtarError) => {
      if (!refused.has(file)) onProblem(file, error);
      refused.add(file);
    });
  for (let attempt = 1; ; attempt++) {
    if ((await readOnce(archives, index, passOver)) === "all there") return index;
    // superseded and deleted meanwhile: what supersedes it is there by now
    if (attempt === tries) throw new PtarError("PTAR_REPOSITORY_INVALID", "repository: index archives come and go while they are read");
  }
}

async function readOnce(archives: RepositoryArchives, index: PackIndex, onProblem: OnProblem | undefined): Promise<"all there" | "something went"> {
  const listed: string[] = [];
  for await (const { name } of archives.storage.list("index")) listed.push(name.slice(0, 64));
  const known = new Map(index.sources().map((source) => [toHex(source.name), source]));
  const fresh: IndexFile[] = [];
  for (const name of listed.filter((each) => !known.has(each))) {
    const catalogue = await tolerating(onProblem, name, () => withIndexFile(archives, mustHex(name), async (_objects, own) => own));
    if (catalogue === "passed over") continue;
    if (catalogue === undefined) return "something went";
    fresh.push({ name: mustHex(name), catalogue });
  }
  const superseded = new Set([
    ...fresh.flatMap(({ catalogue }) => catalogue.supersedes),
    ...index.sources().flatMap(({ supersedes }) => supersedes.map(toHex)),
  ]);
  for (const file of fresh) {
    if (superseded.has(toHex(file.name))) continue;
    if ((await tolerating(onProblem, toHex(file.name), () => addFile(archives, index, file))) === "gone") return "something went";
  }
  for (const name of known.keys()) if (superseded.has(name) || !listed.includes(name)) index.forget(mustHex(name));
  return "all there";
}

/** What `read` gives; what is wrong with an index archive is told where somebody wants to hear it. */
async function tolerating<T>(onProblem: OnProblem | undefined, name: string, read: () => Promise<T>): Promise<T | "passed over"> {
  try {
    return await read();
  } catch (error) {
    if (onProblem === undefined || !(error instanceof PtarError) || ![4, 5, 10].includes(error.exitCode)) throw error;
    onProblem(`index/${name}.ptar`, error);
    return "passed over";
  }
}

async function addFile(archives: RepositoryArchives, index: PackIndex, { name }: IndexFile): Promise<"added" | "gone"> {
  try {
    return await addRows(archives, index, name);
  } catch (error) {
    // rows of a file that was not read whole must not stay: nothing would ever take them away
    index.forget(name);
    throw error;
  }
}

async function addRows(archives: RepositoryArchives, index: PackIndex, name: Uint8Array): Promise<"added" | "gone"> {
  const added = await withIndexFile(archives, name, async (objects, catalogue) => {
    const secretOf = new Map(catalogue.secrets.map(({ archive, secret }) => [archive, mustHex(secret)]));
    for await (const { archive, rows } of readLocations(objects, catalogue)) {
      const secret = secretOf.get(toHex(archive.name));
      const section = { archive: { ...archive, ...(secret && { secret }) }, rows };
      // spec/15-repository.md#index
      if (index.add(section, name) === "contradicts") throw contradicts(name, archive.name);
    }
    index.note({ name, supersedes: catalogue.supersedes.map(mustHex) });
    return "added" as const;
  });
  return added ?? "gone";
}

async function withIndexFile<T>(
  archives: RepositoryArchives,
  name: Uint8Array,
  use: (objects: ArchiveObjects, catalogue: Catalogue) => Promise<T>,
): Promise<T | undefined> {
  const opened = await archives.open("index", name);
  if (opened === undefined) return undefined;
  try {
    const { subject } = opened.container.listing;
    if (subject?.kind !== "catalogue")
      throw new PtarError("PTAR_REPOSITORY_INVALID", `repository: index/${toHex(name)}.ptar: it is about no catalogue`);
    const objects = await objectsOf(opened, archives.engine);
    const catalogue = await readCatalogue(objects, mustHex(subject.id), archives.key === undefined ? "plain" : "sealed");
    return await use(objects, catalogue);
  } finally {
    await opened.close();
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

function contradicts(index: Uint8Array, archive: Uint8Array): PtarError {
  return new PtarError(
    "PTAR_CATALOGUE_INVALID",
    `repository: index/${toHex(index)}.ptar: archive ${toHex(archive)} has another length, fingerprint or place elsewhere`,
  );
}
