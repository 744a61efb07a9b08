// Contract of a lane: it reads, cuts and hashes batches, then packs what is new.
import type { EntryError, Item } from "../format/generated/types.js";
import type { ListRow } from "../format/list.js";
import type { Content } from "../tree/source.js";

/** A run of one file's contents. Pieces of one file have one number and go to one lane in order. */
export interface Piece {
  readonly file: number;
  /** Whether it starts the file or goes on where the piece before it stopped; what goes on after the end gives nothing. */
  readonly part: "first" | "next";
  readonly content: Content;
  /** Most bytes that are read for this piece. */
  readonly limit: number;
}

/** Contents that are read, deduplicated and packed together. */
export interface Batch {
  readonly number: number;
  readonly pieces: readonly Piece[];
}

/** What the whole of a file turned out to be. */
export interface FileEnd {
  /** Bytes that could be read. */
  readonly stored: number;
  /** SHA-256 of them. */
  readonly sha256: Uint8Array;
  /** What could not be read. */
  readonly errors: readonly EntryError[];
  readonly unstable: Item["unstable"] | undefined;
  /** Digests that were asked for, of a file that could be read. */
  readonly digests: Item["digests"] | undefined;
  /** Whether reading it left its access time alone; undefined where that means nothing. */
  readonly noatime: "kept" | "refused" | undefined;
}

/** What came of one piece. */
export interface PieceResult {
  /** Chunks that ended in this piece; a last open one is carried to the next piece. */
  readonly chunks: readonly ListRow[];
  /** Set when the file ended. */
  readonly end: FileEnd | undefined;
}

/** A block ready to be appended, holding the wanted chunks in order. */
export interface PackedBlock {
  readonly payload: Uint8Array;
  readonly objects: number;
  /** Length that a sealed block is padded to; undefined: as little as may be. */
  readonly padTo?: number;
}

/** What came of packing: blocks, and chunks that wait for others to fill a sealed one. */
export interface Packed {
  readonly blocks: readonly PackedBlock[];
  readonly rest: readonly Uint8Array[];
}

/** Works on batches. What it gives does not depend on how many lanes there are. */
export interface Lane {
  /** Reads, cuts and hashes; keeps the bytes until `pack`. */
  digest(batch: Batch): Promise<readonly PieceResult[]>;
  /** Packs `before`, then the chunks of a batch for which `wanted` (one per chunk, in order) is true, and lets go of the bytes. */
  pack(batch: number, wanted: readonly boolean[], before: readonly Uint8Array[]): Promise<Packed>;
  /** The last block of a sealed archive; none when nothing is left. */
  packRest(chunks: readonly Uint8Array[]): Promise<readonly PackedBlock[]>;
  /** Closes what is open. Never throws. */
  close(): void;
}
