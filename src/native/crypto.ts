// Cryptography of Node's own OpenSSL, with the verdicts of the portable one. spec/09-trust.md#strict
import * as node from "node:crypto";
import { hostname } from "node:os";
import { promisify } from "node:util";
import type { Aead, Crypto, Hash, ListedHash } from "../crypto/crypto.js";
import { saltOf } from "../crypto/fresh-salt.js";
import { checkNonce, ownKey, tagBytes } from "../crypto/gcm-sizes.js";
import { strictEnvelopeOk } from "../crypto/strict-ed25519.js";

const seedLength = 32;
/** What OpenSSL counts beside the table. */
const scryptSlack = 1 << 20;
const cipherName = "aes-256-gcm";
// parts up to this length together are joined and hashed by one call, measured at a third of the time of an update for each; longer ones cost more to copy
const joinedBytes = 16 * 1024;
const joined = new Uint8Array(joinedBytes);
// parts that stay in the processor's cache between cipher and copy: measured faster than one update of 4 MiB, whose fresh pages cost more than the copy
const sliceBytes = 256 * 1024;
// RFC 8410: what stands before 32 key bytes in PKCS #8 and in SubjectPublicKeyInfo
const privatePrefix = Uint8Array.from([0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]);
const publicPrefix = Uint8Array.from([0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0]);

/** {@link Crypto} of node:crypto. Signatures are checked strictly before OpenSSL sees them. */
export const nativeCrypto: Crypto = {
  name: `openssl ${process.versions.openssl}`,
  sha256: digestOf,
  createSha256: () => createHash("sha256"),
  createHash,
  randomBytes,
  freshSalt: () => saltOf({ randomBytes, sha256: digestOf }, process.pid, process.hrtime.bigint(), hostname()),
  scrypt,
  aes256Gcm,
  publicKey,
  sign: (message, seed) => plain(node.sign(null, message, privateKeyOf(seed))),
  verify,
};

function digestOf(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = parts.length === 1 ? parts[0] : joinedShort(parts);
  if (whole !== undefined) return digestBytes(node.hash("sha256", whole, "binary"));
  const hash = node.createHash("sha256");
  for (const part of parts) hash.update(part);
  return plain(hash.digest());
}

/** The parts joined, in a buffer that the next call fills anew; undefined when they are too long for it. */
function joinedShort(parts: readonly Uint8Array[]): Uint8Array | undefined {
  let length = 0;
  for (const part of parts) length += part.length;
  if (length > joinedBytes) return undefined;
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined.subarray(0, length);
}

/** A digest as bytes of its own. Node gives a short string in half the time of a Buffer, whose memory lies outside the heap. */
function digestBytes(latin1: string): Uint8Array {
  const bytes = new Uint8Array(latin1.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = latin1.charCodeAt(i);
  return bytes;
}

function createHash(algorithm: ListedHash | "sha256"): Hash {
  const hash = node.createHash(algorithm);
  return {
    update(bytes: Uint8Array) {
      hash.update(bytes);
      return this;
    },
    digest: () => plain(hash.digest()),
  };
}

function randomBytes(length: number): Uint8Array {
  return plain(node.randomBytes(length));
}

/** In a thread of its own, at more than twice the speed of JavaScript. */
async function scrypt(passphrase: Uint8Array, salt: Uint8Array, log2Cost: number): Promise<Uint8Array> {
  const cost = { N: 2 ** log2Cost, r: 8, p: 1, maxmem: 2 ** (log2Cost + 10) + scryptSlack };
  return plain(await promisify<Uint8Array, Uint8Array, number, node.ScryptOptions, Buffer>(node.scrypt)(passphrase, salt, 32, cost));
}

function aes256Gcm(key: Uint8Array): Aead {
  const own = ownKey(key);
  const secret = node.createSecretKey(own);
  own.fill(0);
  const options = { authTagLength: tagBytes };
  return {
    seal(message) {
      checkNonce(message);
      const cipher = node.createCipheriv(cipherName, secret, message.nonce, options).setAAD(message.bound);
      const sealed = Buffer.allocUnsafeSlow(message.bytes.length + tagBytes);
      pour(message.bytes, cipher, sealed);
      cipher.final();
      sealed.set(cipher.getAuthTag(), message.bytes.length);
      return plain(sealed);
    },
    open(message) {
      checkNonce(message);
      const length = message.bytes.length - tagBytes;
      if (length < 0) return undefined;
      const cipher = node.createDecipheriv(cipherName, secret, message.nonce, options).setAAD(message.bound);
      cipher.setAuthTag(message.bytes.subarray(length));
      const opened = Buffer.allocUnsafeSlow(length);
      pour(message.bytes.subarray(0, length), cipher, opened);
      try {
        cipher.final();
        return plain(opened);
      } catch {
        return undefined;
      }
    },
  };
}

function pour(bytes: Uint8Array, cipher: node.Cipher | node.Decipher, into: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += sliceBytes) into.set(cipher.update(bytes.subarray(at, at + sliceBytes)), at);
}

function publicKey(seed: Uint8Array): Uint8Array {
  const spki = node.createPublicKey(privateKeyOf(seed)).export({ format: "der", type: "spki" });
  return Uint8Array.from(spki.subarray(publicPrefix.length));
}

function verify(message: Uint8Array, signature: Uint8Array, key: Uint8Array): boolean {
  // spec/09-trust.md#strict
  if (!strictEnvelopeOk(signature, key)) return false;
  try {
    const der = Buffer.concat([publicPrefix, key]);
    return node.verify(null, message, node.createPublicKey({ key: der, format: "der", type: "spki" }), signature);
  } catch {
    return false;
  }
}

function privateKeyOf(seed: Uint8Array): node.KeyObject {
  if (seed.length !== seedLength) throw new TypeError(`seed: ${seedLength} bytes expected, not ${seed.length}`);
  return node.createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: "der", type: "pkcs8" });
}

/** The same bytes as a plain Uint8Array: a Buffer slices and prints differently. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
