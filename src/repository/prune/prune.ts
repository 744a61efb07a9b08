// Deletes what no snapshot needs, in two runs with a grace period between them. spec/15-repository.md#prune
import type { TakingOptions } from "../copy-into.js";
import { liveObjects } from "../live.js";
import type { Repository } from "../repository.js";
import { removeSuperseded } from "./index-merge.js";
import { type LockOwner, withLock } from "./lock.js";

import { type Marked, mark } from "./marking.js";
import { type Deleted, sweep } from "./sweeping.js";

/** How a repository is pruned. */
export interface PruneOptions extends TakingOptions {
  readonly owner: LockOwner;
  /** Seconds between marking and deleting, at least; default 24 hours. A mark that asks for more waits longer. 0: nobody else writes, nothing waits. */
  readonly grace?: number;
  /** `look`: changes nothing. */
  readonly mode?: "prune" | "look";
}

/** What pruning did, or would do. */
export interface PruneResult extends Deleted, Marked {}

/** A day, seconds. */
export const defaultGrace = 86_400;

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

const nothing = { deletedPacks: 0, deletedBytes: 0 };
