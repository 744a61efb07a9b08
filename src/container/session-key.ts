// Key and commitment of a session. spec/14-encryption.md#key
import { Builder } from "../bytes/builder.js";
import { label } from "../bytes/label.js";
import type { Aead, Crypto } from "../crypto/crypto.js";
import { hkdfSha256 } from "../crypto/hkdf.js";

const keyBytes = 32;

/** What a session's key follows from. */
export interface SessionFacts {
  readonly archiveId: Uint8Array;
  /** Number of the SESSION frame. */
  readonly frame: number;
  readonly salt: Uint8Array;
}

/** The cipher of a session and its commitment, 32 bytes. */
export function deriveSession(crypto: Crypto, secret: Uint8Array, facts: SessionFacts): { readonly cipher: Aead; readonly commitment: Uint8Array } {
  const info = new Builder(56).bytes(label("ptar1/session")).bytes(facts.salt).u64(facts.frame).done();
  const derived = hkdfSha256({ secret, salt: facts.archiveId, info, length: 2 * keyBytes });
  const session = { cipher: crypto.aes256Gcm(derived.subarray(0, keyBytes)), commitment: derived.slice(keyBytes) };
  // the cipher has a copy
  derived.fill(0);
  return session;
}
