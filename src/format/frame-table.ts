// FRAME_TABLE and FRAME_TABLE_PAGE: offset and leaf hash of each unit. spec/02-container.md#frame-table
import { Builder } from "../bytes/builder.js";
import { Cursor } from "../bytes/cursor.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Limits } from "./limits.js";

/** One row: where a unit ends and its leaf hash. */
export interface FrameRow {
  readonly end: number;
  readonly leaf: Uint8Array;
}

/** A page of the table, named by its frame. */
export interface FramePageRef {
  readonly frame: number;
  readonly unitCount: number;
  /** Compact range of the page's units. */
  readonly nodes: readonly Uint8Array[];
}

/** A frame table; `rows` cover the units after those of the pages. */
export interface FrameTable {
  readonly firstUnit: number;
  readonly unitCount: number;
  /** Compact range of [0, firstUnit). */
  readonly nodes: readonly Uint8Array[];
  readonly pages: readonly FramePageRef[];
  readonly rows: readonly FrameRow[];
}

const rowLength = 40;
const hashLength = 32;

/** Payload of FRAME_TABLE. */
export function encodeFrameTable(table: FrameTable): Uint8Array {
  const pageLength = table.pages.reduce((sum, page) => sum + 16 + hashLength * page.nodes.length, 0);
  const builder = new Builder(24 + hashLength * table.nodes.length + pageLength + rowLength * table.rows.length);
  builder.u64(table.firstUnit).u64(table.unitCount).u32(table.pages.length).u32(table.nodes.length);
  for (const node of table.nodes) builder.bytes(node);
  for (const page of table.pages) {
    builder.u64(page.frame).u32(page.unitCount).u32(page.nodes.length);
    for (const node of page.nodes) builder.bytes(node);
  }
  return writeRows(builder, table.rows);
}

/** Payload of FRAME_TABLE_PAGE. */
export function encodeFrameTablePage(firstUnit: number, rows: readonly FrameRow[]): Uint8Array {
  return writeRows(new Builder(16 + rowLength * rows.length).u64(firstUnit).u32(rows.length).u32(0), rows);
}

/** @throws PTAR_TABLE_INVALID */
export function decodeFrameTable(payload: Uint8Array, frame: number, limits: Limits): FrameTable {
  try {
    return readTable(new Cursor(payload), frame, limits);
  } catch (error) {
    if (error instanceof RangeError) throw invalid(frame, `its ${payload.length} bytes are too few`);
    throw error;
  }
}

function readTable(cursor: Cursor, frame: number, limits: Limits): FrameTable {
  const firstUnit = cursor.u64();
  const unitCount = cursor.u64();
  if (!(firstUnit + unitCount === frame))
    throw invalid(frame, `covers units ${firstUnit} to ${firstUnit + unitCount - 1}, expected up to ${frame - 1}`);
  const pageCount = cursor.u32();
  const nodes = readNodes(cursor, cursor.u32());
  const pages: FramePageRef[] = [];
  let paged = 0;
  for (let i = 0; i < pageCount; i++) {
    const page = readPageRef(cursor, frame, limits);
    paged += page.unitCount;
    pages.push(page);
  }
  const rowCount = unitCount - paged;
  if (cursor.left !== rowCount * rowLength) throw invalid(frame, `${cursor.left} bytes of rows, expected ${rowCount} rows of ${rowLength}`);
  return { firstUnit, unitCount, nodes, pages, rows: readRows(cursor, rowCount, frame) };
}

function readPageRef(cursor: Cursor, frame: number, limits: Limits): FramePageRef {
  const pageFrame = cursor.u64();
  const unitCount = cursor.u32();
  if (unitCount === 0 || unitCount > limits.framePageUnits) throw invalid(frame, `a page of ${unitCount} units`);
  if (!(pageFrame < frame)) throw invalid(frame, `a page in frame ${pageFrame}`);
  return { frame: pageFrame, unitCount, nodes: readNodes(cursor, cursor.u32()) };
}

/** Rows of a page that must start at `firstUnit` and hold `unitCount` of them. @throws PTAR_TABLE_INVALID */
export function decodeFrameTablePage(
  payload: Uint8Array,
  frame: number,
  expected: { readonly firstUnit: number; readonly unitCount: number },
): readonly FrameRow[] {
  if (payload.length !== 16 + rowLength * expected.unitCount) throw invalid(frame, `${payload.length} bytes, expected ${expected.unitCount} rows`);
  const cursor = new Cursor(payload);
  const firstUnit = cursor.u64();
  const unitCount = cursor.u32();
  if (firstUnit !== expected.firstUnit || unitCount !== expected.unitCount || cursor.u32() !== 0) {
    throw invalid(frame, `covers ${unitCount} units from ${firstUnit}, expected ${expected.unitCount} from ${expected.firstUnit}`);
  }
  return readRows(cursor, unitCount, frame);
}

function readNodes(cursor: Cursor, count: number): Uint8Array[] {
  if (count * hashLength > cursor.left) throw new RangeError("nodes");
  return Array.from({ length: count }, () => cursor.bytes(hashLength).slice());
}

function readRows(cursor: Cursor, count: number, frame: number): FrameRow[] {
  const rows: FrameRow[] = [];
  let before = 0;
  for (let i = 0; i < count; i++) {
    const end = cursor.u64();
    if (!(end > before)) throw invalid(frame, `row ${i} ends at ${end}, not after ${before}`);
    before = end;
    rows.push({ end, leaf: cursor.bytes(hashLength).slice() });
  }
  return rows;
}

function writeRows(builder: Builder, rows: readonly FrameRow[]): Uint8Array {
  for (const row of rows) builder.u64(row.end).bytes(row.leaf);
  return builder.done();
}

function invalid(frame: number, problem: string): PtarError {
  return new PtarError("PTAR_TABLE_INVALID", `frame table (frame ${frame}): ${problem}`, { details: { frame } });
}
