import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { label } from "../../src/bytes/label.js";
import { type ChunkerParams, findCut, profiles } from "../../src/chunking/gear.js";
import { gear } from "../../src/chunking/gear-table.js";
import { noise } from "./definition.js";

/** Small enough to meet every rule in a few kB. */
const small: ChunkerParams = { min: 64, average: 256, max: 1024, smallBits: 10, largeBits: 6 };

/** H(p) by its definition in the spec. */
function hashAt(bytes: Uint8Array, p: number): number {
  let sum = 0n;
  for (let i = 0; i < 32; i++) sum += BigInt(gear[bytes[p - 1 - i] as number] as number) << BigInt(i);
  return Number(sum & 0xffffffffn);
}

/** The end of a chunk by the rule in the spec; `end` is the end of the file. */
function cutByDefinition(bytes: Uint8Array, start: number, params: ChunkerParams): number {
  for (let p = start + 1; p < bytes.length; p++) {
    const length = p - start;
    const zeros = length < params.min ? 33 : length < params.average ? params.smallBits : params.largeBits;
    if (length === params.max || (zeros <= 32 && Math.clz32(hashAt(bytes, p)) >= zeros)) return p;
  }
  return bytes.length;
}

function cuts(bytes: Uint8Array, next: (start: number) => number): number[] {
  const ends: number[] = [];
  for (let start = 0; start < bytes.length; start = ends.at(-1) as number) ends.push(next(start));
  return ends;
}

function findAll(bytes: Uint8Array, params: ChunkerParams): number[] {
  return cuts(bytes, (start) => {
    const cut = findCut(bytes, start, bytes.length, params);
    return cut < 0 ? bytes.length : cut;
  });
}

const seeds = fc.integer({ min: 1, max: 0x7fffffff });

test("the frozen table is the one that SHA-256 gives", () => {
  const values = Array.from({ length: 256 }, (_, byte) =>
    createHash("sha256").update(label("ptar1/gear")).update(Uint8Array.of(byte)).digest().readUInt32LE(0),
  );
  expect([...gear]).toEqual(values);
});

test("the profiles are those of the spec", () => {
  expect(profiles.fine).toEqual({ min: 16384, average: 65536, max: 262144, smallBits: 18, largeBits: 14 });
  expect(profiles.default).toEqual({ min: 65536, average: 262144, max: 1048576, smallBits: 20, largeBits: 16 });
  expect(profiles.coarse).toEqual({ min: 262144, average: 1048576, max: 4194304, smallBits: 22, largeBits: 18 });
});

describe("cuts", () => {
  test("are those of the definition", () => {
    const property = fc.property(seeds, fc.integer({ min: 0, max: 6000 }), (seed, length) => {
      const bytes = noise(length, seed);
      expect(findAll(bytes, small)).toEqual(cuts(bytes, (start) => cutByDefinition(bytes, start, small)));
    });
    fc.assert(property, { seed: 21, numRuns: 60 });
  });

  test("are those of the definition on few byte values, too", () => {
    const property = fc.property(fc.array(fc.constantFrom(0, 1, 65, 255), { maxLength: 3000 }), (values) => {
      const bytes = Uint8Array.from(values);
      expect(findAll(bytes, small)).toEqual(cuts(bytes, (start) => cutByDefinition(bytes, start, small)));
    });
    fc.assert(property, { seed: 22, numRuns: 40 });
  });

  test("meet each rule: below the average, from the average on, at the largest length", () => {
    const bytes = noise(200000, 5);
    const ends = findAll(bytes, small);
    const lengths = ends.slice(0, -1).map((end, i) => end - (ends[i - 1] ?? 0));
    expect(lengths.some((length) => length < small.average)).toBe(true);
    expect(lengths.some((length) => length >= small.average && length < small.max)).toBe(true);
    expect(lengths.every((length) => length >= small.min && length <= small.max)).toBe(true);
    expect(findAll(new Uint8Array(5000), small)).toEqual([1024, 2048, 3072, 4096, 5000]);
  });

  test("follow the masks at exactly min, average and max", () => {
    const edges = { ...small, smallBits: 1, largeBits: 1 };
    const starts = (wanted: (bytes: Uint8Array) => boolean) => Array.from({ length: 400 }, (_, i) => noise(2048, i + 1)).find(wanted) as Uint8Array;
    const atMin = starts((bytes) => hashAt(bytes, edges.min) >>> 31 === 0);
    expect(findCut(atMin, 0, atMin.length, edges)).toBe(edges.min);
    expect(findCut(atMin, 0, edges.min, edges)).toBe(edges.min);
    expect(findCut(atMin, 0, edges.min - 1, edges)).toBe(-1);
    // 32 zero bits are never met: the small mask must end one byte before the average, the large one begin at it
    const atAverage = starts((bytes) => hashAt(bytes, edges.average) >>> 31 === 0);
    expect(findCut(atAverage, 0, atAverage.length, { ...edges, smallBits: 32 })).toBe(edges.average);
    const late = starts((bytes) => hashAt(bytes, 64) >>> 31 === 1 && hashAt(bytes, 65) >>> 31 === 0);
    expect(findCut(late, 0, late.length, { ...edges, average: 65, largeBits: 32 })).toBe(edges.max);
    const never = { ...edges, smallBits: 32, largeBits: 32 };
    expect(findCut(atAverage, 0, atAverage.length, never)).toBe(edges.max);
    expect(findCut(atAverage, 0, edges.max, never)).toBe(edges.max);
    expect(findCut(atAverage, 0, edges.max - 1, never)).toBe(-1);
  });

  test.each([0, 1, 31, 32, 63, 64, 65, 255, 256, 257, 1023, 1024, 1025])("of %i zero bytes end where the definition says", (length) => {
    const bytes = new Uint8Array(length);
    expect(findAll(bytes, small)).toEqual(cuts(bytes, (start) => cutByDefinition(bytes, start, small)));
  });

  test("depend on nothing before the chunk and nothing outside the range", () => {
    const bytes = noise(4000, 9);
    const moved = new Uint8Array(9000).fill(170);
    moved.set(bytes, 2500);
    const cut = findCut(bytes, 0, bytes.length, small);
    expect(findCut(moved, 2500, 6500, small)).toBe(cut + 2500);
    expect(findCut(moved, 2500, 2500 + cut, small)).toBe(cut + 2500);
    expect(findCut(moved, 2500, 2500 + cut - 1, small)).toBe(-1);
  });

  test("do not change when the file comes in pieces", () => {
    const bytes = noise(20000, 13);
    const property = fc.property(fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 30 }), (pieces) => {
      const ends: number[] = [];
      let start = 0;
      let end = 0;
      for (let i = 0; end < bytes.length; i++) {
        end = Math.min(bytes.length, end + (pieces[i % pieces.length] as number));
        for (let cut = findCut(bytes, start, end, small); cut > 0; cut = findCut(bytes, start, end, small)) {
          ends.push(cut);
          start = cut;
        }
      }
      if (start < bytes.length) ends.push(bytes.length);
      expect(ends).toEqual(findAll(bytes, small));
    });
    fc.assert(property, { seed: 23, numRuns: 100 });
  });

  test("of the default profile find their way back after an insertion", () => {
    const bytes = noise(4 * 1024 * 1024, 17);
    const edited = new Uint8Array(bytes.length + 7);
    edited.set(bytes.subarray(0, 1000));
    edited.set(bytes.subarray(1000), 1007);
    const before = new Set(findAll(bytes, profiles.fine).map((end) => end + 7));
    const after = findAll(edited, profiles.fine);
    expect(after.filter((end) => before.has(end)).length).toBeGreaterThan(after.length / 2);
  });
});
