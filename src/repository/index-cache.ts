// A copy of the index on this computer, so that opening a repository reads what is new alone. spec/15-repository.md#index
import { Builder } from "../bytes/builder.js";
import { concatBytes, equalBytes } from "../bytes/compare.js";
import { Cursor } from "../bytes/cursor.js";
import { toHex } from "../bytes/hex.js";
import { label } from "../bytes/label.js";
import { PtarError } from "../errors/ptar-error.js";
import { decodeLists, encodeLists } from "./index-cache-lists.js";
import { type CacheOwner, type PartGuard, partGuard } from "./index-cache-parts.js";
import { PackIndex } from "./pack-index.js";
import type { ArchiveTable } from "./pack-index-archives.js";
import {
  archiveAt,
  compareRows,
  isPlaced,
  packRowLength,
  type Segment,
  SortedRows,
  segmentLength,
  segmentOf,
  setArchive,
} from "./pack-index-rows.js";
import type { OpenStored } from "./storage.js";

const magic = label("ptar index cache");
const version = 1;
const forms = { plain: 1, sealed: 2 } as const;
const saltBytes = 32;
const headLength = 104;
/** The cache is worth writing when more than one row in this many is new or gone. */
const changedShare = 10;

/** Keeps one file for each repository. It may be lost at any time; neither call fails for what happens to files. */
export interface IndexCache {
  /** The file of the repository with this id, undefined when there is none that can be read. */
  read(repositoryId: Uint8Array): Promise<OpenStored | undefined>;
  /** Replaces the file in one step by the parts joined, or leaves things as they were. A part is valid until the next one is asked for. */
  write(repositoryId: Uint8Array, parts: AsyncIterable<Uint8Array>): Promise<void>;
}

/**
 * The index as it was last written, undefined when there is none, or one that is damaged, cut, of another version, repository or key. It is what the index
 * archives in its `sources()` said: others are to be added, and those that are gone forgotten.
 */
export async function readIndexCache(cache: IndexCache, owner: CacheOwner): Promise<PackIndex | undefined> {
  const file = await cache.read(owner.id);
  if (file === undefined) return undefined;
  try {
    return await decode(file, owner);
  } catch (error) {
    if (error instanceof PtarError) return undefined;
    throw error;
  } finally {
    await file.close();
  }
}

/** Writes rows of archives that noted index archives name. Throws TypeError for secrets of archives without one of the repository. */
export async function writeIndexCache(cache: IndexCache, index: PackIndex, owner: CacheOwner): Promise<void> {
  await cache.write(owner.id, encode(index, owner));
  index.markUnchanged();
}

/** Whether so much changed since the index was read that writing it saves more than it costs. */
export function isWorthCaching({ changed, size }: PackIndex): boolean {
  return changedShare * changed > size;
}

/** What to do for an index to be that of the index archives listed: those to read and note, and those to forget. */
export function compareSources(
  index: PackIndex,
  listed: readonly Uint8Array[],
): { readonly unread: readonly Uint8Array[]; readonly gone: readonly Uint8Array[] } {
  const noted = new Set(index.sources().map(({ name }) => toHex(name)));
  const there = new Set(listed.map(toHex));
  return {
    unread: listed.filter((name) => !noted.has(toHex(name))),
    gone: index.sources().flatMap(({ name }) => (there.has(toHex(name)) ? [] : [name])),
  };
}

interface Head {
  readonly listLength: number;
  readonly rowCount: number;
  readonly salt: Uint8Array;
}

async function* encode(index: PackIndex, owner: CacheOwner): AsyncGenerator<Uint8Array> {
  const { table } = index;
  const records = table.records.filter(({ sources }) => [...sources].some((hex) => table.isNoted(hex)));
  if (owner.secret === undefined && records.some(({ archive }) => archive.secret !== undefined))
    throw new TypeError("a plain cache takes no secrets");
  const lists = encodeLists(table.sources, records);
  const rowCount = records.reduce((sum, record) => sum + record.rows, 0);
  const salt = owner.crypto.freshSalt();
  const head = encodeHead(owner, { listLength: lists.length, rowCount, salt });
  const guard = partGuard(owner, head, salt);
  yield head;
  yield await guard.close(0, lists);
  let part = 1;
  for (const bytes of renumbered(index.segments(), new Map(records.map(({ number }, i) => [number, i])))) yield await guard.close(part++, bytes);
}

/** Rows with the numbers of their archives in the file, without those that have none, in parts that hold as many as fit. */
function* renumbered(segments: Iterable<Segment>, numbers: ReadonlyMap<number, number>): Generator<Uint8Array> {
  const { bytes: part, view } = segmentOf(new Uint8Array(segmentLength));
  let used = 0;
  for (const segment of segments) {
    for (let at = 0; at < segment.bytes.length; at += packRowLength) {
      const number = numbers.get(archiveAt(segment.view, at));
      if (number === undefined) continue;
      part.set(segment.bytes.subarray(at, at + packRowLength), used);
      setArchive(view, used, number);
      used += packRowLength;
      if (used < segmentLength) continue;
      yield part;
      used = 0;
    }
  }
  if (used > 0) yield part.subarray(0, used);
}

async function decode(file: OpenStored, owner: CacheOwner): Promise<PackIndex | undefined> {
  const bytes = await file.read(0, headLength);
  const head = decodeHead(bytes, owner);
  if (head === undefined) return undefined;
  const guard = partGuard(owner, bytes, head.salt);
  const rowBytes = head.rowCount * packRowLength;
  // before memory is taken: the lengths are not checked yet
  if (file.length !== headLength + head.listLength + rowBytes + guard.overhead * (1 + Math.ceil(rowBytes / segmentLength))) return undefined;
  const lists = await guard.open(0, await file.read(headLength, head.listLength + guard.overhead));
  const archives = lists && decodeLists(lists);
  if (archives === undefined) return undefined;
  const segments = await readRows(file, { guard, offset: headLength + head.listLength + guard.overhead, rowBytes });
  return segments !== undefined && fits(segments, archives) ? new PackIndex(archives, new SortedRows(segments)) : undefined;
}

interface RowsPlace {
  readonly guard: PartGuard;
  readonly offset: number;
  readonly rowBytes: number;
}

/** Segments straight from the file: what was read or opened is what the index keeps. */
async function readRows(file: OpenStored, { guard, offset, rowBytes }: RowsPlace): Promise<readonly Segment[] | undefined> {
  const segments: Segment[] = [];
  for (let at = 0; at < rowBytes; at += segmentLength) {
    const length = Math.min(segmentLength, rowBytes - at);
    const stored = await file.read(offset + at + guard.overhead * segments.length, length + guard.overhead);
    const rows = await guard.open(segments.length + 1, stored);
    if (rows === undefined) return undefined;
    segments.push(segmentOf(rows));
  }
  return segments;
}

/** Whether rows are in strict order, with possible places in archives that are there; counts the rows of each. */
function fits(segments: readonly Segment[], archives: ArchiveTable): boolean {
  const counts = archives.records.map(() => 0);
  const before: { view: DataView; at: number } = { view: new DataView(new ArrayBuffer(0)), at: -1 };
  for (const { view } of segments) {
    for (let at = 0; at < view.byteLength; at += packRowLength) {
      const archive = archiveAt(view, at);
      if (archive >= counts.length || !isPlaced(view, at)) return false;
      if (before.at >= 0 && compareRows(view, at, before) <= 0) return false;
      (counts[archive] as number)++;
      before.view = view;
      before.at = at;
    }
  }
  for (const record of archives.records) record.rows = counts[record.number] as number;
  return true;
}

/** magic 16 ‖ version u32 ‖ form u32 ‖ repository id 32 ‖ bytes of the lists u64 ‖ rows u64 ‖ salt 32. */
function encodeHead({ id, secret }: CacheOwner, { listLength, rowCount, salt }: Head): Uint8Array {
  return new Builder(headLength).bytes(prefixOf({ id, secret })).u64(listLength).u64(rowCount).bytes(salt).done();
}

function decodeHead(bytes: Uint8Array, { id, secret }: CacheOwner): Head | undefined {
  const prefix = prefixOf({ id, secret });
  if (!equalBytes(bytes.subarray(0, prefix.length), prefix)) return undefined;
  const cursor = new Cursor(bytes.subarray(prefix.length));
  return { listLength: cursor.u64(), rowCount: cursor.u64(), salt: cursor.bytes(saltBytes) };
}

function prefixOf({ id, secret }: { readonly id: Uint8Array; readonly secret: Uint8Array | undefined }): Uint8Array {
  const numbers = new Builder(8)
    .u32(version)
    .u32(secret === undefined ? forms.plain : forms.sealed)
    .done();
  return concatBytes(magic, numbers, id);
}
