// Rows of 48 bytes that say where something is: id, frame, ordinal or row count, kind. spec/04-object.md#index
import { type Kind, kindName } from "./object.js";

/** Length of a row, bytes. */
export const indexRowLength = 48;
const idLength = 32;
const frameOffset = idLength;
const wordOffset = 40;
/** Of the kind, with three reserved bytes behind it. */
export const kindOffset = 44;

/** A row, whatever its frame and word are of. */
export interface RawRow {
  readonly id: Uint8Array;
  readonly frame: number;
  readonly word: number;
  readonly kind: Kind;
}

/** The row at `at`, of a kind that is known. */
export function rowAt(rows: DataView, at: number): RawRow {
  const id = new Uint8Array(rows.buffer, rows.byteOffset + at, idLength).slice();
  return { id, frame: frameAt(rows, at), word: wordAt(rows, at), kind: kindName(rows.getUint8(at + kindOffset)) as Kind };
}

/** The frame that the row at `at` names; above 2^53 not exact. */
export function frameAt(rows: DataView, at: number): number {
  return rows.getUint32(at + frameOffset, true) + rows.getUint32(at + frameOffset + 4, true) * 2 ** 32;
}

/** The ordinal, or the row count, of the row at `at`. */
export function wordAt(rows: DataView, at: number): number {
  return rows.getUint32(at + wordOffset, true);
}

/** Order by id, then kind, of two rows of one byte string: of millions, none is worth a view of its own. */
export function compareRows(rows: DataView, a: number, b: number): number {
  for (let i = 0; i < idLength; i += 4) {
    const difference = rows.getUint32(a + i) - rows.getUint32(b + i);
    if (difference !== 0) return difference;
  }
  return rows.getUint8(a + kindOffset) - rows.getUint8(b + kindOffset);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
