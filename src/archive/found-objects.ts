// Collects the objects of all blocks, compares them with the index, and notes which are referenced. spec/04-object.md#index
import type { IndexReader } from "../block/index-reader.js";
import { ObjectTable } from "../block/object-table.js";
import type { OpenedBlock } from "../block/unpack.js";
import { PtarError } from "../errors/ptar-error.js";
import { type IndexRow, isLeftOut } from "../format/index-page.js";
import { type Kind, kindName } from "../format/object.js";
import type { StoredChunk } from "../tree/check-tree.js";

/** All objects that stand in the blocks of an archive: about 65 bytes each. */
export class FoundObjects {
  readonly #table = new ObjectTable();
  #lengths = new Uint32Array(1 << 12);
  #referenced = new Uint8Array(1 << 9);
  /** Number of objects of each block. */
  readonly #blocks = new Map<number, number>();
  #references = 0;
  /** What a thin archive leaves out. */
  readonly #leftOut = new ObjectTable();
  /** Referenced, and in none of the blocks so far; undefined once all blocks were taken. */
  #early: ObjectTable | undefined = new ObjectTable();
  /** Why no more blocks come. */
  #stopped: { readonly reason: unknown } | undefined;
  /** Who waits for another block. */
  #waiting: (() => void)[] = [];

  /** Number of different objects. */
  get size(): number {
    return this.#table.size;
  }

  /** Number of objects that a thin archive leaves out, once the index was compared. */
  get leftOut(): number {
    return this.#leftOut.size;
  }

  /** Objects that nothing referenced so far. */
  get unreferenced(): number {
    return this.#table.size - this.#references;
  }

  /** Takes the objects of a block. */
  take(frame: number, { kinds, lengths, ids }: OpenedBlock): void {
    this.#blocks.set(frame, kinds.length);
    for (let ordinal = 0; ordinal < kinds.length; ordinal++) {
      const row = this.#table.add(kindName(kinds[ordinal] as number) as Kind, ids.subarray(32 * ordinal, 32 * ordinal + 32));
      // of an object that is stored twice the index names the lowest place
      if (row < 0) continue;
      this.#table.place(row, frame, ordinal);
      this.#setLength(row, lengths[ordinal] as number);
    }
    this.#wake();
  }

  /** To be called when all blocks were taken. */
  end(): void {
    const early = this.#early;
    this.#early = undefined;
    for (let row = 0; row < (early?.size ?? 0); row++) {
      const { kind, id } = (early as ObjectTable).row(row);
      this.#mark(kind, id);
    }
    this.#wake();
  }

  /** Whoever asks for an object from now on, or waits for one, is told `reason`. */
  stop(reason: unknown): void {
    this.#stopped = { reason };
    this.#wake();
  }

  /** Whether all blocks were taken. */
  get ended(): boolean {
    return this.#early === undefined;
  }

  /** Compares the index with what was found. @throws PTAR_OBJECT_ID, PTAR_INDEX_MISSING, PTAR_INDEX_INVALID */
  async compare(index: IndexReader): Promise<void> {
    let rows = 0;
    const named = new Uint8Array((this.#table.size >> 3) + 1);
    for await (const row of index.rows()) {
      if (isLeftOut(row)) {
        this.#leaveOut(row);
        continue;
      }
      this.#checkPlace(row);
      const found = this.#table.find(row.kind, row.id);
      // of several roots each is in order by itself
      if (found >= 0) nameOnce(named, found, row);
      const place = found < 0 ? undefined : this.#table.row(found);
      if (place?.frame !== row.frame || place.ordinal !== row.ordinal) {
        throw new PtarError(
          "PTAR_OBJECT_ID",
          `index: a row names frame ${row.frame}, ordinal ${row.ordinal} for a ${row.kind} that is ${place === undefined ? "nowhere" : `at frame ${place.frame}, ordinal ${place.ordinal}`}`,
          {
            details: { frame: row.frame, ordinal: row.ordinal },
          },
        );
      }
      rows++;
    }
    if (rows !== this.#table.size) throw new PtarError("PTAR_INDEX_MISSING", `index: ${rows} rows for ${this.#table.size} objects`);
  }

  /** Notes that something references an object, which may stand in a block that is still to come. @throws what `stop` was told */
  reference(kind: Kind, id: Uint8Array): void {
    if (this.#mark(kind, id) === undefined) this.#early?.add(kind, id);
  }

  /** Notes a reference and gives the length of the object, undefined when it is nowhere; waits for the blocks that are still to come. @throws as `reference` */
  stored(kind: Kind, id: Uint8Array): StoredChunk | undefined | Promise<StoredChunk | undefined> {
    const stored = this.#mark(kind, id);
    return stored !== undefined || this.ended ? stored : this.#awaited(kind, id);
  }

  async #awaited(kind: Kind, id: Uint8Array): Promise<StoredChunk | undefined> {
    for (;;) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      const stored = this.#mark(kind, id);
      if (stored !== undefined || this.ended) return stored;
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }

  #mark(kind: Kind, id: Uint8Array): StoredChunk | undefined {
    if (this.#stopped !== undefined) throw this.#stopped.reason;
    const row = this.#table.find(kind, id);
    if (row < 0) return undefined;
    const bit = 1 << (row & 7);
    if (row >> 3 >= this.#referenced.length) this.#referenced = grown(this.#referenced, new Uint8Array((row >> 2) + 1));
    if (((this.#referenced[row >> 3] as number) & bit) === 0) {
      this.#referenced[row >> 3] = (this.#referenced[row >> 3] as number) | bit;
      this.#references++;
    }
    return { length: this.#lengths[row] };
  }

  // spec/16-transfer.md#thin
  #leaveOut(row: IndexRow): void {
    if (this.#table.find(row.kind, row.id) >= 0) throw indexWrong(row, `leaves out a ${row.kind} that is there`);
    // of several roots each is in order by itself
    if (this.#leftOut.add(row.kind, row.id) < 0) throw indexWrong(row, `leaves out a ${row.kind} a second time`);
  }

  // spec/04-object.md#index
  #checkPlace(row: IndexRow): void {
    const count = this.#blocks.get(row.frame);
    if (count === undefined) throw indexWrong(row, "is in no block");
    if (row.ordinal >= count) throw indexWrong(row, `is not in a block of ${count} objects`);
  }

  #setLength(row: number, length: number): void {
    if (row >= this.#lengths.length) this.#lengths = grown(this.#lengths, new Uint32Array(this.#lengths.length * 2));
    this.#lengths[row] = length;
  }
}

function nameOnce(named: Uint8Array, found: number, row: IndexRow): void {
  const bit = 1 << (found & 7);
  if (((named[found >> 3] as number) & bit) !== 0) throw indexWrong(row, `names a ${row.kind} a second time`);
  named[found >> 3] = (named[found >> 3] as number) | bit;
}

function indexWrong(row: IndexRow, problem: string): PtarError {
  const { frame, ordinal } = row;
  return new PtarError("PTAR_INDEX_INVALID", `index: a row for frame ${frame}, ordinal ${ordinal} ${problem}`, { details: { frame, ordinal } });
}

function grown<T extends Uint8Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
