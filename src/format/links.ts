// The link table: which items are hard links of one file. spec/06-snapshot.md#links
import { Builder } from "../bytes/builder.js";
import { Cursor } from "../bytes/cursor.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Limits } from "./limits.js";

/** Item `index` is a hard link of the file whose first item is `first`. */
export interface LinkRow {
  readonly index: number;
  readonly first: number;
}

const headLength = 8;
const rowLength = 16;

export function encodeLinks(rows: readonly LinkRow[]): Uint8Array {
  const builder = new Builder(headLength + rowLength * rows.length).u32(rows.length).u32(0);
  for (const row of rows) builder.u64(row.index).u64(row.first);
  return builder.done();
}

/** Rows that follow `before` (−1: none). @throws PTAR_LINKS_INVALID */
export function decodeLinks(bytes: Uint8Array, before: number, limits: Limits): readonly LinkRow[] {
  if (bytes.length < headLength) throw invalid(`${bytes.length} bytes are too few`);
  const cursor = new Cursor(bytes);
  const count = cursor.u32();
  if (cursor.u32() !== 0) throw invalid("reserved bytes are not zero");
  if (count === 0 || count > limits.linksRows || cursor.left !== count * rowLength) throw invalid(`${count} rows in ${cursor.left} bytes`);
  let last = before;
  return Array.from({ length: count }, () => {
    const row = { index: cursor.u64(), first: cursor.u64() };
    if (!(row.index > last)) throw invalid(`item ${row.index} is not after item ${last}`);
    if (!(row.first < row.index)) throw invalid(`item ${row.index} is a link of item ${row.first}`);
    last = row.index;
    return row;
  });
}

function invalid(problem: string): PtarError {
  return new PtarError("PTAR_LINKS_INVALID", `link table: ${problem}`);
}
