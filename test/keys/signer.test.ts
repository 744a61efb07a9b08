import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { toHex } from "../../src/bytes/hex.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import type { Crypto } from "../../src/crypto/crypto.js";
import { portableCrypto } from "../../src/crypto/portable.js";
import { signerFromSeed } from "../../src/keys/signer.js";
import { keyOf, seedOf } from "./fixtures.js";

describe("a signer of a seed", () => {
  const message = toUtf8("message");

  it("signs under its public key", async () => {
    const signer = signerFromSeed(seedOf(3), portableCrypto, "three");
    expect(signer.publicKey).toEqual(keyOf(3));
    expect(signer.comment).toBe("three");
    expect(portableCrypto.verify(message, await signer.sign(message), keyOf(3))).toBe(true);
  });

  it("has no comment when none was given", () => {
    expect("comment" in signerFromSeed(seedOf(3), portableCrypto)).toBe(false);
  });

  it("copies the seed", async () => {
    const seed = seedOf(3);
    const signer = signerFromSeed(seed, portableCrypto);
    seed.fill(0);
    expect(portableCrypto.verify(message, await signer.sign(message), keyOf(3))).toBe(true);
  });

  it("neither signs nor holds the seed once it is wiped", async () => {
    const held: Uint8Array[] = [];
    const watching: Crypto = {
      ...portableCrypto,
      sign(signed, seed) {
        held.push(seed);
        return portableCrypto.sign(signed, seed);
      },
    };
    const signer = signerFromSeed(seedOf(3), watching);
    await signer.sign(message);
    signer.wipe();
    expect(held).toEqual([new Uint8Array(32)]);
    await expect(signer.sign(message)).rejects.toThrow(TypeError);
    expect(held).toHaveLength(1);
  });

  it("does not show the seed when it is printed", () => {
    const signer = signerFromSeed(seedOf(0xa7), portableCrypto);
    const printed = `${inspect(signer, { depth: 9, showHidden: true })} ${JSON.stringify(signer)}`;
    expect(printed).not.toContain("167, 167, 167");
    expect(printed).not.toContain('"31":167');
    expect(printed).not.toContain(toHex(seedOf(0xa7)));
  });

  it("is not made of a seed of another length", () => {
    for (const length of [0, 31, 33, 64]) expect(() => signerFromSeed(new Uint8Array(length), portableCrypto)).toThrow(TypeError);
  });
});
