// The index of a repository that is being opened, by way of a copy on this computer where there is one. spec/15-repository.md#index
import { toHex } from "../../bytes/hex.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { RepositoryArchives } from "../files/archives.js";
import type { PackIndex } from "../index/pack-index.js";
import { listIndex, readIndex } from "../index/reading.js";
import { type IndexCache, isWorthCaching, readIndexCache, writeIndexCache } from "./index-cache.js";
import type { CacheOwner } from "./parts.js";

/**
 * The index as index archives say it now: the copy in `cache` and what is new. The copy is written anew when that saves more than it costs.
 * @throws as {@link readIndex}
 */
export async function openIndex(archives: RepositoryArchives, repositoryId: Uint8Array, cache: IndexCache): Promise<PackIndex> {
  const { engine, key } = archives;
  const owner: CacheOwner = { id: repositoryId, crypto: engine.crypto, ...(key && { secret: key.secret }) };
  const listed = await listIndex(archives);
  const index = (await fromCopy(archives, { owner, cache, listed })) ?? (await readIndex(archives, undefined, { listed }));
  if (isWorthCaching(index)) await writeIndexCache(cache, index, owner);
  return index;
}

interface Copy {
  readonly owner: CacheOwner;
  readonly cache: IndexCache;
  /** Index archives that are there. */
  readonly listed: readonly string[];
}

/** The copy brought up to date; undefined when there is none, or when it does not go together with what is there. */
async function fromCopy(archives: RepositoryArchives, { owner, cache, listed }: Copy): Promise<PackIndex | undefined> {
  const there = new Set(listed);
  // rows of an index archive that is gone may be there for nothing else, and what superseded it has all the others: reading that takes no longer
  // than comparing it row by row with the copy
  const copy = await readIndexCache(cache, owner, (sources) => sources.every(({ name }) => there.has(toHex(name))));
  if (copy === undefined) return undefined;
  try {
    return await readIndex(archives, copy, { listed });
  } catch (error) {
    // a copy that somebody made up may contradict what is new
    if (error instanceof PtarError) return undefined;
    throw error;
  }
}
