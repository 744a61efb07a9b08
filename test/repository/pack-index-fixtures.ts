// Sections of made-up archives, and what they say as a plain map.
import { compareBytes } from "../../src/bytes/compare.js";
import { toHex } from "../../src/bytes/hex.js";
import { type Kind, kindName, kinds } from "../../src/format/object.js";
import { nativeCrypto } from "../../src/native/crypto.js";
import type { PackIndex, PackSection } from "../../src/repository/index/pack-index.js";

export const rowLength = 48;

/** A row as text that a test compares. */
export interface Row {
  readonly kind: Kind;
  readonly id: Uint8Array;
  readonly frame: number;
  readonly ordinal: number;
}

/** A name: SHA-256 of a text. */
export function nameOf(text: string): Uint8Array {
  return nativeCrypto.sha256(new TextEncoder().encode(text));
}

/** Rows as in index pages, sorted. */
export function rowsOf(rows: readonly Row[]): Uint8Array {
  const sorted = rows.toSorted((a, b) => compareBytes(a.id, b.id) || kinds[a.kind] - kinds[b.kind]);
  const bytes = new Uint8Array(rowLength * rows.length);
  const view = new DataView(bytes.buffer);
  sorted.forEach(({ kind, id, frame, ordinal }, i) => {
    const at = rowLength * i;
    bytes.set(id, at);
    view.setUint32(at + 32, frame % 2 ** 32, true);
    view.setUint32(at + 36, Math.floor(frame / 2 ** 32), true);
    view.setUint32(at + 40, ordinal, true);
    bytes[at + 44] = kinds[kind];
  });
  return bytes;
}

/** A section of the pack with this name. */
export function sectionOf(pack: string, rows: readonly Row[]): PackSection {
  return {
    archive: { name: nameOf(pack), fingerprint: nameOf(`fingerprint of ${pack}`), length: 1000 + pack.length, place: "packs" },
    rows: rowsOf(rows),
  };
}

/** Chunks numbered from `first` in frame 1, with ids in no order. */
export function chunksFrom(first: number, count: number): readonly Row[] {
  return Array.from({ length: count }, (_, i) => ({ kind: "chunk" as const, id: nameOf(`chunk ${first + i}`), frame: 1, ordinal: i }));
}

/** All places of an object, `ARCHIVE frame.ordinal` each, sorted. */
export function placesIn(index: PackIndex, kind: Kind, id: Uint8Array): readonly string[] {
  return index
    .places(kind, id)
    .map(({ archive, frame, ordinal }) => placeText(index.archive(archive).name, frame, ordinal))
    .toSorted();
}

/** Everything that the index says, archive by archive. */
export function contentOf(index: PackIndex): readonly string[] {
  return index.archives().flatMap(({ name }) =>
    [...index.rowsOf(name)].flatMap((rows) =>
      Array.from({ length: rows.length / rowLength }, (_, i) => {
        const row = rows.subarray(rowLength * i, rowLength * (i + 1));
        const view = new DataView(row.buffer, row.byteOffset, rowLength);
        const frame = view.getUint32(36, true) * 2 ** 32 + view.getUint32(32, true);
        const zeros = toHex(row.subarray(45));
        return `${kindName(view.getUint8(44))} ${toHex(row.subarray(0, 32))} ${placeText(name, frame, view.getUint32(40, true))} ${zeros}`;
      }),
    ),
  );
}

export function placeText(name: Uint8Array, frame: number, ordinal: number): string {
  return `${toHex(name).slice(0, 16)} ${frame}.${ordinal}`;
}
