import { deflateRawSync, inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadPortableCodecs } from "../../src/compression/portable.js";
import { describeCodecs } from "./codec-conformance.js";

describe("portable codecs", () => {
  describeCodecs(loadPortableCodecs);

  test("the names say which encoders they are", async () => {
    expect((await loadPortableCodecs()).name).toBe("fflate, zstd-wasm");
  });

  test("fflate's output is a stream that zlib reads", async () => {
    const codecs = await loadPortableCodecs();
    const property = fc.property(fc.uint8Array({ minLength: 1, maxLength: 2000 }), (raw) => {
      expect(new Uint8Array(inflateRawSync(codecs.compress("deflate", raw, 6)))).toEqual(raw);
    });
    fc.assert(property, { seed: 7, numRuns: 100 });
  });

  test("levels outside a compressor's scale are its nearest", async () => {
    const codecs = await loadPortableCodecs();
    const raw = new TextEncoder().encode("level ".repeat(100));
    expect(codecs.compress("deflate", raw, 22)).toEqual(codecs.compress("deflate", raw, 9));
    expect(new Uint8Array(inflateRawSync(codecs.compress("deflate", raw, -3)))).toEqual(raw);
    expect(codecs.decompress("deflate", deflateRawSync(raw), raw.length)).toEqual(raw);
  });
});
