// Reads SSH wire values one after the other, for private key files. spec/09-trust.md#keys
import { PtarError } from "../errors/ptar-error.js";

/** Position in a byte string of big-endian values (RFC 4251 §5); `what` names the value in errors. */
export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #subject: string;
  #at = 0;

  constructor(bytes: Uint8Array, subject: string) {
    this.#bytes = bytes;
    this.#subject = subject;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    return this.#take(1, "a byte")[0] as number;
  }

  u32(what: string): number {
    const four = this.#take(4, what);
    return new DataView(four.buffer, four.byteOffset, 4).getUint32(0, false);
  }

  /** The bytes of a wire string, as a view. */
  string(what: string): Uint8Array {
    return this.#take(this.u32(what), what);
  }

  #take(length: number, what: string): Uint8Array {
    if (length > this.left)
      throw new PtarError("PTAR_KEY_INVALID", `${this.#subject}: ${what} runs over the end (${length} bytes wanted, ${this.left} left)`);
    const view = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return view;
  }
}
