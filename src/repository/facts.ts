// What a repository is, as far as nobody needs a key to see it. spec/15-repository.md#layout
import type { EncryptionInfo } from "../archive/results.js";
import type { Repository as Description } from "../format/generated/types.js";
import { decodeKeys } from "../format/keys.js";
import { limits as formatLimits, type Limits } from "../format/limits.js";
import { decodeRepository, descriptionName } from "../format/repository.js";
import { readFile } from "./files/small-files.js";
import type { Storage, StorageFolder } from "./files/storage.js";

/** Files of a folder. */
export interface StoredFiles {
  readonly count: number;
  /** All together. */
  readonly bytes: number;
}

/** Result of {@link repositoryFacts}. */
export interface RepositoryFacts {
  readonly description: Description;
  /** How it is encrypted, as anybody can see: types of recipients, never names. A plain repository has none. */
  readonly encryption?: EncryptionInfo;
  readonly packs: StoredFiles;
  /** Archives that are kept byte for byte. */
  readonly adopted: StoredFiles;
  /** Index archives. */
  readonly index: StoredFiles;
  /** Snapshot archives: several may hold one snapshot. */
  readonly snapshots: StoredFiles;
}

/**
 * What can be told of a repository without a key: its description, and how many files it has.
 * @throws PTAR_REPOSITORY_NOT_FOUND, PTAR_REPOSITORY_INVALID, PTAR_UNSUPPORTED_EXTENSION, PTAR_KEYS_INVALID, PTAR_KEYS_WORK_FACTOR, PTAR_IO_FAILED
 */
export async function repositoryFacts(storage: Storage, limits: Limits = formatLimits): Promise<RepositoryFacts> {
  const description = decodeRepository(await readFile(storage, descriptionName, limits.repositoryBytes), limits, `repository ${storage.location}`);
  const encryption = description.keyId === null ? undefined : await encryptionOf(storage, limits);
  return {
    description,
    ...(encryption && { encryption }),
    packs: await filesIn(storage, "packs"),
    adopted: await filesIn(storage, "adopted"),
    index: await filesIn(storage, "index"),
    snapshots: await filesIn(storage, "snapshots"),
  };
}

/** How many files a folder has, and their bytes. @throws PTAR_IO_FAILED */
export async function filesIn(storage: Storage, folder: StorageFolder, passes: (name: string) => boolean = () => true): Promise<StoredFiles> {
  let [count, bytes] = [0, 0];
  for await (const { name, length } of storage.list(folder)) {
    if (!passes(name)) continue;
    count++;
    bytes += length;
  }
  return { count, bytes };
}

// spec/15-repository.md#secret
async function encryptionOf(storage: Storage, limits: Limits): Promise<EncryptionInfo> {
  const types: string[] = [];
  let files = 0;
  for await (const { name } of storage.list("keys")) {
    const bytes = await readFile(storage, `keys/${name}`, limits.keysBytes);
    if (bytes !== undefined) types.push(...decodeKeys(bytes, `keys/${name}`, limits).types);
    // more are refused by whoever opens it
    if (++files > limits.keyFiles) break;
  }
  return {
    suite: "aes-256-gcm",
    keySource: "repository",
    recipients: types.filter((type) => type !== "scrypt"),
    passphrases: types.filter((type) => type === "scrypt").length,
    uncovered: 0,
    opened: false,
  };
}
