// An archive in memory, read at any place. spec/02-container.md
import type { ByteReader } from "../../container/bytes-io.js";
import { PtarError } from "../../errors/ptar-error.js";

/** Reads an archive that lies in memory. The bytes are not copied when it is made, and must not change while it is used. */
export class MemoryReader implements ByteReader {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get length(): number {
    return this.#bytes.length;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0)
      throw new TypeError(`not a range: ${length} bytes at ${offset}`);
    const found = Math.max(0, Math.min(length, this.length - offset));
    if (found < length) {
      throw new PtarError("PTAR_IO_FAILED", `archive: expected ${length} bytes at offset ${offset}, found ${found}`, {
        details: { offset, expected: length, found },
      });
    }
    // not slice(): of a Buffer that is a view
    return new Uint8Array(this.#bytes.subarray(offset, offset + length));
  }
}
