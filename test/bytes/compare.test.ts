import fc from "fast-check";
import { expect, test } from "vitest";
import { compareBytes, concatBytes, equalBytes, isZero } from "../../src/bytes/compare.js";
import { fromUtf8, toUtf8 } from "../../src/bytes/utf8.js";

test("byte strings compare as in Node, prefixes first", () => {
  const bytes = fc.uint8Array({ maxLength: 4, max: 3 });
  const property = fc.property(bytes, bytes, (a, b) => {
    expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(a, b));
    expect(equalBytes(a, b)).toBe(Buffer.compare(a, b) === 0);
  });
  fc.assert(property, { seed: 45, numRuns: 500 });
  expect(compareBytes(Uint8Array.of(128), Uint8Array.of(127))).toBeGreaterThan(0);
});

test("bytes of UTF-8 order differently from UTF-16 code units", () => {
  const [low, high] = ["\uff61", "\u{10000}"] as const;
  expect(low < high).toBe(false);
  expect(compareBytes(toUtf8(low), toUtf8(high))).toBeLessThan(0);
});

test("only zeros are zero", () => {
  expect(isZero(new Uint8Array(9))).toBe(true);
  expect(isZero(new Uint8Array())).toBe(true);
  expect(isZero(Uint8Array.of(0, 0, 1))).toBe(false);
});

test("byte strings are joined in order", () => {
  expect(concatBytes()).toEqual(new Uint8Array());
  expect(concatBytes(Uint8Array.of(1), new Uint8Array(), Uint8Array.of(2, 3))).toEqual(Uint8Array.of(1, 2, 3));
});

test("UTF-8 that is malformed is refused, not repaired", () => {
  const malformed = [[0xff], [0xc0, 0x80], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0x80]];
  for (const bytes of malformed) expect(fromUtf8(Uint8Array.from(bytes))).toBeUndefined();
  expect(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 65))).toBe("\ufeffA");
  expect(fromUtf8(toUtf8("aé€😀"))).toBe("aé€😀");
});
