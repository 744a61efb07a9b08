// What import and sync have in common: objects copied into a repository, and snapshots published there. spec/16-transfer.md#import
import type { BlockWriter } from "../archive/block-writer.js";
import { Copy } from "../archive/copy.js";
import type { OnProgress } from "../archive/progress.js";
import { type PackParams, sealedTarget } from "../block/pack.js";
import { toHex } from "../bytes/hex.js";
import { profiles } from "../chunking/gear.js";
import { decodeSnapshotStatement } from "../format/statement.js";
import type { Repository } from "./repository.js";
import type { StoredSnapshot } from "./snapshot-files.js";

/** How objects are taken over. */
export interface TakingOptions {
  readonly pack: PackParams;
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
  let bytes = 0;
  const onBlock = (length: number) => {
    bytes += length;
    onProgress?.({ phase: "pack", entries: 0, bytes, errors: 0 });
  };
  const copy = new Copy({
    engine: archives.engine,
    writer: into.packs,
    plan: { chunker: profiles.default, alsoHash: [], pack, fill },
    onBlock,
    signal,
  });
  try {
    await run(copy);
    await copy.end();
  } finally {
    await copy.close();
  }
}

/** Publishes a snapshot, unless it is there with all these statements: of each key one is enough. @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE */
export async function publishMissing(
  { snapshots, snapshotFiles }: Repository,
  { id, bytes, statements }: Pick<StoredSnapshot, "id" | "bytes" | "statements">,
): Promise<"published" | "there"> {
  const known = snapshots.find((snapshot) => toHex(snapshot.id) === toHex(id));
  const keys = new Set(known?.statements.map(keyOf));
  const fresh = statements.filter((statement) => !keys.has(keyOf(statement)));
  if (known !== undefined && fresh.length === 0) return "there";
  await snapshotFiles.publish({ bytes, statements: fresh });
  return "published";
}

function keyOf(statement: Uint8Array): string {
  return decodeSnapshotStatement(statement).body.publicKey;
}
