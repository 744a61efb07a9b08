// Key files on disk: read, and made so that nobody else can read them. spec/09-trust.md#keys
import { constants, existsSync, mkdirSync } from "node:fs";
import { open, readFile, rename, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { errnoOf, ioError } from "../connectors/node/io-error.js";
import { syncFolder } from "../connectors/node/publish.js";
import type { Crypto } from "../crypto/crypto.js";
import { PtarError } from "../errors/ptar-error.js";
import { formatPrivateKey, parsePrivateKey } from "../keys/private-key.js";
import { formatPublicLine } from "../keys/public-line.js";
import { type SeedSigner, signerFromSeed } from "../keys/signer.js";
import type { Config } from "./config.js";
import type { Notes } from "./ui/notes.js";

/** Wishes for a new key. */
export interface KeyOptions {
  readonly comment: string;
  /** Replace key files that are there. */
  readonly force?: boolean;
}

const maxKeyFileBytes = 65_536;
const seedBytes = 32;

/**
 * Makes an Ed25519 key: the private file at `path`, readable for its owner only, and the public line in `path`.pub.
 * @returns the public key, 32 bytes
 * @throws PTAR_TARGET_EXISTS, PTAR_IO_FAILED, PTAR_IO_NO_SPACE
 */
export async function makeKey(path: string, crypto: Crypto, { comment, force = false }: KeyOptions): Promise<Uint8Array> {
  for (const file of [path, `${path}.pub`]) {
    if (!force && existsSync(file))
      throw new PtarError("PTAR_TARGET_EXISTS", `${file}: exists`, { hint: "choose another name with --out, or use --force to replace the key" });
  }
  const seed = crypto.randomBytes(seedBytes);
  const publicKey = crypto.publicKey(seed);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    await writeKeyFile(path, { text: formatPrivateKey(seed, comment, crypto), mode: 0o600, force });
    await writeKeyFile(`${path}.pub`, { text: `${formatPublicLine(publicKey, comment)}\n`, mode: 0o644, force });
    await syncFolder(dirname(path));
  } catch (error) {
    throw ioError(error, `key ${path}`);
  } finally {
    seed.fill(0);
  }
  return publicKey;
}

/**
 * The signer of a private key file.
 * @throws PTAR_KEY_NOT_FOUND, PTAR_KEY_INVALID, PTAR_IO_FAILED
 */
export async function loadSigner(path: string, crypto: Crypto, notes: Notes): Promise<SeedSigner> {
  const text = await readKeyFile(path);
  const { mode } = await stat(path);
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    notes.say(`key ${path}: other users may read it (mode ${(mode & 0o777).toString(8)})`);
    notes.hint(`chmod 600 ${path}`);
  }
  const { seed, comment } = parsePrivateKey(text, `key ${path}`, crypto);
  try {
    return signerFromSeed(seed, crypto, comment);
  } finally {
    seed.fill(0);
  }
}

/** The signer of the default key, made on first use. @throws like `makeKey` and `loadSigner` */
export async function loadOwnSigner(config: Config, crypto: Crypto, notes: Notes): Promise<SeedSigner> {
  if (!existsSync(config.key)) {
    try {
      await makeKey(config.key, crypto, { comment: "ptar" });
      notes.say(`made a signing key in ${config.key}`);
      notes.hint("keep a copy of this file in a safe place; whoever has it signs in your name");
    } catch (error) {
      // another ptar made it at the same moment
      if (!(error instanceof PtarError && error.code === "PTAR_TARGET_EXISTS" && existsSync(config.key))) throw error;
    }
  }
  return loadSigner(config.key, crypto, notes);
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

interface KeyFile {
  readonly text: string;
  readonly mode: number;
  readonly force: boolean;
}

/** Writes a whole file or none: under another name first, so that a full disk leaves no half key and keeps the old one. */
async function writeKeyFile(path: string, { text, mode, force }: KeyFile): Promise<void> {
  const temporary = `${path}.${process.pid}.ptar-part`;
  const target = force ? temporary : path;
  const handle = await open(target, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0), mode).catch((error) => {
    throw errnoOf(error) === "EEXIST" ? new PtarError("PTAR_TARGET_EXISTS", `${path}: exists`, { hint: "choose another name with --out" }) : error;
  });
  try {
    await handle.writeFile(text);
    await handle.sync();
    if (force) await rename(temporary, path);
  } catch (error) {
    await unlink(target).catch(() => undefined);
    throw error;
  } finally {
    await handle.close();
  }
}
