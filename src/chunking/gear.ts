// Where files are cut into chunks, by content. spec/03-block.md#chunks
import { gear } from "./gear-table.js";

/** Bytes before a position that decide whether it is a cut. */
const windowBytes = 32;
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

/**
 * The end of the chunk that starts at `start`: a position in (start, end], or −1 when no cut is found before `end` and the chunk may
 * still grow. The caller then appends bytes and asks again, or takes the end of the file as the cut.
 */
export function findCut(bytes: Uint8Array, start: number, end: number, params: ChunkerParams): number {
  const ceiling = Math.min(end, start + params.max);
  // spec/03-block.md#chunks
  const small = scan(bytes, start + params.min, Math.min(ceiling, start + params.average - 1), params.smallBits);
  if (small >= 0) return small;
  const large = scan(bytes, start + params.average, ceiling, params.largeBits);
  if (large >= 0) return large;
  return end - start >= params.max ? start + params.max : -1;
}

/** The smallest position from `first` to `last` whose hash has `bits` leading zeros; −1 when there is none. */
function scan(bytes: Uint8Array, first: number, last: number, bits: number): number {
  if (first > last) return -1;
  const mask = -1 << (32 - bits);
  let hash = 0;
  for (let at = first - windowBytes; at < first; at++) hash = ((hash << 1) + gearOf(bytes, at)) | 0;
  if ((hash & mask) === 0) return first;
  let at = first;
  // four positions a turn, each from `hash` itself: the processor need not wait for one before the next (a third faster)
  for (const lastTurn = last - 4; at <= lastTurn; at += 4) {
    const one = gearOf(bytes, at);
    const two = ((one << 1) + gearOf(bytes, at + 1)) | 0;
    const three = ((two << 1) + gearOf(bytes, at + 2)) | 0;
    const four = ((three << 1) + gearOf(bytes, at + 3)) | 0;
    if ((((hash << 1) + one) & mask) === 0) return at + 1;
    if ((((hash << 2) + two) & mask) === 0) return at + 2;
    if ((((hash << 3) + three) & mask) === 0) return at + 3;
    hash = ((hash << 4) + four) | 0;
    if ((hash & mask) === 0) return at + 4;
  }
  while (at < last) {
    hash = ((hash << 1) + gearOf(bytes, at++)) | 0;
    if ((hash & mask) === 0) return at;
  }
  return -1;
}

function gearOf(bytes: Uint8Array, at: number): number {
  return table[bytes[at] as number] as number;
}
