// A copy of the index on this computer, so that opening a repository reads what is new alone. spec/15-repository.md#index
import { Builder } from "../../bytes/builder.js";
import { concatBytes, equalBytes } from "../../bytes/compare.js";
import { Cursor } from "../../bytes/cursor.js";
import { label } from "../../bytes/label.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { OpenStored } from "../files/storage.js";
import type { IndexSource } from "../index/archive-table.js";
import { PackIndex } from "../index/pack-index.js";
import { packRowLength, segmentLength } from "../rows/row.js";
import { decodeLists, encodeLists } from "./lists.js";
import { type CacheOwner, partGuard } from "./parts.js";
import { readRows, renumbered } from "./rows.js";

const magic = label("ptar index cache");
const version = 1;
const forms = { plain: 1, sealed: 2 } as const;
const headLength = 104;
/** The cache is worth writing when more than one row in this many is new or gone. */
const changedShare = 10;
/** Reading an index archive, however small, takes as long as writing so many rows: measured 0.6 ms and 0.2 µs. */
const rowsPerSource = 3_000;

/** Keeps one file for each repository. It may be lost at any time; neither call fails for what happens to files. */
export interface IndexCache {
  /** The file of the repository with this id, undefined when there is none that can be read. */
  read(repositoryId: Uint8Array): Promise<OpenStored | undefined>;
  /** Replaces the file in one step by the parts joined, or leaves things as they were. A part is valid until the next one is asked for. */
  write(repositoryId: Uint8Array, parts: AsyncIterable<Uint8Array>): Promise<void>;
}

/**
 * The index as it was last written, undefined when there is none, or one that is damaged, cut, of another version, repository or key, or of no use: rows
 * are read only when `isOfUse` says so of the index archives that they are from.
 */
export async function readIndexCache(
  cache: IndexCache,
  owner: CacheOwner,
  isOfUse: (sources: readonly IndexSource[]) => boolean = () => true,
): Promise<PackIndex | undefined> {
  const file = await cache.read(owner.id);
  if (file === undefined) return undefined;
  try {
    return await decode(file, owner, isOfUse);
  } catch (error) {
    // RangeError: a length that memory has no room for
    if (error instanceof PtarError || error instanceof RangeError) return undefined;
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
export function isWorthCaching({ changed, changedSources, size }: PackIndex): boolean {
  return changedShare * (changed + rowsPerSource * changedSources) > size;
}

interface Head {
  readonly listLength: number;
  readonly rowCount: number;
}

async function* encode(index: PackIndex, owner: CacheOwner): AsyncGenerator<Uint8Array> {
  const { table } = index;
  const records = table.records.filter(({ sources }) => [...sources].some((hex) => table.isNoted(hex)));
  if (owner.secret === undefined && records.some(({ archive }) => archive.secret !== undefined))
    throw new TypeError("a plain cache takes no secrets");
  const lists = encodeLists(table.sources, records);
  const rowCount = records.reduce((sum, record) => sum + record.rows, 0);
  const head = encodeHead(owner, { listLength: lists.length, rowCount });
  const guard = partGuard(owner, head);
  yield head;
  yield await guard.close(0, lists);
  let part = 1;
  for (const bytes of renumbered(index.segments(), new Map(records.map(({ number }, i) => [number, i])))) yield await guard.close(part++, bytes);
}

async function decode(file: OpenStored, owner: CacheOwner, isOfUse: (sources: readonly IndexSource[]) => boolean): Promise<PackIndex | undefined> {
  const bytes = await file.read(0, headLength);
  const head = decodeHead(bytes, owner);
  if (head === undefined) return undefined;
  const guard = partGuard(owner, bytes);
  const rowBytes = head.rowCount * packRowLength;
  // before memory is taken: the lengths are not checked yet
  if (file.length !== headLength + head.listLength + rowBytes + guard.overhead * (1 + Math.ceil(rowBytes / segmentLength))) return undefined;
  const lists = await guard.open(0, await file.read(headLength, head.listLength + guard.overhead));
  const archives = lists && decodeLists(lists);
  if (archives === undefined || !isOfUse(archives.sources)) return undefined;
  const place = { guard, offset: headLength + head.listLength + guard.overhead, rowCount: head.rowCount };
  const rows = await readRows(file, place, archives);
  return rows && new PackIndex(archives, rows);
}

/** magic 16 ‖ version u32 ‖ form u32 ‖ repository id 32 ‖ bytes of the lists u64 ‖ rows u64 ‖ salt 32. */
function encodeHead({ id, secret, crypto }: CacheOwner, { listLength, rowCount }: Head): Uint8Array {
  return new Builder(headLength).bytes(prefixOf({ id, secret })).u64(listLength).u64(rowCount).bytes(crypto.freshSalt()).done();
}

function decodeHead(bytes: Uint8Array, { id, secret }: CacheOwner): Head | undefined {
  const prefix = prefixOf({ id, secret });
  if (!equalBytes(bytes.subarray(0, prefix.length), prefix)) return undefined;
  const cursor = new Cursor(bytes.subarray(prefix.length));
  return { listLength: cursor.u64(), rowCount: cursor.u64() };
}

function prefixOf({ id, secret }: { readonly id: Uint8Array; readonly secret: Uint8Array | undefined }): Uint8Array {
  const numbers = new Builder(8)
    .u32(version)
    .u32(secret === undefined ? forms.plain : forms.sealed)
    .done();
  return concatBytes(magic, numbers, id);
}
