// What import and sync have in common: what is offered is checked, and published with what is new. spec/16-transfer.md#import
import { objectId } from "../../block/object-id.js";
import { equalBytes } from "../../bytes/compare.js";
import { mustHex } from "../../bytes/hex.js";
import type { Snapshot } from "../../format/generated/types.js";
import { decodeContent } from "../../format/snapshot.js";
import { checkTree } from "../../tree/check-tree.js";
import type { ObjectReader } from "../../tree/object-io.js";
import type { Repository } from "../repository.js";
import type { StoredSnapshot } from "../snapshot-files.js";
import { sortStatements } from "../stored-statements.js";

/**
 * Publishes a snapshot with the valid statements about it, unless it is there with all these: of each key one is enough.
 * @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE
 */
export async function publishMissing(repository: Repository, stored: Offered): Promise<"published" | "there"> {
  const { fresh } = newStatements(repository, stored);
  if (fresh.length === 0 && findStored(repository, stored) !== undefined) return "there";
  await repository.snapshotFiles.publish({ bytes: stored.bytes, statements: fresh });
  return "published";
}

/** A snapshot that somebody else has, and what is said about it there. */
export type Offered = Pick<StoredSnapshot, "id" | "snapshot" | "bytes" | "statements">;

/** Valid statements by keys of which the repository has none, and how many of the others are not valid: those are never taken. */
export function newStatements(repository: Repository, offered: Offered): { readonly fresh: readonly Uint8Array[]; readonly invalid: number } {
  const { archives } = repository;
  const known = findStored(repository, offered);
  // what is there already need not be verified again each time
  const others = offered.statements.filter((statement) => known?.statements.some((one) => equalBytes(one, statement)) !== true);
  if (others.length === 0) return { fresh: [], invalid: 0 };
  // one that is not valid does not keep the right one of its key away
  const keys = new Set(known && sortStatements(archives, known).valid.map(({ body }) => body.publicKey));
  const { valid, invalid } = sortStatements(archives, { ...offered, statements: others });
  return { fresh: valid.flatMap(({ stored, body }) => (keys.has(body.publicKey) ? [] : [stored])), invalid: invalid.length };
}

/** What the repository has of a snapshot. */
export function findStored({ snapshots }: Repository, { id }: Pick<StoredSnapshot, "id">): StoredSnapshot | undefined {
  return snapshots.find((snapshot) => equalBytes(snapshot.id, id));
}

/**
 * Item tree and counters of a snapshot that is taken over, of which nothing is missing.
 * @throws PTAR_SNAPSHOT_*, PTAR_PAGE_*, PTAR_ENTRY_*, PTAR_TREE_*, PTAR_LINKS_INVALID, PTAR_OBJECT_*
 */
// spec/16-transfer.md#import
export async function checkTaken(snapshot: Snapshot, objects: ObjectReader, signal: AbortSignal | undefined): Promise<void> {
  const check = {
    objects,
    idOf: (kind: "page" | "list", bytes: Uint8Array) => objectId(objects.crypto, kind, bytes),
    chunk: () => ({ length: undefined }),
    level: "full" as const,
    signal,
  };
  await checkTree(check, snapshot, decodeContent(await objects.get("content", mustHex(snapshot.content))));
}
