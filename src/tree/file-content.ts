// The bytes of one file. spec/05-page.md#store
import { mustHex } from "../bytes/hex.js";
import { PtarError } from "../errors/ptar-error.js";
import { storedSize } from "../format/entry.js";
import type { Entry, EntryError } from "../format/generated/types.js";
import { decodeList, type ListRow } from "../format/list.js";
import { inlineRows } from "./list-writer.js";
import type { ObjectReader } from "./object-io.js";

const zeroRun = 1 << 16;

/** The chunks of a file in order: ids and lengths. @throws PTAR_LIST_INVALID, PTAR_TREE_SIZE, PTAR_OBJECT_* */
export async function* fileRows(objects: ObjectReader, entry: Entry): AsyncGenerator<ListRow> {
  const expected = storedSize(entry.item);
  let total = 0;
  for await (const row of rowsOf(objects, entry)) {
    total += row.length;
    if (total > expected) break;
    yield row;
  }
  if (total !== expected) throw new PtarError("PTAR_TREE_SIZE", `file: chunks of ${total} bytes, expected ${expected}`);
}

/**
 * The stored bytes of a file, each chunk recomputed against its id. The whole-file digest is the caller's.
 * @throws PTAR_TREE_SIZE, PTAR_LIST_INVALID, PTAR_OBJECT_*
 */
export async function* storedBytes(objects: ObjectReader, entry: Entry): AsyncGenerator<Uint8Array> {
  for await (const row of fileRows(objects, entry)) {
    const bytes = await objects.get("chunk", row.id);
    if (bytes.length !== row.length) throw new PtarError("PTAR_TREE_SIZE", `file: a chunk of ${bytes.length} bytes, expected ${row.length}`);
    yield bytes;
  }
}

/**
 * The bytes of a file as a reader sees them: zeros where the source could not be read; verified against the whole-file digest at
 * the end.
 * @throws PTAR_FILE_DIGEST and as {@link storedBytes}
 */
export async function* fileContent(objects: ObjectReader, entry: Entry): AsyncGenerator<Uint8Array> {
  const { item } = entry;
  const hash = objects.crypto.createSha256();
  const gaps = readGaps(item.errors ?? []);
  let offset = 0;
  for await (let bytes of storedBytes(objects, entry)) {
    hash.update(bytes);
    while (bytes.length > 0) {
      const gap = gaps[0];
      if (gap !== undefined && gap.offset === offset) {
        yield* zeros(gap.length);
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
  for (const gap of gaps) yield* zeros(gap.length);
  const digest = item.sha256 ?? item.sha256Stored;
  if (digest !== undefined && !sameHex(hash.digest(), digest))
    throw new PtarError("PTAR_FILE_DIGEST", `file: its ${storedSize(item)} bytes do not have the digest ${digest}`);
}

async function* rowsOf(objects: ObjectReader, entry: Entry): AsyncGenerator<ListRow> {
  const inline = inlineRows(entry.item, entry.store);
  if (inline !== undefined) {
    for (const { id, length } of inline) yield { id: mustHex(id), length };
    return;
  }
  yield* listRows(objects, { id: mustHex(entry.store.list as string), length: storedSize(entry.item) }, undefined);
}

async function* listRows(objects: ObjectReader, ref: ListRow, level: number | undefined): AsyncGenerator<ListRow> {
  const list = decodeList(await objects.get("list", ref.id), objects.limits);
  const sum = list.rows.reduce((total, row) => total + row.length, 0);
  // spec/05-page.md#list
  if (sum !== ref.length || (level !== undefined && list.level !== level)) {
    throw new PtarError(
      "PTAR_LIST_INVALID",
      `list: level ${list.level} and ${sum} bytes, expected level ${level ?? list.level} and ${ref.length} bytes`,
    );
  }
  if (list.level === 0) yield* list.rows;
  else for (const row of list.rows) yield* listRows(objects, row, list.level - 1);
}

function readGaps(errors: readonly EntryError[]): { readonly offset: number; readonly length: number }[] {
  return errors.flatMap(({ offset, length }) => (offset === undefined || length === undefined ? [] : [{ offset, length }]));
}

function* zeros(length: number): Generator<Uint8Array> {
  for (let left = length; left > 0; left -= zeroRun) yield new Uint8Array(Math.min(left, zeroRun));
}

function sameHex(digest: Uint8Array, hex: string): boolean {
  const expected = mustHex(hex);
  return digest.every((byte, i) => byte === expected[i]);
}
