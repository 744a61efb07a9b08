// An archive that is written to memory. spec/02-container.md
import { concatBytes } from "../../bytes/compare.js";
import type { ByteSink } from "../../container/bytes-io.js";

/** Keeps what is written. */
export class MemorySink implements ByteSink {
  readonly #parts: Uint8Array[] = [];

  /** Keeps a copy: the caller may use its buffer again. */
  async write(bytes: Uint8Array): Promise<void> {
    // not slice(): of a Buffer that is a view
    this.#parts.push(new Uint8Array(bytes));
  }

  /** All bytes written so far, as one new byte string. */
  bytes(): Uint8Array {
    return concatBytes(...this.#parts);
  }
}
