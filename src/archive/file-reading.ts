// One file being read, cut and hashed, piece by piece. spec/03-block.md#chunks
import { concatBytes } from "../bytes/compare.js";
import { toHex } from "../bytes/hex.js";
import { type ChunkerParams, findCut } from "../chunking/gear.js";
import type { Crypto, Hash, ListedHash } from "../crypto/crypto.js";
import type { EntryError, Item } from "../format/generated/types.js";
import { type ContentReader, SourceFault } from "../tree/source.js";
import type { FileEnd } from "./lane.js";

/** A chunk and its bytes. */
export interface CutChunk {
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
}

/** What the chunker makes of a run of zeros, known beforehand: holes of sparse files need neither cutting nor hashing. */
export interface ZeroChunk {
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
}

/** How files are read. */
export interface ReadingOptions {
  readonly crypto: Crypto;
  readonly params: ChunkerParams;
  readonly zeros: ZeroChunk;
  readonly alsoHash: readonly ListedHash[];
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

/** The chunk that a long run of zeros is cut into. */
export function zeroChunk(crypto: Crypto, params: ChunkerParams): ZeroChunk {
  const run = new Uint8Array(params.max);
  const bytes = run.subarray(0, findCut(run, 0, run.length, params));
  return { id: crypto.sha256(bytes), bytes };
}

/** A file between its first piece and its last. */
export class FileReading {
  readonly #reader: ContentReader;
  readonly #options: ReadingOptions;
  readonly #digests: readonly { readonly algorithm: ListedHash; readonly hash: Hash }[];
  readonly #faults: { code: string; offset: number; length: number }[] = [];
  /** Bytes after the last cut. */
  #open: Uint8Array = new Uint8Array();
  /** Whole-file digest, from the second piece on. */
  #hash: Hash | undefined;
  #position = 0;
  #stored = 0;
  #chunks = 0;

  constructor(reader: ContentReader, options: ReadingOptions) {
    this.#reader = reader;
    this.#options = options;
    this.#digests = options.alsoHash.map((algorithm) => ({ algorithm, hash: options.crypto.createHash(algorithm) }));
  }

  /** Reads at most `limit` bytes. `expected` is the size if known, so that small files need one small buffer. */
  async piece(limit: number, expected: number | undefined): Promise<ReadPiece> {
    const left = expected === undefined || expected < this.#position ? limit : Math.min(limit, expected - this.#position + 1);
    const { bytes, ended } = await this.#fill(Math.max(left, 1));
    this.#stored += bytes.length;
    const run = this.#open.length === 0 ? bytes : concatBytes(this.#open, bytes);
    const chunks = this.#cut(run, ended);
    const single = ended && this.#hash === undefined && this.#chunks <= 1;
    if (!single) this.#hash = (this.#hash ?? this.#options.crypto.createSha256()).update(bytes);
    for (const { hash } of this.#digests) hash.update(bytes);
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
    const goesOn = last !== undefined && last.offset + last.length === this.#position;
    if (goesOn) last.length += moved;
    // nobody knows how much was still to come of a file without a size, as those of /proc: an unread range has at least one byte
    // spec/05-page.md#errors
    else this.#faults.push({ code, offset: this.#position, length: Math.max(moved, 1) });
    this.#position += goesOn ? moved : Math.max(moved, 1);
    return moved;
  }

  #cut(run: Uint8Array, ended: boolean): readonly CutChunk[] {
    const chunks: CutChunk[] = [];
    let start = 0;
    while (start < run.length) {
      const chunk = this.#chunkAt(run, start, ended);
      if (chunk === undefined) break;
      chunks.push(chunk);
      start += chunk.bytes.length;
    }
    // a copy, so that the piece's buffer can go
    this.#open = run.slice(start);
    this.#chunks += chunks.length;
    return chunks;
  }

  /** The chunk at `start`; undefined when its end is still to come. */
  #chunkAt(run: Uint8Array, start: number, ended: boolean): CutChunk | undefined {
    const { crypto, params, zeros } = this.#options;
    const left = run.length - start;
    if (left >= zeros.bytes.length && isZero(run, start, zeros.bytes.length)) return zeros;
    const cut = findCut(run, start, run.length, params);
    if (cut < 0 && !ended) return undefined;
    const bytes = run.subarray(start, cut < 0 ? run.length : cut);
    return { id: crypto.sha256(bytes), bytes };
  }

  #end(onlyChunk: Uint8Array | undefined): FileEnd {
    const unstable = this.#reader.close();
    const sha256 = this.#hash?.digest() ?? onlyChunk ?? this.#options.crypto.sha256(new Uint8Array());
    const errors: EntryError[] = this.#faults.map(({ code, offset, length }) => ({ code, length, offset, operation: "read" }));
    const digests = this.#digests.map(({ algorithm, hash }) => [algorithm, toHex(hash.digest())]);
    return {
      stored: this.#stored,
      sha256,
      errors,
      unstable,
      digests: digests.length === 0 || errors.length > 0 ? undefined : (Object.fromEntries(digests) as Item["digests"]),
      noatime: this.#reader.noatime,
    };
  }
}

/** Whether `length` bytes from `start` are zero; by words where they are aligned. */
function isZero(bytes: Uint8Array, start: number, length: number): boolean {
  if (bytes[start] !== 0 || bytes[start + length - 1] !== 0) return false;
  const offset = bytes.byteOffset + start;
  const words = offset % 4 === 0 && length % 4 === 0 ? new Int32Array(bytes.buffer, offset, length / 4) : bytes.subarray(start, start + length);
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
  return true;
}
