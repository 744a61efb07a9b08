// What every implementation of Codecs must do: run by the portable and the native tests.
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Codecs } from "../../src/compression/codecs.js";
import { PtarError } from "../../src/errors/ptar-error.js";

const seed = 20261121;
const text = new TextEncoder().encode("a signed archive of files; every byte is covered. ".repeat(400));
const kinds = ["deflate", "zstd"] as const;

/** Contents between noise and repetition. */
const contents = fc
  .tuple(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.integer({ min: 1, max: 40 }))
  .map(([bytes, times]) => Uint8Array.from(Array.from({ length: times }, () => [...bytes]).flat()));

/** The code that `run` throws; "accepted" when it does not throw. */
export function codeOf(run: () => unknown): string {
  try {
    run();
    return "accepted";
  } catch (error) {
    if (error instanceof PtarError) return error.code;
    throw error;
  }
}

/** Registers the tests for one implementation. */
export function describeCodecs(load: () => Promise<Codecs>): void {
  describe.each(kinds)("%s", (kind) => {
    test("gives back what was compressed, at any level", async () => {
      const codecs = await load();
      const level = fc.integer({ min: 1, max: 9 });
      const property = fc.property(contents, level, (raw, level) => {
        expect(codecs.decompress(kind, codecs.compress(kind, raw, level), raw.length)).toEqual(raw);
      });
      fc.assert(property, { seed, numRuns: 60 });
    });

    test("gives plain byte arrays", async () => {
      const codecs = await load();
      const stored = codecs.compress(kind, text, 3);
      expect(Object.getPrototypeOf(stored)).toBe(Uint8Array.prototype);
      expect(Object.getPrototypeOf(codecs.decompress(kind, stored, text.length))).toBe(Uint8Array.prototype);
    });

    test("handles a whole block of 16 MiB and one of a single byte", async () => {
      const codecs = await load();
      for (const length of [1, 16 * 1024 * 1024]) {
        const raw = new Uint8Array(length).map((_, i) => (i * i) >> 9);
        expect(Buffer.compare(codecs.decompress(kind, codecs.compress(kind, raw, 1), length), raw)).toBe(0);
      }
    });

    test("refuses a declared length that is too small or too large", async () => {
      const codecs = await load();
      const stored = codecs.compress(kind, text, 3);
      for (const wrong of [1, text.length - 1, text.length + 1, text.length * 2])
        expect(codeOf(() => codecs.decompress(kind, stored, wrong))).toBe("PTAR_BLOCK_DECODE");
    });

    test("refuses a stream that is cut anywhere", async () => {
      const codecs = await load();
      const stored = codecs.compress(kind, text, 3);
      for (let length = 0; length < stored.length; length++)
        expect(codeOf(() => codecs.decompress(kind, stored.subarray(0, length), text.length))).toBe("PTAR_BLOCK_DECODE");
    });

    test("refuses bytes after the stream, a second stream among them", async () => {
      const codecs = await load();
      const stored = codecs.compress(kind, text, 3);
      const skippable = Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0);
      for (const tail of [Uint8Array.of(0), Uint8Array.of(0xff), new Uint8Array(16), skippable, stored])
        expect(codeOf(() => codecs.decompress(kind, Buffer.concat([stored, tail]), text.length))).toBe("PTAR_BLOCK_DECODE");
    });

    test("never gives other bytes silently, whatever follows or is cut from a random stream", async () => {
      const codecs = await load();
      const edit = fc.tuple(fc.integer({ min: 0, max: 12 }), fc.uint8Array({ maxLength: 12 }));
      const property = fc.property(contents, edit, (raw, [cut, tail]) => {
        const stored = codecs.compress(kind, raw, 6);
        const edited = Buffer.concat([stored.subarray(0, Math.max(0, stored.length - cut)), tail]);
        fc.pre(Buffer.compare(edited, stored) !== 0);
        // an edit can give another valid stream only by writing its end anew; then the bytes are what that stream says, of exact length
        if (codeOf(() => codecs.decompress(kind, edited, raw.length)) === "accepted") expect(tail.length).toBeGreaterThan(0);
        if (cut === 0) expect(codeOf(() => codecs.decompress(kind, edited, raw.length))).toBe("PTAR_BLOCK_DECODE");
      });
      fc.assert(property, { seed, numRuns: 150 });
    });

    test("refuses garbage", async () => {
      const codecs = await load();
      const property = fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(["accepted", "PTAR_BLOCK_DECODE"]).toContain(codeOf(() => codecs.decompress(kind, bytes, 1000)));
      });
      fc.assert(property, { seed, numRuns: 300 });
    });
  });

  test("a bomb does not get more than the declared length", async () => {
    const codecs = await load();
    const bomb = deflateRawSync(new Uint8Array(64 * 1024 * 1024), { level: 9 });
    const before = process.memoryUsage().arrayBuffers;
    expect(codeOf(() => codecs.decompress("deflate", bomb, 1024))).toBe("PTAR_BLOCK_DECODE");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
  });

  test("refuses a zstd frame with a malformed compressed block", async () => {
    const codecs = await load();
    const stored = Uint8Array.from(codecs.compress("zstd", text, 3));
    // the first bytes of the first block: header of its literals
    stored.fill(0xff, 9, 13);
    expect(codeOf(() => codecs.decompress("zstd", stored, text.length))).toBe("PTAR_BLOCK_DECODE");
  });

  test("refuses a zstd frame whose blocks give less or more than its content size", async () => {
    const codecs = await load();
    const rle = (blocks: readonly number[]) => Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 9, ...blocks]);
    const block = (length: number, last: 0 | 1) => [(length << 3) | 2 | last, 0, 0, 65];
    expect(codecs.decompress("zstd", rle(block(9, 1)), 9)).toEqual(new Uint8Array(9).fill(65));
    expect(codeOf(() => codecs.decompress("zstd", rle(block(8, 1)), 9))).toBe("PTAR_BLOCK_DECODE");
    expect(codeOf(() => codecs.decompress("zstd", rle([...block(9, 0), ...block(1, 1)]), 9))).toBe("PTAR_BLOCK_DECODE");
  });

  test("compresses 9 MiB at the highest level into a window that readers accept", async () => {
    const codecs = await load();
    const raw = new Uint8Array(9 * 1024 * 1024);
    expect(codecs.decompress("zstd", codecs.compress("zstd", raw, 22), raw.length).length).toBe(raw.length);
  });
}
