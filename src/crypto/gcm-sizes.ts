// What every AES-256-GCM asks of keys and nonces. spec/14-encryption.md#seal
import type { AeadMessage } from "./crypto.js";

const keyBytes = 32;
const nonceBytes = 12;
/** Length of the tag behind a ciphertext. */
export const tagBytes = 16;

/** A copy of the key, so that the caller may wipe its own. Throws TypeError unless it has 32 bytes. */
export function ownKey(key: Uint8Array): Uint8Array<ArrayBuffer> {
  if (key.length !== keyBytes) throw new TypeError(`key: ${keyBytes} bytes expected, not ${key.length}`);
  return Uint8Array.from(key);
}

/** Throws TypeError unless the nonce has 12 bytes: GCM itself takes others, and gives them another meaning. */
export function checkNonce({ nonce }: AeadMessage): void {
  if (nonce.length !== nonceBytes) throw new TypeError(`nonce: ${nonceBytes} bytes expected, not ${nonce.length}`);
}
