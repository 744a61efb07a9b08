// INDEX_PAGE and INDEX_ROOT: where each object is. spec/04-object.md#index
import { Builder } from "../bytes/builder.js";
import { compareBytes, isZero } from "../bytes/compare.js";
import { Cursor } from "../bytes/cursor.js";
import { PtarError } from "../errors/ptar-error.js";
import { compareRows, frameAt, indexRowLength, kindOffset, rowAt, viewOf, wordAt } from "./index-row.js";
import type { Limits } from "./limits.js";
import { type Kind, kindName, kinds } from "./object.js";

const headLength = 16;
/** Length of a page of 1,024 rows, bytes. */
export const indexPageLength = headLength + 1024 * indexRowLength;

/** Where one object is: block frame and place in it. */
export interface IndexRow {
  readonly id: Uint8Array;
  readonly kind: Kind;
  readonly frame: number;
  readonly ordinal: number;
}

/** What the rows of an index may be. */
export interface IndexRules {
  readonly limits: Limits;
  /** Pages and objects stand in frames after this one; default 0. */
  readonly after?: number;
  /** Rows of objects that the archive leaves out: those of thin archives. */
  readonly leftOut: "allowed" | "refused";
}

/** Whether a row stands for an object that the archive leaves out. spec/16-transfer.md#thin */
export function isLeftOut({ frame }: IndexRow): boolean {
  return frame === 0;
}

/** One page as the root names it. */
export interface IndexPageRef {
  readonly firstId: Uint8Array;
  readonly firstKind: Kind;
  readonly frame: number;
  readonly rowCount: number;
}

/** Order of rows: by id, then kind. */
export function compareKeys(a: { readonly id: Uint8Array; readonly kind: Kind }, b: { readonly id: Uint8Array; readonly kind: Kind }): number {
  return compareBytes(a.id, b.id) || kinds[a.kind] - kinds[b.kind];
}

/** Payload of INDEX_PAGE. */
export function encodeIndexPage(rows: readonly IndexRow[]): Uint8Array {
  const builder = new Builder(headLength + indexRowLength * rows.length).u32(rows.length).zeros(12);
  for (const row of rows) builder.bytes(row.id).u64(row.frame).u32(row.ordinal).u8(kinds[row.kind]).zeros(3);
  return builder.done();
}

/** Payload of INDEX_ROOT. */
export function encodeIndexRoot(pages: readonly IndexPageRef[]): Uint8Array {
  const builder = new Builder(headLength + indexRowLength * pages.length);
  builder
    .u32(pages.length)
    .zeros(4)
    .u64(pages.reduce((sum, page) => sum + page.rowCount, 0));
  for (const page of pages) builder.bytes(page.firstId).u64(page.frame).u32(page.rowCount).u8(kinds[page.firstKind]).zeros(3);
  return builder.done();
}

/** Rows of a page, strictly increasing. @throws PTAR_INDEX_INVALID */
export function decodeIndexPage(payload: Uint8Array, frame: number, rules: IndexRules): readonly IndexRow[] {
  const count = checkIndexPage(payload, frame, rules);
  return Array.from({ length: count }, (_, row) => indexRowAt(payload, row));
}

/** Checks a page without making anything of its rows; their number. @throws PTAR_INDEX_INVALID */
export function checkIndexPage(payload: Uint8Array, frame: number, { limits, leftOut, after = 0 }: IndexRules): number {
  const cursor = start(payload, frame);
  const count = cursor.u32();
  if (count === 0 || count > limits.indexPageRows) throw invalid(frame, `${count} rows`);
  if (!isZero(cursor.bytes(12))) throw invalid(frame, "reserved bytes are not zero");
  const rows = checkedRows(payload, frame, count);
  for (let at = 0; at < rows.byteLength; at += indexRowLength) {
    const [block, ordinal] = [frameAt(rows, at), wordAt(rows, at)];
    // spec/16-transfer.md#thin
    if (block === 0 && ordinal === 0 && leftOut === "allowed") continue;
    if (block <= after || block >= frame || ordinal >= limits.blockObjects) throw invalid(frame, `a row names frame ${block}, ordinal ${ordinal}`);
  }
  return count;
}

/** The row with this number in a page that was checked before. */
export function indexRowAt(payload: Uint8Array, row: number): IndexRow {
  const { id, kind, frame, word } = rowAt(viewOf(payload), headLength + row * indexRowLength);
  return { id, kind, frame, ordinal: word };
}

/** The rows of a page that was checked before, 48 bytes each. */
export function rowsIn(payload: Uint8Array): Uint8Array {
  return payload.subarray(headLength);
}

/** The row of (kind, id) in a page that was checked before, undefined when it is not there. */
export function findIndexRow(payload: Uint8Array, { id, kind }: { readonly id: Uint8Array; readonly kind: Kind }): IndexRow | undefined {
  let low = 0;
  let high = (payload.length - headLength) / indexRowLength;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = headLength + middle * indexRowLength;
    const order = compareBytes(payload.subarray(at, at + 32), id) || (payload[at + kindOffset] as number) - kinds[kind];
    if (order === 0) return indexRowAt(payload, middle);
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return undefined;
}

/** Pages of a root, first keys strictly increasing. @throws PTAR_INDEX_INVALID */
export function decodeIndexRoot(
  payload: Uint8Array,
  frame: number,
  { limits, after = 0 }: Pick<IndexRules, "limits" | "after">,
): readonly IndexPageRef[] {
  const cursor = start(payload, frame);
  const count = cursor.u32();
  if (!isZero(cursor.bytes(4))) throw invalid(frame, "reserved bytes are not zero");
  const total = cursor.u64();
  const rows = checkedRows(payload, frame, count);
  const pages = Array.from({ length: count }, (_, row) => {
    const { id, kind, frame: page, word } = rowAt(rows, row * indexRowLength);
    return { firstId: id, firstKind: kind, frame: page, rowCount: word };
  });
  let sum = 0;
  for (const page of pages) {
    if (!(page.frame < frame && page.frame > after) || page.rowCount === 0 || page.rowCount > limits.indexPageRows) {
      throw invalid(frame, `a page of ${page.rowCount} rows in frame ${page.frame}`);
    }
    sum += page.rowCount;
  }
  if (sum !== total) throw invalid(frame, `pages of ${sum} rows, expected ${total}`);
  return pages;
}

/** The rows of a page or root: as many as it says, of known kinds, strictly increasing. */
function checkedRows(payload: Uint8Array, frame: number, count: number): DataView {
  const [length, left] = [count * indexRowLength, payload.length - headLength];
  if (left < length) throw invalid(frame, `${left} bytes for ${count} rows of ${indexRowLength}`);
  const rows = viewOf(payload.subarray(headLength));
  for (let at = 0; at < length; at += indexRowLength) {
    // with the reserved bytes behind it
    const kind = rows.getUint32(at + kindOffset, true);
    if (kindName(kind) === undefined) throw invalid(frame, `a row of kind ${kind & 0xff} or with reserved bytes that are not zero`);
    if (at > 0 && compareRows(rows, at - indexRowLength, at) >= 0) throw invalid(frame, `row ${at / indexRowLength} is not after the one before`);
  }
  if (left > length) throw invalid(frame, `${left - length} bytes after the last row`);
  return rows;
}

function start(payload: Uint8Array, frame: number): Cursor {
  if (payload.length < headLength) throw invalid(frame, `${payload.length} bytes are too few`);
  return new Cursor(payload);
}

function invalid(frame: number, problem: string): PtarError {
  return new PtarError("PTAR_INDEX_INVALID", `index (frame ${frame}): ${problem}`, { details: { frame } });
}
