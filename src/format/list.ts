// A list of chunks, or of lists. spec/05-page.md#list
import { Builder } from "../bytes/builder.js";
import { isZero } from "../bytes/compare.js";
import { Cursor } from "../bytes/cursor.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Limits } from "./limits.js";

/** A chunk, or a list one level below, and the bytes it covers. */
export interface ListRow {
  readonly id: Uint8Array;
  readonly length: number;
}

/** At level 0 rows are chunks, above they are lists of the level below. */
export interface List {
  readonly level: number;
  readonly rows: readonly ListRow[];
}

const headLength = 8;
const rowLength = 40;

export function encodeList(list: List): Uint8Array {
  const builder = new Builder(headLength + rowLength * list.rows.length).u8(list.level).zeros(3).u32(list.rows.length);
  for (const row of list.rows) builder.bytes(row.id).u64(row.length);
  return builder.done();
}

/** @throws PTAR_LIST_INVALID */
export function decodeList(bytes: Uint8Array, limits: Limits): List {
  if (bytes.length < headLength) throw invalid(`${bytes.length} bytes are too few`);
  const cursor = new Cursor(bytes);
  const level = cursor.u8();
  if (level > limits.treeLevels || !isZero(cursor.bytes(3))) throw invalid(`level ${level} or reserved bytes that are not zero`);
  const count = cursor.u32();
  if (count === 0 || count > limits.listRows || cursor.left !== count * rowLength) throw invalid(`${count} rows in ${cursor.left} bytes`);
  const rows = Array.from({ length: count }, () => ({ id: cursor.bytes(32).slice(), length: cursor.u64() }));
  for (const row of rows) if (!(row.length > 0)) throw invalid(`a row of ${row.length} bytes`);
  return { level, rows };
}

/** Whether a list is cut after `row`, when it holds `count` rows with it. spec/05-page.md#list */
export function endsList(row: ListRow, count: number, limits: Limits): boolean {
  if (count >= limits.listRows) return true;
  return count >= 512 && (((row.id[0] as number) | ((row.id[1] as number) << 8)) & 0x3ff) === 0;
}

function invalid(problem: string): PtarError {
  return new PtarError("PTAR_LIST_INVALID", `list: ${problem}`);
}
