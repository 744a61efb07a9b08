// Brings the index in memory up to date with the index archives that are there. spec/15-repository.md#index
import { mustHex, toHex } from "../../bytes/hex.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { RepositoryArchives } from "../files/archives.js";
import { inFile, isFinding, type OnProblem } from "../files/finding.js";
import { circlesOf } from "./circles.js";
import { addIndexFile, type IndexFile, type Room, readIndexFile } from "./file.js";
import { PackIndex } from "./pack-index.js";
import { readAhead } from "./read-ahead.js";

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
    onProblem(`index/${name}.ptar`, problem);
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
