// Lengths of sealed frames: blocks are filled across batches, stored ones have one length, all others few. spec/14-encryption.md#padding
import { describe, expect, it } from "vitest";
import type { CreateOptions } from "../../src/archive/create.js";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import { findSecret } from "../../src/container/unlock.js";
import { frameTypes } from "../../src/format/frame.js";
import { padme } from "../../src/format/sealed.js";
import { openContainer, scanned } from "../container/sealed-archives.js";
import { owner, ringOf } from "../container/sealing.js";
import { create, extractedOf, native, noise, portable, verifyBytes } from "./engines.js";
import { framesOf } from "./rehashing.js";
import { sealedFramesOf, sealedOf } from "./sealing.js";

const mebi = 1 << 20;
const tag = 16;
const noisy = noise(30 * mebi, 3);

/** Files of `size` bytes each, cut from noise, so that nothing repeats. */
function files(count: number, size: number): MemoryTree {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${String(i).padStart(3, "0")}`, noisy.subarray(i * size, (i + 1) * size)]));
}

/** Plaintext lengths of the sealed data blocks, and what of them is payload. */
async function blocksOf(bytes: Uint8Array): Promise<readonly { readonly plaintext: number; readonly payload: number; readonly raw: number }[]> {
  const container = await openContainer(bytes);
  await container.unlock(await findSecret(container, ringOf(owner)));
  const inside = await scanned(container);
  const outside = framesOf(bytes);
  return inside.flatMap(({ type, payload }, i) => {
    if (type !== frameTypes.blockData) return [];
    return [{ plaintext: (outside[i]?.payload.length as number) - tag, payload: payload.length, raw: Buffer.from(payload).readUInt32LE(8) }];
  });
}

async function roundTrip(tree: MemoryTree, bytes: Uint8Array): Promise<void> {
  expect(await extractedOf(bytes, native, ringOf(owner))).toEqual(await extractedOf((await create(tree)).bytes));
  expect(await verifyBytes(bytes, { keys: ringOf(owner) })).toMatchObject({ exitCode: 0, integrity: { unreferenced: 0 } });
}

describe("blocks of sealed archives", () => {
  // a batch has 4 MiB or more: what is left of one goes on in the next
  it("that are stored are filled across batches, and padded to the target but for the last", async () => {
    const tree = files(40, 600_000);
    const bytes = await sealedOf(tree, { codec: "store" });
    const blocks = await blocksOf(bytes);
    const total = 24_000_000;
    expect(blocks.reduce((sum, { raw }) => sum + raw, 0)).toBe(total);
    expect(blocks).toHaveLength(Math.ceil(total / (4 * mebi)) + 1);
    for (const { plaintext, payload } of blocks.slice(0, -1)) {
      expect(plaintext).toBe(4 * mebi);
      // the next chunk, 1 MiB at most, did not fit
      expect(payload).toBeGreaterThan(3 * mebi);
    }
    const last = blocks.at(-1) as (typeof blocks)[number];
    expect(last.plaintext).toBe(padme(last.payload + 4));
    await roundTrip(tree, bytes);
  });

  it("are the same blocks whatever reads the files", async () => {
    const tree = files(20, 450_001);
    const lengths = async (options: Partial<CreateOptions>) =>
      (await blocksOf(await sealedOf(tree, { codec: "store", ...options }))).map(({ payload }) => payload);
    expect(await lengths({ engine: portable })).toEqual(await lengths({ engine: native }));
  });

  it("that are compressed stay below the target, and are padded by Padmé", async () => {
    const words = (seed: number) => Array.from({ length: 700_000 }, (_, i) => `${(i * 40503) % (1009 + seed)} `).join("");
    const tree: MemoryTree = { a: words(0), b: words(10), c: words(22), d: words(40) };
    for (const codec of ["zstd", "deflate"] as const) {
      const bytes = await sealedOf(tree, { codec });
      const blocks = await blocksOf(bytes);
      expect(blocks.length).toBeGreaterThan(2);
      for (const { plaintext, payload, raw } of blocks) {
        expect(payload).toBeLessThan(raw);
        expect(plaintext).toBe(padme(payload + 4));
      }
      for (const { raw } of blocks.slice(0, -1)) expect(raw).toBeGreaterThan(3 * mebi);
      for (const { raw } of blocks) expect(raw).toBeLessThanOrEqual(4 * mebi);
    }
  });

  it("with chunks of the coarse profile have a larger target", async () => {
    const tree: MemoryTree = { f: noisy };
    const bytes = await sealedOf(tree, { codec: "store", chunker: "coarse" });
    const blocks = await blocksOf(bytes);
    expect(blocks.length).toBeGreaterThan(3);
    for (const { plaintext, payload } of blocks.slice(0, -1)) {
      expect(plaintext).toBe(8 * mebi);
      expect(payload).toBeGreaterThan(4 * mebi);
    }
    await roundTrip(tree, bytes);
  });

  it("of chunks of the fine profile are as long as any", async () => {
    const tree = files(10, 900_000);
    const blocks = await blocksOf(await sealedOf(tree, { codec: "store", chunker: "fine" }));
    for (const { plaintext, payload } of blocks.slice(0, -1)) {
      expect(plaintext).toBe(4 * mebi);
      expect(payload).toBeGreaterThan(4 * mebi - mebi / 4 - 4);
    }
  });

  it("hold each chunk once, also when it comes back while it waits for its block", async () => {
    const tree: MemoryTree = {
      a: noisy.subarray(0, 900_000),
      b: noisy.subarray(0, 900_000),
      c: noisy.subarray(0, 5_000_000),
      d: noisy.subarray(0, 900_000),
    };
    const bytes = await sealedOf(tree, { codec: "store" });
    const raw = (await blocksOf(bytes)).reduce((sum, block) => sum + block.raw, 0);
    expect(raw).toBeLessThan(6_000_000);
    await roundTrip(tree, bytes);
  });

  it("of nothing are none", async () => {
    expect(await blocksOf(await sealedOf({ empty: "", d: { type: "directory", children: {} } }))).toEqual([]);
  });
});

describe("sealed frames", () => {
  it("have only lengths of Padmé, and of blocks their target", async () => {
    const names = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`name number ${i}`, `content ${i}`]));
    for (const codec of ["store", "zstd"] as const) {
      const frames = sealedFramesOf(await sealedOf({ ...names, large: noisy.subarray(0, 9_000_000) }, { codec }));
      expect(new Set(frames.map(({ type }) => type)).size).toBe(5);
      for (const { payload } of frames) {
        const plaintext = payload.length - tag;
        expect(plaintext).toBe(padme(plaintext));
      }
    }
  });

  it("cost 12 % more than those of a plain archive at most, beside what wraps the key and one full page of the index", async () => {
    const tree = { ...files(30, 250_000), t: "words ".repeat(300_000) };
    for (const codec of ["store", "zstd"] as const) {
      const plain = (await create(tree, { codec })).bytes.length;
      // blocks of a plain archive are smaller: it has more of them, and compresses a little worse or better
      expect((await sealedOf(tree, { codec })).length).toBeLessThan(plain * 1.12 + 60_000);
    }
  });
});
