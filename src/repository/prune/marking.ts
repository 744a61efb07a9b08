// Marks packs that hold little that is needed: a later run deletes them. spec/15-repository.md#prune
import { NeededObjects } from "../../archive/needed-objects.js";
import { toHex } from "../../bytes/hex.js";
import { copyInto, type TakingOptions } from "../copy-into.js";
import type { PackedArchive } from "../files/archives.js";
import { publishMarks } from "../files/marks.js";
import { isKeptWhole, type LiveObjects, rowsOf, usageOf } from "../live.js";
import { copyFromPacks } from "../packs/copy.js";
import { bytesOf, namesOf, orphansOf, storedArchives } from "../packs/stored-archives.js";
import type { Repository } from "../repository.js";
import { Writing } from "../writing.js";

/** How packs are marked. */
export interface MarkOptions extends TakingOptions {
  /** Seconds until a later run may delete them, at least. */
  readonly grace: number;
  /** `look`: changes nothing. */
  readonly mode?: "prune" | "look";
}

/** What was marked, or would be. */
export interface Marked {
  /** Packs that are marked now: a later run deletes them. */
  readonly markedPacks: number;
  readonly markedBytes: number;
  /** Objects that were stored again, out of packs that are mostly garbage. */
  readonly movedObjects: number;
}

/** Packs of which less than this share of objects is live are written anew. */
const leastLive = 0.75;

/** Marks packs that hold little that is needed, after that little was stored again, and old orphans: a writer may rely on one that it found. */
export async function mark(repository: Repository, live: LiveObjects, options: MarkOptions): Promise<Marked> {
  const { storage, doomed, archives } = repository;
  const stored = await storedArchives(storage);
  const garbage = usageOf(repository, live).filter(({ archive, rows, live: used }) => {
    const already = doomed.has(toHex(archive.name));
    return !already && !isKeptWhole(repository, archive) && used < leastLive * rows;
  });
  const packs = garbage.map(({ archive }) => archive);
  const old = (await storage.now()) - options.grace * 1000;
  const orphans = orphansOf(repository.index, stored).filter(([name, { written }]) => !doomed.has(name) && written < old);
  const names = [...namesOf(packs), ...orphans.map(([name]) => name)];
  const markedBytes = bytesOf(stored, names);
  if (names.length === 0 || options.mode === "look") return { markedPacks: names.length, markedBytes, movedObjects: 0 };
  repository.doomed = new Set([...doomed, ...names]);
  const movedObjects = await move(repository, packs, live, options);
  await publishMarks(storage, names, { crypto: archives.engine.crypto, grace: options.grace });
  return { markedPacks: names.length, markedBytes, movedObjects };
}

/** Stores live objects of packs again that no other pack has; how many they are. */
async function move(repository: Repository, packs: readonly PackedArchive[], live: LiveObjects, options: MarkOptions): Promise<number> {
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
