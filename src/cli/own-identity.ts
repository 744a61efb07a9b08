// age identities: those that open sealed archives, and new ones. spec/14-encryption.md#opening
import { existsSync } from "node:fs";
import { readSecretFile } from "../connectors/node/secrets/secret-bytes.js";
import { PtarError } from "../errors/ptar-error.js";
import { mayHoldIdentity, parseIdentities } from "../keys/identities.js";
import type { Context } from "./command.js";
import { configOf } from "./config.js";
import { warnOfReaders, writeKeyFiles } from "./key-file.js";

/** Wishes for a new identity. */
export interface IdentityWishes {
  /** `x25519` is what every age program knows, `hybrid` withstands quantum computers too. */
  readonly kind: "x25519" | "hybrid";
  /** Replace a file that is there. */
  readonly force: boolean;
  readonly now: Date;
}

/** How errors say that a private key was typed on the command line. */
export const identityOnCommandLine = {
  problem: "an identity (a private key) was given on the command line",
  hint: "others can see command lines and shells keep them: make a new identity with ptar keygen --identity, and do not use this one any more",
} as const;

const maxFileBytes = 1_048_576;

/**
 * The identities of the files, and those of the config folder when no file is named. About these nothing fails: a note says why they are not used.
 * @throws PTAR_KEY_NOT_FOUND, PTAR_KEY_INVALID, PTAR_IO_FAILED, and the reason of the signal
 */
export async function loadIdentities(files: readonly string[], context: Pick<Context, "env" | "notes" | "signal">): Promise<readonly string[]> {
  if (files.length === 0) return ownIdentities(context);
  const found: string[] = [];
  for (const file of files) found.push(...(await identitiesOf(file, context)));
  return [...new Set(found)];
}

/**
 * Makes an identity file as age-keygen writes it, readable for its owner only; the recipient that belongs to it.
 * @throws PTAR_TARGET_EXISTS, PTAR_IO_FAILED, PTAR_IO_NO_SPACE
 */
export async function makeIdentity(path: string, { kind, force, now }: IdentityWishes): Promise<string> {
  const { generateIdentity, recipientOf } = await import("../crypto/age.js");
  const identity = await generateIdentity(kind);
  const recipient = await recipientOf(identity);
  const created = now.toISOString().replace(/\.\d+Z$/, "Z");
  const text = `# created: ${created}\n# public key: ${recipient}\n${identity}\n`;
  const hint = "choose another name with --out; with --force what is sealed for the identity that is there cannot be opened any more";
  await writeKeyFiles([{ path, text, mode: 0o600 }], `identity ${path}`, { force, hint });
  return recipient;
}

async function ownIdentities(context: Pick<Context, "env" | "notes" | "signal">): Promise<readonly string[]> {
  const { identity } = configOf(context.env);
  if (!existsSync(identity)) return [];
  try {
    return await identitiesOf(identity, context);
  } catch (error) {
    if (!(error instanceof PtarError)) throw error;
    context.notes.fail({ message: `${error.message}; it is not used`, hint: error.hint });
    return [];
  }
}

async function identitiesOf(path: string, { notes, signal }: Pick<Context, "notes" | "signal">): Promise<readonly string[]> {
  if (mayHoldIdentity(path))
    throw new PtarError("PTAR_KEY_INVALID", `--identity: ${identityOnCommandLine.problem}`, { hint: identityOnCommandLine.hint });
  const subject = `identity ${path}`;
  const bytes = await readSecretFile(path, { subject, maxBytes: maxFileBytes, signal });
  if (bytes === undefined) throw new PtarError("PTAR_KEY_INVALID", `${subject}: has more than ${maxFileBytes} bytes`);
  try {
    const identities = parseIdentities(new TextDecoder().decode(bytes), subject);
    await warnOfReaders(path, subject, notes);
    return identities;
  } finally {
    bytes.fill(0);
  }
}
