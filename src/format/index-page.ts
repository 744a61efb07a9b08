// INDEX_PAGE and INDEX_ROOT: where each object is. spec/04-object.md#index
import { Builder } from "../bytes/builder.js";
import { compareBytes, isZero } from "../bytes/compare.js";
import { Cursor } from "../bytes/cursor.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Limits } from "./limits.js";
import { type Kind, kindName, kinds } from "./object.js";

/** Length of a row, bytes. */
export const indexRowLength = 48;
const headLength = 16;
/** Length of a page of 1,024 rows, bytes. */
export const indexPageLength = headLength + 1024 * indexRowLength;
/** Of the kind in a row: behind id, frame and ordinal. */
const kindOffset = 44;

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
export function decodeIndexPage(payload: Uint8Array, frame: number, { limits, leftOut }: IndexRules): readonly IndexRow[] {
  const cursor = start(payload, frame);
  const count = cursor.u32();
  if (count === 0 || count > limits.indexPageRows) throw invalid(frame, `${count} rows`);
  if (!isZero(cursor.bytes(12))) throw invalid(frame, "reserved bytes are not zero");
  const rows = readRows(cursor, count, frame).map(({ id, kind, frame: block, word }) => ({ id, kind, frame: block, ordinal: word }));
  for (const row of rows) {
    // spec/16-transfer.md#thin
    if (isLeftOut(row) && row.ordinal === 0 && leftOut === "allowed") continue;
    if (!(row.frame < frame && row.frame > 0) || row.ordinal >= limits.blockObjects)
      throw invalid(frame, `a row names frame ${row.frame}, ordinal ${row.ordinal}`);
  }
  return rows;
}

/** The rows of a page that was decoded before, 48 bytes each. */
export function rowsIn(payload: Uint8Array): Uint8Array {
  return payload.subarray(headLength);
}

/** The row of (kind, id) in a page that was decoded before, undefined when it is not there. */
export function findIndexRow(payload: Uint8Array, { id, kind }: { readonly id: Uint8Array; readonly kind: Kind }): IndexRow | undefined {
  let low = 0;
  let high = (payload.length - headLength) / indexRowLength;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = headLength + middle * indexRowLength;
    const order = compareBytes(payload.subarray(at, at + 32), id) || (payload[at + kindOffset] as number) - kinds[kind];
    if (order === 0) return rowAt(payload, at, kind);
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return undefined;
}

function rowAt(payload: Uint8Array, at: number, kind: Kind): IndexRow {
  const cursor = new Cursor(payload.subarray(at, at + indexRowLength));
  return { id: cursor.bytes(32).slice(), frame: cursor.u64(), ordinal: cursor.u32(), kind };
}

/** Pages of a root, first keys strictly increasing. @throws PTAR_INDEX_INVALID */
export function decodeIndexRoot(payload: Uint8Array, frame: number, limits: Limits): readonly IndexPageRef[] {
  const cursor = start(payload, frame);
  const count = cursor.u32();
  if (!isZero(cursor.bytes(4))) throw invalid(frame, "reserved bytes are not zero");
  const total = cursor.u64();
  const pages = readRows(cursor, count, frame).map(({ id, kind, frame: page, word }) => ({
    firstId: id,
    firstKind: kind,
    frame: page,
    rowCount: word,
  }));
  let sum = 0;
  for (const page of pages) {
    if (!(page.frame < frame && page.frame > 0) || page.rowCount === 0 || page.rowCount > limits.indexPageRows) {
      throw invalid(frame, `a page of ${page.rowCount} rows in frame ${page.frame}`);
    }
    sum += page.rowCount;
  }
  if (sum !== total) throw invalid(frame, `pages of ${sum} rows, expected ${total}`);
  return pages;
}

interface RawRow {
  readonly id: Uint8Array;
  readonly frame: number;
  readonly word: number;
  readonly kind: Kind;
}

function readRows(cursor: Cursor, count: number, frame: number): RawRow[] {
  const length = count * indexRowLength;
  if (cursor.left < length) throw invalid(frame, `${cursor.left} bytes for ${count} rows of ${indexRowLength}`);
  const rows: RawRow[] = [];
  for (let i = 0; i < count; i++) {
    const row = readRow(cursor, frame);
    const before = rows.at(-1);
    if (before !== undefined && compareKeys(before, row) >= 0) throw invalid(frame, `row ${i} is not after the one before`);
    rows.push(row);
  }
  if (cursor.left > 0) throw invalid(frame, `${cursor.left} bytes after the last row`);
  return rows;
}

function readRow(cursor: Cursor, frame: number): RawRow {
  const id = cursor.bytes(32).slice();
  const block = cursor.u64();
  const word = cursor.u32();
  const number = cursor.u8();
  const kind = kindName(number);
  if (kind === undefined || !isZero(cursor.bytes(3))) throw invalid(frame, `a row of kind ${number} or with reserved bytes that are not zero`);
  return { id, frame: block, word, kind };
}

function start(payload: Uint8Array, frame: number): Cursor {
  if (payload.length < headLength) throw invalid(frame, `${payload.length} bytes are too few`);
  return new Cursor(payload);
}

function invalid(frame: number, problem: string): PtarError {
  return new PtarError("PTAR_INDEX_INVALID", `index (frame ${frame}): ${problem}`, { details: { frame } });
}
