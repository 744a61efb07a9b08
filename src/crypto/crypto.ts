// The small interface behind which portable and native cryptography stand.

/** A SHA-256 computation in progress. */
export interface Sha256 {
  update(bytes: Uint8Array): this;
  /** The 32-byte digest; ends the computation. */
  digest(): Uint8Array;
}

/** Cryptography as PTAR needs it. All calls are synchronous. */
export interface Crypto {
  /** Name of the implementation, shown by `ptar info`. */
  readonly name: string;
  /** SHA-256 (FIPS 180-4) of the parts joined; 32 bytes. */
  sha256(...parts: readonly Uint8Array[]): Uint8Array;
  createSha256(): Sha256;
  /** `length` bytes from a cryptographically secure generator. */
  randomBytes(length: number): Uint8Array;
  /** Public key (32 bytes) of a 32-byte Ed25519 seed (RFC 8032 §5.1.5). */
  publicKey(seed: Uint8Array): Uint8Array;
  /** Ed25519 signature (64 bytes) of `message` under a 32-byte seed (RFC 8032 §5.1.6). */
  sign(message: Uint8Array, seed: Uint8Array): Uint8Array;
  /** Strict Ed25519 verification, spec/09-trust.md#strict. Never throws. */
  verify(message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean;
}
