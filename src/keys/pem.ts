// The text armour of a private key file, and the names of armours that are not ours. spec/09-trust.md#keys
import { PtarError } from "../errors/ptar-error.js";
import { fromBase64, toBase64 } from "./ssh-wire.js";

const begin = "-----BEGIN OPENSSH PRIVATE KEY-----";
const end = "-----END OPENSSH PRIVATE KEY-----";
const lineChars = 70;
const pemChars = 65_536;

const newKey = "make an Ed25519 key with: ssh-keygen -t ed25519";
const convert = "OpenSSH 9.6 and newer convert a copy of an Ed25519 key in this form: ssh-keygen -p -f COPY";

/** Files that people give by mistake: how they start, what they are, what to do. */
const strangers: readonly (readonly [start: string, name: string, hint: string])[] = [
  ["-----BEGIN PRIVATE KEY-----", "a PKCS#8 PEM file, which is not supported", convert],
  ["-----BEGIN ENCRYPTED PRIVATE KEY-----", "an encrypted PKCS#8 PEM file, which is not supported", convert],
  ["-----BEGIN RSA PRIVATE KEY-----", "an RSA key, not ssh-ed25519", newKey],
  ["-----BEGIN EC PRIVATE KEY-----", "an ECDSA key, not ssh-ed25519", newKey],
  ["-----BEGIN DSA PRIVATE KEY-----", "a DSA key, not ssh-ed25519", newKey],
  ["PuTTY-User-Key-File-", "a PuTTY key file, which is not supported", "puttygen converts a copy: puttygen KEY.ppk -O private-openssh-new -o COPY"],
  ["AGE-SECRET-KEY-", "an age identity, not a signing key", newKey],
  ["ssh-", "a public key, not a private one", "give the file without .pub that stands beside it"],
];

/**
 * The bytes inside the armour of an OpenSSH private key file; line ends may be CRLF.
 * @throws PTAR_KEY_INVALID
 */
export function blobOfPem(text: string, subject: string): Uint8Array {
  if (text.length > pemChars) throw invalid(subject, `${text.length} characters are too many for a private key, at most ${pemChars}`);
  const lines = text.trim().split(/\r?\n/);
  if (lines[0] !== begin) throw stranger(text.trim(), subject);
  if (lines.at(-1) !== end) throw invalid(subject, "does not end with the line END OPENSSH PRIVATE KEY");
  const blob = fromBase64(lines.slice(1, -1).join(""));
  if (blob === undefined) throw invalid(subject, "is not base64 between its first and last line");
  return blob;
}

/** The armour that OpenSSH puts around a private key, with a line feed at the end. */
export function formatPem(blob: Uint8Array): string {
  const base64 = toBase64(blob);
  const lines: string[] = [];
  for (let at = 0; at < base64.length; at += lineChars) lines.push(base64.slice(at, at + lineChars));
  return [begin, ...lines, end, ""].join("\n");
}

function stranger(text: string, subject: string): PtarError {
  for (const [start, name, hint] of strangers) if (text.startsWith(start)) return invalid(subject, `is ${name}`, hint);
  return invalid(subject, "is not an OpenSSH private key", newKey);
}

function invalid(subject: string, problem: string, hint?: string): PtarError {
  return new PtarError("PTAR_KEY_INVALID", `${subject}: ${problem}`, hint === undefined ? {} : { hint });
}
