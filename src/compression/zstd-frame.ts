// Walks a zstd frame (RFC 8878 §3.1.1) before anything decodes it. spec/03-block.md#codecs
import { Cursor } from "../bytes/cursor.js";
import { decodeError } from "./decode-error.js";

const magic = 0xfd2fb528;
const checksumLength = 4;
const blockHeaderLength = 3;
const maxBlockLength = 128 * 1024;
const dictionaryIdLengths = [0, 1, 2, 4] as const;
const contentSizeLengths = [0, 2, 4, 8] as const;

/** Largest window of a frame, bytes. */
export const maxZstdWindow = 8 * 1024 * 1024;

// from level 20 on zstd's window is larger than maxZstdWindow
const lastLevelWithinWindow = 19;

/** What a frame header says. */
interface FrameHeader {
  readonly window: number;
  readonly checksum: boolean;
}

/**
 * Checks that `stored` is exactly one frame of `rawLength` bytes: content size present, no dictionary, window at most 8 MiB, last block and
 * checksum ending with the last byte. Decoders disagree on joined, skippable and truncated frames.
 * @throws PTAR_BLOCK_DECODE
 */
export function checkZstdFrame(stored: Uint8Array, rawLength: number): void {
  const cursor = new Cursor(stored);
  const header = readHeader(cursor, rawLength);
  walkBlocks(cursor, Math.min(header.window, maxBlockLength));
  if (header.checksum) skip(cursor, checksumLength);
  // spec/03-block.md#codecs
  if (cursor.left > 0) throw decodeError("zstd", `the frame ends at byte ${cursor.at} of ${stored.length}`);
}

/** `level`, or the highest below it whose window stays within the limit for `rawLength` bytes. */
export function cappedZstdLevel(rawLength: number, level: number): number {
  return rawLength > maxZstdWindow ? Math.min(level, lastLevelWithinWindow) : level;
}

function readHeader(cursor: Cursor, rawLength: number): FrameHeader {
  need(cursor, 5);
  if (cursor.u32() !== magic) throw decodeError("zstd", "the stored run does not begin with a frame");
  const descriptor = cursor.u8();
  const single = (descriptor & 0x20) !== 0;
  if ((descriptor & 0x08) !== 0) throw decodeError("zstd", "the reserved bit of the frame header is set");
  const declaredWindow = single ? undefined : readWindow(cursor);
  const dictionary = readUint(cursor, dictionaryIdLengths[descriptor & 3] as number);
  if (dictionary !== 0) throw decodeError("zstd", `the frame asks for dictionary ${dictionary}`);
  const size = readContentSize(cursor, descriptor >> 6, single);
  if (size !== rawLength) throw decodeError("zstd", `content size ${rawLength} expected, ${size ?? "none"} found`);
  // without a window of its own a frame needs all of its content
  const window = declaredWindow ?? size;
  if (window > maxZstdWindow) throw decodeError("zstd", `a window of ${window} bytes is larger than ${maxZstdWindow}`);
  return { window, checksum: (descriptor & 0x04) !== 0 };
}

function readWindow(cursor: Cursor): number {
  const byte = readUint(cursor, 1);
  const base = 2 ** (10 + (byte >> 3));
  return base + (base / 8) * (byte & 7);
}

function readContentSize(cursor: Cursor, flag: number, single: boolean): number | undefined {
  if (flag === 0) return single ? readUint(cursor, 1) : undefined;
  const value = readUint(cursor, contentSizeLengths[flag] as number);
  return flag === 1 ? value + 256 : value;
}

function walkBlocks(cursor: Cursor, maxLength: number): void {
  for (let last = false; !last; ) {
    const header = readUint(cursor, blockHeaderLength);
    last = (header & 1) === 1;
    const type = (header >> 1) & 3;
    const length = header >> 3;
    if (type === 3) throw decodeError("zstd", "block type 3 is reserved");
    if (length > maxLength) throw decodeError("zstd", `a block of ${length} bytes is larger than ${maxLength}`);
    // a run-length block stores one byte
    skip(cursor, type === 1 ? 1 : length);
  }
}

function readUint(cursor: Cursor, length: number): number {
  need(cursor, length);
  if (length === 8) return cursor.u64();
  let value = 0;
  for (let i = 0; i < length; i++) value += cursor.u8() * 2 ** (8 * i);
  return value;
}

function skip(cursor: Cursor, length: number): void {
  need(cursor, length);
  cursor.bytes(length);
}

function need(cursor: Cursor, length: number): void {
  if (cursor.left < length) throw decodeError("zstd", `the frame is cut off after ${cursor.at + cursor.left} bytes`);
}
