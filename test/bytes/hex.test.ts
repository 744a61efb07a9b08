import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHex, mustHex, toHex } from "../../src/bytes/hex.js";

test("bytes come back from hexadecimal", () => {
  const property = fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    expect(fromHex(toHex(bytes))).toEqual(bytes);
  });
  fc.assert(property, { seed: 41 });
  expect(toHex(Uint8Array.of(0, 9, 10, 255))).toBe("00090aff");
});

test.each(["0", "abc", "AB", "0x", " 0", "0 ", "g0", "0g", "é0", "００"])("%j is refused", (text) => {
  expect(fromHex(text)).toBeUndefined();
  expect(() => mustHex(text)).toThrow(TypeError);
});

test("hexadecimal that is right is taken without question", () => {
  expect(mustHex("00ff")).toEqual(Uint8Array.of(0, 255));
  expect(mustHex("")).toEqual(new Uint8Array());
});
