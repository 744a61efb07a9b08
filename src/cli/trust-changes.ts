// Changes to the trust file. spec/09-trust.md#keys
import { equalBytes } from "../bytes/compare.js";
import type { Crypto } from "../crypto/crypto.js";
import { PtarError } from "../errors/ptar-error.js";
import { fingerprintOf } from "../keys/ssh-wire.js";
import { formatTrustLine, type TrustedKey } from "../keys/trust.js";
import type { Config } from "./config.js";
import { editTrust, listedKeys, trustOf } from "./trust-file.js";
import type { Notes } from "./ui/notes.js";

/** Wishes for keys that are added. */
export interface AddOptions {
  /** Name of all of them; default: what their lines or their file say. */
  readonly name: string | undefined;
  readonly notes: Notes;
}

/**
 * Adds the keys of a public key line or of a file; a key that is listed already gets the new name. Returns what was added.
 * @throws PTAR_KEY_NOT_FOUND, PTAR_KEY_INVALID, PTAR_TRUST_INVALID
 */
export async function trustAdd(keyOrFile: string, config: Config, { name, notes }: AddOptions): Promise<readonly TrustedKey[]> {
  const found = await trustOf(keyOrFile, notes);
  if (found.length === 0)
    throw new PtarError("PTAR_KEY_INVALID", `${keyOrFile}: no ssh-ed25519 key was found`, {
      hint: "give a public key line, or the .pub file of a key",
    });
  const keys = found.map((key) => ({ ...key, name: name ?? (key.name === "" ? "unnamed" : key.name) }));
  const lines = keys.map(formatTrustLine);
  // a file that cannot be read must not be made longer
  await listedKeys(config);
  await editTrust(config, { without: keys, added: lines });
  return keys;
}

/**
 * Removes the keys with this fingerprint or name. Returns them.
 * @throws PTAR_KEY_NOT_FOUND, PTAR_TRUST_INVALID
 */
export async function trustRemove(fingerprintOrName: string, config: Config, crypto: Crypto): Promise<readonly TrustedKey[]> {
  const listed = await listedKeys(config);
  const named = listed.filter(({ publicKey, name }) => name === fingerprintOrName || fingerprintOf(publicKey, crypto) === fingerprintOrName);
  if (named.length === 0)
    throw new PtarError("PTAR_KEY_NOT_FOUND", `trust: no key "${fingerprintOrName}" in ${config.trust}`, { hint: "ptar trust list shows the keys" });
  // a key that stands there under two names would stay trusted under the other
  const removed = listed.filter((key) => named.some(({ publicKey }) => equalBytes(key.publicKey, publicKey)));
  await editTrust(config, { without: removed, added: [] });
  return removed;
}
