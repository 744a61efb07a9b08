// A repository, opened. spec/15-repository.md
import type { Engine } from "../archive/engine.js";
import { mustHex, toHex } from "../bytes/hex.js";
import { findRepositorySecret, type KeyFile } from "../container/repository-secret.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Repository as Description } from "../format/generated/types.js";
import { limits as formatLimits, type Limits } from "../format/limits.js";
import { decodeRepository, descriptionName } from "../format/repository.js";
import type { KeyRing } from "../keys/key-ring.js";
import type { IndexCache } from "./cache/index-cache.js";
import { openIndex } from "./cache/opening.js";
import { RepositoryArchives, type RepositoryKey } from "./files/archives.js";
import type { OnProblem } from "./files/finding.js";
import { type Doomed, readDoomed } from "./files/marks.js";
import { readFile } from "./files/small-files.js";
import type { Storage } from "./files/storage.js";
import type { PackIndex } from "./index/pack-index.js";
import { readIndex } from "./index/reading.js";
import { RepositoryObjects } from "./packs/objects.js";
import { SnapshotFiles, type StoredSnapshot } from "./snapshot-files.js";

/** How far the clocks of a storage and of whoever writes there may lie apart: a day. */
const slackMs = 86_400_000;

/** How a repository is opened. */
export interface RepositoryOptions {
  readonly engine: Engine;
  /** What an encrypted one is opened with. */
  readonly keys?: KeyRing;
  readonly limits?: Limits;
  readonly signal?: AbortSignal | undefined;
  /** Told of index and snapshot archives that cannot be read, which are then passed over; default: the first is thrown. */
  readonly onProblem?: OnProblem;
  /** Copies of indexes on this computer, sealed those of encrypted repositories; not used with `onProblem`. Default: all of the index is read. */
  readonly cache?: IndexCache | undefined;
}

/** A repository, as it was when it was opened or last refreshed. To be closed. */
export class Repository {
  readonly description: Description;
  readonly archives: RepositoryArchives;
  readonly index: PackIndex;
  readonly objects: RepositoryObjects;
  readonly snapshotFiles: SnapshotFiles;
  /** Those that finished earlier first. */
  snapshots: readonly StoredSnapshot[];
  /** Names, in hex, of packs that are going to be deleted. */
  doomed: ReadonlySet<string>;
  #unreadMark: PtarError | undefined;

  private constructor(parts: Pick<Repository, "description" | "archives" | "index" | "snapshotFiles" | "snapshots"> & { readonly doomed: Doomed }) {
    this.description = parts.description;
    this.archives = parts.archives;
    this.index = parts.index;
    this.snapshotFiles = parts.snapshotFiles;
    this.snapshots = parts.snapshots;
    this.doomed = parts.doomed.packs;
    this.#unreadMark = parts.doomed.unread;
    this.objects = new RepositoryObjects(parts.archives, parts.index);
  }

  /**
   * Opens a repository.
   * @throws PTAR_REPOSITORY_NOT_FOUND, PTAR_REPOSITORY_INVALID, PTAR_CATALOGUE_INVALID, PTAR_KEY_REQUIRED, PTAR_IDENTITY_WRONG, PTAR_PASSPHRASE_WRONG,
   * PTAR_KEYS_*, PTAR_KEY_COMMITMENT, PTAR_IO_FAILED, and what opening an archive throws
   */
  static async open(storage: Storage, options: RepositoryOptions): Promise<Repository> {
    const { engine, limits = formatLimits } = options;
    const description = decodeRepository(await readFile(storage, descriptionName, limits.repositoryBytes), limits, `repository ${storage.location}`);
    const key = await keyOf(storage, description, { ...options, limits });
    try {
      const archives = new RepositoryArchives({ storage, engine, limits, key });
      const snapshotFiles = new SnapshotFiles(archives, options.onProblem);
      // spec/15-repository.md#publishing: in this order everything is found that a listed snapshot needs
      const doomed = await readDoomed(storage, limits, options.onProblem);
      const snapshots = await snapshotFiles.list();
      const index = await indexOf(archives, mustHex(description.id), options);
      return new Repository({ description, archives, index, snapshotFiles, snapshots, doomed });
    } catch (error) {
      key?.secret.fill(0);
      throw error;
    }
  }

  /** 32 bytes. */
  get id(): Uint8Array {
    return mustHex(this.description.id);
  }

  get storage(): Storage {
    return this.archives.storage;
  }

  /** Looks what others have published or deleted meanwhile. @throws as `open` */
  async refresh(): Promise<void> {
    const { packs, unread } = await readDoomed(this.storage, this.archives.limits);
    this.doomed = packs;
    this.#unreadMark = unread;
    this.snapshots = await this.snapshotFiles.list();
    await readIndex(this.archives, this.index);
  }

  /** For whoever writes or deletes. @throws PTAR_REPOSITORY_INVALID, PTAR_UNSUPPORTED_EXTENSION when there is a mark that cannot be read */
  // spec/15-repository.md#prune
  refuseUnreadMarks(): void {
    if (this.#unreadMark !== undefined) throw this.#unreadMark;
  }

  /**
   * The snapshot whose id begins with `selector`, or the `latest`: that which finished last, apart from those that claim a time to come.
   * @throws PTAR_USAGE when it is empty, PTAR_SNAPSHOT_NOT_FOUND
   */
  snapshot(selector: string): StoredSnapshot {
    // an id begins with nothing, as every other one does; so does a variable of a script that is not set
    if (selector === "") throw new PtarError("PTAR_USAGE", "snapshot: is empty, expected the beginning of an id or latest");
    const found = selector === "latest" ? latestOf(this.snapshots) : this.snapshots.filter(({ id }) => toHex(id).startsWith(selector.toLowerCase()));
    const [only] = found;
    if (only !== undefined && found.length === 1) return only;
    const problem = found.length > 1 ? `${found.length} snapshots start with ${selector}` : `no snapshot ${selector}`;
    throw new PtarError("PTAR_SNAPSHOT_NOT_FOUND", `repository: ${problem}`, { hint: "`ptar repo snapshots` lists the snapshots of a repository" });
  }

  /** Closes what is open, and wipes the key. Never throws. */
  async close(): Promise<void> {
    await this.objects.close();
    this.archives.key?.secret.fill(0);
  }
}

/** Whoever claims a time to come is not the latest for it, unless all do: then the clock of the storage is wrong. */
// spec/15-repository.md#snapshots
function latestOf(snapshots: readonly StoredSnapshot[]): readonly StoredSnapshot[] {
  const isCredible = ({ snapshot, written }: StoredSnapshot) => Date.parse(snapshot.times.finished) <= written + slackMs;
  const latest = snapshots.findLast(isCredible) ?? snapshots.at(-1);
  return latest === undefined ? [] : [latest];
}

async function indexOf(archives: RepositoryArchives, id: Uint8Array, { cache, onProblem }: RepositoryOptions): Promise<PackIndex> {
  // whoever wants to hear of problems wants everything to be looked at
  return cache === undefined || onProblem !== undefined ? readIndex(archives, undefined, { onProblem }) : openIndex(archives, id, cache);
}

async function keyOf(
  storage: Storage,
  { id, keyId }: Description,
  { engine, keys = { identities: [] }, limits, signal }: RepositoryOptions & { readonly limits: Limits },
): Promise<RepositoryKey | undefined> {
  if (keyId === null) return undefined;
  const files: KeyFile[] = [];
  for await (const { name } of storage.list("keys")) {
    const bytes = await readFile(storage, `keys/${name}`, limits.keysBytes);
    if (bytes !== undefined) files.push({ name, bytes });
    // spec/15-repository.md#secret: more are refused by whoever looks for the secret in them
    if (files.length > limits.keyFiles) break;
  }
  const wanted = { id: mustHex(id), keyId: mustHex(keyId) };
  const secret = await findRepositorySecret({ ...wanted, files }, keys, { crypto: engine.crypto, limits, signal });
  return { keyId: wanted.keyId, secret };
}
