// Appends frames: numbers, leaf hashes and rows of the frame table. spec/02-container.md#frame
import { concatBytes } from "../bytes/compare.js";
import type { Crypto } from "../crypto/crypto.js";
import { encodeFrameHeader, type FrameTypeName, frameOverhead, frameTypes } from "../format/frame.js";
import type { FrameRow } from "../format/frame-table.js";
import { encodeHeader, type Header } from "../format/header.js";
import { CompactRange, leafHash } from "../merkle/tree.js";
import type { ByteSink } from "./bytes-io.js";

/** Writes the units of one archive, front to back. */
export class FrameWriter {
  readonly #sink: ByteSink;
  readonly #crypto: Crypto;
  /** The whole container tree up to the last unit. */
  readonly range: CompactRange;
  /** Rows of the units since the last frame table. */
  #rows: FrameRow[] = [];
  #offset = 0;

  private constructor(sink: ByteSink, crypto: Crypto) {
    this.#sink = sink;
    this.#crypto = crypto;
    this.range = new CompactRange(crypto);
  }

  /** Writes the header, unit 0. */
  static async start(sink: ByteSink, crypto: Crypto, header: Omit<Header, "minor">): Promise<FrameWriter> {
    const writer = new FrameWriter(sink, crypto);
    const bytes = encodeHeader(header, (part) => crypto.sha256(part));
    await writer.#appendUnit(bytes, leafHash(crypto, bytes));
    return writer;
  }

  /** Offset of the next frame; the length of the archive so far. */
  get offset(): number {
    return this.#offset;
  }

  /** Number of the next frame. */
  get nextNumber(): number {
    return this.range.end;
  }

  /** Appends a frame; its number. */
  async append(type: FrameTypeName, payload: Uint8Array): Promise<number> {
    const number = this.nextNumber;
    const head = encodeFrameHeader({ type: frameTypes[type], payloadLength: payload.length, number });
    const leaf = leafHash(this.#crypto, head, payload);
    await this.#appendUnit(concatBytes(head, payload, leaf.subarray(0, frameOverhead - head.length)), leaf);
    return number;
  }

  /** Rows of the units since this was called last; the units after them start a new table. */
  takeRows(): readonly FrameRow[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  async #appendUnit(bytes: Uint8Array, leaf: Uint8Array): Promise<void> {
    await this.#sink.write(bytes);
    this.#offset += bytes.length;
    this.#rows.push({ end: this.#offset, leaf });
    this.range.append(leaf);
  }
}
