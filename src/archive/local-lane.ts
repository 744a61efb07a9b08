// A lane in this thread.
import { cutBlocks, fillBlocks, isStored, type PackParams, packBlock } from "../block/pack.js";
import type { ChunkerParams } from "../chunking/gear.js";
import type { ListedHash } from "../crypto/crypto.js";
import { type Content, type ContentReader, type PathContent, SourceFault } from "../tree/source.js";
import type { Engine } from "./engine.js";
import { type CutChunk, FileReading, type ZeroChunk, zeroChunk } from "./file-reading.js";
import type { Batch, FileEnd, Lane, Packed, PackedBlock, Piece, PieceResult } from "./lane.js";

/** How a lane works. */
export interface LaneOptions {
  readonly engine: Engine;
  readonly chunker: ChunkerParams;
  readonly pack: PackParams;
  /** Bytes of plaintext that fill a sealed block; undefined in plain archives, whose blocks end with their batch. */
  readonly fill?: number;
  /** Digests of whole files beside SHA-256. */
  readonly alsoHash?: readonly ListedHash[];
  /** Opens contents of kind `path`. @throws SourceFault */
  readonly open: (content: PathContent) => ContentReader;
}

/** The one lane of this thread. */
export class LocalLane implements Lane {
  readonly #options: LaneOptions;
  readonly #files = new Map<number, FileReading>();
  readonly #zeros: ZeroChunk;
  readonly #batches = new Map<number, readonly CutChunk[]>();

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#zeros = zeroChunk(options.engine.crypto, options.chunker);
  }

  async digest(batch: Batch): Promise<readonly PieceResult[]> {
    const chunks: CutChunk[] = [];
    const results: PieceResult[] = [];
    for (const piece of batch.pieces) {
      const read = await this.#read(piece);
      chunks.push(...read.chunks);
      results.push({ chunks: read.chunks.map(({ id, bytes }) => ({ id, length: bytes.length })), end: read.end });
    }
    this.#batches.set(batch.number, chunks);
    return results;
  }

  async pack(batch: number, wanted: readonly boolean[], before: readonly Uint8Array[]): Promise<Packed> {
    const chunks = this.#batches.get(batch);
    if (chunks === undefined) throw new TypeError(`batch ${batch} was not digested here`);
    this.#batches.delete(batch);
    const objects = [...before.map(chunkOf), ...chunks.filter((_, i) => wanted[i]).map(({ bytes }) => chunkOf(bytes))];
    const { fill } = this.#options;
    if (fill === undefined) return { blocks: cutBlocks(objects).map((run) => this.#block(run)), rest: [] };
    const { full, rest } = fillBlocks(objects, fill);
    return { blocks: full.map((run) => this.#filled(run, fill)), rest: rest.map(({ bytes }) => alone(bytes)) };
  }

  async packRest(chunks: readonly Uint8Array[]): Promise<readonly PackedBlock[]> {
    return chunks.length === 0 ? [] : [this.#block(chunks.map(chunkOf))];
  }

  #block(run: readonly ChunkObject[]): PackedBlock {
    const { engine, pack } = this.#options;
    return { payload: packBlock(run, engine.codecs, pack), objects: run.length };
  }

  /** What is stored as it is would show the sum of its chunks: all such blocks have one length. spec/14-encryption.md#padding */
  #filled(run: readonly ChunkObject[], fill: number): PackedBlock {
    const block = this.#block(run);
    return isStored(block.payload) && block.payload.length <= fill - 4 ? { ...block, padTo: fill } : block;
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }

  async #read(piece: Piece): Promise<{ readonly chunks: readonly CutChunk[]; readonly end: FileEnd | undefined }> {
    let file = this.#files.get(piece.file);
    if (file === undefined) {
      // it ended in an earlier piece, because it shrank or could not be opened: opened again it would be read twice
      if (piece.part === "next") return { chunks: [], end: undefined };
      const opened = this.#open(piece.content);
      if (!(opened instanceof FileReading)) return { chunks: [], end: opened };
      file = opened;
      this.#files.set(piece.file, file);
    }
    const read = await file.piece(piece.limit, piece.content.size);
    if (read.end !== undefined) this.#files.delete(piece.file);
    return read;
  }

  #open(content: Content): FileReading | FileEnd {
    const { engine, chunker, open, alsoHash = [] } = this.#options;
    try {
      const reader = content.kind === "path" ? open(content) : content.open();
      return new FileReading(reader, { crypto: engine.crypto, params: chunker, zeros: this.#zeros, alsoHash });
    } catch (error) {
      if (!(error instanceof SourceFault)) throw error;
      const errors = [{ code: error.errno, operation: error.operation }];
      return { stored: 0, sha256: engine.crypto.sha256(new Uint8Array()), errors, unstable: undefined, digests: undefined, noatime: undefined };
    }
  }
}

interface ChunkObject {
  readonly kind: "chunk";
  readonly bytes: Uint8Array;
}

function chunkOf(bytes: Uint8Array): ChunkObject {
  return { kind: "chunk", bytes };
}

/** A chunk that waits must not hold the whole piece that it was cut from. */
function alone(bytes: Uint8Array): Uint8Array {
  return bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice();
}
