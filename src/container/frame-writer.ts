// Appends frames: numbers, leaf hashes and rows of the frame table. spec/02-container.md#frame
import { concatBytes } from "../bytes/compare.js";
import type { Crypto } from "../crypto/crypto.js";
import { encodeFrameHeader, type FrameTypeName, frameOverhead, frameTypes } from "../format/frame.js";
import type { FrameRow } from "../format/frame-table.js";
import { encodeHeader, type Header } from "../format/header.js";
import { isSealedType, type SealedType } from "../format/sealed.js";
import { CompactRange, leafHash } from "../merkle/tree.js";
import type { ByteSink } from "./bytes-io.js";
import type { Sealer } from "./sealer.js";

/** Writes the units of one archive, front to back. */
export class FrameWriter {
  readonly #sink: ByteSink;
  readonly #crypto: Crypto;
  /** The whole container tree up to the last unit. */
  readonly range: CompactRange;
  /** Rows of the units since the last frame table. */
  #rows: FrameRow[] = [];
  #offset = 0;
  #sealer: Sealer | undefined;

  private constructor(sink: ByteSink, crypto: Crypto, range: CompactRange) {
    this.#sink = sink;
    this.#crypto = crypto;
    this.range = range;
  }

  /** Goes on after the units of `tree`, which end at `offset`; the tree grows. */
  static after(sink: ByteSink, crypto: Crypto, { tree, offset }: { readonly tree: CompactRange; readonly offset: number }): FrameWriter {
    const writer = new FrameWriter(sink, crypto, tree);
    writer.#offset = offset;
    return writer;
  }

  /** Writes the header, unit 0. */
  static async start(sink: ByteSink, crypto: Crypto, header: Omit<Header, "minor">): Promise<FrameWriter> {
    const writer = new FrameWriter(sink, crypto, new CompactRange(crypto));
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

  /** Seals what follows with the key of a session, as far as its type is sealed. */
  sealWith(sealer: Sealer): void {
    this.#sealer = sealer;
  }

  /** Appends a frame; its number. `padTo`: length of the padded plaintext of a sealed one. */
  async append(type: FrameTypeName, payload: Uint8Array, padTo?: number): Promise<number> {
    const number = this.nextNumber;
    const { head, stored } = await this.#stored(type, payload, padTo);
    const leaf = leafHash(this.#crypto, head, stored);
    await this.#appendUnit(concatBytes(head, stored, leaf.subarray(0, frameOverhead - head.length)), leaf);
    return number;
  }

  /** Rows of the units since this was called last; the units after them start a new table. */
  takeRows(): readonly FrameRow[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  async #stored(
    type: FrameTypeName,
    payload: Uint8Array,
    padTo: number | undefined,
  ): Promise<{ readonly head: Uint8Array; readonly stored: Uint8Array }> {
    const number = this.nextNumber;
    if (this.#sealer !== undefined && isSealedType(frameTypes[type])) {
      const { head, sealed } = await this.#sealer.seal({ type: type as SealedType, number, payload, padTo });
      return { head, stored: sealed };
    }
    return { head: encodeFrameHeader({ type: frameTypes[type], payloadLength: payload.length, number }), stored: payload };
  }

  async #appendUnit(bytes: Uint8Array, leaf: Uint8Array): Promise<void> {
    await this.#sink.write(bytes);
    this.#offset += bytes.length;
    this.#rows.push({ end: this.#offset, leaf });
    this.range.append(leaf);
  }
}
