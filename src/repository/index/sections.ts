// Rows of the index archive by archive, as index archives hold them. spec/15-repository.md#index
import { indexRowLength } from "../../format/index-row.js";
import type { PackedArchive } from "../files/archives.js";
import { archiveAt, offsetOf, rowsPerSegment, unpackRow } from "../rows/row.js";
import type { SortedRows } from "../rows/sorted-rows.js";
import type { ArchiveRecord } from "./archive-table.js";

/** Some rows of one archive, in order. */
interface ArchiveRows {
  readonly archive: PackedArchive;
  /** As in index pages. */
  readonly rows: Uint8Array;
}

/** Sections of the archives of `records`, one archive after the other; 4 bytes a row meanwhile. */
export function* sectionsOf(run: SortedRows, records: readonly ArchiveRecord[]): Generator<ArchiveRows> {
  const order = orderOf(run, records);
  let at = 0;
  for (const { archive, rows } of records) {
    for (const end = at + rows; at < end; ) {
      // spec/15-repository.md#index
      const next = Math.min(at + rowsPerSegment, end);
      yield { archive, rows: pageRows(run, order.subarray(at, next)) };
      at = next;
    }
  }
}

/** Numbers of the rows of `records`, record after record, sorted in each. */
function orderOf(run: SortedRows, records: readonly ArchiveRecord[]): Uint32Array {
  const next = new Map<number, number>();
  let total = 0;
  for (const { number, rows } of records) {
    next.set(number, total);
    total += rows;
  }
  const order = new Uint32Array(total);
  for (let row = 0; row < run.length; row++) {
    const number = archiveAt(run.segment(row).view, offsetOf(row));
    const at = next.get(number);
    if (at === undefined) continue;
    order[at] = row;
    next.set(number, at + 1);
  }
  return order;
}

function pageRows(run: SortedRows, order: Uint32Array): Uint8Array {
  const rows = new Uint8Array(order.length * indexRowLength);
  order.forEach((row, i) => {
    unpackRow(run.segment(row), offsetOf(row), new DataView(rows.buffer, i * indexRowLength, indexRowLength));
  });
  return rows;
}
