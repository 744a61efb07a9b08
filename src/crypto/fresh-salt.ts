// The salt of a session. spec/14-encryption.md#key
import { label } from "../bytes/label.js";
import { toUtf8 } from "../bytes/utf8.js";
import type { Crypto } from "./crypto.js";

let made = 0;

/**
 * 32 random bytes, hashed with the time, a counter and `machine`: two copies of one virtual machine may have the same
 * generator in the same state, and would otherwise seal different blocks under one key and nonce.
 */
export function saltOf(
  { randomBytes, sha256 }: Pick<Crypto, "randomBytes" | "sha256">,
  ...machine: readonly (string | number | bigint)[]
): Uint8Array {
  made += 1;
  const moment = [Date.now(), performance.timeOrigin, performance.now(), made, ...machine].join(" ");
  return sha256(label("ptar1/salt"), randomBytes(32), toUtf8(moment));
}
