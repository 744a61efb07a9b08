// Deletes what was marked long enough ago. spec/15-repository.md#prune
import { toHex } from "../../bytes/hex.js";
import type { PackedArchive } from "../files/archives.js";
import { doomedBy, readMarks, type StoredMark } from "../files/marks.js";
import { isKeptWhole, type LiveObjects, rowsOf } from "../live.js";
import { bytesOf, goneOf, namesOf, orphansOf, storedArchives } from "../packs/stored-archives.js";
import type { Repository } from "../repository.js";
import { mergeIndex } from "./index-merge.js";

/** How marked packs are deleted. */
export interface SweepOptions {
  /** Seconds since they were marked, at least. */
  readonly grace: number;
  /** `look`: changes nothing. */
  readonly mode?: "prune" | "look";
}

/** What was deleted, or would be. */
export interface Deleted {
  /** Packs that were deleted, and their bytes. */
  readonly deletedPacks: number;
  readonly deletedBytes: number;
}

/** Deletes the packs of marks whose grace period is over. */
export async function sweep(repository: Repository, live: LiveObjects, options: SweepOptions): Promise<Deleted> {
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
  const orphans = orphansOf(index, stored).flatMap(([name]) => (ripe.has(name) ? [name] : []));
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

async function removeMarks(repository: Repository, marks: readonly StoredMark[]): Promise<void> {
  for (const { name } of marks) await repository.storage.remove(`marks/${name}`);
  repository.doomed = doomedBy(await readMarks(repository.storage, repository.archives.limits));
}
