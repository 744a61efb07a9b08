// Bits of a deflate stream, least significant first (RFC 1951 §3.1.1). spec/03-block.md#codecs
import { decodeError } from "./decode-error.js";
import type { HuffmanTable } from "./huffman.js";

const maxCodeBits = 15;

/** Position in a bit stream. Reading past the end throws PTAR_BLOCK_DECODE. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #hold = 0;
  #held = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next `count` bits, at most 16, as a number. */
  take(count: number): number {
    while (this.#held < count) {
      if (this.#at === this.#bytes.length) throw truncated(this.#at);
      this.#hold |= (this.#bytes[this.#at++] as number) << this.#held;
      this.#held += 8;
    }
    const value = this.#hold & ((1 << count) - 1);
    this.#hold >>>= count;
    this.#held -= count;
    return value;
  }

  /** The next symbol of a code. */
  symbol(table: HuffmanTable): number {
    while (this.#held < maxCodeBits && this.#at < this.#bytes.length) {
      this.#hold |= (this.#bytes[this.#at++] as number) << this.#held;
      this.#held += 8;
    }
    const entry = table.entries[this.#hold & ((1 << table.bits) - 1)] as number;
    const length = entry & 15;
    if (length > this.#held) throw truncated(this.#at);
    if (length === 0) throw decodeError("deflate", `the bits before byte ${this.#at} are no code`);
    this.#hold >>>= length;
    this.#held -= length;
    return entry >> 4;
  }

  /** Goes to the next byte boundary and takes `length` bytes, as a view. */
  bytes(length: number): Uint8Array {
    this.alignToByte();
    if (length > this.#bytes.length - this.#at) throw truncated(this.#bytes.length);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** Drops the rest of a byte that was begun and gives whole bytes back; the offset of the next byte. */
  alignToByte(): number {
    this.#at -= this.#held >> 3;
    this.#hold = 0;
    this.#held = 0;
    return this.#at;
  }
}

function truncated(length: number) {
  return decodeError("deflate", `the stream is cut off after ${length} bytes`);
}
