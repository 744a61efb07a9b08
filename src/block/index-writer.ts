// The index of one generation: sorted rows in pages. spec/04-object.md#index
import { encodeIndexPage, encodeIndexRoot, type IndexPageRef, type IndexRow } from "../format/index-page.js";
import { limits } from "../format/limits.js";
import type { ObjectTable } from "./object-table.js";

/** Where index frames go. */
export interface IndexFrames {
  append(type: "indexPage" | "indexRoot", payload: Uint8Array): Promise<number>;
}

/** Writes the index of all objects in `table`, those that have no place as left out; the frame of its root and the number of rows. */
export async function writeIndex(table: ObjectTable, frames: IndexFrames): Promise<{ readonly frame: number; readonly rows: number }> {
  const order = table.sorted();
  const pages: IndexPageRef[] = [];
  for (let at = 0; at < order.length; at += limits.indexPageRows) {
    const rows: IndexRow[] = Array.from(order.subarray(at, at + limits.indexPageRows), (row) => table.row(row));
    const frame = await frames.append("indexPage", encodeIndexPage(rows));
    const first = rows[0] as IndexRow;
    pages.push({ firstId: first.id, firstKind: first.kind, frame, rowCount: rows.length });
  }
  return { frame: await frames.append("indexRoot", encodeIndexRoot(pages)), rows: order.length };
}
