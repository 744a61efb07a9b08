// Bytes and digests for the generators.
import { canonicalBytes } from "../../dist/bytes/canonical-json.js";
import { nativeCrypto } from "../../dist/native/crypto.js";

export const crypto = nativeCrypto;
export const sha256 = (...parts) => crypto.sha256(...parts);
export const hex = (bytes) => Buffer.from(bytes).toString("hex");
export const utf8 = (text) => Buffer.from(text, "utf8");
export const bytesOf = (value) => (typeof value === "string" ? utf8(value) : value);
export const canonical = canonicalBytes;

/** `length` bytes without a pattern: the first bytes of SHA-256(seed ‖ 0) ‖ SHA-256(seed ‖ 1) ‖ …, counters as u32. */
export function noise(seed, length) {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) => sha256(utf8(seed), u32(i)));
  return Buffer.concat(blocks).subarray(0, length);
}

export function u32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function u64(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

/** A copy of `bytes` with `patch` at `offset`. */
export function patched(bytes, offset, patch) {
  const copy = Buffer.from(bytes);
  copy.set(typeof patch === "number" ? [patch] : patch, offset < 0 ? copy.length + offset : offset);
  return copy;
}

/** A copy of `bytes` where the text `from`, which must stand there once, is replaced by `to`. */
export function replaced(bytes, from, to) {
  const buffer = Buffer.from(bytes);
  const needle = bytesOf(from);
  const at = buffer.indexOf(needle);
  if (at < 0 || buffer.indexOf(needle, at + 1) >= 0) throw new Error(`${from} must stand there once`);
  return Buffer.concat([buffer.subarray(0, at), bytesOf(to), buffer.subarray(at + needle.length)]);
}
