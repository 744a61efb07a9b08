// The archive fingerprint as people read, quote and type it. spec/08-manifest.md#fingerprint
import { fromHex, toHex } from "../bytes/hex.js";

const digestBytes = 32;

/** `ptar1` and 16 groups of four hex digits. Throws TypeError for a digest of another length than 32. */
// spec/08-manifest.md#fingerprint
export function formatFingerprint(digest: Uint8Array): string {
  if (digest.length !== digestBytes) throw new TypeError(`a digest has ${digestBytes} bytes, not ${digest.length}`);
  return ["ptar1", ...(toHex(digest).match(/.{4}/g) ?? [])].join(" ");
}

/**
 * The digest of a fingerprint, undefined when `text` is none. White space, dashes, upper case and a missing `ptar1`
 * are forgiven: people copy fingerprints out of mails and read them over the telephone.
 */
export function parseFingerprint(text: string): Uint8Array | undefined {
  const digits = text.replaceAll(/[ \t\r\n-]/g, "").toLowerCase();
  const digest = fromHex(digits.startsWith("ptar1") ? digits.slice("ptar1".length) : digits);
  return digest?.length === digestBytes ? digest : undefined;
}
