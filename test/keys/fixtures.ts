// Keys and files that the tests of keys/ share; the seeds are public, the keys protect nothing.
import { portableCrypto } from "../../src/crypto/portable.js";
import { PtarError } from "../../src/errors/ptar-error.js";
import { encodePublicKey, toBase64 } from "../../src/keys/ssh-wire.js";

export const seedOf = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
export const keyOf = (fill: number): Uint8Array => portableCrypto.publicKey(seedOf(fill));
/** Second field of a public key line. */
export const base64Of = (fill: number): string => toBase64(encodePublicKey(keyOf(fill)));
/** A public key line without comment. */
export const lineOf = (fill: number): string => `ssh-ed25519 ${base64Of(fill)}`;

/** The PtarError that `call` throws, as `CODE: message`. */
export function refusal(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof PtarError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "nothing was thrown";
}
