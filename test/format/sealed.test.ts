// What stands inside a sealed frame, how long it gets, and its nonce. spec/14-encryption.md#seal, spec/14-encryption.md#padding
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frameTypes } from "../../src/format/frame.js";
import {
  decodeSealedPlaintext,
  encodeSealedPlaintext,
  isSealedType,
  paddedLength,
  padme,
  sealNonce,
  sealOverhead,
  tagLength,
} from "../../src/format/sealed.js";
import { refusal } from "../container/refusal.js";

const place = { number: 3, offset: 64 };
const decode = (plaintext: Uint8Array) => refusal(() => decodeSealedPlaintext(plaintext, place));

describe("the inside of a sealed frame", () => {
  it("is length, payload and zeros", () => {
    expect(encodeSealedPlaintext(Uint8Array.of(7, 8, 9), 10)).toEqual(Uint8Array.of(3, 0, 0, 0, 7, 8, 9, 0, 0, 0));
    expect(encodeSealedPlaintext(new Uint8Array(0x10203), 0x10207).subarray(0, 4)).toEqual(Uint8Array.of(3, 2, 1, 0));
  });

  it("decodes to the payload, whatever the padding", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (payload, padding) => {
        expect(decodeSealedPlaintext(encodeSealedPlaintext(payload, 4 + payload.length + padding), place)).toEqual(payload);
      }),
      { seed: 1 },
    );
  });

  it("is never cut to fit", () => {
    expect(() => encodeSealedPlaintext(new Uint8Array(7), 10)).toThrow(TypeError);
    expect(encodeSealedPlaintext(new Uint8Array(6), 10)).toHaveLength(10);
  });

  it("is refused when its length says more than there is", async () => {
    for (const [length, last] of [
      [4, 0],
      [0xffffffff, 0],
      [4, 1],
    ] as const) {
      const plaintext = Uint8Array.of(0, 0, 0, 0, 0, 0, last);
      new DataView(plaintext.buffer).setUint32(0, length, true);
      expect(await decode(plaintext)).toBe(`PTAR_FRAME_LENGTH: frame 3 at offset 64: a payload of ${length} bytes in 3 sealed ones`);
    }
    expect(await decode(Uint8Array.of(3, 0, 0, 0, 1, 1, 1))).toBe("nothing was refused");
  });

  it.each([7, 8, 99])("is refused when byte %i of its padding is not zero", async (at) => {
    const plaintext = encodeSealedPlaintext(Uint8Array.of(1, 2, 3), 100);
    expect(await decode(plaintext.with(at, 1))).toBe("PTAR_FRAME_RESERVED: frame 3 at offset 64: padding is not zero");
    expect(await decode(plaintext.with(6, 1))).toBe("nothing was refused");
  });
});

describe("padding", () => {
  /** Lengths and what the formula of the paper makes of them by hand: E = ⌊log2 L⌋, S = ⌊log2 E⌋ + 1, the last E − S bits become zero. */
  it.each([
    [2, 2],
    [3, 3],
    [5, 5],
    [8, 8],
    [9, 10],
    [15, 16],
    [16, 16],
    [17, 18],
    [31, 32],
    [32, 32],
    [33, 36],
    [64, 64],
    [65, 72],
    [100, 104],
    [129, 144],
    [1000, 1024],
    [1023, 1024],
    [1024, 1024],
    [1025, 1088],
    [4097, 4352],
    [65537, 67584],
    [999999, 1015808],
    [(1 << 20) - 1, 1 << 20],
    [1 << 20, 1 << 20],
    [(1 << 20) + 1, (1 << 20) + (1 << 15)],
    [4194304, 4194304],
    [4194305, 4325376],
    [8388609, 8650752],
    [2 ** 26 + 1, 2 ** 26 + 2 ** 21],
    [2 ** 31, 2 ** 31],
    [2 ** 32 + 1, 2 ** 32 + 2 ** 26],
  ])("takes %i bytes to %i", (length, padded) => {
    expect(padme(length)).toBe(padded);
  });

  /** The rule in whole numbers, as the paper writes it: no logarithm that could be a hair too small. */
  function byBits(length: number): number {
    const exponent = length.toString(2).length - 1;
    const lastBits = exponent - exponent.toString(2).length;
    const mask = (1n << BigInt(lastBits)) - 1n;
    return Number((BigInt(length) + mask) & ~mask);
  }

  it("costs 12 % at most, never shortens, and knows few lengths", () => {
    const check = (length: number) => {
      const padded = padme(length);
      expect(padded).toBe(byBits(length));
      expect(padded).toBeGreaterThanOrEqual(length);
      expect(padded).toBeLessThanOrEqual(length * 1.12);
      expect(padme(padded)).toBe(padded);
    };
    for (let length = 2; length < 5000; length++) check(length);
    for (let exponent = 12; exponent < 40; exponent++) for (const off of [-1, 0, 1]) check(2 ** exponent + off);
    fc.assert(fc.property(fc.integer({ min: 2, max: 2 ** 30 }), check), { seed: 1, numRuns: 2000 });
    const lengths = new Set(Array.from({ length: 1 << 16 }, (_, i) => padme((1 << 16) + i)));
    expect(lengths.size).toBe(33);
  });

  it("is that of length and payload, and never goes beyond the limit of a frame", () => {
    expect(paddedLength(1, 1000)).toBe(5);
    expect(paddedLength(61, 1000)).toBe(72);
    expect([paddedLength(901, 1000), paddedLength(957, 1000), paddedLength(980, 1000)]).toEqual([928, 984, 984]);
    // one byte more does not fit, and must not be cut
    expect(() => encodeSealedPlaintext(new Uint8Array(981), paddedLength(981, 1000))).toThrow(TypeError);
  });

  it("leaves at least 20 bytes of what is sealed for length and tag", () => {
    expect([sealOverhead, tagLength]).toEqual([20, 16]);
  });
});

describe("the nonce", () => {
  it.each([
    [0, "000000000000000000000000"],
    [1, "010000000000000000000000"],
    [0x1234, "341200000000000000000000"],
    [0xffffffff, "ffffffff0000000000000000"],
    [2 ** 32, "000000000100000000000000"],
    [2 ** 32 + 5, "050000000100000000000000"],
    [2 ** 53 - 1, "ffffffffffff1f0000000000"],
  ])("of frame %i is %s", (frame, hex) => {
    expect(Buffer.from(sealNonce(frame)).toString("hex")).toBe(hex);
  });
});

it("blocks, index and sealed manifest are sealed, nothing else", () => {
  const sealed = Object.entries(frameTypes).filter(([, type]) => isSealedType(type));
  expect(sealed.map(([name]) => name)).toEqual(["blockData", "blockMeta", "indexPage", "indexRoot", "sealedManifest"]);
  expect([0x90, 0xff, 0x12, 0x23].filter(isSealedType)).toEqual([]);
});
