// One file being read, cut and hashed, piece by piece. spec/03-block.md#chunks
import { concatBytes } from "../bytes/compare.js";
import { type ChunkerParams, findCut } from "../chunking/gear.js";
import type { Crypto, Sha256 } from "../crypto/crypto.js";
import type { EntryError } from "../format/generated/types.js";
import { type ContentReader, SourceFault } from "../tree/source.js";
import type { FileEnd } from "./lane.js";

/** A chunk and its bytes. */
export interface CutChunk {
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
}

/** What one piece gave. */
export interface ReadPiece {
  readonly chunks: readonly CutChunk[];
  readonly end: FileEnd | undefined;
}

/** After a read error this many bytes are passed over, and reading goes on behind them. */
const faultStep = 4096;
/** Unread ranges of one file; what follows the last is one range to the end of the file. */
const maxFaults = 1000;

/** A file between its first piece and its last. */
export class FileReading {
  readonly #reader: ContentReader;
  readonly #crypto: Crypto;
  readonly #params: ChunkerParams;
  readonly #faults: { code: string; offset: number; length: number }[] = [];
  /** Bytes after the last cut. */
  #open: Uint8Array = new Uint8Array();
  /** Whole-file digest, from the second piece on. */
  #hash: Sha256 | undefined;
  #position = 0;
  #stored = 0;
  #chunks = 0;

  constructor(reader: ContentReader, crypto: Crypto, params: ChunkerParams) {
    this.#reader = reader;
    this.#crypto = crypto;
    this.#params = params;
  }

  /** Reads at most `limit` bytes. `expected` is the size if known, so that small files need one small buffer. */
  async piece(limit: number, expected: number | undefined): Promise<ReadPiece> {
    const left = expected === undefined || expected < this.#position ? limit : Math.min(limit, expected - this.#position + 1);
    const { bytes, ended } = await this.#fill(Math.max(left, 1));
    this.#stored += bytes.length;
    const run = this.#open.length === 0 ? bytes : concatBytes(this.#open, bytes);
    const chunks = this.#cut(run, ended);
    const single = ended && this.#hash === undefined && this.#chunks <= 1;
    if (!single) this.#hash = (this.#hash ?? this.#crypto.createSha256()).update(bytes);
    return { chunks, end: ended ? this.#end(chunks[0]?.id) : undefined };
  }

  close(): void {
    this.#reader.close();
  }

  async #fill(limit: number): Promise<{ readonly bytes: Uint8Array; readonly ended: boolean }> {
    const buffer = new Uint8Array(limit);
    let filled = 0;
    while (filled < limit) {
      const count = await this.#read(buffer.subarray(filled));
      if (count === 0) return { bytes: buffer.subarray(0, filled), ended: true };
      filled += count;
    }
    return { bytes: buffer, ended: false };
  }

  /** Reads once, passing over what cannot be read; 0 at the end. */
  async #read(buffer: Uint8Array): Promise<number> {
    for (;;) {
      try {
        const count = await this.#reader.read(buffer);
        this.#position += count;
        return count;
      } catch (error) {
        if (!(error instanceof SourceFault)) throw error;
        if (this.#passOver(error.errno) === 0) return 0;
      }
    }
  }

  #passOver(code: string): number {
    const length = this.#faults.length >= maxFaults ? Number.MAX_SAFE_INTEGER : faultStep;
    const moved = this.#reader.skip(length);
    const last = this.#faults.at(-1);
    if (moved > 0) {
      if (last !== undefined && last.offset + last.length === this.#position) last.length += moved;
      else this.#faults.push({ code, offset: this.#position, length: moved });
    }
    this.#position += moved;
    return moved;
  }

  #cut(run: Uint8Array, ended: boolean): readonly CutChunk[] {
    const chunks: CutChunk[] = [];
    let start = 0;
    while (start < run.length) {
      const cut = findCut(run, start, run.length, this.#params);
      if (cut < 0 && !ended) break;
      const end = cut < 0 ? run.length : cut;
      const bytes = run.subarray(start, end);
      chunks.push({ id: this.#crypto.sha256(bytes), bytes });
      start = end;
    }
    // a copy, so that the piece's buffer can go
    this.#open = run.slice(start);
    this.#chunks += chunks.length;
    return chunks;
  }

  #end(onlyChunk: Uint8Array | undefined): FileEnd {
    const unstable = this.#reader.close();
    const sha256 = this.#hash?.digest() ?? onlyChunk ?? this.#crypto.sha256(new Uint8Array());
    const errors: EntryError[] = this.#faults.map(({ code, offset, length }) => ({ code, length, offset, operation: "read" }));
    return { stored: this.#stored, sha256, errors, unstable };
  }
}
