import { describe, expect, test } from "vitest";
import { loadPortableCodecs } from "../../src/compression/portable.js";
import { loadNativeCodecs } from "../../src/native/codecs.js";
import { describeCodecs } from "../compression/codec-conformance.js";

describe("native codecs", () => {
  describeCodecs(loadNativeCodecs);

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
