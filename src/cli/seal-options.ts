// Whom a new archive is sealed for. spec/14-encryption.md#keys
import { PtarError } from "../errors/ptar-error.js";
import type { SealFor } from "../keys/key-ring.js";
import { requirePassphrase } from "../keys/passphrase.js";
import type { Arguments, Context, OptionSpec } from "./command.js";
import { chosenSource, othersOf, type PassphraseContext, type PassphrasePrefix, passphraseOptions, readPassphrase } from "./passphrase.js";
import { escapeText } from "./ui/escape.js";
import type { Notes } from "./ui/notes.js";
import { formatCounted } from "./ui/units.js";

/** Options of commands that make sealed archives. */
export const sealOptions = {
  recipient: { type: "list", describe: "seal for an age recipient, age1…, or a file of them; may be given several times" },
  passphrase: { type: "flag", describe: "seal with a passphrase: PTAR_PASSPHRASE where it is set, else asked for" },
  ...passphraseOptions,
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** The same for commands that also open something with a passphrase. */
export const otherSealOptions = {
  recipient: sealOptions.recipient,
  "seal-passphrase": { type: "flag", describe: "seal with a passphrase, which is asked for" },
  "seal-passphrase-file": { type: "text", describe: "read the passphrase to seal with from FILE, - for standard input" },
  "seal-passphrase-command": { type: "text", describe: "take what this command line prints for the passphrase to seal with" },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** What is sealed, and how its passphrase is named. */
export interface Sealing {
  /** The new archive, for the question on the terminal. */
  readonly archive: string;
  readonly prefix: PassphrasePrefix;
}

const maxFileBytes = 1_048_576;
const maxRounds = 3;

/**
 * Recipients and passphrase of the command line; undefined for a plain archive.
 * @throws PTAR_USAGE, PTAR_KEY_NOT_FOUND, PTAR_KEY_INVALID, PTAR_LIMIT_EXCEEDED, PTAR_PASSPHRASE_INVALID, PTAR_IO_FAILED, PTAR_INTERRUPTED, and
 * the reason of the signal
 */
export async function loadSealFor(args: Arguments, context: PassphraseContext, sealing?: Sealing): Promise<SealFor | undefined> {
  const { archive, prefix } = sealing ?? { archive: args.archive(), prefix: "" };
  const source = chosenSource(args, context, prefix);
  const given = args.list("recipient");
  if (given.length === 0 && source === undefined) return undefined;
  const recipients = given.length === 0 ? [] : await loadRecipients(given, context);
  if (source === undefined) return warned({ recipients }, context.notes);
  const passphrase = await readPassphrase(source, context, () => askOnTerminal({ archive, prefix }, context));
  return warned({ recipients, passphrase }, context.notes);
}

/** The passphrase that was typed twice alike; `ask` asks for a line. @throws PTAR_PASSPHRASE_INVALID after three rounds, and what `ask` throws */
export async function askTwice(name: string, ask: (prompt: string) => Promise<string>, notes: Pick<Notes, "fail">): Promise<string> {
  for (let round = 1; round <= maxRounds; round++) {
    const first = requirePassphrase(await ask(`ptar: new passphrase for ${name}: `), "passphrase");
    if ((await ask("ptar: the same again: ")) === first) return first;
    notes.fail({ message: "the two passphrases differ" });
  }
  throw new PtarError("PTAR_PASSPHRASE_INVALID", `passphrase: was typed differently ${maxRounds} times`);
}

async function askOnTerminal({ archive, prefix }: Sealing, { notes, signal }: PassphraseContext): Promise<string> {
  const { askSecret } = await import("../connectors/node/secrets/terminal-prompt.js");
  const ask = async (prompt: string) => {
    const typed = await askSecret(prompt, { signal });
    if (typed !== undefined) return typed;
    throw new PtarError("PTAR_PASSPHRASE_INVALID", "passphrase: there is no terminal to ask for it", { hint: othersOf(prefix) });
  };
  return askTwice(archive === "-" ? "the archive" : escapeText(archive), ask, notes);
}

/** Recipients of the command line, each once. @throws PTAR_KEY_NOT_FOUND, PTAR_KEY_INVALID, PTAR_LIMIT_EXCEEDED, PTAR_IO_FAILED */
export async function loadRecipients(given: readonly string[], { signal }: Pick<Context, "signal">): Promise<readonly string[]> {
  const { refuseTooManyRecipients } = await import("../keys/recipients.js");
  const found: string[] = [];
  for (const text of given) found.push(...(await recipientsOf(text, signal)));
  const recipients = [...new Set(found)];
  refuseTooManyRecipients(recipients);
  return recipients;
}

/** Text that starts with age1 is a recipient; a file of such a name is ./age1… */
async function recipientsOf(given: string, signal: AbortSignal): Promise<readonly string[]> {
  const [{ parseRecipients, requireRecipient }, { mayHoldIdentity }, { identityOnCommandLine }, { readSecretFile }] = await Promise.all([
    import("../keys/recipients.js"),
    import("../keys/identities.js"),
    import("./own-identity.js"),
    import("../connectors/node/secrets/secret-bytes.js"),
  ]);
  if (mayHoldIdentity(given))
    throw new PtarError("PTAR_KEY_INVALID", `recipient: ${identityOnCommandLine.problem}`, { hint: identityOnCommandLine.hint });
  if (/^(?:age1|ssh-)/.test(given)) return [requireRecipient(given, "recipient")];
  const subject = `recipients ${given}`;
  const bytes = await readSecretFile(given, { subject, maxBytes: maxFileBytes, signal });
  if (bytes === undefined) throw new PtarError("PTAR_KEY_INVALID", `${subject}: has more than ${maxFileBytes} bytes`);
  try {
    return parseRecipients(new TextDecoder().decode(bytes), subject);
  } finally {
    // it may be a file of identities, given by mistake
    bytes.fill(0);
  }
}

/** Says what makes the archive easier to open than a person may think. */
async function warned(sealFor: SealFor, notes: Pick<Notes, "fail">): Promise<SealFor> {
  const { recipients, passphrase } = sealFor;
  if (recipients.length > 0) await warnOfMixture(recipients, passphrase === undefined ? "no passphrase" : "a passphrase", notes);
  if (passphrase !== undefined) await warnOfWeakness(passphrase, notes);
  return sealFor;
}

async function warnOfMixture(recipients: readonly string[], beside: "no passphrase" | "a passphrase", notes: Pick<Notes, "fail">): Promise<void> {
  const { countPostQuantum } = await import("../keys/recipients.js");
  const { postQuantum, others } = countPostQuantum(recipients);
  if (postQuantum === 0 || (others === 0 && beside === "no passphrase")) return;
  const weaker = [...(others === 0 ? [] : [formatCounted(others, "other recipient")]), ...(beside === "a passphrase" ? [beside] : [])];
  notes.fail({
    message: `not post-quantum: ${weaker.join(" and ")} beside ${formatCounted(postQuantum, "post-quantum recipient")}`,
    hint: "an archive withstands quantum computers when all that opens it does",
  });
}

async function warnOfWeakness(passphrase: string, notes: Pick<Notes, "fail">): Promise<void> {
  const { passphraseBits, weakBits } = await import("./passphrase-strength.js");
  if (passphraseBits(passphrase) >= weakBits) return;
  notes.fail({
    message: "weak passphrase: whoever has the archive can try as many passphrases as they can pay for",
    hint: "five or more random words make a good one",
  });
}
