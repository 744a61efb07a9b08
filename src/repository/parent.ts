// The snapshot that a backup may compare its sources with. spec/06-snapshot.md#unchanged
import { toHex } from "../bytes/hex.js";
import type { Snapshot } from "../format/generated/types.js";
import type { Signer } from "../keys/signer.js";
import type { Repository } from "./repository.js";
import type { StoredSnapshot } from "./snapshot-files.js";
import { authorsOf } from "./stored-statements.js";

/** Who signs what is backed up. */
export type ParentSigners = readonly Pick<Signer, "publicKey">[];

type Sources = readonly Pick<Snapshot["sources"][number], "kind" | "label">[];

/** The latest snapshot of the same sources that one of `signers` made; undefined when there is none, or nobody signs. */
// spec/06-snapshot.md#unchanged
export function ownParent(
  repository: Repository,
  { sources, signers }: { readonly sources: Sources; readonly signers: ParentSigners },
): StoredSnapshot | undefined {
  const wanted = labelsOf(sources);
  return repository.snapshots.findLast((stored) => labelsOf(stored.snapshot.sources) === wanted && isMadeBy(repository, stored, signers));
}

/** Whether one of `signers` says with a valid statement that it made a snapshot. */
export function isMadeBy({ archives }: Repository, stored: StoredSnapshot, signers: ParentSigners): boolean {
  if (signers.length === 0) return false;
  const authors = authorsOf(archives, stored);
  return signers.some(({ publicKey }) => authors.includes(toHex(publicKey)));
}

/** Sources that are called alike are the same. */
export function labelsOf(sources: Sources): string {
  return JSON.stringify(sources.map(({ kind, label }) => [kind, label]));
}
