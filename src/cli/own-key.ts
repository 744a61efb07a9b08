// Keys that sign: in files, or held by an ssh-agent. spec/09-trust.md#keys
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { errnoOf, ioError } from "../connectors/node/io-error.js";
import { type AgentOptions, agentSigner } from "../connectors/node/secrets/ssh-agent.js";
import type { Crypto } from "../crypto/crypto.js";
import { PtarError } from "../errors/ptar-error.js";
import { splitField } from "../keys/fields.js";
import { formatPrivateKey, parsePrivateKey, parsePublicHalf } from "../keys/private-key.js";
import { formatPublicLine, isKey, parsePublicLine } from "../keys/public-line.js";
import { type Signer, signerFromSeed } from "../keys/signer.js";
import { fingerprintOf } from "../keys/ssh-wire.js";
import type { Config } from "./config.js";
import { warnOfReaders, writeKeyFiles } from "./key-file.js";
import type { Notes } from "./ui/notes.js";

/** Wishes for a new key. */
export interface KeyOptions {
  readonly comment: string;
  /** Replace key files that are there. */
  readonly force?: boolean;
}

/** How an ssh-agent is found and waited for. */
export interface SignerOptions {
  /** Holds SSH_AUTH_SOCK; default: the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

const maxKeyFileBytes = 65_536;
const seedBytes = 32;

/**
 * Makes an Ed25519 key: the private file at `path`, readable for its owner only, and the public line in `path`.pub.
 * @returns the public key, 32 bytes
 * @throws PTAR_TARGET_EXISTS, PTAR_IO_FAILED, PTAR_IO_NO_SPACE
 */
export async function makeKey(path: string, crypto: Crypto, { comment, force = false }: KeyOptions): Promise<Uint8Array> {
  const seed = crypto.randomBytes(seedBytes);
  const publicKey = crypto.publicKey(seed);
  try {
    const secret = { path, text: formatPrivateKey(seed, comment, crypto), mode: 0o600 };
    const line = { path: `${path}.pub`, text: `${formatPublicLine(publicKey, comment)}\n`, mode: 0o644 };
    const hint = "choose another name with --out, or use --force to replace the key";
    await writeKeyFiles([secret, line], `key ${path}`, { force, hint });
  } finally {
    seed.fill(0);
  }
  return publicKey;
}

/**
 * The signer of a private key file, or of the key that an ssh-agent holds for a public key file, a public key line, a fingerprint
 * `SHA256:…` or a private key file with a passphrase.
 * @throws PTAR_KEY_NOT_FOUND, PTAR_KEY_INVALID, PTAR_IO_FAILED, and the reason of `signal`
 */
// spec/09-trust.md#agent
export async function loadSigner(key: string, crypto: Crypto, notes: Notes, options: SignerOptions = {}): Promise<Signer> {
  const agent = agentOf(notes, options);
  if (key.startsWith("SHA256:")) return agentSigner(requireFingerprint(key), crypto, agent);
  if (isPublicLine(key)) return agentSigner(fingerprintOf(parsePublicLine(key, "key").publicKey, crypto), crypto, agent);
  const text = await readKeyFile(key);
  const subject = `key ${key}`;
  if (isPublicLine(text)) return heldByAgent(parsePublicLine(text, subject).publicKey, crypto, { agent, file: key, state: "a public key" });
  await warnOfReaders(key, subject, notes);
  const { publicKey, protection } = parsePublicHalf(text, subject);
  if (protection === "none") return signerOfText(text, subject, crypto);
  const signer = await heldByAgent(publicKey, crypto, { agent, file: key, state: "protected by a passphrase" });
  notes.say(`${subject}: is protected by a passphrase; ssh-agent signs with it`);
  return signer;
}

/**
 * The signer of the default key, made on first use. Where only its public file stands, an ssh-agent has the key.
 * @throws like `makeKey` and `loadSigner`
 */
export async function loadOwnSigner(config: Config, crypto: Crypto, notes: Notes, options: SignerOptions = {}): Promise<Signer> {
  if (!existsSync(config.key)) {
    if (existsSync(config.publicKey)) return loadSigner(config.publicKey, crypto, notes, options);
    try {
      await makeKey(config.key, crypto, { comment: "ptar" });
      notes.say(`made a signing key in ${config.key}`);
      notes.hint("keep a copy of this file in a safe place; whoever has it signs in your name");
    } catch (error) {
      // another ptar made it at the same moment
      if (!(error instanceof PtarError && error.code === "PTAR_TARGET_EXISTS" && existsSync(config.key))) throw error;
    }
  }
  return loadSigner(config.key, crypto, notes, options);
}

/** Whether `text` starts with a public key, of whatever type. */
export function isPublicLine(text: string): boolean {
  const [type, rest] = splitField(text.trim());
  return rest !== "" && isKey(type, splitField(rest)[0]);
}

/** Text of a key or trust file. @throws PTAR_KEY_NOT_FOUND, PTAR_KEY_INVALID, PTAR_IO_FAILED */
export async function readKeyFile(path: string, maxBytes = maxKeyFileBytes): Promise<string> {
  try {
    const facts = await stat(path);
    if (!facts.isFile()) throw new PtarError("PTAR_KEY_INVALID", `key ${path}: is not a regular file`);
    if (facts.size > maxBytes) throw new PtarError("PTAR_KEY_INVALID", `key ${path}: has ${facts.size} bytes, at most ${maxBytes} expected`);
    return await readFile(path, "utf8");
  } catch (error) {
    if (errnoOf(error) !== "ENOENT" || error instanceof PtarError) throw ioError(error, `key ${path}`);
    throw new PtarError("PTAR_KEY_NOT_FOUND", `key ${path}: no such file`, {
      hint: "check the spelling of the path; ptar keygen makes a key",
      cause: error,
    });
  }
}

function agentOf(notes: Notes, { env = process.env, signal }: SignerOptions): AgentOptions {
  const onWait = () => notes.say("waiting for ssh-agent: it may be asking you for confirmation");
  return { socket: env.SSH_AUTH_SOCK, onWait, ...(signal && { signal }) };
}

interface HeldKey {
  readonly agent: AgentOptions;
  readonly file: string;
  readonly state: "a public key" | "protected by a passphrase";
}

/** The agent's signer of the key of a file; without it the error says why the file alone is not enough. */
async function heldByAgent(publicKey: Uint8Array, crypto: Crypto, { agent, file, state }: HeldKey): Promise<Signer> {
  // the private file stands beside the public one, as a rule
  const beside = file.endsWith(".pub") ? file.slice(0, -".pub".length) : "FILE";
  try {
    return await agentSigner(fingerprintOf(publicKey, crypto), crypto, { ...agent, keyFile: state === "a public key" ? beside : file });
  } catch (error) {
    if (!(error instanceof PtarError && error.code === "PTAR_KEY_NOT_FOUND")) throw error;
    const { code, message, hint = "" } = error;
    throw new PtarError(state === "a public key" ? code : "PTAR_KEY_INVALID", `key ${file}: is ${state}; ${message}`, { hint, cause: error });
  }
}

function signerOfText(text: string, subject: string, crypto: Crypto): Signer {
  const { seed, comment } = parsePrivateKey(text, subject, crypto);
  try {
    return signerFromSeed(seed, crypto, comment);
  } finally {
    seed.fill(0);
  }
}

function requireFingerprint(text: string): string {
  if (/^SHA256:[A-Za-z0-9+/]{43}$/.test(text)) return text;
  throw new PtarError("PTAR_KEY_INVALID", `key ${text}: is no fingerprint: SHA256: and 43 characters of base64`, {
    hint: "ssh-add -l shows the fingerprints of the keys that ssh-agent holds; ./SHA256:… is a file of that name",
  });
}
