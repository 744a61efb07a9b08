import { randomBytes } from "node:crypto";
import zlib from "node:zlib";
import { describe, expect, test } from "vitest";
import { loadPortableCodecs } from "../../src/compression/portable.js";
import { loadNativeCodecs } from "../../src/native/codecs.js";
import { describeCodecs } from "../compression/codec-conformance.js";

describe("native codecs", () => {
  describeCodecs(loadNativeCodecs);

  test.skipIf(!("zstdCompressSync" in zlib))("zstd of Node finds in a block of 4 MiB what stands 3 MiB before", async () => {
    const codecs = await loadNativeCodecs();
    const part = randomBytes(64 << 10);
    const raw = new Uint8Array(4 << 20);
    raw.set(part);
    raw.set(part, 3 << 20);
    const stored = codecs.compress("zstd", raw, 3);
    expect(stored.length).toBeLessThan(1.5 * part.length);
    // one by one, four million numbers take seconds
    expect(Buffer.compare(codecs.decompress("zstd", stored, raw.length), raw)).toBe(0);
  });

  test("the names say which encoders they are", async () => {
    expect((await loadNativeCodecs()).name).toMatch(/^zlib \S+, .*zstd/);
  });

  test.each(["deflate", "zstd"] as const)("%s is read by the portable codecs, and theirs by it", async (codec) => {
    const [native, portable] = [await loadNativeCodecs(), await loadPortableCodecs()];
    const raw = new TextEncoder().encode("one verdict ".repeat(5000));
    expect(portable.decompress(codec, native.compress(codec, raw, 5), raw.length)).toEqual(raw);
    expect(native.decompress(codec, portable.compress(codec, raw, 5), raw.length)).toEqual(raw);
  });
});
