// Cryptography in plain JavaScript, for browsers and everywhere else. spec/00-conventions.md#notation
import { ed25519 } from "@noble/curves/ed25519.js";
import { md5, sha1 } from "@noble/hashes/legacy.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { randomBytes } from "@noble/hashes/utils.js";
import type { Crypto } from "./crypto.js";
import { saltOf } from "./fresh-salt.js";
import { portableGcm } from "./gcm.js";
import { portableScrypt } from "./scrypt.js";
import { strictEnvelopeOk } from "./strict-ed25519.js";

const listedHashes = { md5, sha1, sha512 };

/** {@link Crypto} of @noble/hashes, @noble/curves and, for short messages, @noble/ciphers. */
export const portableCrypto: Crypto = {
  name: "noble",
  sha256: digestOf,
  createSha256: () => sha256.create(),
  createHash: (algorithm) => listedHashes[algorithm].create(),
  randomBytes: (length) => randomBytes(length),
  freshSalt: () => saltOf({ randomBytes, sha256: digestOf }),
  scrypt: portableScrypt,
  aes256Gcm: portableGcm,
  publicKey: (seed) => ed25519.getPublicKey(seed),
  sign: (message, seed) => ed25519.sign(message, seed),
  verify,
};

function digestOf(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = sha256.create();
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function verify(message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
  // spec/09-trust.md#strict
  if (!strictEnvelopeOk(signature, publicKey)) return false;
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
}
