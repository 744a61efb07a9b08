// A snapshot of a source, straight into a repository. spec/15-repository.md#publishing
import { type CaptureProfile, capturedBy } from "../archive/captured.js";
import { type CollectedSnapshot, type CollectionFacts, collect } from "../archive/collect.js";
import type { Earlier } from "../archive/earlier-tree.js";
import type { OnProgress } from "../archive/progress.js";
import type { Collected } from "../archive/results.js";
import { testSigners } from "../archive/test-signers.js";
import { since, tellsChanges } from "../archive/unchanged.js";
import type { PackParams } from "../block/pack.js";
import { mustHex, toHex } from "../bytes/hex.js";
import { type ChunkerParams, paramsOf } from "../chunking/gear.js";
import type { ListedHash } from "../crypto/crypto.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Content } from "../format/generated/types.js";
import { decodeContent } from "../format/snapshot.js";
import type { Signer } from "../keys/signer.js";
import type { Source } from "../tree/source.js";
import { RepositoryObjects } from "./packs/objects.js";
import { isMadeBy } from "./parent.js";
import type { Repository } from "./repository.js";
import type { StoredSnapshot } from "./snapshot-files.js";
import { Writing } from "./writing.js";

/** What is backed up, and how. */
export interface BackupOptions {
  readonly source: Source;
  /** Keys that sign as author; empty: nobody does. */
  readonly signers: readonly Signer[];
  /** The snapshot that the source is compared with: files that did not change since are not read. */
  readonly parent?: StoredSnapshot;
  /** Default `backup`. */
  readonly profile?: CaptureProfile;
  readonly alsoHash?: readonly ListedHash[];
  readonly pack: PackParams;
  readonly facts: Omit<CollectionFacts, "parents">;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** Result of {@link backup}. */
export interface BackupResult extends Collected {
  /** Bytes that were added to the repository. */
  readonly addedBytes: number;
  /** Objects that were added. */
  readonly addedObjects: number;
  readonly parent: Uint8Array | undefined;
}

/**
 * Backs a source up. The source is read once and never written; what cannot be read is recorded, not thrown.
 * @throws PTAR_SOURCE_NOT_FOUND, PTAR_SOURCE_CONFLICT, PTAR_IO_FAILED, PTAR_IO_NO_SPACE, PTAR_KEY_INVALID, what reading the parent throws, and the
 * reason of `signal`
 */
export async function backup(repository: Repository, options: BackupOptions): Promise<BackupResult> {
  const { engine } = repository.archives;
  await testSigners(options.signers, engine.crypto);
  const writing = await Writing.start(repository, options.pack);
  try {
    const collected = await collectInto(writing, options);
    await writing.publishFor([mustHex(collected.document.content)], options);
    await repository.snapshotFiles.publish(collected);
    const { document: _document, bytes: _bytes, statements: _statements, ...result } = collected;
    return { ...result, addedBytes: writing.addedBytes, addedObjects: writing.addedObjects, parent: options.parent?.id };
  } finally {
    await writing.end();
  }
}

async function collectInto(writing: Writing, options: BackupOptions): Promise<CollectedSnapshot> {
  const { archives, index } = writing.repository;
  const pages = new RepositoryObjects(archives, index, { threads: "none" });
  try {
    return await collectBeside(pages, writing, options);
  } finally {
    await pages.close();
  }
}

async function collectBeside(pages: RepositoryObjects, writing: Writing, options: BackupOptions): Promise<CollectedSnapshot> {
  const { repository } = writing;
  const { engine, key } = repository.archives;
  const { source, signers, parent, alsoHash = [], pack, profile = "backup", facts, onProgress, signal } = options;
  const captured = capturedBy(profile, source.captures, alsoHash.length > 0 ? "digests" : "no digests");
  const earlier = parent && (await earlierOf(writing, parent, { objects: pages, captured, alsoHash, signers }));
  const onPassed = onProgress && ((entries: number) => onProgress({ phase: "pack", entries, bytes: 0, errors: 0 }));
  return collect({
    source,
    since: earlier?.comparable && since(earlier.comparable, source, { onPassed, signal }),
    engine,
    writer: writing.packs,
    blocks: key === undefined ? "plain" : "sealed",
    chunker: chunkerOf(repository),
    pack,
    captured,
    alsoHash,
    // the same item has the same leaf in all snapshots of a source: a tree that did not change adds a snapshot alone
    salt: earlier === undefined ? engine.crypto.randomBytes(32) : mustHex(earlier.content.salt),
    now: () => new Date(),
    facts: { ...facts, parents: parent === undefined ? [] : [toHex(parent.id)] },
    signers,
    onProgress,
    signal,
  });
}

function chunkerOf({ description: { chunker } }: Repository): ChunkerParams {
  const params = paramsOf(chunker);
  if (params !== undefined) return params;
  const { min, average, max } = chunker;
  throw new PtarError(
    "PTAR_UNSUPPORTED_FEATURE",
    `repository: its files are cut into chunks of ${min}, ${average} and ${max} bytes, which this version cannot do`,
    {
      hint: "use a newer version of ptar",
    },
  );
}

async function earlierOf(
  { has, repository }: Writing,
  parent: StoredSnapshot,
  { signers, ...wanted }: Pick<Earlier, "objects" | "captured" | "alsoHash"> & Pick<BackupOptions, "signers">,
): Promise<{ readonly content: Content; readonly comparable: Earlier | undefined }> {
  const { objects } = wanted;
  const { snapshot } = parent;
  const content = decodeContent(await objects.get("content", mustHex(snapshot.content)));
  const root = content.root === null ? undefined : mustHex(content.root);
  // of what a list names it is not looked whether some is to be deleted
  const holds: Earlier["holds"] = (kind, id) => (kind === "chunk" || repository.doomed.size === 0) && has(kind, id);
  const isOwn = signers.length > 0 && signers.every((signer) => isMadeBy(repository, parent, [signer]));
  // a page that is to be deleted is to be stored again
  const vouched = isOwn && repository.doomed.size === 0 ? { links: content.links } : undefined;
  return { content, comparable: tellsChanges(snapshot) ? { snapshot, root, holds, vouched, ...wanted } : undefined };
}
