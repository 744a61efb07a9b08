// Two repositories that are to hold the same snapshots. spec/16-transfer.md#sync
import { compareBytes, concatBytes } from "../bytes/compare.js";
import { mustHex, toHex } from "../bytes/hex.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Kind } from "../format/object.js";
import type { ObjectReader } from "../tree/object-io.js";
import { addNeeded, type Fate, nothingNeeded } from "./closure.js";
import { copyFromPacks } from "./pack-copy.js";
import type { Repository } from "./repository.js";
import type { StoredSnapshot } from "./snapshot-files.js";
import { copyInto, publishMissing, type TakingOptions } from "./taking.js";
import { Writing } from "./writing.js";

/** What one side took from the other. */
export interface Taken {
  /** Ids of snapshots that are new there. */
  readonly snapshots: readonly Uint8Array[];
  readonly addedObjects: number;
  readonly addedBytes: number;
}

/** Snapshots that `to` does not have, or about which `from` has statements of other keys. */
export function lacking(from: Repository, to: Repository): readonly StoredSnapshot[] {
  const there = new Set(to.snapshots.map(({ id }) => toHex(id)));
  return from.snapshots.filter(({ id }) => !there.has(toHex(id)));
}

/**
 * Takes all snapshots over that `to` lacks, with the statements about them.
 * @throws PTAR_OBJECT_*, PTAR_PACK_MISSING, PTAR_IO_*, and what walking references throws
 */
export async function takeSnapshots(from: Repository, to: Repository, options: TakingOptions): Promise<Taken> {
  const fresh = lacking(from, to);
  const writing = await Writing.start(to, options.pack);
  try {
    if (fresh.length > 0) await takeObjects(from, { writing, fresh, options });
    for (const snapshot of from.snapshots) await publishMissing(to, snapshot);
    return { snapshots: fresh.map(({ id }) => id), addedObjects: writing.addedObjects, addedBytes: writing.addedBytes };
  } finally {
    await writing.end();
  }
}

interface Taking {
  readonly writing: Writing;
  readonly fresh: readonly StoredSnapshot[];
  readonly options: TakingOptions;
}

async function takeObjects(from: Repository, { writing, fresh, options }: Taking): Promise<void> {
  const { objects: own } = writing.repository;
  const objects: ObjectReader = {
    crypto: own.crypto,
    limits: own.limits,
    get: (kind, id) => (writing.has(kind, id) ? own : from.objects).get(kind, id),
  };
  const fateOf = (kind: Kind, id: Uint8Array): Fate => (writing.has(kind, id) ? "there" : from.index.has(kind, id) ? "copy" : "missing");
  const need = nothingNeeded();
  for (const { snapshot } of fresh) await addNeeded(need, snapshot, { objects, fateOf, signal: options.signal });
  const [first] = need.missing.remaining();
  if (first !== undefined) {
    throw new PtarError("PTAR_OBJECT_MISSING", `repository ${from.storage.location}: lacks ${need.missing.left} objects that its snapshots need`, {
      hint: "`ptar repo check` lists what is affected",
      details: { kind: first.kind, id: toHex(first.id) },
    });
  }
  await copyInto(writing, options, (copy) => copyFromPacks(copy, from, need.copy));
  await writing.publishFor(
    fresh.map(({ snapshot }) => mustHex(snapshot.content)),
    options,
  );
}

/** What proves that two repositories hold the same snapshots: SHA-256 of all their ids, sorted. */
export function proofOf({ snapshots, archives: { engine } }: Repository): Uint8Array {
  const ids = snapshots.map(({ id }) => id).toSorted(compareBytes);
  return engine.crypto.sha256(concatBytes(...ids));
}
