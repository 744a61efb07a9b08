// Finds objects and rows in the runs of an index. spec/15-repository.md#index
import { indexRowLength } from "../../format/index-row.js";
import { type Kind, kinds } from "../../format/object.js";
import { archiveAt, offsetOf, tailOf } from "../rows/row.js";
import type { RowRuns } from "../rows/runs.js";
import type { SortedRows } from "../rows/sorted-rows.js";
import type { ArchiveTable } from "./archive-table.js";

const kindOffset = 44;

/** Where one object is. */
export interface PackPlace {
  /** Number for `PackIndex.archive`; of use until the index changes. */
  readonly archive: number;
  /** Of its block. */
  readonly frame: number;
  /** In the block. */
  readonly ordinal: number;
}

/** Rows, and which of their archives are there. */
export interface SearchedRows {
  readonly archives: ArchiveTable;
  readonly runs: RowRuns;
}

/** Whether the object is somewhere. */
export function isIn({ archives, runs }: SearchedRows, kind: Kind, id: Uint8Array): boolean {
  for (const { rows } of runs.settled()) if (rowOf(rows, archives, { kind: kinds[kind], id }) >= 0) return true;
  return false;
}

/** One place of the object, undefined when it is nowhere. */
export function placeIn({ archives, runs }: SearchedRows, kind: Kind, id: Uint8Array): PackPlace | undefined {
  for (const { rows } of runs.settled()) {
    const row = rowOf(rows, archives, { kind: kinds[kind], id });
    if (row >= 0) return rows.placeOf(row);
  }
  return undefined;
}

/** All places of the object, one in each archive that has it. */
export function placesIn({ archives, runs }: SearchedRows, kind: Kind, id: Uint8Array): readonly PackPlace[] {
  const number = kinds[kind];
  const found: PackPlace[] = [];
  for (const { rows } of runs.settled()) {
    for (let row = rows.search(id, 0, tailOf(number, 0)); rows.matches(row, { bytes: id, at: 0, kind: number }); row++) {
      const place = rows.placeOf(row);
      if (archives.isLive(place.archive)) found.push(place);
    }
  }
  return found;
}

/** Those of `rows`, rows of index pages, that are not there for the archive with this number. */
export function newRows(runs: RowRuns, rows: Uint8Array, archive: number): Uint8Array {
  const fresh = new Uint8Array(rows.length);
  let used = 0;
  for (let at = 0; at < rows.length; at += indexRowLength) {
    if (hasRow(runs, { bytes: rows, at }, archive)) continue;
    fresh.set(rows.subarray(at, at + indexRowLength), used);
    used += indexRowLength;
  }
  return used === fresh.length ? fresh : fresh.slice(0, used);
}

function hasRow(runs: RowRuns, { bytes, at }: { readonly bytes: Uint8Array; readonly at: number }, archive: number): boolean {
  const kind = bytes[at + kindOffset] as number;
  for (const { rows } of runs.settled()) {
    const row = rows.search(bytes, at, tailOf(kind, archive));
    if (rows.matches(row, { bytes, at, kind }) && rows.placeOf(row).archive === archive) return true;
  }
  return false;
}

function rowOf(rows: SortedRows, archives: ArchiveTable, { kind, id }: { readonly kind: number; readonly id: Uint8Array }): number {
  for (let row = rows.search(id, 0, tailOf(kind, 0)); rows.matches(row, { bytes: id, at: 0, kind }); row++) {
    if (archives.isLive(archiveAt(rows.segment(row).view, offsetOf(row)))) return row;
  }
  return -1;
}
