import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.js";
import { portableCrypto } from "../../src/crypto/portable.js";
import { nativeCrypto } from "../../src/native/crypto.js";

const utf8 = new TextEncoder();

describe.each([
  ["portable", portableCrypto],
  ["native", nativeCrypto],
] as const)("%s SHA-256", (_, crypto) => {
  // FIPS 180-4 examples
  test.each([
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    ["abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"],
  ])("of %j", (text, digest) => {
    expect(toHex(crypto.sha256(utf8.encode(text)))).toBe(digest);
    expect(toHex(crypto.createSha256().update(utf8.encode(text)).digest())).toBe(digest);
  });

  test("of no part is that of no byte", () => {
    expect(crypto.sha256()).toEqual(crypto.sha256(new Uint8Array()));
  });

  test("of parts is that of the parts joined, however they are cut", () => {
    const property = fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 6 }), (parts) => {
      const whole = crypto.sha256(Uint8Array.from(parts.flatMap((part) => [...part])));
      expect(crypto.sha256(...parts)).toEqual(whole);
      const hash = crypto.createSha256();
      for (const part of parts) hash.update(part);
      expect(hash.digest()).toEqual(whole);
    });
    fc.assert(property, { seed: 11, numRuns: 100 });
  });

  test.each([16_383, 16_384, 16_385, 70_000])("of parts of %i bytes together is that of the parts joined", (length) => {
    const whole = Uint8Array.from({ length }, (_, i) => i % 251);
    for (const at of [0, 1, length - 1, length])
      expect(crypto.sha256(whole.subarray(0, at), whole.subarray(at))).toEqual(crypto.createSha256().update(whole).digest());
  });

  test("of few parts does not remember the longer ones before", () => {
    const [long, short] = [new Uint8Array(500).fill(1), Uint8Array.of(2)];
    const before = crypto.sha256(long, long);
    expect(crypto.sha256(short, short)).toEqual(crypto.sha256(Uint8Array.of(2, 2)));
    expect(before).toEqual(crypto.sha256(new Uint8Array(1000).fill(1)));
  });

  test("does not change when a digest is written to", () => {
    const first = crypto.sha256(utf8.encode("abc"));
    first.fill(0);
    expect(toHex(crypto.sha256(utf8.encode("abc"))).slice(0, 8)).toBe("ba7816bf");
  });

  test("random bytes have the length asked for and differ", () => {
    expect(crypto.randomBytes(0).length).toBe(0);
    expect(crypto.randomBytes(100).length).toBe(100);
    expect(crypto.randomBytes(32)).not.toEqual(crypto.randomBytes(32));
  });

  test("the implementation has a name", () => {
    expect(crypto.name).toMatch(/^(noble|openssl \d.*)$/);
  });
});
