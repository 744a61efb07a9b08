// Reads little-endian fields one after the other. spec/00-conventions.md#notation

/** Position in a byte string. Reading past the end throws RangeError: callers check lengths first. */
export class Cursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    const value = this.#view.getUint8(this.#at);
    this.#at += 1;
    return value;
  }

  u16(): number {
    const value = this.#view.getUint16(this.#at, true);
    this.#at += 2;
    return value;
  }

  u32(): number {
    const value = this.#view.getUint32(this.#at, true);
    this.#at += 4;
    return value;
  }

  /** A u64, or NaN when it is over 2^53−1: every comparison with it then fails. */
  u64(): number {
    const low = this.u32();
    const high = this.u32();
    return high > 0x1fffff ? Number.NaN : high * 0x100000000 + low;
  }

  /** The next `length` bytes, as a view. */
  bytes(length: number): Uint8Array {
    if (length < 0 || length > this.left) throw new RangeError("read past the end");
    const view = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return view;
  }
}
