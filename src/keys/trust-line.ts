// One line of a trust file: an allowed_signers line or a bare public key. spec/09-trust.md#keys
import { dropBlanks, skipBlanks, splitField } from "./fields.js";
import { matchesPatternList } from "./pattern-list.js";
import { isKey, publicKeyOfBase64 } from "./public-line.js";
import { ed25519Type } from "./ssh-wire.js";
import { endOfOptions, parseTrustOptions, type TrustOptions } from "./trust-options.js";

/** A key that a verifier accepts. */
export interface TrustedKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /**
   * The principals of an allowed_signers line, or the comment of a bare key, as they stand in the file: possibly empty;
   * escape it before printing. It is a name the verifier gave: it is not compared with anything.
   */
  readonly name: string;
  /** First claimed time for which the key is trusted, RFC 3339 UTC with whole seconds. */
  readonly validAfter?: string;
  /** Last claimed time for which the key is trusted, RFC 3339 UTC with whole seconds. */
  readonly validBefore?: string;
}

/** What a line means: a key, a key that is not for PTAR, or nothing. */
export type TrustLine =
  | { readonly kind: "key"; readonly key: TrustedKey; readonly localTimes: number }
  | { readonly kind: "other-type" | "other-namespace" | "blank" };

/** The namespace of PTAR in allowed_signers files. */
export const namespace = "ptar";

/** What a line means, or a sentence about what is wrong with it. The line has no line end. */
export function parseTrustLine(line: string): TrustLine | string {
  // C programs end a line here: they and we would read different keys
  if (line.includes("\0")) return "a NUL byte";
  const text = dropBlanks(skipBlanks(line));
  if (text === "" || text.startsWith("#")) return { kind: "blank" };
  const [first, rest] = splitField(text);
  if (!isKey(first, splitField(rest)[0])) return parseSignerLine(text);
  const comment = splitField(rest)[1];
  return keyLine(text, { name: comment, options: { localTimes: 0 } });
}

function parseSignerLine(text: string): TrustLine | string {
  const split = text.startsWith('"') ? splitQuoted(text) : splitField(text);
  if (split === undefined) return "a quote is not closed";
  const [name, rest] = split;
  // OpenSSH drops quotes inside a word; here they mean that options stand where principals must
  if (name.includes('"')) return "quotes inside the principals; options come after them";
  const problem = problemOfPrincipals(name);
  if (problem !== undefined) return problem;
  if (rest === "") return "no key";
  if (isKey(...firstTwo(rest))) return keyLine(rest, { name, options: { localTimes: 0 } });
  return parseOptionsAndKey(name, rest);
}

/** What is wrong with a principals field, or undefined. */
function problemOfPrincipals(principals: string): string | undefined {
  if (principals === "") return "empty principals";
  // known_hosts files: the marker says the opposite of trust, or trusts what a key signed
  if (principals.startsWith("@")) return "markers such as @revoked or @cert-authority are not supported";
  if (principals.startsWith("|")) return "a hashed host name of a known_hosts file";
  const patterns = principals.split(",");
  if (patterns.some((pattern) => pattern.toLowerCase() === "cert-authority")) return "option cert-authority: certificates are not supported";
  // trust in PTAR is in keys for everything they sign: nobody can be left out
  if (patterns.some((pattern) => pattern.startsWith("!"))) return "negated principals are not supported";
  return undefined;
}

function parseOptionsAndKey(name: string, text: string): TrustLine | string {
  const end = endOfOptions(text);
  if (end < 0) return "a quote is not closed";
  const options = parseTrustOptions(text.slice(0, end));
  if (typeof options === "string") return options;
  const rest = skipBlanks(text.slice(end));
  if (!isKey(...firstTwo(rest))) return "no key of a known type after the options";
  return keyLine(rest, { name, options });
}

interface Owner {
  readonly name: string;
  readonly options: TrustOptions;
}

function keyLine(text: string, { name, options }: Owner): TrustLine | string {
  const [type, base64] = firstTwo(text);
  if (type !== ed25519Type) return { kind: "other-type" };
  const publicKey = publicKeyOfBase64(base64);
  if (publicKey === undefined) return `what follows ${ed25519Type} is not the base64 of an Ed25519 key`;
  const { namespaces, localTimes, ...validity } = options;
  // a key that was listed for commits or mails only says nothing about archives
  if (namespaces !== undefined && !matchesPatternList(namespace, namespaces)) return { kind: "other-namespace" };
  return { kind: "key", key: { publicKey, name, ...validity }, localTimes };
}

function splitQuoted(text: string): readonly [string, string] | undefined {
  const end = text.indexOf('"', 1);
  return end < 0 ? undefined : [text.slice(1, end), skipBlanks(text.slice(end + 1))];
}

function firstTwo(text: string): [string, string] {
  const [first, rest] = splitField(text);
  return [first, splitField(rest)[0]];
}
