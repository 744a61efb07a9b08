// Wraps the secret of a sealed archive or of a repository for recipients and a passphrase. spec/14-encryption.md#keys
import type { Crypto } from "../crypto/crypto.js";
import { PtarError } from "../errors/ptar-error.js";
import { encodeKeysPlaintext } from "../format/keys.js";
import { limits } from "../format/limits.js";
import type { SealFor } from "../keys/key-ring.js";
import { requirePassphrase } from "../keys/passphrase.js";

/** Recipients of one KEYS frame: as many stanzas as fit when all are post-quantum ones of 1.6 kB. */
const recipientsPerFrame = 32;

/** A secret and whose it is. */
export interface ToWrap {
  readonly crypto: Crypto;
  readonly secret: Uint8Array;
  /** Of the archive, or the id of the repository. */
  readonly archiveId: Uint8Array;
}

/**
 * Payloads of KEYS frames, or of files of `keys/`: one for each 32 recipients, and one for the passphrase.
 * @throws PTAR_LIMIT_EXCEEDED, PTAR_PASSPHRASE_INVALID, PTAR_KEY_INVALID, PTAR_IO_FAILED; TypeError when there is nobody to seal for or a recipient is malformed
 */
export async function wrapSecret({ crypto, secret, archiveId }: ToWrap, { recipients, passphrase }: SealFor): Promise<readonly Uint8Array[]> {
  if (recipients.length === 0 && passphrase === undefined) throw new TypeError("nobody to seal the archive for");
  if (passphrase !== undefined) requirePassphrase(passphrase, "passphrase");
  const { wrapForPassphrase, wrapForRecipients } = await import("../crypto/age.js");
  const groups: (readonly string[])[] = [];
  for (let at = 0; at < recipients.length; at += recipientsPerFrame) groups.push(recipients.slice(at, at + recipientsPerFrame));
  if (groups.length >= limits.keysFrames)
    throw new PtarError(
      "PTAR_LIMIT_EXCEEDED",
      `recipients: ${recipients.length} of them, at most ${(limits.keysFrames - 1) * recipientsPerFrame} are possible`,
    );
  const plaintext = encodeKeysPlaintext(archiveId, secret);
  try {
    const payloads: Uint8Array[] = [];
    for (const group of groups) payloads.push(await wrapForRecipients(plaintext, group));
    if (passphrase !== undefined) payloads.push(await wrapForPassphrase(plaintext, passphrase, { scrypt: crypto.scrypt }));
    return payloads;
  } finally {
    plaintext.fill(0);
  }
}
