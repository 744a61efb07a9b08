// The golden cut points, by the chunker and by the sentence of the spec taken literally. spec/03-block.md#chunks
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ChunkerParams, findCut, profiles } from "../../src/chunking/gear.js";
import { type Golden, inputNames, inputOf, profileNames } from "./inputs.js";
import { folder, native } from "./vectors.js";

const label = Buffer.alloc(16);
label.write("ptar1/gear");
const gear = Array.from({ length: 256 }, (_, b) => createHash("sha256").update(label).update(Uint8Array.of(b)).digest().readUInt32LE());

/** Ends of the chunks of `bytes`, position by position. */
function literalCuts(bytes: Uint8Array, params: ChunkerParams): number[] {
  const cuts: number[] = [];
  let hash = 0;
  let start = 0;
  for (let at = 1; at <= bytes.length; at++) {
    // what stands more than 32 bytes before has been shifted out
    hash = ((hash << 1) + (gear[bytes[at - 1] as number] as number)) >>> 0;
    const length = at - start;
    const bits = length < params.min ? 33 : length < params.average ? params.smallBits : params.largeBits;
    const cut = (bits <= 32 && hash >>> (32 - bits) === 0) || length === params.max || at === bytes.length;
    if (!cut) continue;
    cuts.push(at);
    start = at;
  }
  return cuts;
}

function cutsOf(bytes: Uint8Array, params: ChunkerParams): number[] {
  const cuts: number[] = [];
  for (let start = 0; start < bytes.length; start = cuts.at(-1) as number) {
    const cut = findCut(bytes, start, bytes.length, params);
    cuts.push(cut < 0 ? bytes.length : cut);
  }
  return cuts;
}

describe.each(profileNames)("cut points of profile %s", (profile) => {
  const golden = JSON.parse(readFileSync(join(folder, `chunker/${profile}.json`), "utf8")) as Golden;

  it("are for the params of the profile", () => expect(golden).toMatchObject(profiles[profile]));

  it.each(inputNames)("of %s are those of the chunker and of the spec", (input) => {
    const cases = golden.cases.filter((row) => row.input === input);
    expect(cases.length).toBeGreaterThan(10);
    const longest = inputOf(input, Math.max(...cases.map(({ length }) => length)), native.crypto.sha256);
    const literal = literalCuts(longest, golden);
    for (const { length, cuts } of cases) {
      expect(cutsOf(longest.subarray(0, length), golden)).toEqual(cuts);
      // a file that ends earlier has the same cuts before its end
      expect([...literal.filter((cut) => cut < length), ...(length > 0 ? [length] : [])]).toEqual(cuts);
    }
  });

  it("include cuts by either mask and by the maximum", () => {
    // the last chunk of a file says nothing: it ends with the file
    const lengths = golden.cases.flatMap(({ cuts }) => cuts.slice(0, -1).map((cut, i) => cut - (cuts[i - 1] ?? 0)));
    expect(lengths.some((length) => length === golden.max)).toBe(true);
    expect(lengths.some((length) => length < golden.average)).toBe(true);
    expect(lengths.some((length) => length > golden.average && length < golden.max)).toBe(true);
  });
});
