import { hkdfSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { mustHex, toHex } from "../../src/bytes/hex.js";
import { hkdfSha256 } from "../../src/crypto/hkdf.js";

/** Bytes `first` to `last`, as the RFC writes its longer inputs. */
const run = (first: number, last: number) => Uint8Array.from({ length: last - first + 1 }, (_, i) => first + i);

describe("HKDF with SHA-256", () => {
  // RFC 5869 appendix A.1 to A.3
  test.each([
    [
      "A.1",
      { secret: new Uint8Array(22).fill(0x0b), salt: run(0x00, 0x0c), info: run(0xf0, 0xf9), length: 42 },
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ],
    [
      "A.2",
      { secret: run(0x00, 0x4f), salt: run(0x60, 0xaf), info: run(0xb0, 0xff), length: 82 },
      "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
    ],
    [
      "A.3",
      { secret: new Uint8Array(22).fill(0x0b), salt: new Uint8Array(), info: new Uint8Array(), length: 42 },
      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ],
  ])("agrees with RFC 5869 %s", (_, input, expected) => {
    expect(toHex(hkdfSha256(input))).toBe(expected);
  });

  test("agrees with OpenSSL for the shape of a session key", () => {
    const [secret, salt, info] = [mustHex("11".repeat(32)), mustHex("22".repeat(32)), mustHex("33".repeat(56))];
    expect(hkdfSha256({ secret, salt, info, length: 64 })).toEqual(new Uint8Array(hkdfSync("sha256", secret, salt, info, 64)));
  });
});
