// Everything that is wrong with a repository, not the first thing. spec/15-repository.md#check
import type { OnProgress } from "../../archive/progress.js";
import type { Level } from "../../archive/results.js";
import { objectId } from "../../block/object-id.js";
import { ObjectTable } from "../../block/object-table.js";
import { mustHex, toHex } from "../../bytes/hex.js";
import { worstExit } from "../../errors/exit.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { Kind } from "../../format/object.js";
import { decodeContent } from "../../format/snapshot.js";
import { checkTree } from "../../tree/check-tree.js";
import { walkReferences } from "../../tree/references.js";
import type { PackedArchive } from "../files/archives.js";
import { fileOf, isFinding } from "../files/finding.js";
import { storedArchives } from "../packs/stored-archives.js";
import type { Repository } from "../repository.js";
import type { StoredSnapshot } from "../snapshot-files.js";
import { judgeListed } from "../view.js";
import { type ArchiveCheck, checkOwn, checkPacked, type Lost, lostRows } from "./archive.js";
import type { AffectedPath, CheckFindings, CheckProblem } from "./findings.js";
import { affectedPaths } from "./paths.js";

/** How a repository is checked. */
export interface CheckOptions {
  /** Default `full`. */
  readonly level?: Level;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal | undefined;
}

/** Result of {@link checkRepository}. */
export interface CheckReport {
  readonly level: Level;
  /** The first 1,000, and how many there are. */
  readonly problems: readonly CheckProblem[];
  readonly problemCount: number;
  /** Snapshots that cannot be read whole any more, and the first 1,000 paths that are concerned. */
  readonly snapshots: readonly Uint8Array[];
  readonly paths: readonly AffectedPath[];
  /** How many paths are concerned, as often as they stand in snapshots; never more than 2^53 - 1. */
  readonly pathCount: number;
  /** Packs and adopted archives that no index archive names: left by a crash, or of somebody who writes just now. */
  readonly orphans: number;
  readonly packs: number;
  readonly objects: number;
  readonly snapshotCount: number;
  readonly exitCode: number;
}

/**
 * Checks a repository that was opened with what could be read of its index (see {@link Repository.open} with `onProblem`).
 * @throws PTAR_IO_*, and the reason of `signal`
 */
export async function checkRepository(repository: Repository, findings: CheckFindings, options: CheckOptions = {}): Promise<CheckReport> {
  const { level = "full", signal, onProgress } = options;
  let bytes = 0;
  const check: ArchiveCheck = {
    archives: repository.archives,
    index: repository.index,
    level,
    findings,
    signal,
    onBytes: (length) => {
      bytes += length;
      onProgress?.({ phase: "verify", entries: 0, bytes, errors: findings.count });
    },
  };
  await checkSmallArchives(repository, check);
  const lost = await lostObjects(repository, check);
  const missing = await checkSnapshots(repository, { check, lost, ...options });
  const affected = missing.size === 0 ? { snapshots: [], paths: [], pathCount: 0 } : await affectedPaths(repository, missing, signal);
  return {
    level,
    problems: findings.problems,
    problemCount: findings.count,
    ...affected,
    orphans: await checkOrphans(repository, findings),
    packs: repository.index.archives().length,
    objects: repository.index.size,
    snapshotCount: repository.snapshots.length,
    exitCode: worstExit(findings.exits),
  };
}

/** Index and snapshot archives; those that could not be read were noted when the repository was opened. */
async function checkSmallArchives({ archives, storage }: Repository, check: ArchiveCheck): Promise<void> {
  for (const folder of ["index", "snapshots"] as const) {
    for await (const { name } of storage.list(folder)) {
      const file = fileOf(folder, mustHex(name.slice(0, 64)));
      const opened = await archives.open(folder, mustHex(name.slice(0, 64))).catch((error: unknown) => {
        if (isFinding(error)) return undefined;
        throw error;
      });
      if (opened === undefined) continue;
      try {
        await checkOwn(opened, file, check);
      } finally {
        await opened.close();
      }
    }
  }
}

/** Objects that no sound archive has. */
async function lostObjects({ index }: Repository, check: ArchiveCheck): Promise<ObjectTable> {
  const losses = new Map<string, { readonly archive: PackedArchive; readonly lost: Lost }>();
  for (const archive of index.archives()) {
    const lost = await checkPacked(archive, check);
    if (lost === "all" || lost.size > 0) losses.set(toHex(archive.name), { archive, lost });
  }
  const isLost = (number: number, frame: number) => {
    const loss = losses.get(toHex(index.archive(number).name))?.lost;
    return loss === "all" || loss?.has(frame) === true;
  };
  const objects = new ObjectTable();
  for (const { archive, lost } of losses.values()) {
    for (const { kind, id } of lostRows(index, archive, lost))
      if (index.places(kind, id).every((place) => isLost(place.archive, place.frame))) objects.add(kind, id);
  }
  return objects;
}

interface SnapshotsCheck extends CheckOptions {
  readonly check: ArchiveCheck;
  readonly lost: ObjectTable;
}

/** Snapshots, what is said about them, closure, and the trees of those that are whole; objects that are needed and not to be had. */
async function checkSnapshots(repository: Repository, { check, lost, signal, onProgress }: SnapshotsCheck): Promise<ObjectTable> {
  const { findings, level } = check;
  const missing = new ObjectTable();
  const seen = new ObjectTable();
  const whole = new Set<string>();
  for (const stored of repository.snapshots) {
    const before = missing.size;
    const file = fileOf("snapshots", mustHex(stored.files[0] as string));
    for (const error of judgeListed(repository, stored, { keys: [] }).invalid) findings.note(error, { file });
    try {
      await findMissing(repository, stored, { seen, lost, missing, findings, signal });
      const tree = treeOf(stored);
      // the tree of an earlier snapshot that did not change since
      if (missing.size > before || (missing.size > 0 && !(await isWhole(repository, stored, missing))) || whole.has(tree)) continue;
      await checkSnapshotTree(repository, stored, { level, signal, onProgress });
      whole.add(tree);
    } catch (error) {
      findings.note(error, { file });
    }
  }
  return missing;
}

interface Finding {
  /** What was looked at for an earlier snapshot. */
  readonly seen: ObjectTable;
  readonly lost: ObjectTable;
  readonly missing: ObjectTable;
  readonly findings: CheckFindings;
  readonly signal: AbortSignal | undefined;
}

async function findMissing({ objects, index }: Repository, { snapshot }: StoredSnapshot, finding: Finding): Promise<void> {
  const { seen, lost, missing, findings, signal } = finding;
  await walkReferences(objects, mustHex(snapshot.content), async (kind, id) => {
    signal?.throwIfAborted();
    if (seen.add(kind, id) < 0) return "pass";
    const problem = lost.find(kind, id) >= 0 || !index.has(kind, id) ? missingError(kind, id) : await unreadable(kind, id);
    if (problem === undefined) return "enter";
    missing.add(kind, id);
    findings.note(problem, { object: { kind, id: id.slice() } });
    return "pass";
  });

  /** Why a page or list cannot be read; of chunks nothing is read here. */
  async function unreadable(kind: Kind, id: Uint8Array): Promise<PtarError | undefined> {
    if (kind === "chunk") return undefined;
    try {
      await objects.get(kind, id);
      return undefined;
    } catch (error) {
      if (error instanceof PtarError && error.exitCode === 4) return error;
      throw error;
    }
  }
}

/** Whether a snapshot needs nothing of what is missing. */
async function isWhole({ objects }: Repository, { snapshot }: StoredSnapshot, missing: ObjectTable): Promise<boolean> {
  let whole = true;
  const seen = new ObjectTable();
  await walkReferences(objects, mustHex(snapshot.content), (kind, id) => {
    if (missing.find(kind, id) >= 0) whole = false;
    return whole && seen.add(kind, id) >= 0 ? "enter" : "pass";
  });
  return whole;
}

/** Counters, at level deep item tree and whole files too. */
async function checkSnapshotTree(
  { objects, index }: Repository,
  { snapshot }: StoredSnapshot,
  { level, signal, onProgress }: { readonly level: Level; readonly signal: AbortSignal | undefined; readonly onProgress: OnProgress | undefined },
): Promise<void> {
  const content = decodeContent(await objects.get("content", mustHex(snapshot.content)));
  let entries = 0;
  const check = {
    objects,
    idOf: (kind: "page" | "list", bytes: Uint8Array) => objectId(objects.crypto, kind, bytes),
    chunk: (id: Uint8Array) => (index.has("chunk", id) ? { length: undefined } : undefined),
    level: level === "deep" ? ("deep" as const) : ("standard" as const),
    signal,
    onEntry: (path: Uint8Array) => onProgress?.({ phase: "verify", entries: ++entries, bytes: 0, errors: 0, path }),
  };
  await checkTree(check, snapshot, content);
}

/** What a tree is checked against. */
function treeOf({ snapshot: { content, items, completeness } }: StoredSnapshot): string {
  return JSON.stringify([content, items, completeness]);
}

function missingError(kind: Kind, id: Uint8Array): PtarError {
  return new PtarError("PTAR_OBJECT_MISSING", `object: ${kind} ${toHex(id)} is needed, and no sound pack has it`, {
    hint: "back up, import or sync again what had it, with --repair: then it is stored anew; a file that is damaged is to be deleted first",
    details: { kind, id: toHex(id) },
  });
}

/** Looks at archives that no index names: writers pass over those that cannot be opened. How many there are. */
async function checkOrphans({ archives, storage, index }: Repository, findings: CheckFindings): Promise<number> {
  const named = new Set(index.archives().map(({ name }) => toHex(name)));
  const orphans = [...(await storedArchives(storage))].filter(([name]) => !named.has(name));
  for (const [hex, { place }] of orphans) {
    const name = mustHex(hex);
    try {
      const opened = await (place === "packs" ? archives.open("packs", name) : archives.openAdopted({ name }));
      await opened?.close();
    } catch (error) {
      const hint = "no index names it: prune deletes it after the grace period";
      const isForeign = error instanceof PtarError && error.code === "PTAR_KEY_COMMITMENT";
      findings.note(
        isFinding(error) || isForeign ? new PtarError(isForeign ? "PTAR_REPOSITORY_INVALID" : error.code, error.message, { hint }) : error,
        {
          file: fileOf(place, name),
        },
      );
    }
  }
  return orphans.length;
}
