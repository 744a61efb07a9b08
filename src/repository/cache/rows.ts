// Rows in an index cache: written with the numbers that archives have there, and checked when they are read. spec/15-repository.md#index
import type { OpenStored } from "../files/storage.js";
import type { ArchiveTable } from "../index/archive-table.js";
import { archiveAt, compareRows, isPlaced, packRowLength, type Segment, segmentLength, segmentOf, setArchive } from "../rows/row.js";
import { Buckets, SortedRows } from "../rows/sorted-rows.js";
import type { PartGuard } from "./parts.js";

/** Rows with the numbers of their archives in the file, without those that have none, in parts that hold as many as fit. */
export function* renumbered(segments: Iterable<Segment>, numbers: ReadonlyMap<number, number>): Generator<Uint8Array> {
  const { bytes: part, view } = segmentOf(new Uint8Array(segmentLength));
  let used = 0;
  for (const segment of segments) {
    for (let at = 0; at < segment.bytes.length; at += packRowLength) {
      const number = numbers.get(archiveAt(segment.view, at));
      if (number === undefined) continue;
      part.set(segment.bytes.subarray(at, at + packRowLength), used);
      setArchive(view, used, number);
      used += packRowLength;
      if (used < segmentLength) continue;
      yield part;
      used = 0;
    }
  }
  if (used > 0) yield part.subarray(0, used);
}

/** Where rows stand in a cache. */
export interface RowsPlace {
  readonly guard: PartGuard;
  readonly offset: number;
  readonly rowCount: number;
}

/** Segments straight from the file: what was read or opened is what the index keeps. Each is looked at while it is in the processor's cache. */
export async function readRows(file: OpenStored, { guard, offset, rowCount }: RowsPlace, archives: ArchiveTable): Promise<SortedRows | undefined> {
  const segments: Segment[] = [];
  const buckets = new Buckets(rowCount);
  const check = new RowCheck(archives);
  const rowBytes = rowCount * packRowLength;
  for (let at = 0; at < rowBytes; at += segmentLength) {
    const length = Math.min(segmentLength, rowBytes - at);
    const stored = await file.read(offset + at + guard.overhead * segments.length, length + guard.overhead);
    const rows = await guard.open(segments.length + 1, stored);
    if (rows === undefined) return undefined;
    const segment = segmentOf(rows);
    if (!check.passes(segment)) return undefined;
    buckets.add(segment);
    segments.push(segment);
  }
  check.done();
  return new SortedRows(segments, buckets);
}

/** Whether rows are in strict order, with possible places in archives that are there. */
class RowCheck {
  readonly #archives: ArchiveTable;
  readonly #counts: Uint32Array;
  #before: { view: DataView; at: number } | undefined;

  constructor(archives: ArchiveTable) {
    this.#archives = archives;
    this.#counts = new Uint32Array(archives.records.length);
  }

  passes({ view }: Segment): boolean {
    const counts = this.#counts;
    const before = this.#before ?? { view, at: -packRowLength };
    for (let at = 0; at < view.byteLength; at += packRowLength) {
      const archive = archiveAt(view, at);
      if (archive >= counts.length || !isPlaced(view, at)) return false;
      if (before.at >= 0 && compareRows(view, at, before) <= 0) return false;
      (counts[archive] as number)++;
      before.view = view;
      before.at = at;
    }
    this.#before = before;
    return true;
  }

  /** Tells archives how many rows they have. */
  done(): void {
    for (const record of this.#archives.records) record.rows = this.#counts[record.number] as number;
  }
}
