// Objects into a block. spec/03-block.md#block
import { concatBytes } from "../bytes/compare.js";
import { type CodecName, type Codecs, codecs as codecNumbers } from "../compression/codecs.js";
import { encodeBlock } from "../format/block.js";
import type { Kind } from "../format/object.js";

/** How blocks are compressed. */
export interface PackParams {
  readonly codec: CodecName;
  /** The compressor's own scale. */
  readonly level: number;
}

/** Raw length at which blocks are closed, bytes. */
export const blockTarget = 1 << 20;

/** Payload of a block that holds `objects`; stored uncompressed when compression does not pay. */
export function packBlock(objects: readonly { readonly kind: Kind; readonly bytes: Uint8Array }[], codecs: Codecs, params: PackParams): Uint8Array {
  const raw = concatBytes(...objects.map((object) => object.bytes));
  const items = objects.map(({ kind, bytes }) => ({ kind, length: bytes.length }));
  if (params.codec !== "store") {
    const stored = codecs.compress(params.codec, raw, params.level);
    // spec/03-block.md#codecs
    if (stored.length <= raw.length - raw.length / 32) {
      return encodeBlock({ codec: codecNumbers[params.codec], items, rawLength: raw.length, stored });
    }
  }
  return encodeBlock({ codec: codecNumbers.store, items, rawLength: raw.length, stored: raw });
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
export function fillBlocks<T extends { readonly bytes: Uint8Array }>(
  objects: readonly T[],
  target: number,
): { readonly full: readonly (readonly T[])[]; readonly rest: readonly T[] } {
  const full: T[][] = [];
  let rest: T[] = [];
  let raw = 0;
  for (const object of objects) {
    if (rest.length > 0 && (rest.length === sealedObjects || sealedLength(rest.length + 1, raw + object.bytes.length) > target)) {
      full.push(rest);
      rest = [];
      raw = 0;
    }
    rest.push(object);
    raw += object.bytes.length;
  }
  return { full, rest };
}

/** Whether a block holds its objects as they are. */
export function isStored(payload: Uint8Array): boolean {
  return payload[0] === codecNumbers.store;
}

/** Cuts the objects of one batch into runs of about equal raw length, one per block. spec/03-block.md#cutting-blocks */
export function cutBlocks<T extends { readonly bytes: Uint8Array }>(objects: readonly T[]): readonly (readonly T[])[] {
  const total = objects.reduce((sum, object) => sum + object.bytes.length, 0);
  const share = total / Math.max(1, Math.floor(total / blockTarget));
  const blocks: T[][] = [];
  let filled = share;
  for (const object of objects) {
    if (filled >= share) {
      blocks.push([]);
      filled = 0;
    }
    (blocks.at(-1) as T[]).push(object);
    filled += object.bytes.length;
  }
  return blocks;
}
