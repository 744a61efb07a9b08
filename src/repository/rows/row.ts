// Rows (id, kind, place, archive) in order, in segments that are used again. spec/15-repository.md#index
import { PtarError } from "../../errors/ptar-error.js";
import { indexRowLength } from "../../format/index-page.js";
import { kinds } from "../../format/object.js";

const segmentBits = 14;
/** Rows of a full segment; all segments of a run but the last are full. */
export const rowsPerSegment = 1 << segmentBits;
const inSegment = rowsPerSegment - 1;
const idLength = 32;
/** Offsets in a row of an index page. */
const page = { frame: 32, ordinal: 40, kind: 44 } as const;
/** Offsets in a row: id 32 ‖ frame u48 ‖ ordinal u16 ‖ kind u8 ‖ archive u24. */
const own = { frame: 32, frameHigh: 36, ordinal: 38, kind: 40 } as const;
/** Bytes of a row here: 4 less than in an index page, since a block has at most 65,536 objects. */
export const packRowLength = 44;
const maxFrame = 2 ** 48 - 1;
const maxOrdinal = 2 ** 16 - 1;
/** Rows of a bucket on average, at least: a search reads one or two rows, each a miss of the processor's cache. */
const rowsPerBucket = 2;
/** A row holds the number of its archive in 3 bytes. */
export const maxArchives = 2 ** 24;
/** Bytes of a full segment. */
export const segmentLength = rowsPerSegment * packRowLength;

const isKind = new Uint8Array(256);
for (const number of Object.values(kinds)) isKind[number] = 1;

/** Rows, and several views of their bytes. */
export interface Segment {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly words: Uint32Array;
}

/** A segment over `bytes`, whole rows; copies them only when they do not begin at a multiple of 4. */
export function segmentOf(bytes: Uint8Array): Segment {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset, length } = aligned;
  return { bytes: aligned, view: new DataView(buffer, byteOffset, length), words: new Uint32Array(buffer, byteOffset, length / 4) };
}

/** Kind and archive of the row at `at` as one number: after the id, rows are in its order. */
export function tailAt(view: DataView, at: number): number {
  const word = view.getUint32(at + own.kind, true);
  return (word << 24) | (word >>> 8);
}

/** The tail of `kind` (its number) and `archive`, to search for. Compared as unsigned. */
export function tailOf(kind: number, archive: number): number {
  return (kind << 24) | archive;
}

/** Number of the archive of the row at `at`. */
export function archiveAt(view: DataView, at: number): number {
  return view.getUint32(at + own.kind, true) >>> 8;
}

/** Makes the row at `at` one of `archive`. */
export function setArchive(view: DataView, at: number, archive: number): void {
  view.setUint32(at + own.kind, tailWord(view.getUint8(at + own.kind), archive), true);
}

/** A segment of rows of index pages, of the archive with this number. @throws PTAR_LIMIT_EXCEEDED */
export function packRows(pageRows: Uint8Array, archive: number): Segment {
  const from = new DataView(pageRows.buffer, pageRows.byteOffset, pageRows.length);
  const segment = segmentOf(new Uint8Array((pageRows.length / indexRowLength) * packRowLength));
  for (let at = 0, to = 0; at < pageRows.length; at += indexRowLength, to += packRowLength) {
    segment.bytes.set(pageRows.subarray(at, at + idLength), to);
    const [low, high] = [from.getUint32(at + page.frame, true), from.getUint32(at + page.frame + 4, true)];
    const ordinal = from.getUint32(at + page.ordinal, true);
    if (high > 0xffff || ordinal > maxOrdinal) throw tooLarge(high * 2 ** 32 + low, ordinal);
    segment.view.setUint32(to + own.frame, low, true);
    segment.view.setUint16(to + own.frameHigh, high, true);
    segment.view.setUint16(to + own.ordinal, ordinal, true);
    segment.view.setUint32(to + own.kind, tailWord(pageRows[at + page.kind] as number, archive), true);
  }
  return segment;
}

/** Writes the row at `at` to `to` as an index page has it. */
export function unpackRow({ bytes, view }: Segment, at: number, to: DataView): void {
  for (let i = 0; i < idLength; i++) to.setUint8(i, bytes[at + i] as number);
  to.setUint32(page.frame, view.getUint32(at + own.frame, true), true);
  to.setUint32(page.frame + 4, view.getUint16(at + own.frameHigh, true), true);
  to.setUint32(page.ordinal, view.getUint16(at + own.ordinal, true), true);
  to.setUint8(page.kind, view.getUint8(at + own.kind));
}

/** Whether frame and kind of the row at `at` are possible ones. */
export function isPlaced(view: DataView, at: number): boolean {
  const hasFrame = view.getUint32(at + own.frame, true) > 0 || view.getUint16(at + own.frameHigh, true) > 0;
  return hasFrame && isKind[view.getUint8(at + own.kind)] === 1;
}

/** Order of two rows, by id, kind and archive. */
export function compareRows(a: DataView, atA: number, { view: b, at: atB }: { readonly view: DataView; readonly at: number }): number {
  for (let i = 0; i < idLength; i += 4) {
    const difference = a.getUint32(atA + i) - b.getUint32(atB + i);
    if (difference !== 0) return difference;
  }
  return (tailAt(a, atA) >>> 0) - (tailAt(b, atB) >>> 0);
}

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
    if (bytes[at + own.kind] !== key.kind) return false;
    for (let i = 0; i < idLength; i++) if (bytes[at + i] !== key.bytes[key.at + i]) return false;
    return true;
  }

  /** The segment of a row; it stands there at `offsetOf(row)`. */
  segment(row: number): Segment {
    return this.segments[row >>> segmentBits] as Segment;
  }

  /** Frame and ordinal of a row. */
  placeOf(row: number): { readonly archive: number; readonly frame: number; readonly ordinal: number } {
    const { view } = this.segment(row);
    const at = offsetOf(row);
    const frame = view.getUint16(at + own.frameHigh, true) * 2 ** 32 + view.getUint32(at + own.frame, true);
    return { archive: archiveAt(view, at), frame, ordinal: view.getUint16(at + own.ordinal, true) };
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

/** Where a row stands in its segment. */
export function offsetOf(row: number): number {
  return (row & inSegment) * packRowLength;
}

function tailWord(kind: number, archive: number): number {
  return (kind | (archive << 8)) >>> 0;
}

function tooLarge(frame: number, ordinal: number): PtarError {
  return new PtarError("PTAR_LIMIT_EXCEEDED", `index: a row of frame ${frame}, ordinal ${ordinal}; at most ${maxFrame} and ${maxOrdinal} are kept`);
}

/** The first 4 bytes, which sort as the bytes do. */
function headOf(bytes: Uint8Array, at: number): number {
  return (((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0;
}
