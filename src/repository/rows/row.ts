// One row (id, kind, place, archive), and segments of rows. spec/15-repository.md#index
import { PtarError } from "../../errors/ptar-error.js";
import { indexRowLength } from "../../format/index-row.js";
import { kinds } from "../../format/object.js";

/** A row is in the segment that its number without this many low bits gives. */
export const segmentBits = 14;
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

/** Number of the kind of the row at `at`. */
export function kindAt(bytes: Uint8Array, at: number): number {
  return bytes[at + own.kind] as number;
}

/** Frame and ordinal of the row at `at`. */
export function placeAt(view: DataView, at: number): { readonly archive: number; readonly frame: number; readonly ordinal: number } {
  const frame = view.getUint16(at + own.frameHigh, true) * 2 ** 32 + view.getUint32(at + own.frame, true);
  return { archive: archiveAt(view, at), frame, ordinal: view.getUint16(at + own.ordinal, true) };
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
