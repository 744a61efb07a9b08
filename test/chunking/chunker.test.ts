// Both chunkers find the cuts of the definition, however a run comes. spec/03-block.md#chunks
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromBase64url } from "../../src/bytes/base64url.js";
import { equalBytes } from "../../src/bytes/compare.js";
import { type Chunker, plainChunker } from "../../src/chunking/chunker.js";
import { type ChunkerParams, type ChunkerProfile, profiles } from "../../src/chunking/gear.js";
import { loadWasmChunker, positionsPerCopy } from "../../src/chunking/gear-wasm.js";
import { gearWasm } from "../../src/chunking/generated/gear-wasm-bytes.js";
import { cutsByDefinition, marker, noise } from "./definition.js";

const chunkers = [plainChunker, loadWasmChunker()];
/** Small enough to meet every rule in a few kB. */
const small: ChunkerParams = { min: 64, average: 256, max: 1024, smallBits: 10, largeBits: 6 };

const seeds = fc.integer({ min: 1, max: 0x7fffffff });
/** Noise, few byte values, one value, and noise between long runs of zeros. */
const runs = (maxLength: number) =>
  fc.oneof(
    fc.tuple(seeds, fc.nat(maxLength)).map(([seed, length]) => noise(length, seed)),
    fc.tuple(seeds, fc.nat(maxLength)).map(([seed, length]) => noise(length, seed).map((byte) => byte & 1)),
    fc.tuple(fc.nat(255), fc.nat(maxLength)).map(([byte, length]) => new Uint8Array(length).fill(byte)),
    fc.tuple(seeds, fc.nat(maxLength), fc.nat(maxLength)).map(([seed, length, hole]) => noise(length, seed).fill(0, hole, hole + 3000)),
  );

/** Runs of more than twice the largest length, with their cuts by definition. */
function longRuns(name: ChunkerProfile): readonly { readonly run: Uint8Array; readonly ends: readonly number[] }[] {
  const params = profiles[name];
  const length = 2 * params.max + 100;
  const inputs = [noise(length, 7), new Uint8Array(length), noise(length, 8).map((byte) => byte & 3)];
  return inputs.map((run) => ({ run, ends: cutsByDefinition(run, params) }));
}

/** A copy of `bytes` that starts at `offset` of a buffer, its neighbours not zero. */
function viewOf(bytes: Uint8Array, offset: number, kind: "own" | "shared"): Uint8Array {
  const Buffer = kind === "own" ? ArrayBuffer : SharedArrayBuffer;
  const all = new Uint8Array(new Buffer(offset + bytes.length + 40)).fill(0xaa);
  all.set(bytes, offset);
  return all.subarray(offset, offset + bytes.length);
}

/** The cuts of a file that comes in `pieces` (lengths, over and over), each joined to what the last left open. */
function cutsOfPieces(chunker: Chunker, file: Uint8Array, pieces: readonly number[]): number[] {
  const ends: number[] = [];
  for (let i = 0, end = 0, start = 0; end < file.length; i++) {
    end = Math.min(file.length, end + (pieces[i % pieces.length] as number));
    const cuts = chunker.cuts(file.subarray(start, end), small, end === file.length ? "ended" : "open");
    ends.push(...cuts.map((cut) => start + cut));
    start = ends.at(-1) ?? 0;
  }
  return ends;
}

describe.each(chunkers)("the $name chunker", (chunker) => {
  test("cuts where the definition does", () => {
    const property = fc.property(runs(6000), (run) => {
      expect(chunker.cuts(run, small, "ended")).toEqual(cutsByDefinition(run, small));
    });
    fc.assert(property, { seed: 51, numRuns: 300 });
  });

  test("cuts where the definition does, whatever the params", () => {
    const bits = fc.integer({ min: 1, max: 12 });
    const property = fc.property(runs(3000), fc.tuple(fc.nat(40), fc.nat(40), fc.nat(300)), bits, bits, (run, [a, b, c], smallBits, largeBits) => {
      const params = { min: 32 + a, average: 32 + a + b, max: 32 + a + b + c, smallBits, largeBits };
      expect(chunker.cuts(run, params, "ended")).toEqual(cutsByDefinition(run, params));
    });
    fc.assert(property, { seed: 52, numRuns: 500 });
  });

  test("finds the only cut of a run at any position, at the borders of its copies, too", () => {
    const mark = marker();
    const params = { min: 64, average: 65, max: 1 << 30, smallBits: 14, largeBits: 14 };
    const run = new Uint8Array(3 * positionsPerCopy + 100);
    const near = (position: number) => Array.from({ length: 100 }, (_, i) => position - 50 + i);
    const borders = [1, 2, 3].flatMap((copies) => near(params.average + copies * positionsPerCopy));
    for (const cut of [...near(params.min + 51), ...borders, run.length - 1].filter((at) => at < run.length)) {
      run.set(mark, cut - mark.length);
      expect(chunker.cuts(run, params, "open")).toEqual([cut]);
      expect(chunker.cuts(run.subarray(0, cut - 1), params, "open")).toEqual([]);
      run.fill(0, cut - mark.length, cut);
    }
  });

  test("leaves open what may still grow, and ends what ended", () => {
    const zeros = new Uint8Array(2 * small.max);
    const cuts = (length: number, more: "ended" | "open") => chunker.cuts(zeros.subarray(0, length), small, more);
    expect(cuts(0, "open")).toEqual([]);
    expect(cuts(0, "ended")).toEqual([]);
    expect(cuts(1, "open")).toEqual([]);
    expect(cuts(1, "ended")).toEqual([1]);
    expect(cuts(small.max - 1, "open")).toEqual([]);
    expect(cuts(small.max - 1, "ended")).toEqual([small.max - 1]);
    for (const more of ["open", "ended"] as const) expect(cuts(small.max, more)).toEqual([small.max]);
    expect(cuts(small.max + 1, "open")).toEqual([small.max]);
    expect(cuts(small.max + 1, "ended")).toEqual([small.max, small.max + 1]);
    for (const more of ["open", "ended"] as const) expect(cuts(2 * small.max, more)).toEqual([small.max, 2 * small.max]);
  });

  test("finds the same cuts when the file comes in pieces", () => {
    const property = fc.property(runs(12000), fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 12 }), (file, pieces) => {
      expect(cutsOfPieces(chunker, file, pieces)).toEqual(cutsByDefinition(file, small));
    });
    fc.assert(property, { seed: 53, numRuns: 300 });
  });

  test("finds the same cuts when the file is parted anywhere", () => {
    const file = noise(3000, 19);
    const expected = cutsByDefinition(file, small);
    for (let at = 1; at < file.length; at++) expect(cutsOfPieces(chunker, file, [at, file.length])).toEqual(expected);
  });

  test.each(["own", "shared"] as const)("reads views of %s memory at every alignment", (kind) => {
    const sparse = { ...small, max: 1 << 30, smallBits: 32, largeBits: 15 };
    for (const run of [noise(5000, 23), noise(3 * positionsPerCopy, 29)]) {
      for (const params of [small, sparse]) {
        const expected = cutsByDefinition(run, params);
        for (let offset = 0; offset <= 9; offset++) expect(chunker.cuts(viewOf(run, offset, kind), params, "ended")).toEqual(expected);
      }
    }
  });

  test("leaves the run as it is", () => {
    const run = noise(100000, 31);
    chunker.cuts(run, profiles.fine, "ended");
    expect(equalBytes(run, noise(100000, 31))).toBe(true);
  });
});

test.each(Object.keys(profiles) as ChunkerProfile[])("both cut where the definition does around the lengths of profile %s", (name) => {
  const params = profiles[name];
  const lengths = [params.min, params.average, params.max, 2 * params.max].flatMap((length) => [length - 1, length, length + 1]);
  for (const { run, ends } of longRuns(name)) {
    for (const length of lengths) {
      // a file that ends earlier has the same cuts before its end
      const expected = [...ends.filter((cut) => cut < length), length];
      for (const chunker of chunkers) expect(chunker.cuts(run.subarray(0, length), params, "ended")).toEqual(expected);
    }
  }
});

test("both agree on long runs of every profile", () => {
  const [plain, wasm] = chunkers as [Chunker, Chunker];
  const property = fc.property(runs(3_000_000), fc.constantFrom(profiles.fine, profiles.default, profiles.coarse), (run, params) => {
    expect(wasm.cuts(run, params, "ended")).toEqual(plain.cuts(run, params, "ended"));
  });
  fc.assert(property, { seed: 54, numRuns: 30 });
});

test("the module asks for nothing, gives its memory and the search, and is small", () => {
  const bytes = fromBase64url(gearWasm) as Uint8Array<ArrayBuffer>;
  const module = new WebAssembly.Module(bytes);
  expect(WebAssembly.Module.imports(module)).toEqual([]);
  expect(WebAssembly.Module.exports(module).map(({ name }) => name)).toEqual(["memory", "scan"]);
  expect(bytes.length).toBeLessThan(1500);
  const { memory } = new WebAssembly.Instance(module).exports as { memory: WebAssembly.Memory };
  expect(memory.buffer.byteLength).toBe(65536);
  expect(() => memory.grow(1)).toThrow(RangeError);
});
