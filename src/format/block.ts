// Payload of a block: directory, stored run, padding. spec/03-block.md#block
import { Builder } from "../bytes/builder.js";
import { isZero } from "../bytes/compare.js";
import { Cursor } from "../bytes/cursor.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Limits } from "./limits.js";
import { type Kind, kindName, kinds } from "./object.js";

const fixedLength = 16;

/** One object in a block: its kind and length in bytes. */
export interface BlockItem {
  readonly kind: Kind;
  readonly length: number;
}

/** A block without its objects' bytes decoded. */
export interface Block {
  /** Number of the codec, see spec/03-block.md#codecs. */
  readonly codec: number;
  readonly items: readonly BlockItem[];
  readonly rawLength: number;
  readonly stored: Uint8Array;
}

/** Payload of a block without padding. */
export function encodeBlock(block: Block): Uint8Array {
  const builder = new Builder(fixedLength + 4 * block.items.length + block.stored.length);
  builder.u8(block.codec).zeros(3).u32(block.items.length).u32(block.rawLength).u32(block.stored.length);
  for (const item of block.items) builder.u32(kinds[item.kind] * 0x1000000 + item.length);
  return builder.bytes(block.stored).done();
}

/**
 * Takes a payload apart and checks every number before anything is decoded.
 * @throws PTAR_BLOCK_LENGTH, PTAR_BLOCK_KIND, PTAR_BLOCK_RESERVED, PTAR_UNSUPPORTED_CODEC
 */
export function decodeBlock(payload: Uint8Array, place: Place): Block {
  const fail = failer(place.frame);
  if (payload.length < fixedLength) throw fail("PTAR_BLOCK_LENGTH", `${payload.length} bytes are too few`);
  const cursor = new Cursor(payload);
  const codec = cursor.u8();
  if (codec > 2) throw fail("PTAR_UNSUPPORTED_CODEC", `codec ${codec}`);
  const reserved = cursor.bytes(3);
  const count = cursor.u32();
  const rawLength = cursor.u32();
  const storedLength = cursor.u32();
  if (count === 0 || count > place.limits.blockObjects) throw fail("PTAR_BLOCK_LENGTH", `${count} objects`);
  if (rawLength > place.limits.blockRawBytes) throw fail("PTAR_BLOCK_LENGTH", `raw length ${rawLength}, limit ${place.limits.blockRawBytes}`);
  if (4 * count + storedLength > cursor.left)
    throw fail("PTAR_BLOCK_LENGTH", `directory and stored run need ${4 * count + storedLength} bytes, found ${cursor.left}`);
  const words = readDirectory(cursor, count, place);
  const sum = words.reduce((total, word) => total + lengthOf(word), 0);
  if (sum !== rawLength) throw fail("PTAR_BLOCK_LENGTH", `objects of ${sum} bytes in a raw length of ${rawLength}`);
  if (codec === 0 && storedLength !== rawLength) throw fail("PTAR_BLOCK_LENGTH", `stored length ${storedLength} of a raw length of ${rawLength}`);
  const items = words.map((word, ordinal) => itemOf(word, ordinal, place));
  const stored = cursor.bytes(storedLength);
  if (!isZero(reserved)) throw fail("PTAR_BLOCK_RESERVED", "reserved bytes are not zero");
  if (!isZero(cursor.bytes(cursor.left))) throw fail("PTAR_BLOCK_RESERVED", "padding is not zero");
  return { codec, items, rawLength, stored };
}

const lengthOf = (word: number) => word & 0xffffff;

interface Place {
  readonly frame: number;
  readonly holds: "data" | "meta";
  readonly limits: Limits;
}

/** Rows of the directory. All lengths are checked before any kind: whatever the kinds are, the lengths say how much is there. */
function readDirectory(cursor: Cursor, count: number, { frame, limits }: Place): number[] {
  const words: number[] = [];
  for (let ordinal = 0; ordinal < count; ordinal++) {
    const word = cursor.u32();
    const limit = word >>> 24 === kinds.chunk ? limits.chunkBytes : limits.objectBytes;
    if (lengthOf(word) === 0 || lengthOf(word) > limit)
      throw failer(frame)("PTAR_BLOCK_LENGTH", `object ${ordinal} has ${lengthOf(word)} bytes, limit ${limit}`);
    words.push(word);
  }
  return words;
}

function itemOf(word: number, ordinal: number, { frame, holds }: Place): BlockItem {
  const kind = kindName(word >>> 24);
  if (kind === undefined || (kind === "chunk") !== (holds === "data"))
    throw failer(frame)("PTAR_BLOCK_KIND", `object ${ordinal} has kind ${word >>> 24} in a block of ${holds}`);
  return { kind, length: lengthOf(word) };
}

function failer(
  frame: number,
): (code: "PTAR_BLOCK_LENGTH" | "PTAR_BLOCK_KIND" | "PTAR_BLOCK_RESERVED" | "PTAR_UNSUPPORTED_CODEC", problem: string) => PtarError {
  return (code, problem) => new PtarError(code, `block (frame ${frame}): ${problem}`, { details: { frame } });
}
