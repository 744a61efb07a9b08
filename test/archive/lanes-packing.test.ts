// New chunks of a batch as blocks, and what waits for the next batch. spec/14-encryption.md#padding
import { describe, expect, it } from "vitest";
import { chunkRuns, packRun } from "../../src/archive/chunk-packing.js";
import type { LanePlan } from "../../src/archive/lanes.js";
import { isStored, packBlock } from "../../src/block/pack.js";
import { profiles } from "../../src/chunking/gear.js";
import { native, noise } from "./engines.js";

const plain: LanePlan = { chunker: profiles.default, pack: { codec: "zstd", level: 3 }, alsoHash: [], fill: undefined };
const sealed: LanePlan = { ...plain, fill: 100_000 };
const random = noise(100_000);
const words = Buffer.from("one verdict ".repeat(5000));

describe("runs of new chunks", () => {
  it("hold all of them in a plain archive", () => {
    const chunks = [random.subarray(0, 9), random.subarray(9, 20)];
    expect(chunkRuns(chunks, plain)).toEqual({ runs: [chunks], rest: [] });
  });

  it("fill blocks of a sealed one; what does not is left", () => {
    const chunks = [random.subarray(0, 60_000), random.subarray(60_000, 99_000), random.subarray(99_000)];
    const { runs, rest } = chunkRuns(chunks, sealed);
    expect(runs).toEqual([chunks.slice(0, 2)]);
    expect(rest).toEqual(chunks.slice(2));
  });
});

describe("a packed run", () => {
  const packed = (run: readonly Uint8Array[], plan: LanePlan) => packRun(run, native, plan);

  it("is a block of its chunks", () => {
    const run = [words, random.subarray(0, 50)];
    const objects = run.map((bytes) => ({ kind: "chunk", bytes }) as const);
    expect(packed(run, plain)).toEqual({ payload: packBlock(objects, native.codecs, plain.pack), objects: 2 });
  });

  it("that is stored is as long as a full one when it is sealed, if it is no longer than that", () => {
    expect(packed([random.subarray(0, 70_000)], sealed).padTo).toBe(100_000);
    // four bytes say how long it is, 20 are header and directory
    expect(packed([random.subarray(0, 100_000 - 24)], sealed).padTo).toBe(100_000);
    expect(packed([random.subarray(0, 100_000 - 23)], sealed)).not.toHaveProperty("padTo");
  });

  it("that is compressed shows its length anyway, and a plain one is not padded", () => {
    const compressed = packed([words], sealed);
    expect(isStored(compressed.payload)).toBe(false);
    expect(compressed).not.toHaveProperty("padTo");
    expect(packed([random], plain)).not.toHaveProperty("padTo");
  });
});
