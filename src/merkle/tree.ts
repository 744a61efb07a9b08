// The Merkle tree of RFC 9162 §2.1.1, grown from the left. spec/02-container.md#merkle
import type { Crypto } from "../crypto/crypto.js";

/** What stands before the bytes of a leaf. */
export const leafPrefix = Uint8Array.of(0);
const nodePrefix = Uint8Array.of(1);

/** Hash of a leaf whose bytes are `parts` joined. The prefix keeps a node from being offered as a leaf. */
export function leafHash(crypto: Crypto, ...parts: readonly Uint8Array[]): Uint8Array {
  return crypto.sha256(leafPrefix, ...parts);
}

/** Hash of the node above `left` and `right`. */
export function nodeHash(crypto: Crypto, left: Uint8Array, right: Uint8Array): Uint8Array {
  return crypto.sha256(nodePrefix, left, right);
}

/** How many nodes the compact range of leaves [first, end) has. */
export function rangeNodeCount(first: number, end: number): number {
  let count = 0;
  for (let at = first; at < end; at += largestSubtree(at, end)) count++;
  return count;
}

/**
 * The compact range of leaves [first, end): roots of the largest complete, aligned subtrees in it, left to right.
 * Keeps at most 2·log2 hashes, however many leaves are appended. Leaf numbers are at most 2^53−1.
 */
export class CompactRange {
  readonly first: number;
  readonly #crypto: Crypto;
  readonly #nodes: Uint8Array[] = [];
  /** Leaves below each node. */
  readonly #sizes: number[] = [];
  #end: number;

  constructor(crypto: Crypto, first = 0) {
    this.#crypto = crypto;
    this.first = first;
    this.#end = first;
  }

  /** The range [0, size) from its nodes; undefined when there are more or fewer of them than such a range has. */
  static fromNodes(crypto: Crypto, size: number, nodes: readonly Uint8Array[]): CompactRange | undefined {
    if (nodes.length !== rangeNodeCount(0, size)) return undefined;
    const range = new CompactRange(crypto);
    range.appendRange(nodes, size);
    return range;
  }

  /** Number of the leaf after the last one. */
  get end(): number {
    return this.#end;
  }

  /** Appends one leaf by its hash. */
  append(hash: Uint8Array): void {
    this.#push(hash, 1);
  }

  /**
   * Appends the next `count` leaves by the nodes of their compact range.
   * Throws RangeError on a wrong number of nodes: callers compare with {@link rangeNodeCount} first.
   */
  appendRange(nodes: readonly Uint8Array[], count: number): void {
    const end = this.#end + count;
    const expected = rangeNodeCount(this.#end, end);
    if (nodes.length !== expected) throw new RangeError(`compact range: ${expected} nodes expected, ${nodes.length} found`);
    for (const node of nodes) this.#push(node, largestSubtree(this.#end, end));
  }

  /** The nodes, left to right. */
  nodes(): readonly Uint8Array[] {
    return [...this.#nodes];
  }

  /** Root of the tree of leaves [0, end). Throws TypeError for a range that does not start at 0 or is empty. */
  root(): Uint8Array {
    const last = this.#nodes.at(-1);
    if (this.first !== 0 || last === undefined) throw new TypeError(`leaves ${this.first} to ${this.#end} have no root`);
    return this.#nodes.slice(0, -1).reduceRight((right, left) => nodeHash(this.#crypto, left, right), last);
  }

  #push(hash: Uint8Array, leaves: number): void {
    let node = hash;
    let size = leaves;
    this.#end += leaves;
    while (this.#sizes.at(-1) === size && this.#end % (2 * size) === 0) {
      node = nodeHash(this.#crypto, this.#nodes.pop() as Uint8Array, node);
      size += this.#sizes.pop() as number;
    }
    this.#nodes.push(node);
    this.#sizes.push(size);
  }
}

/** Leaves of the largest subtree that starts at `at`, is aligned to its size and ends at `end` or before. */
function largestSubtree(at: number, end: number): number {
  let size = 1;
  // no bit operations: leaf numbers exceed 32 bits
  while (at % (2 * size) === 0 && at + 2 * size <= end) size *= 2;
  return size;
}
