// Objects that a copy is to take, each once. spec/04-object.md#kinds
import { ObjectTable } from "../block/object-table.js";
import type { Kind } from "../format/object.js";

/** A set of (kind, id); about 60 bytes each. */
export class NeededObjects {
  readonly #table = new ObjectTable();
  readonly #taken: number[] = [];
  #left = 0;

  /** Objects that were not taken yet. */
  get left(): number {
    return this.#left;
  }

  /** Adds an object, unless it is there. */
  add(kind: Kind, id: Uint8Array): "added" | "there" {
    if (this.#table.add(kind, id) < 0) return "there";
    this.#left++;
    return "added";
  }

  /** Whether an object was added, taken or not. */
  has(kind: Kind, id: Uint8Array): boolean {
    return this.#table.find(kind, id) >= 0;
  }

  /** Takes an object, if it is needed and was not taken before: then true. */
  take(kind: Kind, id: Uint8Array): boolean {
    const row = this.#table.find(kind, id);
    if (row < 0 || this.#isTaken(row)) return false;
    this.#taken[row >> 5] = (this.#taken[row >> 5] ?? 0) | (1 << (row & 31));
    this.#left--;
    return true;
  }

  /** Those that were not taken. */
  *remaining(): Generator<{ readonly kind: Kind; readonly id: Uint8Array }> {
    for (let row = 0; row < this.#table.size; row++) if (!this.#isTaken(row)) yield this.#table.row(row);
  }

  #isTaken(row: number): boolean {
    return ((this.#taken[row >> 5] ?? 0) & (1 << (row & 31))) !== 0;
  }
}
