// The item tree: one leaf per path. spec/07-item.md#leaf
import { Builder } from "../bytes/builder.js";
import { label } from "../bytes/label.js";
import { toUtf8 } from "../bytes/utf8.js";
import type { Crypto } from "../crypto/crypto.js";
import { CompactRange, leafHash } from "../merkle/tree.js";

const itemLabel = label("ptar1/item");
const saltLabel = label("ptar1/salt");

/** Salt of one item: 16 bytes that do not tell the salt of another. */
export function itemSalt(crypto: Crypto, salt: Uint8Array, path: Uint8Array): Uint8Array {
  return crypto.sha256(saltLabel, salt, path).slice(0, 16);
}

/** Leaf hash of one item; `text` is its stored text. */
export function itemLeaf(crypto: Crypto, salt: Uint8Array, item: { readonly path: Uint8Array; readonly text: string }): Uint8Array {
  const length = new Builder(4).u32(item.path.length).done();
  return leafHash(crypto, itemLabel, itemSalt(crypto, salt, item.path), length, item.path, toUtf8(item.text));
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

  append(path: Uint8Array, text: string): void {
    this.#range.append(itemLeaf(this.#crypto, this.#salt, { path, text }));
  }
}
