// The chunks of the spec's sentence taken literally, and bytes to try it on. spec/03-block.md#chunks
import type { ChunkerParams } from "../../src/chunking/gear.js";
import { gear } from "../../src/chunking/gear-table.js";

/** Ends of the chunks of `bytes`, position by position. */
export function cutsByDefinition(bytes: Uint8Array, params: ChunkerParams): number[] {
  const ends: number[] = [];
  let hash = 0;
  let start = 0;
  for (let at = 1; at <= bytes.length; at++) {
    // what stands more than 32 bytes before has been shifted out
    hash = ((hash << 1) + (gear[bytes[at - 1] as number] as number)) >>> 0;
    const length = at - start;
    const bits = length < params.min ? 33 : length < params.average ? params.smallBits : params.largeBits;
    if ((bits > 32 || hash >>> (32 - bits) !== 0) && length !== params.max && at !== bytes.length) continue;
    ends.push(at);
    start = at;
  }
  return ends;
}

/** Noise of `length` bytes that is the same in every run. */
export function noise(length: number, seed: number): Uint8Array {
  let state = seed >>> 0 || 1;
  return new Uint8Array(length).map(() => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 255;
  });
}

/** 32 bytes after which, among zeros, the hash has 14 leading zeros, and nowhere else. */
export function marker(): Uint8Array {
  const bits: ChunkerParams = { min: 32, average: 33, max: 1 << 30, smallBits: 14, largeBits: 14 };
  for (let seed = 1; ; seed++) {
    const run = noise(2048, seed);
    const [cut = 0] = cutsByDefinition(run, bits);
    if (cut === run.length) continue;
    const bytes = run.slice(cut - 32, cut);
    const among = new Uint8Array(128);
    among.set(bytes, 48);
    if (cutsByDefinition(among, bits).join() === "80,128") return bytes;
  }
}
