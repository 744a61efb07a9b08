// Deletes what no snapshot needs, in two runs with a grace period between them. spec/15-repository.md#prune
import { NeededObjects } from "../../archive/needed-objects.js";
import { toHex } from "../../bytes/hex.js";
import { copyInto, type TakingOptions } from "../copy-into.js";
import type { PackedArchive } from "../files/archives.js";
import { doomedBy, publishMarks, readMarks, type StoredMark } from "../files/marks.js";
import { isKeptWhole, type LiveObjects, liveObjects, namesOf, rowsOf, usageOf } from "../live.js";
import { copyFromPacks } from "../packs/copy.js";
import { goneOf, type StoredArchive, storedArchives } from "../packs/stored-archives.js";
import type { Repository } from "../repository.js";
import { Writing } from "../writing.js";
import { mergeIndex, removeSuperseded } from "./index-merge.js";
import { type LockOwner, withLock } from "./lock.js";

/** How a repository is pruned. */
export interface PruneOptions extends TakingOptions {
  readonly owner: LockOwner;
  /** Seconds between marking and deleting, at least; default 24 hours. A mark that asks for more waits longer. 0: nobody else writes, nothing waits. */
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
    repository.refuseUnreadMarks();
    const live = await liveObjects(repository, options.signal);
    if (options.mode !== "look") {
      // first: on a full disk its space is what the rest needs
      await storage.sweep((await storage.now()) - grace * 1000);
      await removeSuperseded(repository);
    }
    const swept = await sweep(repository, live, { ...options, grace });
    const marked = await mark(repository, live, { ...options, grace });
    // nobody else writes: what was marked can go at once
    const again = grace === 0 && marked.markedPacks > 0 && options.mode !== "look" ? await sweep(repository, live, { ...options, grace }) : nothing;
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

/** Marks packs that hold little that is needed, after that little was stored again, and old orphans: a writer may rely on one that it found. */
async function mark(
  repository: Repository,
  live: LiveObjects,
  options: Settled,
): Promise<Pick<PruneResult, "markedPacks" | "markedBytes" | "movedObjects">> {
  const { storage, doomed, archives } = repository;
  const stored = await storedArchives(storage);
  const garbage = usageOf(repository, live).filter(({ archive, rows, live: used }) => {
    const already = doomed.has(toHex(archive.name));
    return !already && !isKeptWhole(repository, archive) && used < leastLive * rows;
  });
  const packs = garbage.map(({ archive }) => archive);
  const old = (await storage.now()) - options.grace * 1000;
  const orphans = orphansOf(repository, stored).filter((name) => !doomed.has(name) && (stored.get(name)?.written ?? old) < old);
  const names = [...namesOf(packs), ...orphans];
  const markedBytes = bytesOf(stored, names);
  if (names.length === 0 || options.mode === "look") return { markedPacks: names.length, markedBytes, movedObjects: 0 };
  repository.doomed = new Set([...doomed, ...names]);
  const movedObjects = await move(repository, packs, live, options);
  await publishMarks(storage, names, { crypto: archives.engine.crypto, grace: options.grace });
  return { markedPacks: names.length, markedBytes, movedObjects };
}

/** Stores live objects of packs again that no other pack has; how many they are. */
async function move(repository: Repository, packs: readonly PackedArchive[], live: LiveObjects, options: Settled): Promise<number> {
  const { archives, index } = repository;
  const writing = await Writing.start(repository, options.pack);
  try {
    // not before the start: packs of a prune that was killed have some of them
    const needed = onlyIn(repository, packs, live);
    const count = needed.left;
    await copyInto(writing, options, (copy) => copyFromPacks(copy, { archives, index }, needed));
    await writing.publishPacks();
    return count;
  } finally {
    await writing.end();
  }
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

/** Deletes the packs of marks whose grace period is over. */
async function sweep(repository: Repository, live: LiveObjects, options: Settled): Promise<Pick<PruneResult, "deletedPacks" | "deletedBytes">> {
  const { storage, index, archives } = repository;
  const now = await storage.now();
  // spec/15-repository.md#prune: a writer that runs now may rely on either; 0 says that there is none
  const waits = ({ mark }: StoredMark) => (options.grace === 0 ? 0 : Math.max(mark.grace, options.grace) * 1000);
  const marks = (await readMarks(storage, archives.limits)).filter((mark) => now - mark.written >= waits(mark));
  const ripe = new Set(marks.flatMap(({ mark: { packs } }) => packs));
  const stored = await storedArchives(storage);
  const gone = new Set(goneOf(index, stored));
  const going = index.archives().filter(({ name }) => gone.has(toHex(name)) || ripe.has(toHex(name)));
  const stay = neededAgain(repository, { going, gone, live });
  const without = namesOf(going.filter(({ name }) => !stay.has(toHex(name))));
  const orphans = orphansOf(repository, stored).filter((name) => ripe.has(name));
  const deleted = [...without, ...orphans].filter((name) => stored.has(name));
  const result = { deletedPacks: deleted.length, deletedBytes: bytesOf(stored, deleted) };
  if (options.mode === "look") return result;
  const superseded = without.size === 0 ? [] : await mergeIndex(repository, { without });
  for (const name of deleted) await storage.remove(`${stored.get(name)?.place ?? "packs"}/${name}.ptar`);
  for (const name of superseded) await storage.remove(`index/${toHex(name)}.ptar`);
  await removeMarks(repository, marks);
  return result;
}

interface Going {
  readonly going: readonly PackedArchive[];
  /** Names, in hex, of those that are not there. */
  readonly gone: ReadonlySet<string>;
  readonly live: LiveObjects;
}

/** Archives of `going` that a snapshot needs after all: somebody published it meanwhile. */
function neededAgain(repository: Repository, { going, gone, live }: Going): ReadonlySet<string> {
  const { index } = repository;
  const leaving = namesOf(going);
  const stay = new Set<string>();
  // those that are not there last: they stay in the index only where nothing else has what they had
  const [there, missing] = [going.filter(({ name }) => !gone.has(toHex(name))), going.filter(({ name }) => gone.has(toHex(name)))];
  for (const archive of there) if (isKeptWhole(repository, archive)) stay.add(toHex(archive.name));
  for (const archive of [...there, ...missing]) {
    if (stay.has(toHex(archive.name))) continue;
    for (const { kind, id } of rowsOf(index, archive)) {
      if (live.find(kind, id) < 0) continue;
      const elsewhere = index.places(kind, id).some((place) => {
        const name = toHex(index.archive(place.archive).name);
        return !leaving.has(name) || (stay.has(name) && !gone.has(name));
      });
      if (!elsewhere) stay.add(toHex(archive.name));
    }
  }
  return stay;
}

/** Names, in hex, of archives of objects that no index archive names. */
function orphansOf({ index }: Repository, stored: ReadonlyMap<string, StoredArchive>): readonly string[] {
  const named = namesOf(index.archives());
  return [...stored.keys()].filter((name) => !named.has(name));
}

function bytesOf(stored: ReadonlyMap<string, StoredArchive>, names: readonly string[]): number {
  return names.reduce((sum, name) => sum + (stored.get(name)?.length ?? 0), 0);
}

async function removeMarks(repository: Repository, marks: readonly StoredMark[]): Promise<void> {
  for (const { name } of marks) await repository.storage.remove(`marks/${name}`);
  repository.doomed = doomedBy(await readMarks(repository.storage, repository.archives.limits));
}
