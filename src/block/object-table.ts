// Which objects there are and where: 48 bytes a row, about 60 bytes an object in all.
import { Cursor } from "../bytes/cursor.js";
import { compareKeys, type IndexRow } from "../format/index-page.js";
import { indexRowLength } from "../format/index-row.js";
import { type Kind, kindName, kinds } from "../format/object.js";

const rowsPerSegment = 1 << 14;

/** A set of objects keyed by (kind, id), each with its place. Rows keep the order in which they were added. */
export class ObjectTable {
  /** Rows in segments, so that growing never copies them. */
  readonly #segments: Uint8Array[] = [];
  /** Open addressing; row number + 1, 0 = free. */
  #slots = new Uint32Array(1 << 12);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Number of the row of (kind, id), or −1. */
  find(kind: Kind, id: Uint8Array): number {
    const slot = this.#slots[this.#slotOf(kind, id)] as number;
    return slot - 1;
  }

  /** Adds (kind, id) without a place; its row number, or −1 when it was there already. */
  add(kind: Kind, id: Uint8Array): number {
    if (2 * (this.#size + 1) > this.#slots.length) this.#grow();
    const slot = this.#slotOf(kind, id);
    if (this.#slots[slot] !== 0) return -1;
    const row = this.#size++;
    if (row % rowsPerSegment === 0) this.#segments.push(new Uint8Array(rowsPerSegment * indexRowLength));
    const bytes = this.#bytes(row);
    bytes.set(id);
    bytes[44] = kinds[kind];
    this.#slots[slot] = row + 1;
    return row;
  }

  /** Notes where the object of a row is. */
  place(row: number, frame: number, ordinal: number): void {
    const bytes = this.#bytes(row);
    const view = new DataView(bytes.buffer, bytes.byteOffset, indexRowLength);
    view.setUint32(32, frame % 0x100000000, true);
    view.setUint32(36, Math.floor(frame / 0x100000000), true);
    view.setUint32(40, ordinal, true);
  }

  /** The row as it stands in an index page. Frame 0: it has no place yet. */
  row(row: number): IndexRow {
    const cursor = new Cursor(this.#bytes(row));
    const id = cursor.bytes(32).slice();
    return { id, frame: cursor.u64(), ordinal: cursor.u32(), kind: kindName(cursor.u8()) as Kind };
  }

  /** Row numbers sorted by (id, kind). */
  sorted(): Uint32Array {
    const order = new Uint32Array(this.#size);
    const heads = new Float64Array(this.#size);
    for (let row = 0; row < this.#size; row++) {
      order[row] = row;
      heads[row] = headOf(this.#bytes(row));
    }
    // the first 6 bytes tell almost all ids apart
    return order.sort((a, b) => (heads[a] as number) - (heads[b] as number) || compareKeys(this.row(a), this.row(b)));
  }

  /** All rows as they stand in index pages, sorted by (id, kind). */
  sortedRows(): Uint8Array {
    const rows = new Uint8Array(this.#size * indexRowLength);
    for (const [i, row] of this.sorted().entries()) rows.set(this.#bytes(row), i * indexRowLength);
    return rows;
  }

  #bytes(row: number): Uint8Array {
    const at = (row % rowsPerSegment) * indexRowLength;
    return (this.#segments[Math.floor(row / rowsPerSegment)] as Uint8Array).subarray(at, at + indexRowLength);
  }

  /** The slot that holds (kind, id), or the free one where it belongs. */
  #slotOf(kind: Kind, id: Uint8Array): number {
    const mask = this.#slots.length - 1;
    let slot = hashOf(id) & mask;
    for (;;) {
      const row = (this.#slots[slot] as number) - 1;
      if (row < 0 || this.#matches(row, kind, id)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #matches(row: number, kind: Kind, id: Uint8Array): boolean {
    const segment = this.#segments[Math.floor(row / rowsPerSegment)] as Uint8Array;
    const at = (row % rowsPerSegment) * indexRowLength;
    if (segment[at + 44] !== kinds[kind]) return false;
    for (let i = 0; i < 32; i++) if (segment[at + i] !== id[i]) return false;
    return true;
  }

  #grow(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2);
    for (let row = 0; row < this.#size; row++) {
      const bytes = this.#bytes(row);
      this.#slots[this.#slotOf(kindName(bytes[44] as number) as Kind, bytes.subarray(0, 32))] = row + 1;
    }
  }
}

/** Others in each run: ids that meet in one slot cannot be chosen beforehand, and those in an index may be any bytes. */
const randomWords = crypto.getRandomValues(new Uint32Array(32 * 256));

/** Simple tabulation hashing: Pătrașcu and Thorup, The Power of Simple Tabulation Hashing, 2012. */
function hashOf(id: Uint8Array): number {
  let hash = 0;
  for (let i = 0; i < 32; i++) hash ^= randomWords[256 * i + (id[i] as number)] as number;
  return hash;
}

/** The first 6 bytes as a big-endian number: sorts as the bytes do. */
function headOf(bytes: Uint8Array): number {
  let head = 0;
  for (let i = 0; i < 6; i++) head = head * 256 + (bytes[i] as number);
  return head;
}
