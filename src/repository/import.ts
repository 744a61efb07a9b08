// Takes the snapshots of an archive into a repository. spec/16-transfer.md#import
import type { Archive } from "../archive/open.js";
import type { SnapshotReport } from "../archive/results.js";
import { objectId } from "../block/object-id.js";
import { mustHex, toHex } from "../bytes/hex.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Kind } from "../format/object.js";
import { decodeContent } from "../format/snapshot.js";
import { checkTree } from "../tree/check-tree.js";
import type { ObjectReader } from "../tree/object-io.js";
import { ArchiveUnion } from "./archive-union.js";
import { addNeeded, type Fate, nothingNeeded } from "./closure.js";
import type { Repository } from "./repository.js";
import { copyInto, publishMissing, type TakingOptions } from "./taking.js";
import { Writing } from "./writing.js";

/** Result of {@link importArchives}. */
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

/** A snapshot and the archive that brings it. */
interface Brought {
  readonly archive: Archive;
  readonly report: SnapshotReport;
}

/**
 * Imports all snapshots of archives that were verified before, by somebody who trusts them: all of them or none. What one of them leaves out may be in
 * another, or in the repository.
 * @throws MissingPrerequisites, PTAR_OBJECT_*, PTAR_SNAPSHOT_*, PTAR_IO_*, and what walking references throws
 */
export async function importArchives(repository: Repository, archives: readonly Archive[], options: TakingOptions): Promise<ImportResult> {
  const brought = await snapshotsOf(archives);
  const there = new Set(repository.snapshots.map(({ id }) => toHex(id)));
  const isNew = ({ report }: Brought) => !there.has(toHex(report.id));
  const writing = await Writing.start(repository, options.pack);
  try {
    await takeObjects(writing, { archives, fresh: brought.filter(isNew), options });
    for (const one of brought) await publishBrought(one, repository);
    return {
      added: brought.filter(isNew).map(({ report }) => report.id),
      known: brought.filter((one) => !isNew(one)).map(({ report }) => report.id),
      addedObjects: writing.addedObjects,
      addedBytes: writing.addedBytes,
    };
  } finally {
    await writing.end();
  }
}

/** Snapshots of all archives, each once. */
async function snapshotsOf(archives: readonly Archive[]): Promise<readonly Brought[]> {
  const brought = new Map<string, Brought>();
  for (const archive of archives) {
    for (const id of archive.snapshotIds) {
      const report = await archive.snapshot(toHex(id));
      if (!brought.has(toHex(id))) brought.set(toHex(id), { archive, report });
    }
  }
  return [...brought.values()];
}

interface Taking {
  readonly archives: readonly Archive[];
  readonly fresh: readonly Brought[];
  readonly options: TakingOptions;
}

/** Takes what new snapshots need, once it is sure that nothing is missing and all of it is right. */
async function takeObjects(writing: Writing, { archives, fresh, options }: Taking): Promise<void> {
  if (fresh.length === 0) return;
  const union = new ArchiveUnion(archives);
  const { objects: own } = writing.repository;
  const objects: ObjectReader = {
    crypto: union.crypto,
    limits: union.limits,
    get: (kind, id) => (writing.has(kind, id) ? own : union).get(kind, id),
  };
  const fateOf = (kind: Kind, id: Uint8Array): Fate | Promise<Fate> =>
    writing.has(kind, id) ? "there" : union.has(kind, id).then((has) => (has ? "copy" : "missing"));
  const need = nothingNeeded();
  for (const { report } of fresh) await addNeeded(need, report.snapshot, { objects, fateOf, signal: options.signal });
  if (need.missing.left > 0) throw new MissingPrerequisites([...need.missing.remaining()]);
  for (const one of fresh) await checkWhole(one, objects, options.signal);
  await copyInto(writing, options, (copy) => union.copy(copy, need.copy));
  await writing.publishFor(
    fresh.map(({ report }) => mustHex(report.snapshot.content)),
    options,
  );
}

/** Item tree and counters, which an archive that leaves something out could not be checked for. That nothing is missing is known. */
// spec/16-transfer.md#import
async function checkWhole({ archive, report }: Brought, objects: ObjectReader, signal: AbortSignal | undefined): Promise<void> {
  if (!archive.container.header.thin) return;
  const { crypto } = objects;
  const { snapshot } = report;
  const check = {
    objects,
    idOf: (kind: "page" | "list", bytes: Uint8Array) => objectId(crypto, kind, bytes),
    chunk: () => ({ length: undefined }),
    level: "full" as const,
    signal,
  };
  await checkTree(check, snapshot, decodeContent(await objects.get("content", mustHex(snapshot.content))));
}

/** Publishes a snapshot with the statements that are new here. */
async function publishBrought({ archive: { objects, container }, report: { id } }: Brought, repository: Repository): Promise<void> {
  const listed = container.listing.snapshots.find((snapshot) => snapshot.id === toHex(id));
  const statements: Uint8Array[] = [];
  for (const statement of listed?.statements ?? []) statements.push(await objects.get("statement", mustHex(statement)));
  await publishMissing(repository, { id, bytes: await objects.get("snapshot", id), statements });
}
