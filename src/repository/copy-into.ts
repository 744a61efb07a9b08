// Copies objects into the packs of a run. spec/15-repository.md#publishing
import type { BlockWriter } from "../archive/block-writer.js";
import { Copy } from "../archive/copy.js";
import type { OnProgress } from "../archive/progress.js";
import { type PackParams, sealedTarget } from "../block/pack.js";
import { profiles } from "../chunking/gear.js";
import type { Repository } from "./repository.js";

/** How objects are taken over. */
export interface TakingOptions {
  readonly pack: PackParams;
  /** Looks whether anything is missing of snapshots that are there too, which costs a walk over each; default: where the repository knows that it lost something. */
  readonly repair?: "all" | undefined;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal | undefined;
}

/** A run that writes into a repository. */
export interface Into {
  readonly repository: Repository;
  readonly packs: BlockWriter;
}

/** Runs a copy into the packs of a run. */
export async function copyInto(into: Into, { pack, onProgress, signal }: TakingOptions, run: (copy: Copy) => Promise<void>): Promise<void> {
  const { archives, description } = into.repository;
  const fill = archives.key === undefined ? undefined : sealedTarget(description.chunker.max);
  const copy = new Copy({
    engine: archives.engine,
    writer: into.packs,
    plan: { chunker: profiles.default, alsoHash: [], pack, fill },
    onProgress,
    signal,
  });
  try {
    await run(copy);
    await copy.end();
  } finally {
    await copy.close();
  }
}
