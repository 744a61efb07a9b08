// Takes the snapshots of an archive into a repository. spec/16-transfer.md#import
import type { Archive } from "../../archive/open.js";
import type { SnapshotReport } from "../../archive/results.js";
import { mustHex, toHex } from "../../bytes/hex.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { Kind } from "../../format/object.js";
import type { KeyRing } from "../../keys/key-ring.js";
import type { ObjectReader } from "../../tree/object-io.js";
import { copyInto, type TakingOptions } from "../copy-into.js";
import type { Repository } from "../repository.js";
import { Writing } from "../writing.js";
import { type Adopted, adoptArchives, refuseDeleted, refuseUnadoptable } from "./adopt.js";
import { ArchiveUnion } from "./archive-union.js";
import { addNeeded, type Fate, nothingNeeded } from "./closure.js";
import { checkTaken, publishMissing } from "./taking.js";

/** How archives are imported. */
export interface ImportOptions extends TakingOptions {
  /** Keeps the archives as they are, too; with these keys it is found out what opens sealed ones. spec/15-repository.md#adopted */
  readonly adopt?: KeyRing;
  /** `verified`: by `verifyArchive`, just now, so that the trees of archives that leave nothing out need not be checked again, a tenth of the time or more. Default: all are. */
  readonly trees?: "verified";
}

/** Result of {@link importArchives}. */
export interface ImportResult {
  /** Ids of snapshots that are new here. */
  readonly added: readonly Uint8Array[];
  /** Ids of those that were there; new statements about them were added. */
  readonly known: readonly Uint8Array[];
  /** Objects and bytes that were added. */
  readonly addedObjects: number;
  readonly addedBytes: number;
  /** The archives that are kept as they are, in the order given; none unless that was wished. */
  readonly adopted: readonly Adopted[];
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
      hint: "import once more with --want-out FILE and send that list to whoever made the archive: `ptar repo export --want FILE` answers it",
      details: { missing: missing.length },
    });
    this.missing = missing;
  }
}

/** A snapshot and the archives that bring it, with what each says about it. */
interface Brought {
  readonly archives: readonly Archive[];
  readonly report: SnapshotReport;
}

/**
 * Imports all snapshots of archives that were opened by somebody who trusts them: all of them or none. What one of them leaves out may be in
 * another, or in the repository.
 * @throws MissingPrerequisites, PTAR_USAGE and PTAR_TARGET_EXISTS for what cannot be adopted, PTAR_OBJECT_*, PTAR_SNAPSHOT_*, PTAR_IO_*, and what walking references throws
 */
export async function importArchives(repository: Repository, archives: readonly Archive[], options: ImportOptions): Promise<ImportResult> {
  if (options.adopt !== undefined) refuseUnadoptable(archives, repository);
  const brought = await snapshotsOf(archives);
  const there = new Set(repository.snapshots.map(({ id }) => toHex(id)));
  const isNew = ({ report }: Brought) => !there.has(toHex(report.id));
  const writing = await Writing.start(repository, options.pack);
  try {
    const adopted = options.adopt === undefined ? [] : await adoptArchives(writing, archives, { ...options, keys: options.adopt });
    await takeObjects(writing, { archives, fresh: brought.filter(isNew), known: brought.filter((one) => !isNew(one)), options });
    for (const one of brought) await publishBrought(one, repository);
    await refuseDeleted(repository, adopted);
    return {
      added: brought.filter(isNew).map(({ report }) => report.id),
      known: brought.filter((one) => !isNew(one)).map(({ report }) => report.id),
      addedObjects: writing.addedObjects,
      addedBytes: writing.addedBytes,
      adopted,
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
      // each verifies what it says
      const report = await archive.snapshot(toHex(id));
      const known = brought.get(toHex(id));
      brought.set(toHex(id), { report: known?.report ?? report, archives: [...(known?.archives ?? []), archive] });
    }
  }
  return [...brought.values()];
}

interface Taking {
  readonly archives: readonly Archive[];
  readonly fresh: readonly Brought[];
  readonly known: readonly Brought[];
  readonly options: ImportOptions;
}

/** Takes what new snapshots need, once it is sure that nothing is missing and all of it is right. */
async function takeObjects(writing: Writing, { archives, fresh, known, options }: Taking): Promise<void> {
  const broken = writing.brokenOf(
    known.map(({ report }) => report),
    options,
  );
  // an archive may be adopted whose snapshots are there
  if (fresh.length === 0 && broken.length === 0) return options.adopt === undefined ? undefined : writing.publishPacks();
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
  for (const { report } of fresh) await addNeeded(need, report.snapshot, { objects, fateOf, onProgress: options.onProgress, signal: options.signal });
  if (need.missing.left > 0) throw new MissingPrerequisites([...need.missing.remaining()]);
  for (const one of fresh) if (options.trees !== "verified" || leavesOut(one)) await checkTaken(one.report.snapshot, objects, options.signal);
  // what these lack and the archives do not have either is missing as before
  for (const { snapshot } of broken) await addNeeded(need, snapshot, { objects, fateOf, onProgress: options.onProgress, signal: options.signal });
  await copyInto(writing, options, (copy) => union.copy(copy, need.copy));
  await writing.publishFor(
    fresh.map(({ report }) => mustHex(report.snapshot.content)),
    options,
  );
}

/** Whether nobody could check the tree of a snapshot yet: all that bring it leave something out. */
// spec/16-transfer.md#import
function leavesOut({ archives }: Brought): boolean {
  return archives.every(({ container }) => container.header.thin);
}

/** Publishes a snapshot with the statements that are new here. */
async function publishBrought({ archives, report: { id, snapshot } }: Brought, repository: Repository): Promise<void> {
  // by id: a statement that two archives have is one
  const statements = new Map<string, Uint8Array>();
  for (const { objects, container } of archives) {
    const listed = container.listing.snapshots.find((one) => one.id === toHex(id));
    for (const statement of listed?.statements ?? []) statements.set(statement, await objects.get("statement", mustHex(statement)));
  }
  const { objects } = archives[0] as Archive;
  await publishMissing(repository, { id, snapshot, bytes: await objects.get("snapshot", id), statements: [...statements.values()] });
}
