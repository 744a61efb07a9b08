// The item tree: one leaf per path. spec/07-item.md#leaf
import { label } from "../bytes/label.js";
import type { Crypto } from "../crypto/crypto.js";
import { CompactRange, leafHash, leafPrefix } from "../merkle/tree.js";

const itemLabel = label("ptar1/item");
const saltLabel = label("ptar1/salt");
const saltLength = 16;
/** In what a leaf is the hash of: where the salt is, and where the path begins. */
const leafStart = leafPrefix.length + itemLabel.length;
const leafHead = leafStart + saltLength + 4;
const usualItemBytes = 4096;
const usualPathBytes = 1024;

/** Salt of one item: 16 bytes that do not tell the salt of another. */
export function itemSalt(crypto: Crypto, salt: Uint8Array, path: Uint8Array): Uint8Array {
  return crypto.sha256(saltLabel, salt, path).slice(0, saltLength);
}

/** Leaf hash of one item; `text` is its stored text in bytes. */
export function itemLeaf(crypto: Crypto, salt: Uint8Array, item: { readonly path: Uint8Array; readonly text: Uint8Array }): Uint8Array {
  const pathLength = new Uint8Array(4);
  writeU32(pathLength, 0, item.path.length);
  return leafHash(crypto, itemLabel, itemSalt(crypto, salt, item.path), pathLength, item.path, item.text);
}

/** The tree over the items of a snapshot, grown in their order. */
export class ItemTree {
  readonly #crypto: Crypto;
  readonly #range: CompactRange;
  /** What the salt of an item is the hash of; its path is filled in. */
  #salted: Uint8Array;
  readonly #saltEnd: number;
  /** What its leaf is the hash of, which grows with the longest: to join parts for each takes longer than to hash them. */
  #leaf: Uint8Array;

  constructor(crypto: Crypto, salt: Uint8Array) {
    this.#crypto = crypto;
    this.#range = new CompactRange(crypto);
    this.#saltEnd = saltLabel.length + salt.length;
    this.#salted = begunSalted(salt, usualPathBytes);
    this.#leaf = begunLeaf(usualItemBytes);
  }

  get count(): number {
    return this.#range.end;
  }

  /** Root over all items, undefined when there are none. */
  get root(): Uint8Array | undefined {
    return this.count === 0 ? undefined : this.#range.root();
  }

  /** Appends an item by its path and its stored text, both in bytes and of any length; neither is kept. */
  append(path: Uint8Array, text: Uint8Array): void {
    const end = leafHead + path.length + text.length;
    if (end > this.#leaf.length) this.#leaf = begunLeaf(2 * end);
    const leaf = this.#leaf;
    if (this.#saltEnd + path.length > this.#salted.length) {
      this.#salted = begunSalted(this.#salted.subarray(saltLabel.length, this.#saltEnd), 2 * path.length);
    }
    this.#salted.set(path, this.#saltEnd);
    const salt = this.#crypto.sha256(this.#salted.subarray(0, this.#saltEnd + path.length));
    for (let i = 0; i < saltLength; i++) leaf[leafStart + i] = salt[i] as number;
    writeU32(leaf, leafStart + saltLength, path.length);
    leaf.set(path, leafHead);
    leaf.set(text, leafHead + path.length);
    this.#range.append(this.#crypto.sha256(leaf.subarray(0, end)));
  }
}

function begunSalted(salt: Uint8Array, room: number): Uint8Array {
  const salted = new Uint8Array(saltLabel.length + salt.length + room);
  salted.set(saltLabel);
  salted.set(salt, saltLabel.length);
  return salted;
}

function begunLeaf(length: number): Uint8Array {
  const leaf = new Uint8Array(length);
  leaf.set(leafPrefix);
  leaf.set(itemLabel, leafPrefix.length);
  return leaf;
}

/** Little-endian, by hand: a view for every leaf takes longer than all that stands around the hash. */
function writeU32(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = value >>> (8 * i);
}
