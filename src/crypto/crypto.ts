// The small interface behind which portable and native cryptography stand.

/** Algorithms of digests that only help to find a file in lists of other people; never for security. spec/05-page.md#digests */
export type ListedHash = "md5" | "sha1" | "sha512";

/** A digest being computed. */
export interface Hash {
  update(bytes: Uint8Array): this;
  /** The digest; ends the computation. */
  digest(): Uint8Array;
}

/** AES-256-GCM (NIST SP 800-38D) under one key, with a tag of 16 bytes behind the ciphertext and a nonce of 12 bytes. */
export interface Aead {
  /** Ciphertext and tag. A nonce must never be used for two messages. */
  seal(message: AeadMessage): Uint8Array | Promise<Uint8Array>;
  /** The plaintext, undefined when key, nonce, associated data or a byte is another. */
  open(message: AeadMessage): Uint8Array | undefined | Promise<Uint8Array | undefined>;
}

/** One message, and what it is bound to. */
export interface AeadMessage {
  readonly nonce: Uint8Array;
  /** Associated data: authentic, but not encrypted. */
  readonly bound: Uint8Array;
  /** Plaintext to seal, or ciphertext and tag to open. */
  readonly bytes: Uint8Array;
}

/** What makes a key of a passphrase at a cost. */
export type Scrypt = (passphrase: Uint8Array, salt: Uint8Array, log2Cost: number) => Promise<Uint8Array>;

/** Cryptography as PTAR needs it. All calls are synchronous, but for `scrypt` and those of an {@link Aead}. */
export interface Crypto {
  /** Name of the implementation, shown by `ptar info`. */
  readonly name: string;
  /** SHA-256 (FIPS 180-4) of the parts joined; 32 bytes. */
  sha256(...parts: readonly Uint8Array[]): Uint8Array;
  createSha256(): Hash;
  /** A computation of another digest: MD5 (RFC 1321), SHA-1 or SHA-512 (FIPS 180-4). */
  createHash(algorithm: ListedHash): Hash;
  /** `length` bytes from a cryptographically secure generator. */
  randomBytes(length: number): Uint8Array;
  /** 32 random bytes, hashed with what tells two copies of one machine apart: time and a counter at least. */
  freshSalt(): Uint8Array;
  /** scrypt (RFC 7914) with r = 8, p = 1 and N = 2 to the `log2Cost`: 32 bytes. Rejects where memory, 2 to the `log2Cost` KiB, is missing. */
  scrypt: Scrypt;
  /** The cipher of sealed frames under a 32-byte key. spec/14-encryption.md#seal */
  aes256Gcm(key: Uint8Array): Aead;
  /** Public key (32 bytes) of a 32-byte Ed25519 seed (RFC 8032 §5.1.5). */
  publicKey(seed: Uint8Array): Uint8Array;
  /** Ed25519 signature (64 bytes) of `message` under a 32-byte seed (RFC 8032 §5.1.6). */
  sign(message: Uint8Array, seed: Uint8Array): Uint8Array;
  /** Strict Ed25519 verification, spec/09-trust.md#strict. Never throws. */
  verify(message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean;
}
