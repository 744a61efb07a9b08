// The keys that a verifier accepts, from allowed_signers files and lists of public keys. spec/09-trust.md#keys
import { equalBytes } from "../bytes/compare.js";
import { toUtf8 } from "../bytes/utf8.js";
import { PtarError } from "../errors/ptar-error.js";
import { isKey } from "./public-line.js";
import { ed25519Type, encodePublicKey, toBase64 } from "./ssh-wire.js";
import { namespace, parseTrustLine, type TrustedKey } from "./trust-line.js";
import { formatTrustTime, requireTime } from "./trust-time.js";

export type { TrustedKey } from "./trust-line.js";

/** The keys that a verifier accepts. One key may stand there several times, with different names and times. */
export type Trust = {
  readonly keys: readonly TrustedKey[];
};

/** The trust of a file, and what a person may want to know about the file. */
export interface ParsedTrust extends Trust {
  /** Lines with keys of other types than Ed25519: they cannot sign for PTAR. */
  readonly otherTypes: number;
  /** Ed25519 keys that are listed for other namespaces than `ptar` only. */
  readonly otherNamespaces: number;
  /** Times of `keys` without `Z`: OpenSSH reads them in the time zone of the machine, PTAR in UTC. */
  readonly localTimes: number;
}

/** What trust says about a public key at a claimed time. */
export interface TrustFinding {
  readonly status: "trusted" | "expired" | "not-yet-valid";
  /** The name that the trust file gives the key; escape it before printing. */
  readonly name: string;
}

/** Ceilings on trust files. */
const trustLimits = { bytes: 1_048_576, keys: 10_000 } as const;

const lineHint = "a line is a public key (ssh-ed25519 AAAA... name) or an allowed_signers line (name ssh-ed25519 AAAA...)";

/**
 * The trust in the text of an allowed_signers file or of a list of `ssh-ed25519` lines; `subject` names the file in errors.
 * @throws PTAR_TRUST_INVALID with the number of the line
 */
export function parseTrust(text: string, subject: string): ParsedTrust {
  requireSize(text, subject);
  const keys: TrustedKey[] = [];
  const counts = { "other-type": 0, "other-namespace": 0, blank: 0 };
  let localTimes = 0;
  // editors of Windows put a byte-order mark before the first line
  for (const [at, line] of text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .entries()) {
    const meaning = parseTrustLine(line.replace(/\r$/, ""));
    if (typeof meaning === "string") throw invalid(`${subject}: line ${at + 1}: ${meaning}`, lineHint);
    if (meaning.kind === "key") {
      keys.push(meaning.key);
      localTimes += meaning.localTimes;
    } else counts[meaning.kind]++;
    if (keys.length > trustLimits.keys) throw invalid(`${subject}: line ${at + 1}: more than ${trustLimits.keys} keys`);
  }
  return { keys, otherTypes: counts["other-type"], otherNamespaces: counts["other-namespace"], localTimes };
}

/**
 * What `trust` says about a key at the time that a statement claims: undefined when the key is not listed. Of several
 * lines with the key, one that trusts it wins; both ends of a validity are included, as in OpenSSH.
 * Throws TypeError when a time is not RFC 3339 UTC with whole seconds.
 */
export function findTrusted(trust: Trust, publicKey: Uint8Array, claimedTime: string): TrustFinding | undefined {
  requireTime(claimedTime);
  let found: TrustFinding | undefined;
  for (const key of trust.keys) {
    if (!equalBytes(key.publicKey, publicKey)) continue;
    const status = statusAt(key, claimedTime);
    if (status === "trusted") return { status, name: key.name };
    found ??= { status, name: key.name };
  }
  return found;
}

/**
 * The allowed_signers line of a key, without a line feed: for the namespace `ptar` only, and understood by `ssh-keygen -Y verify`.
 * @throws PTAR_TRUST_INVALID when the name cannot stand in such a file
 */
export function formatTrustLine(key: TrustedKey): string {
  if (/[\n\r"]/.test(key.name)) throw unwritable("a name with a quote or a line end");
  const blob = toBase64(encodePublicKey(key.publicKey));
  const options = [`namespaces="${namespace}"`];
  if (key.validAfter !== undefined) options.push(`valid-after="${formatTrustTime(key.validAfter)}"`);
  if (key.validBefore !== undefined) options.push(`valid-before="${formatTrustTime(key.validBefore)}"`);
  const line = `${formatName(key.name)} ${options.join(",")} ${ed25519Type} ${blob}`;
  // one wrong line makes the whole file unusable: only what can be read again is written
  const meaning = parseTrustLine(line);
  if (typeof meaning === "string") throw unwritable(meaning);
  return line;
}

function formatName(name: string): string {
  const plain = /^[\w@.+*?,:/-]+$/.test(name) && !isKey(name, "AAAA");
  return plain ? name : `"${name}"`;
}

// spec/09-trust.md#keys
function statusAt(key: TrustedKey, time: string): TrustFinding["status"] {
  if (key.validAfter !== undefined && time < requireTime(key.validAfter)) return "not-yet-valid";
  if (key.validBefore !== undefined && time > requireTime(key.validBefore)) return "expired";
  return "trusted";
}

function requireSize(text: string, subject: string): void {
  // a character has at least one byte: this spares the encoding of what is too long anyway
  const bytes = text.length > trustLimits.bytes ? text.length : toUtf8(text).length;
  if (bytes > trustLimits.bytes) throw invalid(`${subject}: ${bytes} bytes are too many for a trust file, at most ${trustLimits.bytes}`);
}

function unwritable(problem: string): PtarError {
  return invalid(`trust line: ${problem}`, "give the key another name or other times");
}

function invalid(message: string, hint?: string): PtarError {
  return new PtarError("PTAR_TRUST_INVALID", message, hint === undefined ? {} : { hint });
}
