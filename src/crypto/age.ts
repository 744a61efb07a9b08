// Secrets wrapped in age files: the only door of the age library. Import it lazily, it brings post-quantum code. spec/14-encryption.md#keys
import { Decrypter, Encrypter, generateHybridIdentity, generateX25519Identity, identityToRecipient } from "age-encryption";
import { PtarError } from "../errors/ptar-error.js";
import type { Scrypt } from "./crypto.js";
import { maxLog2Cost, passphraseIdentity, passphraseRecipient } from "./passphrase-stanza.js";
import { portableScrypt } from "./scrypt.js";

/** Kinds of recipients; the `tag` ones stand for keys in hardware, which this program can seal for and not open with. */
export type RecipientKind = "x25519" | "hybrid" | "tag" | "hybrid-tag";

/** What came of an age file and one key. */
export type Unwrapped =
  | { readonly kind: "opened"; readonly plaintext: Uint8Array }
  /** No stanza opens with the key, or none is of its kind. */
  | { readonly kind: "wrong-key" }
  /** A stanza opened and the rest does not fit it, a stanza of the key's kind is malformed, or the file is none of age. */
  | { readonly kind: "damaged" };

const kinds: readonly (readonly [prefix: string, kind: RecipientKind])[] = [
  ["age1pq1", "hybrid"],
  ["age1tag1", "tag"],
  ["age1tagpq1", "hybrid-tag"],
  ["age1", "x25519"],
];

/** Kind of the recipient `text`, `age1…`; undefined when it is none. */
export function recipientKind(text: string): RecipientKind | undefined {
  if (!succeeds(() => new Encrypter().addRecipient(text))) return undefined;
  return kinds.find(([prefix]) => text.startsWith(prefix))?.[1];
}

/**
 * Whether `text` is an identity, `AGE-SECRET-KEY-1…` or `AGE-SECRET-KEY-PQ-1…`.
 * @throws PTAR_KEY_INVALID where there is no WebCrypto, as all functions here that take identities or recipients to work
 */
export function isIdentity(text: string): boolean {
  checkWebCrypto();
  return succeeds(() => new Decrypter().addIdentity(text));
}

/** A new identity: `x25519` is what every age program knows, `hybrid` withstands quantum computers too. */
export function generateIdentity(kind: "x25519" | "hybrid"): Promise<string> {
  return kind === "hybrid" ? generateHybridIdentity() : generateX25519Identity();
}

/** The recipient of an identity. */
export async function recipientOf(identity: string): Promise<string> {
  checkIdentity(identity);
  return await identityToRecipient(identity);
}

/**
 * An age file that each of `recipients` can open.
 * @throws PTAR_KEY_INVALID for a recipient that is spelled well, but is no key
 */
export async function wrapForRecipients(plaintext: Uint8Array, recipients: readonly string[]): Promise<Uint8Array> {
  checkWebCrypto();
  if (recipients.length === 0) throw new TypeError("recipients: at least one expected");
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    if (recipientKind(recipient) === undefined) throw new TypeError("recipients: one is malformed");
    encrypter.addRecipient(recipient);
  }
  try {
    return await encrypter.encrypt(plaintext);
  } catch {
    // points of small order or off the curve, numbers out of range: the library looks at them only now
    throw new PtarError("PTAR_KEY_INVALID", `recipients: one of ${recipients.length} is not a usable public key`, {
      hint: "ask its owner for a recipient made by age-keygen or ptar keygen --identity",
    });
  }
}

/** An age file that `passphrase` opens. scrypt takes 2 to the `log2Cost` (default 18) KiB of memory, once. @throws PTAR_IO_FAILED without them */
export async function wrapForPassphrase(
  plaintext: Uint8Array,
  passphrase: string,
  { log2Cost = 18, scrypt = portableScrypt }: { readonly log2Cost?: number; readonly scrypt?: Scrypt } = {},
): Promise<Uint8Array> {
  if (!Number.isInteger(log2Cost) || log2Cost < 1 || log2Cost > maxLog2Cost)
    throw new TypeError(`log2Cost: 1 to ${maxLog2Cost} expected, not ${log2Cost}`);
  const encrypter = new Encrypter();
  encrypter.addRecipient(passphraseRecipient(passphrase, scrypt, log2Cost));
  return await encrypter.encrypt(plaintext);
}

/** Opens an age file with an identity. */
export async function unwrapWithIdentity(file: Uint8Array, identity: string): Promise<Unwrapped> {
  checkIdentity(identity);
  return await unwrap(file, (decrypter) => decrypter.addIdentity(identity));
}

/** Opens an age file with a passphrase, by one scrypt; by none when the file has no passphrase. @throws PTAR_IO_FAILED without memory for it */
export async function unwrapWithPassphrase(file: Uint8Array, passphrase: string, scrypt: Scrypt = portableScrypt): Promise<Unwrapped> {
  return await unwrap(file, (decrypter) => decrypter.addIdentity(passphraseIdentity(passphrase, scrypt)));
}

async function unwrap(file: Uint8Array, addKey: (decrypter: Decrypter) => void): Promise<Unwrapped> {
  const decrypter = new Decrypter();
  let missed = false;
  addKey(decrypter);
  // the library asks its identities in turn until one gives the file key or throws: this one is asked when the key opened no stanza
  decrypter.addIdentity({
    unwrapFileKey() {
      missed = true;
      return null;
    },
  });
  try {
    return { kind: "opened", plaintext: await decrypter.decrypt(file) };
  } catch (error) {
    if (missed) return { kind: "wrong-key" };
    // no memory for scrypt: that says nothing about the file
    if (error instanceof PtarError) throw error;
    return { kind: "damaged" };
  }
}

/** The library quotes malformed keys in its messages: they end here. */
function checkIdentity(identity: string): void {
  if (!isIdentity(identity)) throw new TypeError("identity: malformed");
}

/** X25519 of the library has no other way, and would fail as if the file were damaged. */
function checkWebCrypto(): void {
  if (globalThis.crypto?.subtle !== undefined) return;
  throw new PtarError("PTAR_KEY_INVALID", "identities and recipients: they need WebCrypto, and there is none", {
    hint: "open the page by https or from localhost; a passphrase works without",
  });
}

function succeeds(attempt: () => void): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
