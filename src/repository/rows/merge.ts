// Several runs of rows made one, in their own memory. spec/15-repository.md#index
import { archiveAt, compareRows, packRowLength, type Segment, segmentLength, segmentOf } from "./row.js";
import { SortedRows } from "./sorted-rows.js";

const wordsPerRow = packRowLength / 4;

/** What merging needs beside the rows. */
export interface Merging {
  /** Whether rows of an archive stay. */
  readonly isLive: (archive: number) => boolean;
  /** Full segments that nobody needs: some are taken, others added. */
  readonly free: Segment[];
}

/**
 * The rows of all runs that stay. The runs are used up: segments that were read are written again, so that a merge takes one segment for each run more
 * than the rows have, not twice the memory.
 */
export function mergeRows(runs: readonly SortedRows[], { isLive, free }: Merging): SortedRows {
  const heap = new ReadingHeap(runs.filter(({ length }) => length > 0).map((run) => new RowReading(run, free)));
  const merged = new RowWriting(
    free,
    runs.reduce((sum, { length }) => sum + length, 0),
  );
  for (let next = heap.first; next !== undefined; next = heap.first) {
    if (isLive(archiveAt(next.view, next.at))) merged.append(next.words, next.at / 4);
    next.advance();
    heap.settle();
  }
  return merged.done();
}

/** Runs that have rows left, the one whose row comes next in front: a binary heap. */
class ReadingHeap {
  readonly #readings: RowReading[];

  constructor(readings: RowReading[]) {
    this.#readings = readings.sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }

  get first(): RowReading | undefined {
    return this.#readings[0];
  }

  /** The first one has advanced: puts it where it belongs, or drops it when it has ended. */
  settle(): void {
    const readings = this.#readings;
    const first = readings[0] as RowReading;
    const moved = first.more ? first : (readings.pop() as RowReading);
    const count = readings.length;
    if (count === 0) return;
    let at = 0;
    for (let child = 1; child < count; child = 2 * at + 1) {
      if (child + 1 < count && isBefore(readings[child + 1] as RowReading, readings[child] as RowReading)) child++;
      if (!isBefore(readings[child] as RowReading, moved)) break;
      readings[at] = readings[child] as RowReading;
      at = child;
    }
    readings[at] = moved;
  }
}

function isBefore(a: RowReading, b: RowReading): boolean {
  return a.head !== b.head ? a.head < b.head : compareRows(a.view, a.at, b) < 0;
}

/** The rows of a run, which has some, one after the other; what was read is free. */
class RowReading {
  view: DataView;
  words: Uint32Array;
  /** Of the row, in its segment. */
  at = 0;
  /** The first 4 bytes of the row. */
  head: number;
  more = true;
  readonly #segments: readonly Segment[];
  readonly #free: Segment[];
  #segment = 0;

  constructor({ segments }: SortedRows, free: Segment[]) {
    this.#segments = segments;
    this.#free = free;
    const first = segments[0] as Segment;
    this.view = first.view;
    this.words = first.words;
    this.head = first.view.getUint32(0);
  }

  advance(): void {
    this.at += packRowLength;
    if (this.at === this.view.byteLength) this.#leave();
    if (this.more) this.head = this.view.getUint32(this.at);
  }

  #leave(): void {
    const read = this.#segments[this.#segment++] as Segment;
    if (read.bytes.length === segmentLength) this.#free.push(read);
    const next = this.#segments[this.#segment];
    this.more = next !== undefined;
    if (next === undefined) return;
    this.view = next.view;
    this.words = next.words;
    this.at = 0;
  }
}

/** At most `rows` rows in order, in segments that are free or new. */
class RowWriting {
  readonly #segments: Segment[] = [];
  readonly #free: Segment[];
  readonly #length: number;
  #words: Uint32Array = new Uint32Array();
  /** Words of the last segment that are written. */
  #used = 0;

  constructor(free: Segment[], rows: number) {
    this.#free = free;
    this.#length = rows * packRowLength;
  }

  append(words: Uint32Array, from: number): void {
    if (this.#used === this.#words.length) this.#begin();
    const to = this.#words;
    const at = this.#used;
    // a loop: for so few words a call of `set` costs more
    for (let i = 0; i < wordsPerRow; i++) to[at + i] = words[from + i] as number;
    this.#used = at + wordsPerRow;
  }

  /** All rows; the last segment takes no more memory than it needs. */
  done(): SortedRows {
    const last = this.#segments.at(-1);
    if (last !== undefined && this.#used < last.words.length)
      this.#segments[this.#segments.length - 1] = segmentOf(last.bytes.slice(0, 4 * this.#used));
    return new SortedRows(this.#segments);
  }

  #begin(): void {
    const left = this.#length - this.#segments.length * segmentLength;
    const segment = this.#free.pop() ?? segmentOf(new Uint8Array(Math.min(segmentLength, left)));
    this.#segments.push(segment);
    this.#words = segment.words;
    this.#used = 0;
  }
}
