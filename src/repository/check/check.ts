// Everything that is wrong with a repository, not the first thing. spec/15-repository.md#check
import type { OnProgress } from "../../archive/progress.js";
import type { Level } from "../../archive/results.js";
import { ObjectTable } from "../../block/object-table.js";
import { mustHex, toHex } from "../../bytes/hex.js";
import { worstExit } from "../../errors/exit.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { PackedArchive } from "../files/archives.js";
import { fileOf, isFinding } from "../files/finding.js";
import { orphansOf, storedArchives } from "../packs/stored-archives.js";
import type { Repository } from "../repository.js";
import { type ArchiveCheck, checkOwn, checkPacked, type Lost, lostRows } from "./archive.js";
import type { AffectedPath, CheckFindings, CheckProblem } from "./findings.js";
import { affectedPaths } from "./paths.js";
import { checkSnapshots } from "./snapshots.js";

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
  const missing = await checkSnapshots(repository, { check, lost, onProgress, signal });
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

/** Looks at archives that no index names: writers pass over those that cannot be opened. How many there are. */
async function checkOrphans({ archives, storage, index }: Repository, findings: CheckFindings): Promise<number> {
  const orphans = orphansOf(index, await storedArchives(storage));
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
