// What the golden cut points are of, in Node and in a browser alike. test-vectors/README.md
import type { ChunkerParams } from "../../src/chunking/gear.js";

/** One of chunker/<profile>.json. */
export interface Golden extends ChunkerParams {
  readonly cases: readonly { readonly input: string; readonly length: number; readonly cuts: readonly number[] }[];
}

export const profileNames = ["fine", "default", "coarse"] as const;
export const inputNames = ["zeros", "counter", "noise"] as const;

type Sha256 = (...parts: readonly Uint8Array[]) => Uint8Array;

/** The first `length` bytes of an input. */
export function inputOf(name: (typeof inputNames)[number], length: number, sha256: Sha256): Uint8Array {
  if (name === "noise") return noise(length, sha256);
  return Uint8Array.from({ length }, name === "zeros" ? () => 0 : (_, i) => i & 255);
}

function noise(length: number, sha256: Sha256): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(length / 32) * 32);
  const seed = new TextEncoder().encode("ptar chunker");
  const counter = new DataView(new ArrayBuffer(4));
  for (let i = 0; 32 * i < length; i++) {
    counter.setUint32(0, i, true);
    bytes.set(sha256(seed, new Uint8Array(counter.buffer)), 32 * i);
  }
  return bytes.subarray(0, length);
}
