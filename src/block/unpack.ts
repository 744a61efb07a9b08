// A block into objects. spec/03-block.md#block
import type { Codecs } from "../compression/codecs.js";
import { PtarError } from "../errors/ptar-error.js";
import { decodeBlock } from "../format/block.js";
import { frameTypes } from "../format/frame.js";
import type { Limits } from "../format/limits.js";
import type { Kind } from "../format/object.js";

/** One object as it stands in a block; its id was compared with nothing yet. */
export interface RawObject {
  readonly kind: Kind;
  readonly bytes: Uint8Array;
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
export function unpackBlock(
  payload: Uint8Array,
  codecs: Codecs,
  place: { readonly frame: number; readonly holds: "data" | "meta"; readonly limits: Limits },
): readonly RawObject[] {
  const block = decodeBlock(payload, place);
  const raw = decodeRun(block, codecs, place.frame);
  let at = 0;
  return block.items.map(({ kind, length }) => {
    const bytes = raw.subarray(at, at + length);
    at += length;
    return { kind, bytes };
  });
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
