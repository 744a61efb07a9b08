// Objects into a block. spec/03-block.md#block
import { concatBytes } from "../bytes/compare.js";
import { type CodecName, type Codecs, codecs as codecNumbers } from "../compression/codecs.js";
import { looksRandom } from "../compression/randomness.js";
import { encodeBlock } from "../format/block.js";
import type { Kind } from "../format/object.js";

/** How blocks are compressed. */
export interface PackParams {
  readonly codec: CodecName;
  /** The compressor's own scale. */
  readonly level: number;
}

/** Raw length of blocks of chunks, bytes, about: half of it compresses worse by 3 %, twice of it is slower to compress and to read from. */
export const dataTarget = 2 << 20;
/** Raw length at which blocks of structured objects are closed, bytes. */
export const metaTarget = 1 << 20;

/** An object to be stored. */
export interface BlockObject {
  readonly kind: Kind;
  readonly bytes: Uint8Array;
}

/** Payload of a block that holds `objects`; stored uncompressed when compression does not pay. */
export function packBlock(objects: readonly BlockObject[], codecs: Codecs, params: PackParams): Uint8Array {
  const raw = joined(objects.map((object) => object.bytes));
  const items = objects.map(({ kind, bytes }) => ({ kind, length: bytes.length }));
  if (params.codec !== "store" && !looksRandom(raw)) {
    const stored = codecs.compress(params.codec, raw, params.level);
    // spec/03-block.md#codecs
    if (stored.length <= raw.length - raw.length / 32) {
      return encodeBlock({ codec: codecNumbers[params.codec], items, rawLength: raw.length, stored });
    }
  }
  return encodeBlock({ codec: codecNumbers.store, items, rawLength: raw.length, stored: raw });
}

/** Parts as one run, which need not be copied when they stand side by side already: so do the chunks of a batch in which all is new. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  let end = first?.byteOffset ?? 0;
  for (const part of parts) {
    if (part.buffer !== first?.buffer || part.byteOffset !== end) return concatBytes(...parts);
    end += part.length;
  }
  return first === undefined ? new Uint8Array() : new Uint8Array(first.buffer, first.byteOffset, end - first.byteOffset);
}

/** Length of the plaintext of a sealed block whose objects have these lengths: fields, directory, objects. spec/14-encryption.md#seal */
function sealedLength(objects: number, raw: number): number {
  return 4 + 16 + 4 * objects + raw;
}

/** Most objects of a sealed block of chunks: a reader that wants one of them decodes and hashes all. */
const sealedObjects = 8192;

/** Target of sealed blocks of chunks, bytes of plaintext. spec/14-encryption.md#padding */
export function sealedTarget(largestChunk: number): number {
  return Math.max(4 << 20, 2 * largestChunk);
}

/** Runs that fill sealed blocks, and the rest that does not fill one. spec/14-encryption.md#padding */
export function fillBlocks<T extends { readonly length: number }>(
  chunks: readonly T[],
  target: number,
): { readonly full: readonly (readonly T[])[]; readonly rest: readonly T[] } {
  const full: T[][] = [];
  let rest: T[] = [];
  let raw = 0;
  for (const chunk of chunks) {
    if (rest.length > 0 && (rest.length === sealedObjects || sealedLength(rest.length + 1, raw + chunk.length) > target)) {
      full.push(rest);
      rest = [];
      raw = 0;
    }
    rest.push(chunk);
    raw += chunk.length;
  }
  return { full, rest };
}

/** Whether a block holds its objects as they are. */
export function isStored(payload: Uint8Array): boolean {
  return payload[0] === codecNumbers.store;
}

/** Cuts the new chunks of one batch into runs of about equal length, one per block. spec/03-block.md#cutting-blocks */
export function cutBlocks<T extends { readonly length: number }>(chunks: readonly T[]): readonly (readonly T[])[] {
  const total = chunks.reduce((sum, { length }) => sum + length, 0);
  const share = total / Math.max(1, Math.round(total / dataTarget));
  const blocks: T[][] = [];
  let filled = share;
  for (const chunk of chunks) {
    if (filled >= share) {
      blocks.push([]);
      filled = 0;
    }
    (blocks.at(-1) as T[]).push(chunk);
    filled += chunk.length;
  }
  return blocks;
}
