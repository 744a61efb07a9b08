// Who signs: a key behind one call. spec/09-trust.md#keys
import type { Crypto } from "../crypto/crypto.js";

/** A key that signs. Signing is asynchronous, because the key may live in another process or device. */
export interface Signer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** What its owner calls the key; escape it before printing. */
  readonly comment?: string;
  /** The 64-byte Ed25519 signature of `message`. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** A signer that holds its seed in memory until it is wiped. */
export interface SeedSigner extends Signer {
  /** Overwrites the seed; signing afterwards throws TypeError. Copies that an engine made are out of reach. */
  wipe(): void;
}

/**
 * A signer of a 32-byte Ed25519 seed. The seed is copied: the caller may overwrite its own at once.
 * Throws TypeError for a seed of another length.
 */
export function signerFromSeed(seed: Uint8Array, crypto: Crypto, comment?: string): SeedSigner {
  if (seed.length !== 32) throw new TypeError(`a seed has 32 bytes, not ${seed.length}`);
  return new MemorySigner(seed.slice(), crypto, comment);
}

class MemorySigner implements SeedSigner {
  readonly publicKey: Uint8Array;
  declare readonly comment?: string;
  // private fields stay out of JSON and of inspection
  readonly #seed: Uint8Array;
  readonly #crypto: Crypto;
  #wiped = false;

  constructor(seed: Uint8Array, crypto: Crypto, comment: string | undefined) {
    this.#seed = seed;
    this.#crypto = crypto;
    this.publicKey = crypto.publicKey(seed);
    if (comment !== undefined) this.comment = comment;
  }

  async sign(message: Uint8Array): Promise<Uint8Array> {
    // zeros are a valid seed: without this a wiped signer would sign under a public key that everyone can use
    if (this.#wiped) throw new TypeError("this signer was wiped");
    return this.#crypto.sign(message, this.#seed);
  }

  wipe(): void {
    this.#seed.fill(0);
    this.#wiped = true;
  }
}
