// The item tree: one leaf per path. spec/07-item.md#leaf
import { label } from "../bytes/label.js";
import type { Crypto } from "../crypto/crypto.js";
import { CompactRange, leafHash } from "../merkle/tree.js";

const itemLabel = label("ptar1/item");
const saltLabel = label("ptar1/salt");

/** Salt of one item: 16 bytes that do not tell the salt of another. */
export function itemSalt(crypto: Crypto, salt: Uint8Array, path: Uint8Array): Uint8Array {
  return crypto.sha256(saltLabel, salt, path).slice(0, 16);
}

/** Leaf hash of one item; `text` is its stored text in bytes. */
export function itemLeaf(crypto: Crypto, salt: Uint8Array, item: { readonly path: Uint8Array; readonly text: Uint8Array }): Uint8Array {
  return leafHash(crypto, itemLabel, itemSalt(crypto, salt, item.path), u32(item.path.length), item.path, item.text);
}

/** Little-endian, by hand: a Builder makes a view for every leaf, which takes longer than all that stands around the hash. */
function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  for (let i = 0; i < 4; i++) bytes[i] = value >>> (8 * i);
  return bytes;
}

/** The tree over the items of a snapshot, grown in their order. */
export class ItemTree {
  readonly #crypto: Crypto;
  readonly #salt: Uint8Array;
  readonly #range: CompactRange;

  constructor(crypto: Crypto, salt: Uint8Array) {
    this.#crypto = crypto;
    this.#salt = salt;
    this.#range = new CompactRange(crypto);
  }

  get count(): number {
    return this.#range.end;
  }

  /** Root over all items, undefined when there are none. */
  get root(): Uint8Array | undefined {
    return this.count === 0 ? undefined : this.#range.root();
  }

  /** Appends an item by its path and its stored text in bytes, neither of which is kept. */
  append(path: Uint8Array, text: Uint8Array): void {
    this.#range.append(itemLeaf(this.#crypto, this.#salt, { path, text }));
  }
}
