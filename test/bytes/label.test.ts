import { expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.js";
import { label } from "../../src/bytes/label.js";

test("a label is padded with NUL to 16 bytes", () => {
  expect(toHex(label("ptar1/page"))).toBe("70746172312f70616765000000000000");
  expect(toHex(label("ptar1/snapshot16"))).toBe("70746172312f736e617073686f743136");
  expect(label("")).toEqual(new Uint8Array(16));
});

test("a longer label and one that is not ASCII are refused", () => {
  expect(() => label("ptar1/snapshot-17")).toThrow(TypeError);
  expect(() => label("ptar1/é")).toThrow(TypeError);
  expect(() => label("a\0b")).toThrow(TypeError);
});
