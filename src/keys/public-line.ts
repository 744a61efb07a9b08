// A public key as one line, `ssh-ed25519 AAAA… comment`. spec/09-trust.md#keys
import { PtarError } from "../errors/ptar-error.js";
import { splitField } from "./fields.js";
import { shown } from "./shown.js";
import { decodePublicKey, ed25519Type, encodePublicKey, fromBase64, toBase64 } from "./ssh-wire.js";

/** What a public key line says. */
export interface PublicLine {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Rest of the line as it stands there, possibly empty; escape it before printing. */
  readonly comment: string;
}

const publicLineChars = 16_384;
// every SSH key blob starts with the four-byte length of a short name: base64 AAAA
const blobStart = "AAAA";
const typeName = /^(?:ssh|ecdsa|sk|rsa|webauthn)-[a-z0-9@.-]+$/;

/**
 * The key of one line of a `.pub` file; `subject` names the file in errors.
 * @throws PTAR_KEY_INVALID
 */
export function parsePublicLine(text: string, subject: string): PublicLine {
  if (text.length > publicLineChars) throw invalid(subject, `${text.length} characters are too many for a public key, at most ${publicLineChars}`);
  const line = text.trim();
  if (line.startsWith("-----BEGIN ")) throw invalid(subject, "is not an SSH public key line", "give the .pub file that stands beside a private key");
  if (/[\n\r\0]/.test(line)) throw invalid(subject, "one line was expected and more were found");
  const [type, afterType] = splitField(line);
  const [base64, comment] = splitField(afterType);
  if (type !== ed25519Type) throw invalid(subject, problemOfType(type, base64), "PTAR signs with Ed25519 keys: ssh-keygen -t ed25519");
  const publicKey = publicKeyOfBase64(base64);
  if (publicKey === undefined) throw invalid(subject, `what follows ${ed25519Type} is not the base64 of an Ed25519 key`);
  return { publicKey, comment };
}

/** The line of a 32-byte public key, without a line feed. Throws TypeError when the comment is not one line. */
export function formatPublicLine(publicKey: Uint8Array, comment = ""): string {
  if (/[\n\r\0]/.test(comment)) throw new TypeError("a comment is one line");
  const key = `${ed25519Type} ${toBase64(encodePublicKey(publicKey))}`;
  return comment === "" ? key : `${key} ${comment}`;
}

/** The public key in the second field of a line; undefined when it is not strict base64 of an Ed25519 blob. */
export function publicKeyOfBase64(base64: string): Uint8Array | undefined {
  const blob = fromBase64(base64);
  return blob === undefined ? undefined : decodePublicKey(blob);
}

/** Whether two fields that follow each other are a key, of whatever type: a name that SSH could give a type, and a blob. */
export function isKey(type: string, base64: string): boolean {
  return type === ed25519Type || (typeName.test(type) && base64.startsWith(blobStart));
}

function problemOfType(type: string, base64: string): string {
  return isKey(type, base64) ? `has a key of type ${shown(type)}, not ${ed25519Type}` : "is not an SSH public key line";
}

function invalid(subject: string, problem: string, hint?: string): PtarError {
  return new PtarError("PTAR_KEY_INVALID", `${subject}: ${problem}`, hint === undefined ? {} : { hint });
}
