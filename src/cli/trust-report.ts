// Trusted keys as lines and JSON. spec/09-trust.md#keys
import { toHex } from "../bytes/hex.js";
import type { Crypto } from "../crypto/crypto.js";
import { fingerprintOf } from "../keys/ssh-wire.js";
import type { TrustedKey } from "../keys/trust.js";
import { escapeText } from "./ui/escape.js";

/** Fingerprint, name and validity of a key. */
export function trustedLine({ publicKey, name, validAfter, validBefore }: TrustedKey, crypto: Crypto): string {
  const from = validAfter === undefined ? "" : `  from ${validAfter}`;
  const until = validBefore === undefined ? "" : `  until ${validBefore}`;
  return escapeText(`${fingerprintOf(publicKey, crypto)}  ${name}${from}${until}`);
}

/** The same for spec/schemas/output/trust.schema.json. */
export function trustedJson({ publicKey, name, validAfter, validBefore }: TrustedKey, crypto: Crypto): object {
  return {
    publicKey: toHex(publicKey),
    fingerprint: fingerprintOf(publicKey, crypto),
    name,
    validAfter: validAfter ?? null,
    validBefore: validBefore ?? null,
  };
}
