// Deletes what no snapshot needs, in two runs with a grace period between them. spec/15-repository.md#prune
import { NeededObjects } from "../archive/needed-objects.js";
import { toHex } from "../bytes/hex.js";
import { publishIndex } from "./index-files.js";
import { type LiveObjects, liveObjects, namesOf, rowsOf, usageOf } from "./live.js";
import { type LockOwner, withLock } from "./lock.js";
import { doomedBy, publishMarks, readMarks, type StoredMark } from "./marks.js";
import { copyFromPacks } from "./pack-copy.js";
import type { PackedArchive } from "./pack-index-archives.js";
import type { Repository } from "./repository.js";
import { copyInto, type TakingOptions } from "./taking.js";
import { Writing } from "./writing.js";

/** How a repository is pruned. */
export interface PruneOptions extends TakingOptions {
  readonly owner: LockOwner;
  /** Seconds between marking and deleting; default 24 hours. 0: nobody else writes. */
  readonly grace?: number;
  /** `look`: changes nothing. */
  readonly mode?: "prune" | "look";
}

/** What pruning did, or would do. */
export interface PruneResult {
  /** Packs that were deleted, and their bytes. */
  readonly deletedPacks: number;
  readonly deletedBytes: number;
  /** Packs that are marked now: a later run deletes them. */
  readonly markedPacks: number;
  readonly markedBytes: number;
  /** Objects that were stored again, out of packs that are mostly garbage. */
  readonly movedObjects: number;
}

/** A day, seconds. */
export const defaultGrace = 86_400;
/** Packs of which less than this share of objects is live are written anew. */
const leastLive = 0.75;

/**
 * Deletes what was marked long enough ago, then marks what is garbage now.
 * @throws PTAR_REPOSITORY_LOCKED, PTAR_OBJECT_*, PTAR_PACK_MISSING, PTAR_IO_*: nothing is deleted while something cannot be read
 */
export async function prune(repository: Repository, options: PruneOptions): Promise<PruneResult> {
  const { storage, archives } = repository;
  const grace = options.grace ?? defaultGrace;
  return withLock(storage, { owner: options.owner, limits: archives.limits }, async () => {
    await repository.refresh();
    const live = await liveObjects(repository, options.signal);
    const swept = await sweep(repository, live, { ...options, grace });
    const marked = await mark(repository, live, { ...options, grace });
    // nobody else writes: what was marked can go at once
    const again = grace === 0 && marked.markedPacks > 0 && options.mode !== "look" ? await sweep(repository, live, { ...options, grace }) : nothing;
    if (options.mode !== "look") await storage.sweep((await storage.now()) - grace * 1000);
    const left = again === nothing ? marked : { markedPacks: 0, markedBytes: 0 };
    return {
      deletedPacks: swept.deletedPacks + again.deletedPacks,
      deletedBytes: swept.deletedBytes + again.deletedBytes,
      ...left,
      movedObjects: marked.movedObjects,
    };
  });
}

type Settled = PruneOptions & { readonly grace: number };
const nothing = { deletedPacks: 0, deletedBytes: 0 };

/** Marks packs that hold little that is needed, after that little was stored again. */
async function mark(
  repository: Repository,
  live: LiveObjects,
  options: Settled,
): Promise<Pick<PruneResult, "markedPacks" | "markedBytes" | "movedObjects">> {
  const { storage, index, doomed, archives } = repository;
  const garbage = usageOf(repository, live).filter(({ archive, rows, live: used }) => {
    const already = doomed.has(toHex(archive.name));
    return !already && archive.place === "packs" && used < leastLive * rows;
  });
  const packs = garbage.map(({ archive }) => archive);
  const markedBytes = packs.reduce((sum, { length }) => sum + length, 0);
  if (packs.length === 0 || options.mode === "look") return { markedPacks: packs.length, markedBytes, movedObjects: 0 };
  repository.doomed = new Set([...doomed, ...namesOf(packs)]);
  const needed = onlyIn(repository, packs, live);
  const movedObjects = needed.left;
  const writing = await Writing.start(repository, options.pack);
  try {
    await copyInto(writing, options, (copy) => copyFromPacks(copy, { archives, index }, needed));
    await writing.publishPacks();
  } finally {
    await writing.end();
  }
  await publishMarks(storage, [...namesOf(packs)], { crypto: archives.engine.crypto, grace: options.grace });
  return { markedPacks: packs.length, markedBytes, movedObjects };
}

/** Live objects of these archives that no archive has which stays. */
function onlyIn(repository: Repository, packs: readonly PackedArchive[], live: LiveObjects): NeededObjects {
  const { index, doomed } = repository;
  const needed = new NeededObjects();
  for (const pack of packs) {
    for (const { kind, id } of rowsOf(index, pack)) {
      if (live.find(kind, id) < 0) continue;
      const stays = index.places(kind, id).some(({ archive }) => !doomed.has(toHex(index.archive(archive).name)));
      if (!stays) needed.add(kind, id);
    }
  }
  return needed;
}

/** Deletes the packs of marks whose grace period is over, and old orphans. */
async function sweep(repository: Repository, live: LiveObjects, options: Settled): Promise<Pick<PruneResult, "deletedPacks" | "deletedBytes">> {
  const { storage, index, archives } = repository;
  const now = await storage.now();
  const marks = (await readMarks(storage, archives.limits)).filter(
    ({ mark: { grace }, written }) => now - written >= Math.min(grace, options.grace) * 1000,
  );
  const ripe = new Set(marks.flatMap(({ mark: { packs } }) => packs));
  const going = index.archives().filter(({ name }) => ripe.has(toHex(name)));
  const stay = neededAgain(repository, going, live);
  const deleted = going.filter(({ name }) => !stay.has(toHex(name)));
  const orphans = await oldOrphans(repository, now - options.grace * 1000);
  const deletedBytes = [...deleted, ...orphans].reduce((sum, { length }) => sum + length, 0);
  const result = { deletedPacks: deleted.length + orphans.length, deletedBytes };
  if (options.mode === "look") return result;
  if (deleted.length > 0) await forgetPacks(repository, deleted);
  for (const name of [...namesOf(deleted), ...orphans.map((orphan) => orphan.hex)]) await storage.remove(`packs/${name}.ptar`);
  await removeMarks(repository, marks);
  return result;
}

/** Doomed archives that a snapshot needs after all: somebody published it meanwhile. */
function neededAgain(repository: Repository, going: readonly PackedArchive[], live: LiveObjects): ReadonlySet<string> {
  const { index } = repository;
  const gone = namesOf(going);
  const stay = new Set<string>();
  for (const archive of going) {
    for (const { kind, id } of rowsOf(index, archive)) {
      if (live.find(kind, id) < 0) continue;
      const elsewhere = index.places(kind, id).some((place) => {
        const name = toHex(index.archive(place.archive).name);
        return !gone.has(name) || stay.has(name);
      });
      if (!elsewhere) stay.add(toHex(archive.name));
    }
  }
  return stay;
}

/** Publishes an index that leaves archives out, in place of all others. */
async function forgetPacks({ archives, index, storage }: Repository, deleted: readonly PackedArchive[]): Promise<void> {
  const gone = namesOf(deleted);
  const supersedes = index.sources().map(({ name }) => name);
  for (const { name } of deleted) index.remove(name);
  await publishIndex(archives, index, { archives: index.archives().filter(({ name }) => !gone.has(toHex(name))), supersedes });
  for (const name of supersedes) await storage.remove(`index/${toHex(name)}.ptar`);
}

/** Packs that no index archive names, written before `before`. */
async function oldOrphans({ storage, index }: Repository, before: number): Promise<readonly { readonly hex: string; readonly length: number }[]> {
  const named = namesOf(index.archives());
  const orphans: { readonly hex: string; readonly length: number }[] = [];
  for await (const { name, length, written } of storage.list("packs")) {
    const hex = name.slice(0, 64);
    if (!named.has(hex) && written < before) orphans.push({ hex, length });
  }
  return orphans;
}

async function removeMarks(repository: Repository, marks: readonly StoredMark[]): Promise<void> {
  for (const { name } of marks) await repository.storage.remove(`marks/${name}`);
  repository.doomed = doomedBy(await readMarks(repository.storage, repository.archives.limits));
}
