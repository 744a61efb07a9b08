// A lane in this thread.
import { cutBlocks, type PackParams, packBlock } from "../block/pack.js";
import type { ChunkerParams } from "../chunking/gear.js";
import type { ListedHash } from "../crypto/crypto.js";
import { type Content, type ContentReader, type PathContent, SourceFault } from "../tree/source.js";
import type { Engine } from "./engine.js";
import { type CutChunk, FileReading, type ZeroChunk, zeroChunk } from "./file-reading.js";
import type { Batch, FileEnd, Lane, PackedBlock, Piece, PieceResult } from "./lane.js";

/** How a lane works. */
export interface LaneOptions {
  readonly engine: Engine;
  readonly chunker: ChunkerParams;
  readonly pack: PackParams;
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

  async pack(batch: number, wanted: readonly boolean[]): Promise<readonly PackedBlock[]> {
    const chunks = this.#batches.get(batch);
    if (chunks === undefined) throw new TypeError(`batch ${batch} was not digested here`);
    this.#batches.delete(batch);
    const objects = chunks.filter((_, i) => wanted[i]).map(({ bytes }) => ({ kind: "chunk" as const, bytes }));
    const { engine, pack } = this.#options;
    return cutBlocks(objects).map((run) => ({ payload: packBlock(run, engine.codecs, pack), objects: run.length }));
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
