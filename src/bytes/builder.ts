// Writes little-endian fields one after the other. spec/00-conventions.md#notation

/** Fills a byte string of a length that is known beforehand. */
export class Builder {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(length: number) {
    this.#bytes = new Uint8Array(length);
    this.#view = new DataView(this.#bytes.buffer);
  }

  u8(value: number): this {
    this.#view.setUint8(this.#at, value);
    this.#at += 1;
    return this;
  }

  u16(value: number): this {
    this.#view.setUint16(this.#at, value, true);
    this.#at += 2;
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
    return this;
  }

  u64(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a u64: ${value}`);
    return this.u32(value % 0x100000000).u32(Math.floor(value / 0x100000000));
  }

  bytes(bytes: Uint8Array): this {
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
    return this;
  }

  /** Leaves `length` bytes zero. */
  zeros(length: number): this {
    this.#at += length;
    return this;
  }

  /** The whole byte string. Throws TypeError when it is not filled exactly. */
  done(): Uint8Array {
    if (this.#at !== this.#bytes.length) throw new TypeError(`built ${this.#at} of ${this.#bytes.length} bytes`);
    return this.#bytes;
  }
}
