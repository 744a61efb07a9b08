// A block into objects. spec/03-block.md#block
import type { Codecs } from "../compression/codecs.js";
import type { Crypto } from "../crypto/crypto.js";
import { PtarError } from "../errors/ptar-error.js";
import { decodeBlock } from "../format/block.js";
import { frameTypes } from "../format/frame.js";
import type { Limits } from "../format/limits.js";
import { type Kind, kinds } from "../format/object.js";
import { objectId } from "./object-id.js";

/** One object as it stands in a block; its id was compared with nothing yet. */
export interface RawObject {
  readonly kind: Kind;
  readonly bytes: Uint8Array;
}

/** A block whose objects were decoded and identified, as columns: it may hold 65,536 objects, and may cross threads. */
export interface OpenedBlock {
  /** Number of the kind of each object. */
  readonly kinds: Uint8Array;
  readonly lengths: Uint32Array;
  /** 32 bytes each, computed from the bytes of the objects. */
  readonly ids: Uint8Array;
  /** The objects, joined; empty when only their ids were wanted. */
  readonly raw: Uint8Array;
}

/** Where a block stands and what it may hold. */
export interface BlockPlace {
  readonly frame: number;
  readonly holds: "data" | "meta";
  readonly limits: Limits;
}

/** What blocks are opened with. */
export interface Opening {
  readonly crypto: Crypto;
  readonly codecs: Codecs;
}

/** Frame types that hold blocks, and what they hold. */
export function blockHolds(frameType: number): "data" | "meta" | undefined {
  if (frameType === frameTypes.blockData) return "data";
  return frameType === frameTypes.blockMeta ? "meta" : undefined;
}

/**
 * The objects of a block in order, as views of one buffer.
 * @throws PTAR_BLOCK_*, PTAR_UNSUPPORTED_CODEC
 */
export function unpackBlock(payload: Uint8Array, codecs: Codecs, place: BlockPlace): readonly RawObject[] {
  const block = decodeBlock(payload, place);
  const raw = decodeRun(block, codecs, place.frame);
  let at = 0;
  return block.items.map(({ kind, length }) => {
    const bytes = raw.subarray(at, at + length);
    at += length;
    return { kind, bytes };
  });
}

/**
 * Decodes a block and identifies its objects.
 * @throws PTAR_BLOCK_*, PTAR_UNSUPPORTED_CODEC
 */
export function openBlock(payload: Uint8Array, { crypto, codecs }: Opening, place: BlockPlace): OpenedBlock {
  const block = decodeBlock(payload, place);
  const raw = decodeRun(block, codecs, place.frame);
  const ids = new Uint8Array(block.items.length * 32);
  let at = 0;
  for (const [i, { kind, length }] of block.items.entries()) {
    ids.set(objectId(crypto, kind, raw.subarray(at, at + length)), i * 32);
    at += length;
  }
  return {
    kinds: Uint8Array.from(block.items, ({ kind }) => kinds[kind]),
    lengths: Uint32Array.from(block.items, ({ length }) => length),
    ids,
    raw,
  };
}

function decodeRun(
  block: { readonly codec: number; readonly stored: Uint8Array; readonly rawLength: number },
  codecs: Codecs,
  frame: number,
): Uint8Array {
  if (block.codec === 0) return block.stored;
  try {
    return codecs.decompress(block.codec === 1 ? "deflate" : "zstd", block.stored, block.rawLength);
  } catch (error) {
    if (!(error instanceof PtarError)) throw error;
    throw new PtarError(error.code, `block (frame ${frame}): ${error.message}`, { details: { ...error.details, frame }, cause: error });
  }
}
