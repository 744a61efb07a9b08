// Finds the secret of an encrypted repository in its files of wrapped keys. spec/15-repository.md#secret
import { equalBytes } from "../bytes/compare.js";
import { toHex } from "../bytes/hex.js";
import type { Crypto } from "../crypto/crypto.js";
import { PtarError } from "../errors/ptar-error.js";
import { decodeKeys } from "../format/keys.js";
import type { Limits } from "../format/limits.js";
import { repositoryKeyId } from "../format/repository.js";
import type { KeyRing } from "../keys/key-ring.js";
import { remembered, unwrapSecret, type WrappedKeys } from "./unwrap.js";

/** What the description says of an encrypted repository. */
export interface RepositoryKey {
  /** 32 bytes. */
  readonly id: Uint8Array;
  /** 16 bytes. */
  readonly keyId: Uint8Array;
}

/** A file of `keys/`. */
export interface KeyFile {
  /** In its folder. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What a search needs beside files and keys. */
export interface RepositorySearch {
  readonly crypto: Crypto;
  readonly limits: Limits;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The secret, 32 bytes, of an encrypted repository with these files of wrapped keys, given in any order.
 * @throws PTAR_KEY_REQUIRED, PTAR_IDENTITY_WRONG, PTAR_PASSPHRASE_WRONG, PTAR_KEYS_INVALID, PTAR_KEYS_WORK_FACTOR, PTAR_KEYS_MISMATCH,
 * PTAR_KEY_COMMITMENT, PTAR_LIMIT_EXCEEDED, and what the key ring's passphrase throws
 */
export async function findRepositorySecret(
  { id, keyId, files }: RepositoryKey & { readonly files: readonly KeyFile[] },
  ring: KeyRing,
  { crypto, limits, signal }: RepositorySearch,
): Promise<Uint8Array> {
  const keys = wrappedIn(files, limits);
  return remembered(ring, toHex(id) + toHex(keyId), () => {
    const check = (secret: Uint8Array) => {
      if (
        !equalBytes(
          repositoryKeyId((bytes) => crypto.sha256(bytes), id, secret),
          keyId,
        )
      )
        throw otherSecret(keyId);
    };
    return unwrapSecret({ of: "repository", owner: id, keys, check }, ring, { scrypt: crypto.scrypt, signal });
  });
}

/** Files in the order of their names. @throws PTAR_LIMIT_EXCEEDED, PTAR_KEYS_INVALID, PTAR_KEYS_WORK_FACTOR */
function wrappedIn(files: readonly KeyFile[], limits: Limits): readonly WrappedKeys[] {
  const tooMany = (problem: string) => new PtarError("PTAR_LIMIT_EXCEEDED", `repository: ${problem}`);
  // spec/15-repository.md#secret
  if (files.length > limits.keyFiles) throw tooMany(`${files.length} files of wrapped keys, limit ${limits.keyFiles}`);
  const keys = files
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, bytes }): WrappedKeys => {
      const place = `keys/${name}`;
      if (bytes.length > limits.keysBytes) throw tooMany(`${place} has ${bytes.length} bytes, limit ${limits.keysBytes}`);
      return { place, payload: bytes, kind: decodeKeys(bytes, place, limits).kind, origin: "own" };
    });
  const costly = keys.filter(({ kind }) => kind === "passphrase").length;
  if (costly > limits.passphrases) throw tooMany(`${costly} passphrases, limit ${limits.passphrases}`);
  return keys;
}

function otherSecret(keyId: Uint8Array): PtarError {
  return new PtarError("PTAR_KEY_COMMITMENT", `repository: wrapped keys hold another secret than the one with key id ${toHex(keyId)}`, {
    hint: "a file of keys/ or the description was exchanged; the key may be right all the same",
  });
}
