// A strict inflater (RFC 1951): it knows where the stream ends. spec/03-block.md#codecs
// fflate, zlib's one-shot calls and DecompressionStream ignore what follows a stream; fflate also accepts codes and lengths that zlib refuses.
import { BitReader } from "./bit-reader.js";
import { decodeError } from "./decode-error.js";
import { type HuffmanTable, huffmanTable } from "./huffman.js";

const endOfBlock = 256;
const maxLiteralCodes = 286;
const maxDistanceCodes = 30;
const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] as const;
// RFC 1951 §3.2.5: for each length and distance code, where it begins and how many bits follow
const lengthExtra = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0);
const lengthBase = Uint16Array.from(lengthExtra, (_, code) => (code === 28 ? 258 : baseOf(lengthExtra, code, 3)));
const distanceExtra = Uint8Array.from({ length: maxDistanceCodes }, (_, code) => Math.max(0, (code >> 1) - 1));
const distanceBase = Uint16Array.from(distanceExtra, (_, code) => baseOf(distanceExtra, code, 1));
const fixedLiterals = mustTable(Uint8Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)));
const fixedDistances = mustTable(new Uint8Array(32).fill(5));

/** Bytes decoded so far, in a buffer of exactly the declared length. */
interface Output {
  readonly bytes: Uint8Array;
  at: number;
}

/**
 * Decodes one deflate stream that fills `stored` and gives exactly `rawLength` bytes.
 * @throws PTAR_BLOCK_DECODE
 */
export function inflateExactly(stored: Uint8Array, rawLength: number): Uint8Array {
  const bits = new BitReader(stored);
  const output = { bytes: new Uint8Array(rawLength), at: 0 };
  let last = 0;
  while (last === 0) {
    last = bits.take(1);
    decodeBlock(bits, output);
  }
  // spec/03-block.md#codecs
  const end = bits.alignToByte();
  if (end !== stored.length) throw decodeError("deflate", `the stream ends at byte ${end} of ${stored.length}`);
  if (output.at !== rawLength) throw decodeError("deflate", `${rawLength} bytes expected, ${output.at} found`);
  return output.bytes;
}

function decodeBlock(bits: BitReader, output: Output): void {
  const type = bits.take(2);
  if (type === 0) copyStored(bits, output);
  else if (type === 1) decodeSymbols(bits, output, { literals: fixedLiterals, distances: fixedDistances });
  else if (type === 2) decodeSymbols(bits, output, readTables(bits));
  else throw decodeError("deflate", "block type 3 is reserved");
}

function copyStored(bits: BitReader, output: Output): void {
  bits.alignToByte();
  const length = bits.take(16);
  if ((bits.take(16) ^ length) !== 0xffff) throw decodeError("deflate", "a stored block's length disagrees with its complement");
  reserve(output, length);
  output.bytes.set(bits.bytes(length), output.at);
  output.at += length;
}

function decodeSymbols(bits: BitReader, output: Output, tables: { readonly literals: HuffmanTable; readonly distances: HuffmanTable }): void {
  for (;;) {
    const symbol = bits.symbol(tables.literals);
    if (symbol === endOfBlock) return;
    if (symbol >= maxLiteralCodes) throw decodeError("deflate", `length code ${symbol} is reserved`);
    if (symbol < endOfBlock) {
      reserve(output, 1);
      output.bytes[output.at++] = symbol;
    } else {
      const code = symbol - endOfBlock - 1;
      copyEarlier(bits, output, { length: (lengthBase[code] as number) + bits.take(lengthExtra[code] as number), distances: tables.distances });
    }
  }
}

function copyEarlier(bits: BitReader, output: Output, match: { readonly length: number; readonly distances: HuffmanTable }): void {
  const code = bits.symbol(match.distances);
  if (code >= maxDistanceCodes) throw decodeError("deflate", `distance code ${code} is reserved`);
  const distance = (distanceBase[code] as number) + bits.take(distanceExtra[code] as number);
  const { bytes, at } = output;
  if (distance > at) throw decodeError("deflate", `a distance of ${distance} at byte ${at} points before the beginning`);
  reserve(output, match.length);
  output.at += match.length;
  if (distance >= match.length) bytes.copyWithin(at, at - distance, at - distance + match.length);
  else for (let to = at; to < output.at; to++) bytes[to] = bytes[to - distance] as number;
}

function readTables(bits: BitReader): { readonly literals: HuffmanTable; readonly distances: HuffmanTable } {
  const literalCount = bits.take(5) + 257;
  const distanceCount = bits.take(5) + 1;
  if (literalCount > maxLiteralCodes || distanceCount > maxDistanceCodes)
    throw decodeError(
      "deflate",
      `${literalCount} length and ${distanceCount} distance codes are more than ${maxLiteralCodes} and ${maxDistanceCodes}`,
    );
  const lengths = readLengths(bits, literalCount + distanceCount);
  if (lengths[endOfBlock] === 0) throw decodeError("deflate", "a block has no code for its end");
  return {
    literals: mustTable(lengths.subarray(0, literalCount), "tolerant"),
    distances: mustTable(lengths.subarray(literalCount), "tolerant"),
  };
}

/** Code lengths, themselves coded with repeats (RFC 1951 §3.2.7). */
function readLengths(bits: BitReader, count: number): Uint8Array {
  const codeLengths = new Uint8Array(codeLengthOrder.length);
  for (const place of codeLengthOrder.slice(0, bits.take(4) + 4)) codeLengths[place] = bits.take(3);
  const table = mustTable(codeLengths);
  const lengths = new Uint8Array(count);
  for (let at = 0; at < count; ) {
    const symbol = bits.symbol(table);
    if (symbol === 16 && at === 0) throw decodeError("deflate", "the first code length repeats one before it");
    const value = symbol < 16 ? symbol : symbol === 16 ? (lengths[at - 1] as number) : 0;
    const run = symbol < 16 ? 1 : symbol === 16 ? 3 + bits.take(2) : symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7);
    if (run > count - at) throw decodeError("deflate", `${at + run} code lengths are more than ${count}`);
    lengths.fill(value, at, at + run);
    at += run;
  }
  return lengths;
}

/** Refuses output beyond the declared length, before it is written. */
function reserve(output: Output, length: number): void {
  if (length > output.bytes.length - output.at) throw decodeError("deflate", `more than ${output.bytes.length} bytes come out`);
}

function mustTable(lengths: Uint8Array, rule: "complete" | "tolerant" = "complete"): HuffmanTable {
  const table = huffmanTable(lengths, rule);
  if (table === undefined) throw decodeError("deflate", "a Huffman code has too many or too few codes");
  return table;
}

function baseOf(extra: Uint8Array, code: number, first: number): number {
  return extra.subarray(0, code).reduce((sum, bits) => sum + (1 << bits), first);
}
