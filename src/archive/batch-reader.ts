// Reads the pieces of a batch into one buffer, cuts and hashes them. spec/03-block.md#cutting-blocks
import type { ChunkerParams } from "../chunking/gear.js";
import type { ListRow } from "../format/list.js";
import { type Content, SourceFault } from "../tree/source.js";
import { batchBytes, batchEvents } from "./batches.js";
import type { Engine } from "./engine.js";
import { FileReading, type ReadPiece, type ZeroChunk, zeroChunk } from "./file-reading.js";
import type { Batch, FileEnd, LanePlan, OpenContent, Piece, PieceResult } from "./lanes.js";

/** A batch that was read. */
export interface DigestedBatch {
  readonly results: readonly PieceResult[];
  /** Its chunks in order, views of the buffer. */
  readonly chunks: readonly Uint8Array[];
}

/** Length of a buffer that the pieces of any batch fit into: with a byte to see the end of each, and the open chunk of a file that goes on. */
export function batchCapacity({ max }: ChunkerParams): number {
  return batchBytes + batchEvents + max;
}

/** Files between their first piece and their last. Pieces of one file come to one reader, in order. */
export class BatchReader {
  readonly #engine: Engine;
  readonly #plan: LanePlan;
  readonly #open: OpenContent;
  readonly #zeros: ZeroChunk;
  readonly #files = new Map<number, FileReading>();
  #turn: Promise<unknown> = Promise.resolve();
  /** Batches that are being read or wait for it. */
  #underWay = 0;
  #closed = false;

  /** `open` opens contents of kind `path`, or throws {@link SourceFault}. */
  constructor(engine: Engine, plan: LanePlan, open: OpenContent) {
    this.#engine = engine;
    this.#plan = plan;
    this.#open = open;
    this.#zeros = zeroChunk(engine.crypto, plan.chunker);
  }

  /** Reads a batch into `buffer`, which has {@link batchCapacity}. One batch after the other: a file may go on in the next. */
  async digest(batch: Batch, buffer: Uint8Array): Promise<DigestedBatch> {
    this.#underWay++;
    const digesting = this.#turn.then(() => this.#digest(batch, buffer));
    this.#turn = digesting.catch(() => undefined);
    try {
      return await digesting;
    } finally {
      this.#underWay--;
      if (this.#closed) this.close();
    }
  }

  /** Closes what is open, once the batches that are being read have stopped. Never throws. */
  close(): void {
    this.#closed = true;
    // a file that is closed while it is read is closed twice, and its number may be another file's by then
    if (this.#underWay > 0) return;
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }

  async #digest(batch: Batch, buffer: Uint8Array): Promise<DigestedBatch> {
    const chunks: Uint8Array[] = [];
    const results: PieceResult[] = [];
    let used = 0;
    for (const piece of batch.pieces) {
      if (this.#closed) throw new Error("reading was ended");
      const begun = this.#read(piece, buffer.subarray(used));
      const read = begun instanceof Promise ? await begun : begun;
      used += read.used;
      const rows: ListRow[] = [];
      for (const { id, bytes } of read.chunks) {
        chunks.push(bytes);
        rows.push({ id, length: bytes.length });
      }
      results.push({ chunks: rows, end: this.#ended(piece, read.end) });
    }
    return { results, chunks };
  }

  #read(piece: Piece, buffer: Uint8Array): ReadPiece | Promise<ReadPiece> {
    const { content, limit } = piece;
    const file = piece.part === "first" ? this.#start(content) : this.#files.get(piece.file);
    // it ended in an earlier piece, because it shrank or could not be opened: opened again it would be read twice
    if (file === undefined) return { chunks: [], end: undefined, used: 0 };
    if (!(file instanceof FileReading)) return { chunks: [], end: file, used: 0 };
    this.#files.set(piece.file, file);
    return file.piece(buffer, { limit, expected: content.size });
  }

  #ended({ file }: Piece, end: FileEnd | undefined): FileEnd | undefined {
    if (end !== undefined) this.#files.delete(file);
    return end;
  }

  #start(content: Content): FileReading | FileEnd {
    const { crypto, chunker } = this.#engine;
    try {
      const reader = content.kind === "path" ? this.#open(content) : content.open();
      return new FileReading(reader, { crypto, chunker, params: this.#plan.chunker, zeros: this.#zeros, alsoHash: this.#plan.alsoHash });
    } catch (error) {
      if (!(error instanceof SourceFault)) throw error;
      const errors = [{ code: error.errno, operation: error.operation }];
      return { stored: 0, sha256: crypto.sha256(new Uint8Array()), errors, unstable: undefined, digests: undefined, noatime: undefined };
    }
  }
}
