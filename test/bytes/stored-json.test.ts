// Canonical JSON in bytes, looked at without decoding it. spec/00-conventions.md#canonical
import { describe, expect, it } from "vitest";
import { digits, hex, none } from "../../src/bytes/stored-json.js";
import { toUtf8 } from "../../src/bytes/utf8.js";

/** Where a number ends that is expected behind one byte. */
const endOf = (text: string, expected: bigint) => digits(toUtf8(`,${text},`), 1, expected);

describe("digits in quotes", () => {
  const numbers = [0n, 1n, 9n, 10n, 4294967295n, 4294967296n, 1795299986230158904n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n, 99999999999999999999n];

  it.each([...numbers, ...numbers.slice(1).map((number) => -number)])("are a number of their value and of no other: %s", (number) => {
    const text = `"${number}"`;
    expect(endOf(text, number)).toBe(1 + text.length);
    for (const other of [1n, -1n, 10n, 2n ** 31n, 2n ** 32n, -(2n ** 32n), 2n ** 63n, 2n ** 64n, -(2n ** 64n), 2n ** 96n])
      expect(endOf(text, number + other), `${number + other}`).toBe(none);
    if (number !== 0n) expect(endOf(text, -number)).toBe(none);
  });

  it.each(["1", '"1', '1"', '"01"', '"-01"', '"+1"', '"1 "', '" 1"', '"1a"', '""', '"-"', '"1.0"', '"1e0"', "null"])(
    "have one form: not %s",
    (text) => {
      expect(endOf(text, 1n)).toBe(none);
      expect(endOf(text, -1n)).toBe(none);
    },
  );

  it("have one form for nothing", () => {
    for (const text of ['"-0"', '"00"', '""', '"-"']) expect(endOf(text, 0n)).toBe(none);
  });

  it("have no more places than a number of 64 bits", () => {
    expect(endOf(`"1${"0".repeat(20)}"`, 10n ** 20n)).toBe(none);
  });

  it("are not where nothing is", () => {
    expect(digits(toUtf8('"1"'), none, 1n)).toBe(none);
    expect(digits(toUtf8('"1'), 0, 1n)).toBe(none);
  });
});

describe("the digits of a digest", () => {
  const digest = "0123456789abcdef".repeat(4);

  it("are lower-case and all there", () => {
    expect(hex(toUtf8(digest), 0)).toBe(64);
    expect(hex(toUtf8(`x${digest}`), 1)).toBe(65);
    expect(hex(toUtf8(digest), none)).toBe(none);
    expect(hex(toUtf8(digest.slice(1)), 0)).toBe(none);
    for (const wrong of ["A", "F", "g", "/", ":", "`", '"', " "]) {
      expect(hex(toUtf8(`${wrong}${digest.slice(1)}`), 0), wrong).toBe(none);
      expect(hex(toUtf8(`${digest.slice(1)}${wrong}`), 0), wrong).toBe(none);
    }
  });
});
