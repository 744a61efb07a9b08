// Verifying and extracting with threads: the same reports, trees and refusals as without. spec/10-verify.md#order
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../../src/archive/engine.js";
import { extractArchive } from "../../src/archive/extract.js";
import { openArchive } from "../../src/archive/open.js";
import type { Level, VerifyReport } from "../../src/archive/results.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { MemoryTarget } from "../../src/connectors/memory/target.js";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import { frameTypes } from "../../src/format/frame.js";
import { createThreads } from "../../src/native/threads/threads.js";
import { threadsOf, workerEntry } from "../native/threads/threaded.js";
import { archiveOf, extractedOf, linesOf, native, noise, verifyBytes } from "./engines.js";
import { framesOf, type RawFrame, rehashed } from "./rehashing.js";

const mebi = 1 << 20;
const long = noise(9 * mebi);
const tree: MemoryTree = {
  a: long.subarray(0, 4 * mebi),
  b: long.subarray(4 * mebi),
  // chunks from the front again
  c: long.subarray(mebi, 3 * mebi),
  d: { type: "directory", children: Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`t${i}`, `${i} `.repeat(40 * i)])) },
};
/** Of threads; they last for all tests, because starting them takes longest. */
const counts = [1, 2, 4];
const pools = counts.map((count) => createThreads({ count, encoders: "native", entry: workerEntry }));
const engines: readonly Engine[] = pools.map((threads) => ({ ...native, threads }));
afterAll(() => {
  for (const threads of pools) threads.close();
});

let sound: Uint8Array;
let frames: readonly RawFrame[];

beforeAll(async () => {
  sound = await archiveOf(tree, { signers: [] });
  frames = framesOf(sound);
  expect(sound.length).toBeGreaterThan(8 * mebi);
});

const verify = (bytes: Uint8Array, engine: Engine, level: Level) => verifyBytes(bytes, { engine, level, allowUnsigned: true });

/** An archive in which only blocks are wrong: `changes` by the order of the blocks. */
function damagedAt(changes: ReadonlyMap<number, (payload: Uint8Array) => Uint8Array>): Uint8Array {
  const blocks = frames.filter(({ type }) => type === frameTypes.blockData || type === frameTypes.blockMeta);
  const changed = frames.map((frame) => ({ ...frame, payload: changes.get(blocks.indexOf(frame))?.(frame.payload) ?? frame.payload }));
  return rehashed(changed, -1, (payload) => payload);
}

const unknownCodec = (payload: Uint8Array) => payload.with(0, 99);
const cut = (payload: Uint8Array) => payload.subarray(0, -1);
/** One bit of the last object. */
const flipped = (payload: Uint8Array) => payload.with(payload.length - 1, (payload.at(-1) ?? 0) ^ 1);

describe("with 1, 2 and 4 threads", () => {
  it("a sound archive has the same report and the same tree", async () => {
    const expected = [await verify(sound, native, "full"), await verify(sound, native, "deep"), await extractedOf(sound)];
    for (const engine of engines)
      expect([await verify(sound, engine, "full"), await verify(sound, engine, "deep"), await extractedOf(sound, engine)]).toEqual(expected);
  });

  it.each<[string, [number, (payload: Uint8Array) => Uint8Array][]]>([
    ["the last block of chunks is cut", [[4, cut]]],
    [
      "several blocks are wrong, in different ways",
      [
        [3, cut],
        [1, unknownCodec],
        [2, flipped],
        [5, unknownCodec],
      ],
    ],
    [
      "the first fault takes longest to find",
      [
        [0, flipped],
        [1, unknownCodec],
        [2, unknownCodec],
        [3, cut],
      ],
    ],
    ["all are wrong", [0, 1, 2, 3, 4, 5, 6].map((i) => [i, i % 2 === 0 ? cut : unknownCodec])],
  ])("the first problem and its text are the same where %s", async (_what, changes) => {
    const bytes = damagedAt(new Map(changes));
    const outcomes = async (engine: Engine) => [
      await outcomeOf(() => verify(bytes, engine, "full")),
      await outcomeOf(() => extractedOf(bytes, engine)),
    ];
    const expected = await outcomes(native);
    for (const engine of engines) expect(await outcomes(engine)).toEqual(expected);
  });
});

/** What a call gives or throws. */
async function outcomeOf(call: () => Promise<VerifyReport | readonly string[]>): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    const { name, message, code, details } = error as Error & { readonly code?: unknown; readonly details?: unknown };
    return { name, message, code, details };
  }
}

describe("reading ahead", () => {
  it("over damaged blocks that nobody wants is no error", async () => {
    const bytes = damagedAt(new Map([4, 5].map((i) => [i, cut])));
    const extract = async (engine: Engine, path: string) => {
      const target = new MemoryTarget();
      await extractArchive(await openArchive(new MemoryReader(bytes), { engine, trust: "any-signer" }), target, { paths: [toUtf8(path)] });
      return linesOf(target);
    };
    const expected = await extract(native, "a");
    for (const engine of engines) {
      expect(await extract(engine, "a")).toEqual(expected);
      await expect(extract(engine, "b")).rejects.toThrow(/^block/);
    }
  });
});

describe("an archive of less than 8 MiB", () => {
  it("is read without threads", async () => {
    const engine = { ...native, threads: threadsOf(1, new URL("data:text/javascript,throw new Error('a thread was started')")) };
    const small = await archiveOf({ a: long.subarray(0, 7 * mebi) });
    expect((await verifyBytes(small, { engine })).exitCode).toBe(0);
    expect(await extractedOf(small, engine)).toHaveLength(1);
    await expect(verifyBytes(sound, { engine, allowUnsigned: true })).rejects.toThrow("a thread was started");
  });
});
