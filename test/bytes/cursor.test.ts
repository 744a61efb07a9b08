import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Builder } from "../../src/bytes/builder.js";
import { Cursor } from "../../src/bytes/cursor.js";
import { mustHex } from "../../src/bytes/hex.js";

test("fields come back as they were built, in any numbers", () => {
  const u = (bits: number) => fc.nat(2 ** bits - 1);
  const property = fc.property(u(8), u(16), fc.nat(0x7fffffff), fc.maxSafeNat(), fc.uint8Array({ maxLength: 9 }), (a, b, c, d, e) => {
    const built = new Builder(18 + e.length).u8(a).u16(b).u32(c).zeros(3).u64(d).bytes(e).done();
    const cursor = new Cursor(built);
    expect([cursor.u8(), cursor.u16(), cursor.u32()]).toEqual([a, b, c]);
    expect(cursor.bytes(3)).toEqual(new Uint8Array(3));
    expect(cursor.u64()).toBe(d);
    expect([cursor.at, cursor.left]).toEqual([18, e.length]);
    expect(cursor.bytes(e.length)).toEqual(e);
    expect(cursor.left).toBe(0);
  });
  fc.assert(property, { seed: 44 });
});

describe("the cursor", () => {
  test("reads little-endian, from a view that does not start at 0", () => {
    const cursor = new Cursor(mustHex("ffff0102030405060708").subarray(2));
    expect(cursor.u16()).toBe(0x0201);
    expect(cursor.u32()).toBe(0x06050403);
  });

  test("reads a u64 up to 2^53 − 1, and NaN above", () => {
    expect(new Cursor(mustHex("ffffffffffff1f00")).u64()).toBe(Number.MAX_SAFE_INTEGER);
    for (const over of ["0000000000002000", "0100000000002000", "0000000000000080", "ffffffffffffffff"])
      expect(new Cursor(mustHex(over)).u64()).toBeNaN();
  });

  test("throws RangeError past the end and stays where it is", () => {
    const cursor = new Cursor(Uint8Array.of(1, 2, 3));
    expect(() => cursor.u32()).toThrow(RangeError);
    expect(() => cursor.bytes(4)).toThrow(RangeError);
    expect(() => cursor.bytes(-1)).toThrow(RangeError);
    expect(cursor.at).toBe(0);
    expect(cursor.bytes(3).length).toBe(3);
    expect(() => cursor.u8()).toThrow(RangeError);
    expect(() => cursor.u16()).toThrow(RangeError);
  });

  test("gives views, not copies", () => {
    const bytes = new Uint8Array(2);
    new Cursor(bytes).bytes(2)[0] = 9;
    expect(bytes[0]).toBe(9);
  });
});

describe("the builder", () => {
  test("refuses what is no u64", () => {
    for (const value of [-1, 0.5, 2 ** 53, Number.NaN]) expect(() => new Builder(8).u64(value)).toThrow(RangeError);
  });

  test("refuses to write past its length or to be done before it", () => {
    expect(() => new Builder(3).u32(1)).toThrow(RangeError);
    expect(() => new Builder(3).bytes(new Uint8Array(4))).toThrow(RangeError);
    expect(() => new Builder(3).u16(1).done()).toThrow(TypeError);
    expect(() => new Builder(3).zeros(4).done()).toThrow(TypeError);
  });
});
