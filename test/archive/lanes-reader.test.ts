// One lane in this thread: batches in order, and files closed once, when nobody reads them.
import { describe, expect, it } from "vitest";
import { BatchReader, batchCapacity } from "../../src/archive/batch-reader.js";
import type { Batch, LanePlan, Piece } from "../../src/archive/lanes.js";
import { LocalLanes } from "../../src/archive/local-lanes.js";
import { profiles } from "../../src/chunking/gear.js";
import { native, noise } from "./engines.js";

const mebi = 1 << 20;
const plan: LanePlan = { chunker: profiles.default, pack: { codec: "store", level: 0 }, alsoHash: [], fill: undefined };
const bytes = noise(3 * mebi);
const buffer = () => new Uint8Array(batchCapacity(plan.chunker));
const noPaths = () => expect.unreachable();

/** A stream that says what is done to it. Each read waits until it is let go on. */
function watched(told: string[], goOn: () => Promise<void> = async () => undefined): Piece["content"] {
  const open = () => {
    let at = 0;
    told.push("open");
    return {
      async read(into: Uint8Array) {
        told.push("read");
        await goOn();
        const run = bytes.subarray(at, at + Math.min(into.length, mebi));
        into.set(run);
        at += run.length;
        told.push("was read");
        return run.length;
      },
      skip: () => 0,
      close: () => {
        told.push("close");
        return undefined;
      },
    };
  };
  return { kind: "stream", size: bytes.length, open };
}

const batchOf = (number: number, content: Piece["content"], more: Partial<Piece> = {}): Batch => ({
  number,
  pieces: [{ file: number, part: "first", content, limit: mebi, ...more }],
});

describe("a reader of batches", () => {
  it("reads one after the other, so that a file goes on where it stopped", async () => {
    const reader = new BatchReader(native, plan, noPaths);
    const content = watched([]);
    const parts = [0, 1, 2, 3].map((i) => reader.digest(batchOf(i, content, { file: 7, part: i === 0 ? "first" : "next" }), buffer()));
    const results = (await Promise.all(parts)).flatMap((part) => part.results);
    expect(results.map(({ end }) => end !== undefined)).toEqual([false, false, false, true]);
    expect(results.at(-1)?.end).toMatchObject({ stored: bytes.length, sha256: native.crypto.sha256(bytes) });
  });

  it("goes on with the next batch when one has failed", async () => {
    const reader = new BatchReader(native, plan, noPaths);
    const broken = watched([], () => Promise.reject(new Error("broken")));
    const [first, second] = await Promise.allSettled([
      reader.digest(batchOf(0, broken), buffer()),
      reader.digest(batchOf(1, watched([]), { limit: 4 * mebi }), buffer()),
    ]);
    expect([first?.status, second?.status]).toEqual(["rejected", "fulfilled"]);
  });

  it("closes what goes on at once when nothing is read", async () => {
    const told: string[] = [];
    const reader = new BatchReader(native, plan, noPaths);
    await reader.digest(batchOf(0, watched(told)), buffer());
    reader.close();
    reader.close();
    expect(told).toEqual(["open", "read", "was read", "close"]);
    await expect(reader.digest(batchOf(1, watched(told)), buffer())).rejects.toThrow("reading was ended");
  });

  it("does not close a file under the hands of who reads it, and opens no other", async () => {
    const told: string[] = [];
    let goOn = () => {};
    const waiting = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const reader = new BatchReader(native, plan, noPaths);
    const content = watched(told, () => waiting);
    const digesting = [reader.digest(batchOf(0, content), buffer()), reader.digest(batchOf(1, content), buffer())];
    await new Promise(setImmediate);
    reader.close();
    expect(told).toEqual(["open", "read"]);
    goOn();
    const results = await Promise.allSettled(digesting);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(told).toEqual(["open", "read", "was read", "close"]);
  });
});

describe("the lanes of this thread", () => {
  it("take one batch at a time, and pack only that", async () => {
    const lanes = new LocalLanes(native, plan, noPaths);
    expect(lanes.depth).toBe(1);
    await lanes.digest(batchOf(3, watched([]), { limit: 4 * mebi }));
    await expect(lanes.digest(batchOf(4, watched([])))).rejects.toThrow("batch 3 was not packed yet");
    expect(() => lanes.pack(4, [], [])).toThrow("batch 4 was not digested here");
    const { blocks, rest } = lanes.pack(3, [], [Uint8Array.of(1)]);
    expect(await Promise.all(blocks)).toMatchObject([{ objects: 1 }]);
    expect(rest).toEqual([]);
    expect(() => lanes.pack(3, [], [])).toThrow("batch 3 was not digested here");
    lanes.close();
  });
});
