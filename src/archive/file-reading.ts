// One file being read, cut and hashed, piece by piece. spec/03-block.md#chunks
import { toHex } from "../bytes/hex.js";
import type { Chunker } from "../chunking/chunker.js";
import { type ChunkerParams, findCut } from "../chunking/gear.js";
import type { Crypto, Hash, ListedHash } from "../crypto/crypto.js";
import type { EntryError, Item } from "../format/generated/types.js";
import { type ContentReader, SourceFault } from "../tree/source.js";
import type { FileEnd } from "./lanes.js";

/** A chunk and its bytes. */
export interface CutChunk {
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
}

/** What the chunker makes of a run of zeros, known beforehand: holes of sparse files need no hashing. */
export interface ZeroChunk {
  readonly id: Uint8Array;
  readonly length: number;
}

/** How files are read. */
export interface ReadingOptions {
  readonly crypto: Crypto;
  readonly chunker: Chunker;
  readonly params: ChunkerParams;
  readonly zeros: ZeroChunk;
  readonly alsoHash: readonly ListedHash[];
}

/** What one piece gave. */
export interface ReadPiece {
  /** Views of the buffer that was read into. */
  readonly chunks: readonly CutChunk[];
  readonly end: FileEnd | undefined;
  /** Bytes of the buffer that the chunks take. */
  readonly used: number;
}

/** What one run of reads gave. */
interface Filled {
  readonly count: number;
  readonly ended: boolean;
}

const noBytes = new Uint8Array();
const noErrors: readonly EntryError[] = [];
/** After a read error this many bytes are passed over, and reading goes on behind them. */
const faultStep = 4096;
/** Unread ranges of one file; what follows the last is one range to the end of the file. */
const maxFaults = 1000;

/** The chunk that a long run of zeros is cut into. */
export function zeroChunk(crypto: Crypto, params: ChunkerParams): ZeroChunk {
  const run = new Uint8Array(params.max);
  const bytes = run.subarray(0, findCut(run, 0, run.length, params));
  return { id: crypto.sha256(bytes), length: bytes.length };
}

/**
 * A file between its first piece and its last. Nothing is waited for unless its reader is: most files are short ones on a disk, and a
 * promise for each step would take longer than to cut and hash them.
 */
export class FileReading {
  readonly #reader: ContentReader;
  readonly #options: ReadingOptions;
  readonly #digests: readonly { readonly algorithm: ListedHash; readonly hash: Hash }[];
  readonly #faults: { code: string; offset: number; length: number }[] = [];
  /** Bytes after the last cut. */
  #open: Uint8Array = noBytes;
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

  /** Reads at most `limit` bytes into `buffer`, and of a file of `expected` bytes no more than shows that it ends there. */
  piece(buffer: Uint8Array, { limit, expected }: { readonly limit: number; readonly expected: number | undefined }): ReadPiece | Promise<ReadPiece> {
    const start = this.#open.length;
    if (start > 0) buffer.set(this.#open);
    const left = expected === undefined || expected < this.#position ? limit : Math.min(limit, expected - this.#position + 1);
    const room = buffer.subarray(start, start + Math.max(left, 1));
    if (room.length === 0) throw new TypeError("the buffer of a batch is full");
    const filled = this.#fill(room, 0);
    return filled instanceof Promise ? filled.then((late) => this.#taken(buffer, start, late)) : this.#taken(buffer, start, filled);
  }

  close(): void {
    this.#reader.close();
  }

  /** Cuts and hashes what was read behind the bytes after the last cut, `start` of them. */
  #taken(buffer: Uint8Array, start: number, { count, ended }: Filled): ReadPiece {
    this.#stored += count;
    const run = buffer.subarray(0, start + count);
    const chunks = this.#cut(run, ended);
    const single = ended && this.#hash === undefined && this.#chunks <= 1;
    if (!single || this.#digests.length > 0) {
      const bytes = run.subarray(start);
      if (!single) this.#hash = (this.#hash ?? this.#options.crypto.createSha256()).update(bytes);
      for (const { hash } of this.#digests) hash.update(bytes);
    }
    return { chunks, end: ended ? this.#end(chunks[0]?.id) : undefined, used: run.length - this.#open.length };
  }

  /** Fills `buffer`, whose first `count` bytes were read already. */
  #fill(buffer: Uint8Array, count: number): Filled | Promise<Filled> {
    let at = count;
    while (at < buffer.length) {
      const more = this.#read(at === 0 ? buffer : buffer.subarray(at));
      if (typeof more !== "number") return more.then((late) => (late === 0 ? { count: at, ended: true } : this.#fill(buffer, at + late)));
      if (more === 0) return { count: at, ended: true };
      at += more;
    }
    return { count: at, ended: false };
  }

  /** Reads once, passing over what cannot be read; 0 at the end. */
  #read(buffer: Uint8Array): number | Promise<number> {
    for (;;) {
      try {
        const count = this.#reader.read(buffer);
        if (typeof count === "number") return this.#moved(count);
        return count.then(
          (late) => this.#moved(late),
          (error) => (this.#passOver(error) === 0 ? 0 : this.#read(buffer)),
        );
      } catch (error) {
        if (this.#passOver(error) === 0) return 0;
      }
    }
  }

  #moved(count: number): number {
    this.#position += count;
    return count;
  }

  /** How many bytes were passed over because of `error`, which is thrown on when it does not come from the source. */
  #passOver(error: unknown): number {
    if (!(error instanceof SourceFault)) throw error;
    const { errno: code } = error;
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
    const { chunker, params } = this.#options;
    const chunks: CutChunk[] = [];
    let start = 0;
    for (const end of chunker.cuts(run, params, ended ? "ended" : "open")) {
      const bytes = start === 0 && end === run.length ? run : run.subarray(start, end);
      start = end;
      chunks.push({ id: this.#idOf(bytes), bytes });
    }
    // a copy, because the buffer is used again
    this.#open = start === run.length ? noBytes : run.slice(start);
    this.#chunks += chunks.length;
    return chunks;
  }

  #idOf(bytes: Uint8Array): Uint8Array {
    const { crypto, zeros } = this.#options;
    return bytes.length === zeros.length && isZero(bytes) ? zeros.id : crypto.sha256(bytes);
  }

  #end(onlyChunk: Uint8Array | undefined): FileEnd {
    const unstable = this.#reader.close();
    const sha256 = this.#hash?.digest() ?? onlyChunk ?? this.#options.crypto.sha256(noBytes);
    const errors = this.#faults.length === 0 ? noErrors : this.#faults.map(unreadRange);
    return { stored: this.#stored, sha256, errors, unstable, digests: this.#digestsOf(errors), noatime: this.#reader.noatime };
  }

  #digestsOf(errors: readonly EntryError[]): Item["digests"] | undefined {
    if (this.#digests.length === 0 || errors.length > 0) return undefined;
    return Object.fromEntries(this.#digests.map(({ algorithm, hash }) => [algorithm, toHex(hash.digest())])) as Item["digests"];
  }
}

function unreadRange({ code, offset, length }: { readonly code: string; readonly offset: number; readonly length: number }): EntryError {
  return { code, length, offset, operation: "read" };
}

/** Whether all bytes are zero; by words where they are aligned. */
function isZero(bytes: Uint8Array): boolean {
  const { buffer, byteOffset, length } = bytes;
  if (bytes[0] !== 0 || bytes[length - 1] !== 0) return false;
  const words = byteOffset % 4 === 0 && length % 4 === 0 ? new Int32Array(buffer, byteOffset, length / 4) : bytes;
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
  return true;
}
