// An Ed25519 public key in the form that OpenSSL reads. RFC 8410, spec/13-interchange.md#openssl
import { concatBytes } from "../bytes/compare.js";
import { mustHex } from "../bytes/hex.js";
import { toBase64 } from "../keys/ssh-wire.js";

/** SEQUENCE { SEQUENCE { OID 1.3.101.112 } BIT STRING, no unused bits }: what stands before the key. */
const prefix = mustHex("302a300506032b6570032100");

/** SubjectPublicKeyInfo of a 32-byte key as PEM. */
export function spkiPem(publicKey: Uint8Array): string {
  return `-----BEGIN PUBLIC KEY-----\n${toBase64(concatBytes(prefix, publicKey))}\n-----END PUBLIC KEY-----\n`;
}
