// The bytes of one file. spec/05-page.md#store

import { mustHex, toHex } from "../bytes/hex.js";
import type { ListedHash } from "../crypto/crypto.js";
import { PtarError } from "../errors/ptar-error.js";
import { contentErrors, storedSize } from "../format/entry.js";
import type { Entry, EntryError, Item } from "../format/generated/types.js";
import { decodeList, type ListRow } from "../format/list.js";
import { Breath } from "./breath.js";
import { inlineRows } from "./list-writer.js";
import type { ObjectReader } from "./object-io.js";

const zeroRun = 1 << 16;
const listedHashes: readonly ListedHash[] = ["md5", "sha1", "sha512"];

/** Lists whose rows were seen before, by id. */
export type SeenLists = Map<string, { readonly level: number; readonly length: number }>;

/** What two names of one file have in common. spec/06-snapshot.md#links */
export function contentsKey({ item, store }: Entry): string {
  return JSON.stringify([item.sha256, item.sha256Stored, item.size, contentErrors(item), store]);
}

/**
 * The chunks of a file in order: ids and lengths. With `seen`, rows of lists that stand in it are left out, so that lists that name
 * each other many times cost no more than they are long.
 * @throws PTAR_LIST_INVALID, PTAR_TREE_SIZE, PTAR_OBJECT_*
 */
export function fileRows(objects: ObjectReader, entry: Entry, seen?: SeenLists): AsyncIterable<ListRow> | readonly ListRow[] {
  const expected = storedSize(entry.item);
  const inline = inlineRows(entry.item, entry.store);
  if (inline === undefined) {
    return listRows(objects, { id: mustHex(entry.store.list as string), length: expected }, { level: undefined, seen });
  }
  const total = sumOf(inline);
  if (total !== expected) throw wrongSize(total, expected);
  // not a generator: most files have one chunk, and waiting for it would cost more than all that is done with it
  return inline.map(({ id, length }) => ({ id: mustHex(id), length }));
}

/**
 * The stored bytes of a file, each chunk recomputed against its id. The whole-file digest is the caller's.
 * @throws PTAR_TREE_SIZE, PTAR_LIST_INVALID, PTAR_OBJECT_*
 */
export async function* storedBytes(objects: ObjectReader, entry: Entry): AsyncGenerator<Uint8Array> {
  for await (const row of fileRows(objects, entry)) {
    yield await chunkOf(objects, row);
  }
}

async function chunkOf(objects: ObjectReader, row: ListRow): Promise<Uint8Array> {
  const bytes = await objects.get("chunk", row.id);
  if (bytes.length !== row.length) throw new PtarError("PTAR_TREE_SIZE", `file: a chunk of ${bytes.length} bytes, expected ${row.length}`);
  return bytes;
}

/**
 * The bytes of a file that was read whole and is one chunk, whose id is then the digest of the file: nothing is hashed again. Undefined for others.
 * @throws PTAR_TREE_SIZE, or rejects with it and PTAR_OBJECT_*
 */
export function oneChunkContent(objects: ObjectReader, entry: Entry): Promise<Uint8Array> | undefined {
  const { item } = entry;
  if (typeof item.sha256 !== "string" || entry.store.list !== undefined || contentErrors(item).length > 0) return undefined;
  const rows = inlineRows(item, entry.store) ?? [];
  if (rows.length !== 1 || rows[0]?.id !== item.sha256) return undefined;
  const [row] = fileRows(objects, entry) as readonly ListRow[];
  return chunkOf(objects, row as ListRow);
}

/**
 * The bytes of a file as a reader sees them: zeros where the source could not be read; verified against the whole-file digest at
 * the end, with `listed` against its other digests too.
 * @throws PTAR_FILE_DIGEST and as {@link storedBytes}
 */
export async function* fileContent(objects: ObjectReader, entry: Entry, digests: "sha256" | "listed" = "sha256"): AsyncGenerator<Uint8Array> {
  const { item } = entry;
  const hash = objects.crypto.createSha256();
  const others = digests === "listed" ? listedDigests(objects, item) : [];
  const gaps = readGaps(contentErrors(item));
  let offset = 0;
  for await (let bytes of storedBytes(objects, entry)) {
    hash.update(bytes);
    for (const other of others) other.hash.update(bytes);
    while (bytes.length > 0) {
      const gap = gaps[0];
      if (gap !== undefined && gap.offset === offset) {
        yield* gapZeros(gap.length, digests);
        offset += gap.length;
        gaps.shift();
        continue;
      }
      const run = gap === undefined ? bytes.length : Math.min(bytes.length, gap.offset - offset);
      yield bytes.subarray(0, run);
      bytes = bytes.subarray(run);
      offset += run;
    }
  }
  for (const gap of gaps) yield* gapZeros(gap.length, digests);
  const digest = item.sha256 ?? item.sha256Stored;
  if (digest !== undefined && !sameHex(hash.digest(), digest))
    throw new PtarError("PTAR_FILE_DIGEST", `file: its ${storedSize(item)} bytes do not have the digest ${digest}`);
  // spec/05-page.md#digests
  const wrong = others.find((other) => toHex(other.hash.digest()) !== other.expected);
  if (wrong !== undefined)
    throw new PtarError("PTAR_FILE_DIGEST", `file: its ${storedSize(item)} bytes do not have the ${wrong.algorithm} ${wrong.expected}`);
}

function listedDigests({ crypto }: ObjectReader, { digests = {} }: Item) {
  return listedHashes.flatMap((algorithm) => {
    const expected = digests[algorithm];
    return expected === undefined ? [] : [{ algorithm, expected, hash: crypto.createHash(algorithm) }];
  });
}

/** Rows of the list `ref`; `level` is undefined for the list that an entry names. */
async function* listRows(
  objects: ObjectReader,
  ref: ListRow,
  place: { readonly level: number | undefined; readonly seen: SeenLists | undefined },
): AsyncGenerator<ListRow> {
  const { seen } = place;
  const name = toHex(ref.id);
  const before = seen?.get(name);
  if (before !== undefined) {
    checkList(before, ref, place.level);
    return;
  }
  const { level, rows } = decodeList(await objects.get("list", ref.id), objects.limits);
  const found = { level, length: sumOf(rows) };
  checkList(found, ref, place.level);
  if (level === 0) yield* rows;
  else for (const row of rows) yield* listRows(objects, row, { level: level - 1, seen });
  seen?.set(name, found);
}

// spec/05-page.md#list
function checkList(found: { readonly level: number; readonly length: number }, ref: ListRow, level: number | undefined): void {
  if (level === undefined && found.length !== ref.length) throw wrongSize(found.length, ref.length);
  if (found.length === ref.length && (level === undefined || found.level === level)) return;
  throw new PtarError("PTAR_LIST_INVALID", `list: level ${found.level} and ${found.length} bytes, expected level ${level} and ${ref.length} bytes`);
}

function sumOf(rows: readonly { readonly length: number }[]): number {
  return rows.reduce((total, { length }) => total + length, 0);
}

function wrongSize(total: number, expected: number): PtarError {
  return new PtarError("PTAR_TREE_SIZE", `file: chunks of ${total} bytes, expected ${expected}`);
}

function readGaps(errors: readonly EntryError[]): { readonly offset: number; readonly length: number }[] {
  return errors.flatMap(({ offset, length }) => (offset === undefined || length === undefined ? [] : [{ offset, length }]));
}

/** Zeros for what could not be read; who only checks digests has no use for them. They may be more than anybody waits for. */
async function* gapZeros(length: number, digests: "sha256" | "listed"): AsyncGenerator<Uint8Array> {
  if (digests === "listed") return;
  const breath = new Breath();
  for (let left = length; left > 0; left -= zeroRun) {
    const turn = breath.take();
    if (turn !== undefined) await turn;
    yield new Uint8Array(Math.min(left, zeroRun));
  }
}

function sameHex(digest: Uint8Array, hex: string): boolean {
  const expected = mustHex(hex);
  return digest.every((byte, i) => byte === expected[i]);
}
