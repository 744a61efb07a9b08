// A block's numbers are checked before anything is decoded. spec/03-block.md#block
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Block, decodeBlock, encodeBlock } from "../../src/format/block.js";
import { type Limits, limits } from "../../src/format/limits.js";
import { idLabel, type Kind, kindName, kinds } from "../../src/format/object.js";
import { refusal } from "../container/refusal.js";

const meta = Object.keys(kinds).filter((kind) => kind !== "chunk") as Kind[];
const data: Block = {
  codec: 0,
  items: [
    { kind: "chunk", length: 3 },
    { kind: "chunk", length: 2 },
  ],
  rawLength: 5,
  stored: new Uint8Array(5).fill(7),
};
const bytes = encodeBlock(data);
const refused = (payload: Uint8Array, holds: "data" | "meta" = "data") => refusal(() => decodeBlock(payload, { frame: 4, holds, limits }));

/** `bytes` with a u32 at `at`. */
function with32(at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(at, value, true);
  return copy;
}

describe("a block", () => {
  it("decodes to what was encoded, with any zero padding", () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.constantFrom(0, 1, 2), fc.constantFrom<"chunk" | Kind>("chunk", ...meta), lengths, fc.nat(20), (codec, kind, sizes, padding) => {
        const rawLength = sizes.reduce((sum, length) => sum + length, 0);
        const block = {
          codec,
          items: sizes.map((length) => ({ kind, length })),
          rawLength,
          stored: new Uint8Array(codec === 0 ? rawLength : 7).fill(1),
        };
        const payload = Uint8Array.of(...encodeBlock(block), ...new Uint8Array(padding));
        const place = { frame: 1, holds: kind === "chunk" ? "data" : "meta", limits } as const;
        expect(decodeBlock(payload, place)).toEqual(block);
        expect(encodeBlock(decodeBlock(payload, place))).toEqual(encodeBlock(block));
      }),
      { seed: 1 },
    );
  });

  it.each([
    ["fifteen bytes", bytes.subarray(0, 15), "PTAR_BLOCK_LENGTH: block (frame 4): 15 bytes are too few"],
    ["codec 3", bytes.with(0, 3), "PTAR_UNSUPPORTED_CODEC: block (frame 4): codec 3"],
    ["codec 3 and nothing behind its fields", bytes.subarray(0, 16).with(0, 3), "PTAR_UNSUPPORTED_CODEC: block (frame 4): codec 3"],
    ["codec 255", bytes.with(0, 255), "PTAR_UNSUPPORTED_CODEC: block (frame 4): codec 255"],
    ["a reserved byte", bytes.with(1, 1), "PTAR_BLOCK_RESERVED: block (frame 4): reserved bytes are not zero"],
    ["the last reserved byte", bytes.with(3, 1), "PTAR_BLOCK_RESERVED: block (frame 4): reserved bytes are not zero"],
    ["no objects", with32(4, 0), "PTAR_BLOCK_LENGTH: block (frame 4): 0 objects"],
    ["65537 objects", with32(4, 65537), "PTAR_BLOCK_LENGTH: block (frame 4): 65537 objects"],
    ["2^32-1 objects", with32(4, 0xffffffff), "PTAR_BLOCK_LENGTH: block (frame 4): 4294967295 objects"],
    ["a directory longer than it", with32(4, 65536), "PTAR_BLOCK_LENGTH: block (frame 4): directory and stored run need 262149 bytes, found 13"],
    ["a raw length over the limit", with32(8, 16777217), "PTAR_BLOCK_LENGTH: block (frame 4): raw length 16777217, limit 16777216"],
    ["a raw length of 2^32-1", with32(8, 0xffffffff), "PTAR_BLOCK_LENGTH: block (frame 4): raw length 4294967295, limit 16777216"],
    ["a raw length one too small", with32(8, 4), "PTAR_BLOCK_LENGTH: block (frame 4): objects of 5 bytes in a raw length of 4"],
    ["a raw length one too large", with32(8, 6), "PTAR_BLOCK_LENGTH: block (frame 4): objects of 5 bytes in a raw length of 6"],
    ["a stored run that is longer", with32(12, 6), "PTAR_BLOCK_LENGTH: block (frame 4): directory and stored run need 14 bytes, found 13"],
    ["a stored run that is shorter than raw", with32(12, 4), "PTAR_BLOCK_LENGTH: block (frame 4): stored length 4 of a raw length of 5"],
    ["an object of length 0", with32(16, 1 << 24), "PTAR_BLOCK_LENGTH: block (frame 4): object 0 has 0 bytes, limit 8388608"],
    ["a chunk over its limit", with32(20, (1 << 24) + 8388609), "PTAR_BLOCK_LENGTH: block (frame 4): object 1 has 8388609 bytes, limit 8388608"],
    ["kind 0", with32(16, 3), "PTAR_BLOCK_KIND: block (frame 4): object 0 has kind 0 in a block of data"],
    ["kind 12", with32(16, 12 * 2 ** 24 + 3), "PTAR_BLOCK_KIND: block (frame 4): object 0 has kind 12 in a block of data"],
    ["kind 255", with32(16, 255 * 2 ** 24 + 3), "PTAR_BLOCK_KIND: block (frame 4): object 0 has kind 255 in a block of data"],
    ["a page among data", with32(20, 3 * 2 ** 24 + 2), "PTAR_BLOCK_KIND: block (frame 4): object 1 has kind 3 in a block of data"],
    ["padding", Uint8Array.of(...bytes, 0, 1), "PTAR_BLOCK_RESERVED: block (frame 4): padding is not zero"],
  ])("with %s is refused", async (_what, payload, sentence) => {
    expect(await refused(payload)).toBe(sentence);
  });

  it("may be as large as the limits are", async () => {
    const decoded = (change: Partial<Limits>) => refusal(() => decodeBlock(bytes, { frame: 4, holds: "data", limits: { ...limits, ...change } }));
    expect(await decoded({ blockObjects: 2, blockRawBytes: 5, chunkBytes: 3 })).toBe("nothing was refused");
    expect(await decoded({ blockObjects: 1 })).toContain("2 objects");
    expect(await decoded({ blockRawBytes: 4 })).toContain("raw length 5, limit 4");
    expect(await decoded({ chunkBytes: 2 })).toContain("object 0 has 3 bytes, limit 2");
  });

  it("of metadata holds no chunk, and no object over a mebibyte", async () => {
    expect(await refused(bytes, "meta")).toBe("PTAR_BLOCK_KIND: block (frame 4): object 0 has kind 1 in a block of meta");
    const page = with32(16, 3 * 2 ** 24 + 1048577);
    expect(await refused(page, "meta")).toBe("PTAR_BLOCK_LENGTH: block (frame 4): object 0 has 1048577 bytes, limit 1048576");
  });
});

describe("kinds", () => {
  it("have numbers, names and labels", () => {
    const table = Array.from({ length: 13 }, (_, number) => kindName(number));
    const known = ["chunk", "list", "page", "content", "snapshot", "statement", "links", "catalogue", "locations", "inventory", "holdings"];
    expect(table).toEqual([undefined, ...known, undefined]);
    expect(idLabel("chunk")).toBeUndefined();
    expect(meta.map(idLabel)).toEqual(meta.map((kind) => `ptar1/${kind}`));
  });
});
