// Key and commitment of a session, compared with HKDF of node:crypto. spec/14-encryption.md#key
import { describe, expect, it } from "vitest";
import { deriveSession } from "../../src/container/session-key.js";
import { portableCrypto } from "../../src/crypto/portable.js";
import { nativeCrypto } from "../../src/native/crypto.js";
import { archiveId, sealAlone, secret, sessionAlone } from "./sealing.js";

const salt = new Uint8Array(32).fill(9);
const facts = { archiveId, frame: 2, salt };

describe.each([
  ["portable", portableCrypto],
  ["native", nativeCrypto],
])("%s", (_name, crypto) => {
  it.each([2, 300, 2 ** 32 + 7, 2 ** 53 - 1])("a session in frame %i has the key and the commitment of RFC 5869", async (frame) => {
    const expected = sessionAlone(secret, { ...facts, frame });
    const { cipher, commitment } = deriveSession(crypto, secret, { ...facts, frame });
    expect(commitment).toEqual(expected.commitment);
    const plaintext = Uint8Array.of(1, 2, 3);
    const sealed = sealAlone({ type: 0x10, number: 5, plaintext, key: expected.key });
    const nonce = Uint8Array.of(5, ...new Uint8Array(11));
    const bound = Uint8Array.of(0xf7, 0x50, 0x54, 0x46, 0x10, 0, 0, 0, 19, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0);
    expect(await cipher.open({ nonce, bound, bytes: sealed })).toEqual(plaintext);
  });

  it("every fact makes another key", () => {
    const commitments = [
      deriveSession(crypto, secret, facts),
      deriveSession(crypto, secret.with(31, 0), facts),
      deriveSession(crypto, secret, { ...facts, archiveId: archiveId.with(0, 0) }),
      deriveSession(crypto, secret, { ...facts, salt: salt.with(31, 0) }),
      deriveSession(crypto, secret, { ...facts, frame: 3 }),
    ].map(({ commitment }) => Buffer.from(commitment).toString("hex"));
    expect(new Set(commitments).size).toBe(5);
  });
});

it("what the key was derived to is wiped: the cipher has a copy", () => {
  let given: Uint8Array = Uint8Array.of(1);
  const aes256Gcm = (key: Uint8Array) => {
    given = key;
    return nativeCrypto.aes256Gcm(key);
  };
  deriveSession({ ...nativeCrypto, aes256Gcm }, secret, facts);
  expect(given).toEqual(new Uint8Array(32));
});

it("has these values", () => {
  const { commitment } = deriveSession(portableCrypto, secret, facts);
  expect(Buffer.from(commitment).toString("hex")).toBe("e52d93db45d2112900a90b278ac24bd423a0ae866a132a3dbffccb6e2c8e6c75");
});
