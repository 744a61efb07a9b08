// Whom an archive is sealed for: age recipients, one by one or in a file. spec/14-encryption.md#keys
import { type RecipientKind, recipientKind } from "../crypto/age.js";
import { PtarError } from "../errors/ptar-error.js";
import { ageLines } from "./age-lines.js";
import { mayHoldIdentity } from "./identities.js";

/** Stanzas and bytes of one KEYS frame. spec/11-limits.md */
const [maxStanzas, maxBytes] = [128, 65_536];
/** Version line, MAC and wrapped secret. */
const fixedBytes = 182;
/** What a recipient of each kind adds to the frame: line and body of its stanza. */
const stanzaBytes: Readonly<Record<RecipientKind, number>> = { x25519: 98, tag: 150, hybrid: 1557, "hybrid-tag": 1609 };

const askForOne = "ask for a line age1…, which ptar keygen --identity and age-keygen print";

/**
 * The recipients in the text of a file in age's format, in their order; `subject` names the file in errors, which quote nothing of it.
 * @throws PTAR_KEY_INVALID
 */
export function parseRecipients(text: string, subject: string): readonly string[] {
  const recipients = ageLines(text).map((line) => requireRecipient(line.text, `${subject} line ${line.number}`));
  if (recipients.length === 0) throw invalid(subject, "has no recipient", askForOne);
  return recipients;
}

/** `text` when it is a recipient. @throws PTAR_KEY_INVALID, which does not quote it: it may be a private key */
export function requireRecipient(text: string, subject: string): string {
  if (recipientKind(text) !== undefined) return text;
  if (mayHoldIdentity(text))
    throw invalid(subject, "is an identity (a private key), a recipient was expected", "age-keygen -y FILE prints the recipients");
  if (/^(?:ssh|ecdsa|sk)-/.test(text)) throw invalid(subject, "is an SSH key, which is not supported", askForOne);
  if (/^age1(?!pq1|tag1|tagpq1)[^1]+1/.test(text)) throw invalid(subject, "is a recipient of an age plugin, which is not supported", askForOne);
  if (/^age1/i.test(text)) throw invalid(subject, "is a malformed recipient", "it was not copied as a whole, or has a typing error");
  throw invalid(subject, "is no age recipient", askForOne);
}

/** Refuses more recipients than one archive takes at once. @throws PTAR_LIMIT_EXCEEDED */
// spec/14-encryption.md#keys
export function refuseTooManyRecipients(recipients: readonly string[]): void {
  if (recipients.length > maxStanzas) throw tooMany(`${recipients.length} were given, one archive takes at most ${maxStanzas}`);
  const bytes = recipients.reduce((sum, recipient) => sum + stanzaBytes[recipientKind(recipient) ?? "x25519"], fixedBytes);
  if (bytes > maxBytes)
    throw tooMany(
      `${recipients.length} of these kinds take ${bytes} bytes, at most ${maxBytes} expected; a post-quantum one takes ${stanzaBytes.hybrid}`,
    );
}

/** How many recipients a quantum computer would not help against, and how many others there are. */
export function countPostQuantum(recipients: readonly string[]): { readonly postQuantum: number; readonly others: number } {
  const postQuantum = recipients.filter((recipient) => recipientKind(recipient)?.startsWith("hybrid")).length;
  return { postQuantum, others: recipients.length - postQuantum };
}

function tooMany(problem: string): PtarError {
  return new PtarError("PTAR_LIMIT_EXCEEDED", `recipients: ${problem}`, { hint: "several people can share one identity" });
}

function invalid(subject: string, problem: string, hint: string): PtarError {
  return new PtarError("PTAR_KEY_INVALID", `${subject}: ${problem}`, { hint });
}
