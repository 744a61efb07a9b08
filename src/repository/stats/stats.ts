// What a repository holds and what that costs. spec/15-repository.md
import type { OnProgress } from "../../archive/progress.js";
import type { Kind } from "../../format/object.js";
import { filesIn, type StoredFiles } from "../facts.js";
import { namesOf } from "../packs/stored-archives.js";
import type { Repository } from "../repository.js";
import { NeededBySnapshots } from "./needs.js";
import { blockUsage, objectCounts } from "./packs.js";
import type { LargeFile } from "./walk.js";

/** Objects of one kind. */
export interface KindStats {
  /** Distinct objects in packs and adopted archives. */
  readonly objects: number;
  /** Those that a snapshot needs, and their bytes before compression. */
  readonly needed: number;
  readonly neededBytes: number;
}

/** What one snapshot holds. */
export interface SnapshotStats {
  /** 32 bytes. */
  readonly id: Uint8Array;
  /** Claimed time. */
  readonly finished: string;
  readonly entries: number;
  /** Logical bytes of its files. */
  readonly contentBytes: number;
  /** Objects that no other snapshot needs, bytes before compression: what forgetting it would make garbage. */
  readonly uniqueBytes: number;
}

/** Result of {@link repositoryStats}. */
export interface RepositoryStats {
  /** Those that finished earlier first. */
  readonly snapshots: readonly SnapshotStats[];
  readonly packs: StoredFiles;
  readonly adopted: StoredFiles;
  readonly index: StoredFiles;
  readonly snapshotArchives: StoredFiles;
  /** Packs that no index archive names: left by a crash, or being written. */
  readonly orphans: StoredFiles;
  /** Packs that a mark names: prune deletes them when their grace period is over. */
  readonly marked: StoredFiles;
  /** By kind, those that packs hold. */
  readonly kinds: Readonly<Partial<Record<Kind, KindStats>>>;
  /** All files of the four folders of archives. */
  readonly storedBytes: number;
  /** Logical bytes of the files of all snapshots, as if each were stored by itself. */
  readonly contentBytes: number;
  /** Chunks that snapshots need, each once, before compression. */
  readonly uniqueBytes: number;
  /** Objects of all kinds that snapshots need, each once, before compression; and the part of blocks that holds them. */
  readonly neededBytes: number;
  readonly neededStoredBytes: number;
  /** The part of blocks that holds what no snapshot needs, and of those that hold another copy of what one needs. A block that is needed in part counts by its objects. */
  readonly garbageBytes: number;
  readonly duplicateBytes: number;
  /** The ten largest files of all snapshots, each path once. */
  readonly largest: readonly LargeFile[];
}

/** Whom statistics tell how far they are, and who ends them. */
export interface StatsOptions {
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Counts what a repository holds: reads all pages and lists once or twice, and no contents. About 70 bytes of memory for each object that is needed.
 * @throws PTAR_OBJECT_*, PTAR_PACK_MISSING, PTAR_PAGE_*, PTAR_LIST_INVALID, PTAR_LIMIT_EXCEEDED, PTAR_IO_FAILED, and the reason of `signal`
 */
export async function repositoryStats(repository: Repository, options: StatsOptions = {}): Promise<RepositoryStats> {
  const { storage, index, snapshots, doomed } = repository;
  const needs = new NeededBySnapshots(repository, options);
  const contents = new Map<Uint8Array, number>();
  for (const stored of snapshots) contents.set(stored.id, await needs.add(stored));
  const uniqueOf = needs.uniqueBytes();
  const needed = needs.byKind();
  const usage = await blockUsage(repository, needs.table, options.signal);
  const named = namesOf(index.archives());
  const files = {
    packs: await filesIn(storage, "packs"),
    adopted: await filesIn(storage, "adopted"),
    index: await filesIn(storage, "index"),
    snapshotArchives: await filesIn(storage, "snapshots"),
  };
  const counts = objectCounts(index);
  const kinds = Object.fromEntries(
    Array.from(counts, ([kind, objects]) => [kind, { objects, ...(needed.get(kind) ?? { needed: 0, neededBytes: 0 }) }]),
  );
  return {
    snapshots: snapshots.map(({ id, snapshot: { times, items } }, i) => ({
      id,
      finished: times.finished,
      entries: items.count,
      contentBytes: contents.get(id) ?? 0,
      uniqueBytes: uniqueOf[i] ?? 0,
    })),
    ...files,
    orphans: await filesIn(storage, "packs", (name) => !named.has(name.slice(0, 64))),
    marked: await filesIn(storage, "packs", (name) => doomed.has(name.slice(0, 64))),
    kinds,
    storedBytes: Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0),
    contentBytes: [...contents.values()].reduce((sum, bytes) => sum + bytes, 0),
    uniqueBytes: needed.get("chunk")?.neededBytes ?? 0,
    neededBytes: [...needed.values()].reduce((sum, { neededBytes }) => sum + neededBytes, 0),
    ...usage,
    largest: needs.largest,
  };
}
