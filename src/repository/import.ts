// Takes the snapshots of an archive into a repository. spec/16-transfer.md#import
import { Copy } from "../archive/copy.js";
import type { Archive } from "../archive/open.js";
import type { OnProgress } from "../archive/progress.js";
import type { SnapshotReport } from "../archive/results.js";
import { objectId } from "../block/object-id.js";
import type { PackParams } from "../block/pack.js";
import { sealedTarget } from "../block/pack.js";
import { mustHex, toHex } from "../bytes/hex.js";
import { profiles } from "../chunking/gear.js";
import { PtarError } from "../errors/ptar-error.js";
import { isLeftOut } from "../format/index-page.js";
import type { Kind } from "../format/object.js";
import { decodeContent } from "../format/snapshot.js";
import { decodeSnapshotStatement } from "../format/statement.js";
import { checkTree } from "../tree/check-tree.js";
import type { ObjectReader } from "../tree/object-io.js";
import { addNeeded, type Fate, type Need, nothingNeeded } from "./closure.js";
import type { Repository } from "./repository.js";
import { Writing } from "./writing.js";

/** How an archive is imported. */
export interface ImportOptions {
  readonly pack: PackParams;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal | undefined;
}

/** Result of {@link importArchive}. */
export interface ImportResult {
  /** Ids of snapshots that are new here. */
  readonly added: readonly Uint8Array[];
  /** Ids of those that were there; new statements about them were added. */
  readonly known: readonly Uint8Array[];
  /** Objects and bytes that were added. */
  readonly addedObjects: number;
  readonly addedBytes: number;
}

/** What an import lacks. */
export interface Missing {
  readonly kind: Kind;
  readonly id: Uint8Array;
}

/** The failure of an import that lacks something: `missing` is what a want-list is made of. */
export class MissingPrerequisites extends PtarError {
  readonly missing: readonly Missing[];

  constructor(missing: readonly Missing[]) {
    super("PTAR_PREREQUISITE_MISSING", `import: ${missing.length} objects that the archive leaves out are not in the repository`, {
      hint: "ask for a want-list with --want-out FILE and send it to whoever made the archive: `ptar repo export --want FILE` answers it",
      details: { missing: missing.length },
    });
    this.missing = missing;
  }
}

/**
 * Imports all snapshots of an archive that was verified before, by somebody who trusts it. All or nothing.
 * @throws MissingPrerequisites, PTAR_OBJECT_*, PTAR_ITEM_ROOT, PTAR_SNAPSHOT_COUNTERS, PTAR_IO_*, and what walking references throws
 */
export async function importArchive(repository: Repository, archive: Archive, options: ImportOptions): Promise<ImportResult> {
  const reports = await snapshotsOf(archive);
  const there = new Set(repository.snapshots.map(({ id }) => toHex(id)));
  const fresh = reports.filter(({ id }) => !there.has(toHex(id)));
  const writing = await Writing.start(repository, options.pack);
  try {
    const need = nothingNeeded();
    const objects = together(archive.objects, repository.objects, writing);
    for (const { snapshot } of fresh) await addNeeded(need, snapshot, { objects, fateOf: fateIn(archive, writing), signal: options.signal });
    if (need.missing.left > 0) throw new MissingPrerequisites([...need.missing.remaining()]);
    for (const report of fresh) await checkWhole(report, { archive, objects, writing, signal: options.signal });
    await copyNeeded(archive, writing, { need, options });
    await writing.publishPacks();
    for (const { id } of reports) await publishSnapshot(archive, repository, id);
    const known = reports.filter(({ id }) => there.has(toHex(id)));
    return {
      added: fresh.map(({ id }) => id),
      known: known.map(({ id }) => id),
      addedObjects: writing.addedObjects,
      addedBytes: writing.addedBytes,
    };
  } finally {
    await writing.end();
  }
}

async function snapshotsOf(archive: Archive): Promise<readonly SnapshotReport[]> {
  const reports: SnapshotReport[] = [];
  for (const id of archive.snapshotIds) reports.push(await archive.snapshot(toHex(id)));
  return reports;
}

/** What the archive has, and what it leaves out from the repository. */
function together(own: ObjectReader, others: ObjectReader, { has }: Writing): ObjectReader {
  return { crypto: own.crypto, limits: own.limits, get: (kind, id) => (has(kind, id) ? others : own).get(kind, id) };
}

function fateIn({ objects: { index } }: Archive, { has }: Writing): (kind: Kind, id: Uint8Array) => Fate | Promise<Fate> {
  return (kind, id) => {
    if (has(kind, id)) return "there";
    return index.find(kind, id).then((row) => (row === undefined || isLeftOut(row) ? "missing" : "copy"));
  };
}

/** Item tree and counters, which an archive that leaves something out could not be checked for. */
// spec/16-transfer.md#import
async function checkWhole(
  { snapshot }: SnapshotReport,
  {
    archive,
    objects,
    writing,
    signal,
  }: { readonly archive: Archive; readonly objects: ObjectReader; readonly writing: Writing; readonly signal: AbortSignal | undefined },
): Promise<void> {
  if (!archive.container.header.thin) return;
  const { crypto } = objects;
  const { index } = archive.objects;
  const check = {
    objects,
    idOf: (kind: "page" | "list", bytes: Uint8Array) => objectId(crypto, kind, bytes),
    chunk: async (id: Uint8Array) => (writing.has("chunk", id) || (await index.find("chunk", id)) !== undefined ? { length: undefined } : undefined),
    level: "full" as const,
    signal,
  };
  await checkTree(check, snapshot, decodeContent(await objects.get("content", mustHex(snapshot.content))));
}

async function copyNeeded(
  archive: Archive,
  writing: Writing,
  { need, options }: { readonly need: Need; readonly options: ImportOptions },
): Promise<void> {
  if (need.copy.left === 0) return;
  const { archives } = writing.repository;
  const fill = archives.key === undefined ? undefined : sealedTarget(writing.repository.description.chunker.max);
  const plan = { chunker: profiles.default, alsoHash: [], pack: options.pack, fill };
  let bytes = 0;
  const onBlock = (length: number) => {
    bytes += length;
    options.onProgress?.({ phase: "pack", entries: 0, bytes, errors: 0 });
  };
  const copy = new Copy({ engine: archives.engine, writer: writing.packs, plan, onBlock, signal: options.signal });
  try {
    await copy.take(archive.container, await framesOf(archive, need), need.copy);
    await copy.end();
  } finally {
    await copy.close();
  }
}

/** Frames of the blocks that hold what is needed, in order. */
async function framesOf({ objects: { index } }: Archive, { copy }: Need): Promise<readonly number[]> {
  const frames = new Set<number>();
  for (const { kind, id } of copy.remaining()) {
    const row = await index.find(kind, id);
    if (row !== undefined) frames.add(row.frame);
  }
  return [...frames].sort((a, b) => a - b);
}

function keyOf(statement: Uint8Array): string {
  return decodeSnapshotStatement(statement).body.publicKey;
}

/** Publishes a snapshot with the statements that are new here. */
async function publishSnapshot({ objects, container }: Archive, { snapshots, snapshotFiles }: Repository, id: Uint8Array): Promise<void> {
  const hex = toHex(id);
  const listed = container.listing.snapshots.find((snapshot) => snapshot.id === hex);
  const known = snapshots.find((snapshot) => toHex(snapshot.id) === hex);
  // of each key one statement is enough
  const keys = new Set(known?.statements.map(keyOf));
  const statements: Uint8Array[] = [];
  for (const statement of listed?.statements ?? []) {
    const bytes = await objects.get("statement", mustHex(statement));
    if (!keys.has(keyOf(bytes))) statements.push(bytes);
  }
  if (known !== undefined && statements.length === 0) return;
  await snapshotFiles.publish({ bytes: await objects.get("snapshot", id), statements });
}
