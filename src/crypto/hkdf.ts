// HKDF with SHA-256 (RFC 5869), from which the keys of sessions follow. spec/14-encryption.md#key
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";

/** What a key is derived from. */
export interface HkdfInput {
  /** Input keying material, IKM in the RFC. */
  readonly secret: Uint8Array;
  readonly salt: Uint8Array;
  /** What the derived bytes are for. */
  readonly info: Uint8Array;
  /** Bytes wanted, at most 255 × 32. */
  readonly length: number;
}

/** Extract, then expand. */
export function hkdfSha256({ secret, salt, info, length }: HkdfInput): Uint8Array {
  return hkdf(sha256, secret, salt, info, length);
}
