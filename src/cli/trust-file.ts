// The keys that a person trusts: the own one, an allowed_signers file, or what --trust names. spec/09-trust.md#keys
import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { parse } from "node:path";
import { equalBytes } from "../bytes/compare.js";
import { toUtf8 } from "../bytes/utf8.js";
import { createFileSink } from "../connectors/node/archive/file-sink.js";
import { shellWord } from "../connectors/node/shell-word.js";
import { PtarError } from "../errors/ptar-error.js";
import { parsePrivateKey, parsePublicHalf } from "../keys/private-key.js";
import { parsePublicLine } from "../keys/public-line.js";
import { type ParsedTrust, parseTrust, type Trust, type TrustedKey } from "../keys/trust.js";
import { parseTrustLine } from "../keys/trust-line.js";
import { nativeCrypto } from "../native/crypto.js";
import type { Config } from "./config.js";
import { isPublicLine, readKeyFile } from "./own-key.js";
import type { Notes } from "./ui/notes.js";
import { formatCounted } from "./ui/units.js";

/** Name of the own key in verdicts. */
export const ownKeyName = "your key";

const maxTrustFileBytes = 1_048_576;

/**
 * The keys of `--trust`, else the own key and those in the config folder; `notes` hears what was passed over.
 * @throws PTAR_KEY_NOT_FOUND, PTAR_TRUST_INVALID, PTAR_KEY_INVALID
 */
export async function loadTrust(given: readonly string[], config: Config, notes?: Notes): Promise<Trust> {
  if (given.length === 0) return { keys: [...(await ownKeys(config)), ...(await listedKeys(config))] };
  const keys: TrustedKey[] = [];
  for (const keyOrFile of given) keys.push(...(await trustOf(keyOrFile, notes)));
  return { keys };
}

/**
 * Keys of a `ssh-ed25519 AAAA…` line or of a file of such or of allowed_signers lines. A bare key without a comment is named after its
 * file: `alice.keys`, as code hosts publish it, holds the keys of alice.
 * @throws like `loadTrust`
 */
// spec/09-trust.md#keys
export async function trustOf(keyOrFile: string, notes?: Notes): Promise<readonly TrustedKey[]> {
  const isLine = isPublicLine(keyOrFile);
  const subject = isLine ? "key line" : keyOrFile;
  const found = parseTrust(isLine ? keyOrFile : await readKeyFile(keyOrFile, maxTrustFileBytes), subject);
  if (found.keys.length === 0 && found.otherTypes > 0) throw onlyOthers(found.otherTypes, subject);
  for (const remark of remarksOn(found)) notes?.say(`${subject}: ${remark}`);
  const fallback = isLine ? "" : parse(keyOrFile).name;
  return found.keys.map((key) => foreign(key.name === "" ? { ...key, name: fallback } : key));
}

function onlyOthers(count: number, subject: string): PtarError {
  const problem = count === 1 ? "has 1 key of another type and no ssh-ed25519 key" : `has ${count} keys of other types and no ssh-ed25519 key`;
  return new PtarError("PTAR_KEY_INVALID", `${subject}: ${problem}`, { hint: "PTAR signs with Ed25519 keys: ask for the public key of such a one" });
}

function remarksOn({ otherTypes, otherNamespaces, localTimes }: ParsedTrust): readonly string[] {
  return [
    ...(otherTypes === 0 ? [] : [`${formatCounted(otherTypes, "key of another type", "keys of other types")} ignored`]),
    ...(otherNamespaces === 0 ? [] : [`${formatCounted(otherNamespaces, "key")} for other namespaces than ptar ignored`]),
    ...(localTimes === 0 ? [] : [`${formatCounted(localTimes, "time")} without Z read as UTC`]),
  ];
}

/** The keys in the config folder. @throws PTAR_TRUST_INVALID, PTAR_IO_FAILED */
export async function listedKeys(config: Config): Promise<readonly TrustedKey[]> {
  return parseTrust(await trustText(config), config.trust).keys.map(foreign);
}

/** Names in files are free text: none of them may pass for the own key. */
function foreign(key: TrustedKey): TrustedKey {
  return key.name === ownKeyName ? { ...key, name: `${key.name}, says its file` } : key;
}

/** The own default key, or nothing. @throws PTAR_KEY_INVALID, PTAR_IO_FAILED */
async function ownKeys(config: Config): Promise<readonly TrustedKey[]> {
  const own = await ownHalf(config);
  if (!existsSync(config.publicKey)) return own === undefined ? [] : [{ publicKey: own, name: ownKeyName }];
  const { publicKey } = parsePublicLine(await readKeyFile(config.publicKey), config.publicKey);
  // a line that somebody else put there would make their archives one's own
  if (own !== undefined && !equalBytes(own, publicKey))
    throw new PtarError("PTAR_KEY_INVALID", `key ${config.publicKey}: is not the public key of ${config.key}`, {
      hint: `find out who changed it, then write it anew: ssh-keygen -y -f ${shellWord(config.key)} > ${shellWord(config.publicKey)}`,
    });
  return [{ publicKey, name: ownKeyName }];
}

/** The public key of the own private file; undefined where there is none, or none that this user may read: an agent may have it. */
async function ownHalf(config: Config): Promise<Uint8Array | undefined> {
  if (!existsSync(config.key) || (existsSync(config.publicKey) && !isReadable(config.key))) return undefined;
  const text = await readKeyFile(config.key);
  const { publicKey, protection } = parsePublicHalf(text, config.key);
  // where it can be, the public half is checked against the private one
  if (protection === "none") parsePrivateKey(text, config.key, nativeCrypto).seed.fill(0);
  return publicKey;
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Writes the trust file anew: without the lines of the keys in `without`, and with `added` at the end; other lines stay as they are. */
export async function editTrust(
  config: Config,
  change: { readonly without: readonly TrustedKey[]; readonly added: readonly string[] },
): Promise<void> {
  const lines = (await trustText(config)).split("\n").filter((line) => line !== "");
  const kept = lines.filter((line) => !isLineOf(line, change.without));
  mkdirSync(config.folder, { recursive: true, mode: 0o700 });
  const sink = await createFileSink(config.trust, { force: true });
  try {
    await sink.write(toUtf8([...kept, ...change.added].map((line) => `${line}\n`).join("")));
    await sink.publish();
  } finally {
    await sink.discard();
  }
}

async function trustText(config: Config): Promise<string> {
  return existsSync(config.trust) ? readKeyFile(config.trust, maxTrustFileBytes) : "";
}

function isLineOf(line: string, keys: readonly TrustedKey[]): boolean {
  const meaning = parseTrustLine(line.replace(/\r$/, ""));
  return typeof meaning !== "string" && meaning.kind === "key" && keys.some((key) => equalBytes(key.publicKey, meaning.key.publicKey));
}
