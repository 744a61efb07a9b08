// The golden cut points of the vectors, by each chunker. spec/03-block.md#chunks
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { plainChunker } from "../../src/chunking/chunker.js";
import { type ChunkerParams, profiles } from "../../src/chunking/gear.js";
import { loadWasmChunker } from "../../src/chunking/gear-wasm.js";

interface Golden {
  readonly cases: readonly { readonly input: string; readonly length: number; readonly cuts: readonly number[] }[];
}

const names = ["fine", "default", "coarse"] as const;
const golden = names.map((name) => {
  const text = readFileSync(join(import.meta.dirname, `../../test-vectors/chunker/${name}.json`), "utf8");
  return { params: profiles[name] as ChunkerParams, ...(JSON.parse(text) as Golden) };
});
const longest = Math.max(...golden.flatMap(({ cases }) => cases.map(({ length }) => length)));

/** The inputs as test-vectors/README.md has them. */
const inputs: Readonly<Record<string, Uint8Array>> = {
  zeros: new Uint8Array(longest),
  counter: new Uint8Array(longest).map((_, i) => i & 255),
  noise: Buffer.concat(Array.from({ length: Math.ceil(longest / 32) }, (_, i) => noiseBlock(i))),
};

function noiseBlock(i: number): Buffer {
  const counter = Buffer.alloc(4);
  counter.writeUInt32LE(i);
  return createHash("sha256").update("ptar chunker").update(counter).digest();
}

describe.each([plainChunker, loadWasmChunker()])("the $name chunker", (chunker) => {
  test.each(golden)("finds the golden cut points for an average of $params.average", ({ params, cases }) => {
    expect(cases.length).toBeGreaterThan(30);
    for (const { input, length, cuts } of cases) {
      expect(chunker.cuts((inputs[input] as Uint8Array).subarray(0, length), params, "ended")).toEqual(cuts);
    }
  });
});
