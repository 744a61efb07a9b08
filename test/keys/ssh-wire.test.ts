import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { portableCrypto } from "../../src/crypto/portable.js";
import { decodePublicKey, encodePublicKey, fingerprintOf, fromBase64, toBase64, wireString } from "../../src/keys/ssh-wire.js";
import { keyOf } from "./fixtures.js";

describe("base64", () => {
  it("is what others write, and comes back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = toBase64(bytes);
        expect(text).toBe(Buffer.from(bytes).toString("base64"));
        expect(fromBase64(text)).toEqual(bytes);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it.each([
    ["missing padding", "AAA"],
    ["missing padding of two", "AA"],
    ["padding alone", "===="],
    ["too much padding", "A==="],
    ["padding in the middle", "AA==AAAA"],
    ["trailing bits of one byte", "AB=="],
    ["trailing bits of two bytes", "AAB="],
    ["a space", "AAA "],
    ["the alphabet of base64url, minus", "AA-A"],
    ["the alphabet of base64url, underscore", "AA_A"],
    ["a letter outside ASCII", "AAAä"],
  ])("refuses %s", (_, text) => {
    expect(fromBase64(text)).toBeUndefined();
  });

  it("has one form: whatever is accepted is what is written", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("A", "B", "/", "+", "=", "_"), maxLength: 8 }), (text) => {
        const bytes = fromBase64(text);
        if (bytes !== undefined) expect(toBase64(bytes)).toBe(text);
      }),
      { seed: 2, numRuns: 2000 },
    );
  });
});

describe("a public key blob", () => {
  const blob = encodePublicKey(keyOf(1));

  it("is type and key as wire strings, and comes back", () => {
    expect(blob).toEqual(new Uint8Array([...wireString(new TextEncoder().encode("ssh-ed25519")), ...wireString(keyOf(1))]));
    expect(decodePublicKey(blob)).toEqual(keyOf(1));
  });

  it("is copied, so that a caller can change its buffer", () => {
    const buffer = blob.slice();
    const key = decodePublicKey(buffer);
    buffer.fill(0);
    expect(key).toEqual(keyOf(1));
  });

  it("is refused when a byte of type or lengths differs, is missing or follows", () => {
    for (let at = 0; at < blob.length - 32; at++) {
      const flipped = blob.slice();
      flipped[at] = (flipped[at] as number) ^ 1;
      expect(decodePublicKey(flipped), `byte ${at}`).toBeUndefined();
    }
    expect(decodePublicKey(blob.subarray(0, -1))).toBeUndefined();
    expect(decodePublicKey(new Uint8Array([...blob, 0]))).toBeUndefined();
    expect(decodePublicKey(new Uint8Array())).toBeUndefined();
  });

  it("is not made of a key of another length", () => {
    expect(() => encodePublicKey(new Uint8Array(31))).toThrow(TypeError);
    expect(() => encodePublicKey(new Uint8Array(33))).toThrow(TypeError);
  });
});

describe("the fingerprint of a key", () => {
  it("is the one that ssh-keygen -l prints", () => {
    const key = fromBase64("AAAAC3NzaC1lZDI1NTE5AAAAIMLA1mr7v1HD4xvIUqa+DbXSg9nlcTtCj1ZkIrjJ1m5g");
    expect(fingerprintOf(decodePublicKey(key as Uint8Array) as Uint8Array, portableCrypto)).toBe(
      "SHA256:v1LZyqtC/iYPPquLFNJnFeO3imDxHrAfrIzGOLPqFEg",
    );
  });
});
