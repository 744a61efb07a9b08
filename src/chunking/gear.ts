// Where files are cut into chunks, by content. spec/03-block.md#chunks
import { gear } from "./gear-table.js";

/** Bytes before a position that decide whether it is a cut. */
export const decidingBytes = 32;
const kib = 1024;

// signed, so that all arithmetic below stays in 32-bit integers
const table = new Int32Array(gear);

/** Params of the chunker, as they stand in a snapshot. Lengths in bytes; `min` is at least 32. */
export interface ChunkerParams {
  readonly min: number;
  readonly average: number;
  readonly max: number;
  /** Zero bits that a cut needs below the average length. */
  readonly smallBits: number;
  /** Zero bits that a cut needs from the average length on. */
  readonly largeBits: number;
}

/** The three sets of params that snapshots name. */
export const profiles = {
  fine: { min: 16 * kib, average: 64 * kib, max: 256 * kib, smallBits: 18, largeBits: 14 },
  default: { min: 64 * kib, average: 256 * kib, max: 1024 * kib, smallBits: 20, largeBits: 16 },
  coarse: { min: 256 * kib, average: 1024 * kib, max: 4096 * kib, smallBits: 22, largeBits: 18 },
} as const satisfies Record<string, ChunkerParams>;

/** Name of a set of params. */
export type ChunkerProfile = keyof typeof profiles;

/** The set of params with these lengths, undefined when there is none. */
export function paramsOf({ min, average, max }: Pick<ChunkerParams, "min" | "average" | "max">): ChunkerParams | undefined {
  return Object.values(profiles).find((params) => params.min === min && params.average === average && params.max === max);
}

/** Positions of a run, both ends among them. */
export interface Positions {
  readonly first: number;
  readonly last: number;
}

/**
 * The smallest of `positions` whose hash has no bit of `mask` set; −1 when there is none. There is at least one position, and the
 * 32 bytes before the first are there.
 */
export type Scan = (bytes: Uint8Array, positions: Positions, mask: number) => number;

/** See {@link findCut}. */
export type FindCut = (bytes: Uint8Array, start: number, end: number, params: ChunkerParams) => number;

/**
 * The end of the chunk that starts at `start`: a position in (start, end], or −1 when no cut is found before `end` and the chunk may
 * still grow. The caller then appends bytes and asks again, or takes the end of the file as the cut.
 */
export const findCut: FindCut = cutFinder(scan);

/** The rule of the chapter over one way to search. */
export function cutFinder(search: Scan): FindCut {
  return (bytes, start, end, params) => {
    const ceiling = Math.min(end, start + params.max);
    // spec/03-block.md#chunks
    const beforeAverage = Math.min(ceiling, start + params.average - 1);
    const small = firstCut(search, bytes, { first: start + params.min, last: beforeAverage, bits: params.smallBits });
    if (small >= 0) return small;
    const large = firstCut(search, bytes, { first: start + params.average, last: ceiling, bits: params.largeBits });
    if (large >= 0) return large;
    return end - start >= params.max ? start + params.max : -1;
  };
}

/** The smallest position whose hash has `bits` leading zeros; −1 when there is none. */
function firstCut(search: Scan, bytes: Uint8Array, { bits, ...positions }: Positions & { readonly bits: number }): number {
  return positions.first > positions.last ? -1 : search(bytes, positions, -1 << (32 - bits));
}

function scan(bytes: Uint8Array, { first, last }: Positions, mask: number): number {
  let hash = 0;
  for (let at = first - decidingBytes; at < first; at++) hash = step(hash, bytes, at);
  if ((hash & mask) === 0) return first;
  let at = first;
  // sixteen positions a turn, up to twice as fast as one; a turn that meets a cut is left, and gone through again below
  for (const lastTurn = last - 16; at <= lastTurn; at += 16) {
    const a0 = step(hash, bytes, at);
    const b0 = step(a0, bytes, at + 1);
    const c0 = step(b0, bytes, at + 2);
    const d0 = step(c0, bytes, at + 3);
    if ((a0 & mask) === 0 || (b0 & mask) === 0 || (c0 & mask) === 0 || (d0 & mask) === 0) break;
    const a1 = step(d0, bytes, at + 4);
    const b1 = step(a1, bytes, at + 5);
    const c1 = step(b1, bytes, at + 6);
    const d1 = step(c1, bytes, at + 7);
    if ((a1 & mask) === 0 || (b1 & mask) === 0 || (c1 & mask) === 0 || (d1 & mask) === 0) break;
    const a2 = step(d1, bytes, at + 8);
    const b2 = step(a2, bytes, at + 9);
    const c2 = step(b2, bytes, at + 10);
    const d2 = step(c2, bytes, at + 11);
    if ((a2 & mask) === 0 || (b2 & mask) === 0 || (c2 & mask) === 0 || (d2 & mask) === 0) break;
    const a3 = step(d2, bytes, at + 12);
    const b3 = step(a3, bytes, at + 13);
    const c3 = step(b3, bytes, at + 14);
    const d3 = step(c3, bytes, at + 15);
    if ((a3 & mask) === 0 || (b3 & mask) === 0 || (c3 & mask) === 0 || (d3 & mask) === 0) break;
    hash = d3;
  }
  while (at < last) {
    hash = step(hash, bytes, at++);
    if ((hash & mask) === 0) return at;
  }
  return -1;
}

function step(hash: number, bytes: Uint8Array, at: number): number {
  return ((hash << 1) + (table[bytes[at] as number] as number)) | 0;
}
