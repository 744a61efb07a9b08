// Reads the pieces of a batch into one buffer, cuts and hashes them. spec/03-block.md#cutting-blocks
import type { ChunkerParams } from "../chunking/gear.js";
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
      const read = await this.#read(piece, buffer.subarray(used));
      used += read.used;
      for (const { bytes } of read.chunks) chunks.push(bytes);
      results.push({ chunks: read.chunks.map(({ id, bytes }) => ({ id, length: bytes.length })), end: read.end });
    }
    return { results, chunks };
  }

  async #read(piece: Piece, buffer: Uint8Array): Promise<ReadPiece> {
    let file = this.#files.get(piece.file);
    if (file === undefined) {
      // it ended in an earlier piece, because it shrank or could not be opened: opened again it would be read twice
      if (piece.part === "next") return { chunks: [], end: undefined, used: 0 };
      const opened = this.#start(piece.content);
      if (!(opened instanceof FileReading)) return { chunks: [], end: opened, used: 0 };
      file = opened;
      this.#files.set(piece.file, file);
    }
    const read = await file.piece(buffer, { limit: piece.limit, expected: piece.content.size });
    if (read.end !== undefined) this.#files.delete(piece.file);
    return read;
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
