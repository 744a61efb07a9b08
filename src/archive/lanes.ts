// Contract of lanes: they read, cut and hash batches, then pack what is new.
import type { BlockObject, PackParams } from "../block/pack.js";
import type { ChunkerParams } from "../chunking/gear.js";
import type { ListedHash } from "../crypto/crypto.js";
import type { EntryError, Item } from "../format/generated/types.js";
import type { ListRow } from "../format/list.js";
import type { Content, ContentReader, PathContent } from "../tree/source.js";

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

/** A block ready to be appended. */
export interface PackedBlock {
  readonly payload: Uint8Array;
  /** Number of objects in it. */
  readonly objects: number;
  /** Length that a sealed block is padded to; undefined: as little as may be. */
  readonly padTo?: number;
}

/** Blocks under way, in order, and chunks that wait for others to fill a sealed one. */
export interface Packed {
  readonly blocks: readonly Promise<PackedBlock>[];
  readonly rest: readonly Uint8Array[];
}

/** How lanes work. */
export interface LanePlan {
  readonly chunker: ChunkerParams;
  /** Digests of whole files beside SHA-256. */
  readonly alsoHash: readonly ListedHash[];
  readonly pack: PackParams;
  /** Bytes of plaintext that fill a sealed block; undefined in plain archives, whose blocks end with their batch. */
  readonly fill: number | undefined;
}

/** Opens contents of kind `path`. @throws SourceFault */
export type OpenContent = (content: PathContent) => ContentReader;

/** Works on batches, in threads or in this one. What it gives does not depend on how many there are, nor on their timing. */
export interface Lanes {
  /** How many batches may be under way at once: digested, and not all of their blocks packed. */
  readonly depth: number;
  /** Reads, cuts and hashes; keeps the bytes until `pack`. */
  digest(batch: Batch): Promise<readonly PieceResult[]>;
  /**
   * Packs `before`, which is what the last call left, then the chunks of a batch for which `wanted` (one per chunk, in order) is true; the bytes
   * of the batch are let go when its blocks are there, what is left of it when the call after the next one was made. To be called once for every batch.
   */
  pack(batch: number, wanted: readonly boolean[], before: readonly Uint8Array[]): Packed;
  /** One block of these objects: structured ones, or the last chunks of a sealed archive. */
  packObjects(objects: readonly BlockObject[]): Promise<PackedBlock>;
  /** Closes what is open. Never throws. */
  close(): void;
}
