// scrypt in plain JavaScript, which lets others run meanwhile. spec/14-encryption.md#keys
import { scryptAsync } from "@noble/hashes/scrypt.js";

/** {@link Crypto.scrypt} of @noble/hashes. */
export function portableScrypt(passphrase: Uint8Array, salt: Uint8Array, log2Cost: number): Promise<Uint8Array> {
  return scryptAsync(passphrase, salt, { N: 2 ** log2Cost, r: 8, p: 1, dkLen: 32 });
}
