// A file of age identities, as age-keygen writes it. spec/14-encryption.md#opening
import { PtarError } from "../errors/ptar-error.js";
import { ageLines } from "./age-lines.js";
import { isBech32 } from "./bech32.js";

/** 32 bytes and the check. */
const dataChars = 58;
const newIdentity = "make one with: ptar keygen --identity, or age-keygen";
const decrypt = "decrypt it first: age -d FILE > COPY; in bash and zsh --identity <(age -d FILE) leaves no copy";

/** Files that people give by mistake: how they start, what they are, what to do. */
const strangeFiles: readonly (readonly [start: string, problem: string, hint: string])[] = [
  ["age-encryption.org/v1", "is encrypted", decrypt],
  ["-----BEGIN AGE ENCRYPTED FILE-----", "is encrypted", decrypt],
  ["-----BEGIN ", "is a private key of another kind, not an age identity", newIdentity],
  ["PuTTY-User-Key-File-", "is a private key of another kind, not an age identity", newIdentity],
];

/** The same for lines. */
const strangeLines: typeof strangeFiles = [
  ["AGE-PLUGIN-", "is an identity of an age plugin, which is not supported", "use an identity that age-keygen made"],
  ["AGE-SECRET-KEY-", "is a malformed identity", "it was not copied as a whole, or has a typing error"],
  ["age1", "is a recipient, an identity was expected", "give the file with the line AGE-SECRET-KEY-… that belongs to it"],
  ["ssh-", "is a public SSH key, not an age identity", newIdentity],
];

/**
 * The identities in the text of a file, `AGE-SECRET-KEY-…`, in their order; `subject` names the file in errors, which quote nothing of it.
 * @throws PTAR_KEY_INVALID
 */
export function parseIdentities(text: string, subject: string): readonly string[] {
  for (const [start, problem, hint] of strangeFiles) if (text.trimStart().startsWith(start)) throw invalid(subject, problem, hint);
  const lines = ageLines(text);
  for (const line of lines) if (!isIdentity(line.text)) throw strange(line.text, `${subject} line ${line.number}`);
  if (lines.length === 0) throw invalid(subject, "has no identity", newIdentity);
  return lines.map((line) => line.text);
}

/** Whether text anywhere holds what may be a private key of age: it must not be quoted. */
export function mayHoldIdentity(text: string): boolean {
  return /AGE-(?:SECRET-KEY|PLUGIN)-/i.test(text);
}

/** Checked here and not by the library: loading that takes longer than opening a plain archive, for which identities are read too. */
function isIdentity(text: string): boolean {
  return ["AGE-SECRET-KEY-", "AGE-SECRET-KEY-PQ-"].some(
    (prefix) => text.startsWith(`${prefix}1`) && text.length === prefix.length + 1 + dataChars && isBech32(text, prefix) && endsInZeroBits(text),
  );
}

/** 52 characters hold 260 bits: the last 4 before the check belong to no byte. */
function endsInZeroBits(text: string): boolean {
  return /[QS]/.test(text.at(-7) ?? "");
}

function strange(line: string, subject: string): PtarError {
  for (const [start, problem, hint] of strangeLines) if (line.startsWith(start)) return invalid(subject, problem, hint);
  return invalid(subject, "is no age identity", newIdentity);
}

function invalid(subject: string, problem: string, hint: string): PtarError {
  return new PtarError("PTAR_KEY_INVALID", `${subject}: ${problem}`, { hint });
}
