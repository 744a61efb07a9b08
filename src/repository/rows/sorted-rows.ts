// Rows in strict order, searched by buckets. spec/15-repository.md#index
import { kindAt, offsetOf, packRowLength, placeAt, type Segment, segmentBits, tailAt } from "./row.js";

const idLength = 32;
/** Rows of a bucket on average, at least: a search reads one or two rows, each a miss of the processor's cache. */
const rowsPerBucket = 2;

/** Where the rows begin whose ids begin with the same bits. */
export class Buckets {
  readonly shift: number;
  /** Number of the first row of each bucket, and at the end the number of rows. */
  readonly starts: Uint32Array;
  readonly #rows: number;
  #next = 0;
  #row = 0;

  constructor(rows: number) {
    const bits = Math.max(1, Math.floor(Math.log2(rows / rowsPerBucket)));
    this.shift = 32 - bits;
    this.starts = new Uint32Array(2 ** bits + 1);
    this.#rows = rows;
  }

  /** Takes the next rows. */
  add({ view }: Segment): void {
    const { starts, shift } = this;
    let [next, row] = [this.#next, this.#row];
    for (let at = 0; at < view.byteLength; at += packRowLength, row++) {
      const bucket = view.getUint32(at) >>> shift;
      while (next <= bucket) starts[next++] = row;
    }
    this.#next = next;
    this.#row = row;
    if (row === this.#rows) starts.fill(row, next);
  }
}

/** Rows in strict order. */
export class SortedRows {
  readonly segments: readonly Segment[];
  readonly length: number;
  /** Made by the first search. */
  #buckets: Buckets | undefined;

  /** Takes the segments over: all full but the last, which has no rows left over; and their buckets, where they were made. */
  constructor(segments: readonly Segment[], buckets?: Buckets) {
    this.segments = segments;
    this.length = segments.reduce((sum, { bytes }) => sum + bytes.length / packRowLength, 0);
    this.#buckets = buckets;
  }

  /** The first row that is not before the id at `at` of `bytes` with `tail`. Binary below its bucket: ids that all begin alike cost 24 steps. */
  search(bytes: Uint8Array, at: number, tail: number): number {
    this.#buckets ??= this.#made();
    const { starts, shift } = this.#buckets;
    const head = headOf(bytes, at);
    const bucket = head >>> shift;
    let low = starts[bucket] as number;
    let high = starts[bucket + 1] as number;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isBefore(middle, head, { bytes, at, tail })) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Whether `row` is there and has the id at `at` of `bytes`, and the kind. */
  matches(row: number, key: { readonly bytes: Uint8Array; readonly at: number; readonly kind: number }): boolean {
    if (row >= this.length) return false;
    const { bytes } = this.segment(row);
    const at = offsetOf(row);
    if (kindAt(bytes, at) !== key.kind) return false;
    for (let i = 0; i < idLength; i++) if (bytes[at + i] !== key.bytes[key.at + i]) return false;
    return true;
  }

  /** The segment of a row; it stands there at `offsetOf(row)`. */
  segment(row: number): Segment {
    return this.segments[row >>> segmentBits] as Segment;
  }

  /** Frame and ordinal of a row. */
  placeOf(row: number): { readonly archive: number; readonly frame: number; readonly ordinal: number } {
    return placeAt(this.segment(row).view, offsetOf(row));
  }

  #isBefore(row: number, head: number, key: { readonly bytes: Uint8Array; readonly at: number; readonly tail: number }): boolean {
    const { bytes, view } = this.segment(row);
    const at = offsetOf(row);
    const begin = view.getUint32(at);
    if (begin !== head) return begin < head;
    for (let i = 4; i < idLength; i++) {
      const difference = (bytes[at + i] as number) - (key.bytes[key.at + i] as number);
      if (difference !== 0) return difference < 0;
    }
    return tailAt(view, at) >>> 0 < key.tail >>> 0;
  }

  #made(): Buckets {
    const buckets = new Buckets(this.length);
    for (const segment of this.segments) buckets.add(segment);
    return buckets;
  }
}

/** The first 4 bytes, which sort as the bytes do. */
function headOf(bytes: Uint8Array, at: number): number {
  return (((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0;
}
