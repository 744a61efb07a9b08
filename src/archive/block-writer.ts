// Contract of where the blocks of a run go, and what gathers structured objects for it. spec/03-block.md#cutting-blocks
import { objectId } from "../block/object-id.js";
import { type BlockObject, metaTarget } from "../block/pack.js";
import type { Crypto } from "../crypto/crypto.js";
import { limits } from "../format/limits.js";
import type { Kind } from "../format/object.js";
import type { ObjectWriter } from "../tree/object-io.js";

/** Structured objects for one block. */
export interface MetaRun {
  readonly objects: readonly BlockObject[];
  /** Rows that `claim` gave for them. */
  readonly rows: readonly number[];
}

/** Takes packed blocks, in the order in which they are to stand. Each object is stored once. */
export interface BlockWriter extends ObjectWriter {
  /** Notes that an object will be stored; the row to give with its block, or −1 when it is stored already. */
  claim(kind: Kind, id: Uint8Array): number;
  /** Appends a packed block of chunks; `rows` are those that `claim` gave for them, in order. `padTo`: length of a sealed one, padded. */
  addBlock(payload: Uint8Array, rows: readonly number[], padTo?: number): Promise<void>;
  /** Structured objects that fill blocks since this was asked last: to be packed, and given to `addMeta` in this order. */
  takeFull(): readonly MetaRun[];
  /** Appends a packed block of structured objects with these rows. */
  addMeta(payload: Uint8Array, rows: readonly number[]): Promise<void>;
}

/** Gathers structured objects until they fill a block. */
export class MetaRuns implements ObjectWriter {
  readonly #crypto: Crypto;
  readonly #claim: BlockWriter["claim"];
  #open: { readonly objects: BlockObject[]; readonly rows: number[] } = { objects: [], rows: [] };
  #bytes = 0;
  #full: MetaRun[] = [];

  constructor(crypto: Crypto, claim: BlockWriter["claim"]) {
    this.#crypto = crypto;
    this.#claim = claim;
  }

  put(kind: Exclude<Kind, "chunk">, bytes: Uint8Array): Uint8Array {
    if (bytes.length > limits.objectBytes) throw new TypeError(`${kind} of ${bytes.length} bytes`);
    const id = objectId(this.#crypto, kind, bytes);
    const row = this.#claim(kind, id);
    if (row < 0) return id;
    this.#open.objects.push({ kind, bytes });
    this.#open.rows.push(row);
    this.#bytes += bytes.length;
    if (this.#bytes >= metaTarget) this.#close();
    return id;
  }

  /** Runs that are full since this was asked last. */
  takeFull(): readonly MetaRun[] {
    const full = this.#full;
    this.#full = [];
    return full;
  }

  /** Those, and what is left. */
  takeAll(): readonly MetaRun[] {
    if (this.#open.rows.length > 0) this.#close();
    return this.takeFull();
  }

  #close(): void {
    this.#full.push(this.#open);
    this.#open = { objects: [], rows: [] };
    this.#bytes = 0;
  }
}
