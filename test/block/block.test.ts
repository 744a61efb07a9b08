// Objects in and out of blocks, by any codec and engine. spec/03-block.md
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { objectId } from "../../src/block/object-id.js";
import { cutBlocks, dataTarget, fillBlocks, isStored, packBlock, sealedTarget } from "../../src/block/pack.js";
import { blockHolds, openBlock, unpackBlock } from "../../src/block/unpack.js";
import { concatBytes } from "../../src/bytes/compare.js";
import { toHex } from "../../src/bytes/hex.js";
import { label } from "../../src/bytes/label.js";
import type { CodecName, Codecs } from "../../src/compression/codecs.js";
import { loadPortableCodecs } from "../../src/compression/portable.js";
import { portableCrypto } from "../../src/crypto/portable.js";
import { encodeBlock } from "../../src/format/block.js";
import { frameTypes } from "../../src/format/frame.js";
import { limits } from "../../src/format/limits.js";
import { type Kind, kinds } from "../../src/format/object.js";
import { loadNativeCodecs } from "../../src/native/codecs.js";
import { refusal } from "../container/refusal.js";

const engines = [
  ["portable", await loadPortableCodecs()],
  ["native", await loadNativeCodecs()],
] as const;
const place = { frame: 5, holds: "data", limits } as const;
const text = new TextEncoder().encode("the same words again and again ".repeat(100));

describe.each(engines)("%s codecs", (_name, codecs) => {
  it.each<CodecName>(["store", "deflate", "zstd"])("give back what was packed with %s", (codec) => {
    const objects = fc.array(fc.uint8Array({ minLength: 1, maxLength: 400 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(objects, fc.boolean(), (all, repeat) => {
        const packed = all.map((bytes) => ({ kind: "chunk" as const, bytes: repeat ? Uint8Array.of(...bytes, ...text) : bytes }));
        const payload = packBlock(packed, codecs, { codec, level: 3 });
        for (const [, reader] of engines) expect(unpackBlock(payload, reader, place)).toEqual(packed);
      }),
      { seed: 1, numRuns: 12 },
    );
  });

  it("store what does not get a 32nd shorter", () => {
    const stub = (stored: number): Codecs => ({ ...codecs, compress: () => new Uint8Array(stored) });
    const object = { kind: "chunk", bytes: new Uint8Array(3200) } as const;
    const codecOf = (stored: number) => packBlock([object], stub(stored), { codec: "zstd", level: 3 })[0];
    expect([codecOf(3100), codecOf(3101), codecOf(3300)]).toEqual([2, 0, 0]);
  });

  it("are not tried on what looks random, which is stored", () => {
    const tried: number[] = [];
    const counting: Codecs = {
      ...codecs,
      compress: (codec, raw, level) => {
        tried.push(raw.length);
        return codecs.compress(codec, raw, level);
      },
    };
    const random = randomBytes(100_000);
    const words = new TextEncoder().encode("one verdict ".repeat(9000));
    const packed = (...parts: readonly Uint8Array[]) =>
      packBlock(
        parts.map((bytes) => ({ kind: "chunk", bytes })),
        counting,
        { codec: "zstd", level: 3 },
      );
    expect(isStored(packed(random))).toBe(true);
    expect(isStored(packed(random.subarray(0, 50_000), random.subarray(50_000)))).toBe(true);
    expect(tried).toEqual([]);
    expect(isStored(packed(words))).toBe(false);
    expect(isStored(packed(random, words))).toBe(false);
    expect(isStored(packed(random.subarray(0, 1000)))).toBe(true);
    expect(tried).toEqual([words.length, random.length + words.length, 1000]);
  });

  describe.each(["deflate", "zstd"] as const)("refuse a block of %s", (codec) => {
    const stored = codecs.compress(codec, text, 3);
    const number = codec === "deflate" ? 1 : 2;
    const block = (run: Uint8Array, rawLength = text.length) =>
      unpackBlock(encodeBlock({ codec: number, items: [{ kind: "chunk", length: rawLength }], rawLength, stored: run }), codecs, place);

    it.each([
      ["with bytes after the stream", () => block(Uint8Array.of(...stored, 0))],
      ["followed by a second stream", () => block(Uint8Array.of(...stored, ...stored))],
      ["that is cut", () => block(stored.subarray(0, -1))],
      ["that is empty", () => block(new Uint8Array())],
      ["that gives a byte more than it declares", () => block(stored, text.length - 1)],
      ["that gives a byte less than it declares", () => block(stored, text.length + 1)],
      ["of noise", () => block(Uint8Array.from({ length: 60 }, (_, i) => (i * 37) & 255))],
    ])("%s", async (_what, call) => {
      expect(await refusal(call)).toMatch(/^PTAR_BLOCK_DECODE: block \(frame 5\): /);
    });

    it("that expands without end, in the memory that it declares", async () => {
      const bomb = codecs.compress(codec, new Uint8Array(16 << 20), 9);
      expect(bomb.length).toBeLessThan(20000);
      const before = process.memoryUsage().arrayBuffers;
      expect(await refusal(() => block(bomb, 1000))).toMatch(/^PTAR_BLOCK_DECODE/);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(24 << 20);
    });
  });
});

it("a defect of a codec is not damage", async () => {
  const codecs = await loadNativeCodecs();
  const payload = packBlock([{ kind: "chunk", bytes: text }], codecs, { codec: "deflate", level: 3 });
  const decompress = () => {
    throw new TypeError("a defect");
  };
  expect(() => unpackBlock(payload, { ...codecs, decompress }, place)).toThrow(TypeError);
});

describe("blocks", () => {
  it("hold data or metadata by the type of their frame", () => {
    expect([blockHolds(frameTypes.blockData), blockHolds(frameTypes.blockMeta), blockHolds(frameTypes.indexPage)]).toEqual([
      "data",
      "meta",
      undefined,
    ]);
  });

  it("hold their objects, wherever in memory those stand", async () => {
    const codecs = await loadNativeCodecs();
    const one = Uint8Array.of(1, 2, 3, 4);
    const another = Uint8Array.of(5, 6, 7, 8, 9, 10);
    const parts = [
      [one.subarray(0, 2), another.subarray(2)],
      [one.subarray(0, 2), one.subarray(3)],
      [one.subarray(2), one.subarray(0, 2)],
      [one.subarray(1, 2), one.subarray(2)],
    ];
    for (const some of parts) {
      const objects = some.map((bytes) => ({ kind: "chunk" as const, bytes }));
      expect(unpackBlock(packBlock(objects, codecs, { codec: "store", level: 0 }), codecs, place)).toEqual(objects);
    }
  });

  it("are cut by raw length into equal shares, each object in order in one of them", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 2 * dataTarget }), { maxLength: 40 });
    fc.assert(
      fc.property(sizes, (lengths) => {
        const objects = lengths.map((length, number) => ({ number, length }));
        const total = lengths.reduce((sum, length) => sum + length, 0);
        const share = total / Math.max(1, Math.round(total / dataTarget));
        const blocks = cutBlocks(objects);
        expect(blocks.flat()).toEqual(objects);
        for (const [i, block] of blocks.entries()) {
          const length = block.reduce((sum, { length }) => sum + length, 0);
          // closed as soon as the share is reached, so only the last may be short and none goes on behind it
          if (i + 1 < blocks.length) expect(length).toBeGreaterThanOrEqual(share);
          expect(length - (block.at(-1)?.length ?? 0)).toBeLessThan(share);
        }
      }),
      { seed: 1 },
    );
    expect(cutBlocks([])).toEqual([]);
    const cut = (...lengths: readonly number[]) => cutBlocks(lengths.map((length) => ({ length }))).map((block) => block.map(({ length }) => length));
    expect(cut(dataTarget, dataTarget)).toEqual([[dataTarget], [dataTarget]]);
    expect(cut(dataTarget, 1, dataTarget)).toEqual([[dataTarget, 1], [dataTarget]]);
    expect(cut(dataTarget - 1, 1, dataTarget)).toEqual([[dataTarget - 1, 1], [dataTarget]]);
  });
});

describe("sealed blocks", () => {
  const sized = (lengths: readonly number[]) => lengths.map((length, number) => ({ number, length }));
  /** Of the plaintext: its length, block header, directory, objects. */
  const plaintextOf = (run: ReturnType<typeof sized>) => 4 + 16 + run.reduce((sum, { length }) => sum + 4 + length, 0);

  it("are filled in order until the next chunk does not fit", () => {
    const target = 1000;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 600 }), { maxLength: 40 }), (lengths) => {
        const objects = sized(lengths);
        const { full, rest } = fillBlocks(objects, target);
        expect([...full, rest].flat()).toEqual(objects);
        for (const [i, run] of full.entries()) {
          const next = [...full, rest][i + 1]?.[0];
          expect(plaintextOf([...run])).toBeLessThanOrEqual(target);
          expect(plaintextOf([...run, next as (typeof objects)[number]])).toBeGreaterThan(target);
        }
        expect(plaintextOf([...rest])).toBeLessThanOrEqual(target);
      }),
      { seed: 1 },
    );
    expect(fillBlocks([], target)).toEqual({ full: [], rest: [] });
  });

  it("are filled to the byte", () => {
    const fill = (...lengths: number[]) => fillBlocks(sized(lengths), 1000).full.length;
    expect([fill(486, 486), fill(486, 487)]).toEqual([0, 1]);
    expect([fill(976, 486, 486), fill(976, 486, 487)]).toEqual([1, 2]);
  });

  it("of one chunk that is longer than the target hold it alone", () => {
    const { full, rest } = fillBlocks(sized([10, 5000, 3000, 10]), 1000);
    expect([...full, rest].map((run) => run.map(({ number }) => number))).toEqual([[0], [1], [2], [3]]);
    expect(fillBlocks(sized([5000, 10]), 1000).full).toEqual([sized([5000])]);
  });

  it("hold 8,192 objects at most", () => {
    const { full, rest } = fillBlocks(sized(Array.from({ length: 8192 + 3 }, () => 1)), 1 << 30);
    expect([full.map(({ length }) => length), rest.length]).toEqual([[8192], 3]);
  });

  it("have a target of 4 MiB, or of two of the largest chunks", () => {
    expect([sealedTarget(1), sealedTarget(1 << 20), sealedTarget(2 << 20), sealedTarget((2 << 20) + 1), sealedTarget(4 << 20)]).toEqual([
      4 << 20,
      4 << 20,
      4 << 20,
      (4 << 20) + 2,
      8 << 20,
    ]);
    // the longest that the format has, with length and tag, is still a block
    expect(sealedTarget(limits.chunkBytes) + 16).toBeLessThanOrEqual(limits.blockBytes);
  });

  it("say whether they are compressed", async () => {
    const codecs = await loadNativeCodecs();
    const object = { kind: "chunk", bytes: text } as const;
    const stored = (codec: CodecName) => isStored(packBlock([object], codecs, { codec, level: 3 }));
    expect([stored("store"), stored("deflate"), stored("zstd")]).toEqual([true, false, false]);
  });
});

describe("ids", () => {
  it("of a block stand side by side, 32 bytes each", async () => {
    const objects = [Uint8Array.of(1), Uint8Array.of(2, 3)].map((bytes) => ({ kind: "chunk" as const, bytes }));
    const codecs = await loadNativeCodecs();
    const { ids, lengths } = openBlock(packBlock(objects, codecs, { codec: "store", level: 0 }), { crypto: portableCrypto, codecs }, place);
    expect(ids).toEqual(concatBytes(...objects.map(({ bytes }) => portableCrypto.sha256(bytes))));
    expect([...lengths]).toEqual([1, 2]);
  });

  it("are SHA-256 of a label and the bytes; a chunk has no label", () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const all = (Object.keys(kinds) as Kind[]).map((kind) => toHex(objectId(portableCrypto, kind, bytes)));
    expect(new Set(all).size).toBe(Object.keys(kinds).length);
    expect(all[0]).toBe(toHex(portableCrypto.sha256(bytes)));
    expect(all[2]).toBe(toHex(portableCrypto.sha256(label("ptar1/page"), bytes)));
    expect(toHex(objectId(portableCrypto, "page", bytes))).toBe(all[2]);
  });
});
