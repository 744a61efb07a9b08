// SSH wire strings, the blob of an Ed25519 public key and its fingerprint. spec/09-trust.md#keys
import { fromBase64url, toBase64url } from "../bytes/base64url.js";
import { concatBytes, equalBytes } from "../bytes/compare.js";
import { toUtf8 } from "../bytes/utf8.js";
import type { Crypto } from "../crypto/crypto.js";

/** Name of the one key type that PTAR signs with. */
export const ed25519Type = "ssh-ed25519";

/** Bytes of an Ed25519 public key. */
export const publicKeyBytes = 32;

/** Bytes with their length before them, as SSH stores them (RFC 4251 §5, `string`). */
export function wireString(bytes: Uint8Array): Uint8Array {
  return concatBytes(wireU32(bytes.length), bytes);
}

/** A number in four bytes, the highest first (RFC 4251 §5, `uint32`). */
export function wireU32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, false);
  return bytes;
}

const blobStart = concatBytes(wireString(toUtf8(ed25519Type)), wireU32(publicKeyBytes));

/**
 * The SSH blob of a 32-byte Ed25519 public key (RFC 8709 §4), 51 bytes.
 * Throws TypeError for a key of another length.
 */
export function encodePublicKey(publicKey: Uint8Array): Uint8Array {
  if (publicKey.length !== publicKeyBytes) throw new TypeError(`a public key has ${publicKeyBytes} bytes, not ${publicKey.length}`);
  return concatBytes(blobStart, publicKey);
}

/** The 32-byte public key of an Ed25519 blob, copied; undefined when `blob` is anything else. */
export function decodePublicKey(blob: Uint8Array): Uint8Array | undefined {
  if (blob.length !== blobStart.length + publicKeyBytes) return undefined;
  return equalBytes(blob.subarray(0, blobStart.length), blobStart) ? blob.slice(blobStart.length) : undefined;
}

/** Bytes as base64 with padding (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  const text = toBase64url(bytes).replaceAll("-", "+").replaceAll("_", "/");
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}

/** Bytes of base64 `text`; undefined for missing padding, foreign characters or trailing bits that are not zero. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || text.includes("-") || text.includes("_")) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  // a third "=" is a foreign character to fromBase64url
  return fromBase64url(
    text
      .slice(0, text.length - padding)
      .replaceAll("+", "-")
      .replaceAll("/", "_"),
  );
}

/** The fingerprint of a 32-byte public key, as `ssh-keygen -l` prints it: `SHA256:` and 43 characters. */
// spec/09-trust.md#keys
export function fingerprintOf(publicKey: Uint8Array, crypto: Crypto): string {
  return `SHA256:${toBase64(crypto.sha256(encodePublicKey(publicKey))).slice(0, 43)}`;
}
