// Two repositories that are to hold the same snapshots. spec/16-transfer.md#sync
import { compareBytes, concatBytes } from "../../bytes/compare.js";
import { mustHex, toHex } from "../../bytes/hex.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { Kind } from "../../format/object.js";
import type { Trust } from "../../keys/trust.js";
import type { ObjectReader } from "../../tree/object-io.js";
import { copyInto, type TakingOptions } from "../copy-into.js";
import { copyFromPacks } from "../packs/copy.js";
import type { Repository } from "../repository.js";
import type { StoredSnapshot } from "../snapshot-files.js";
import { judgeListed } from "../view.js";
import { Writing } from "../writing.js";
import { addNeeded, type Fate, nothingNeeded } from "./closure.js";
import { checkTaken, findStored, newStatements, publishMissing } from "./taking.js";

/** What one side took from the other. */
export interface Taken {
  /** Ids of snapshots that are new there. */
  readonly snapshots: readonly Uint8Array[];
  readonly addedObjects: number;
  readonly addedBytes: number;
  /** Statements that were not taken because they are not valid. */
  readonly invalidStatements: number;
}

/** How snapshots are taken from another repository. */
export interface SyncOptions extends TakingOptions {
  /** Keys that may vouch for what is taken, or whoever signed, or nobody. */
  readonly trust: Trust | "any-signer";
}

/** Snapshots that `to` does not have. */
export function lacking(from: Repository, to: Repository): readonly StoredSnapshot[] {
  const there = new Set(to.snapshots.map(({ id }) => toHex(id)));
  return from.snapshots.filter(({ id }) => !there.has(toHex(id)));
}

/**
 * Takes all snapshots over that `to` lacks, with the valid statements about them: all of them or none. What the other side says is believed as little
 * as what an archive says that is imported.
 * @throws as `requireTakeable`; PTAR_OBJECT_*, PTAR_PACK_MISSING, PTAR_SNAPSHOT_*, PTAR_IO_*, and what walking references throws
 */
// spec/16-transfer.md#sync
export async function takeSnapshots(from: Repository, to: Repository, options: SyncOptions): Promise<Taken> {
  requireTakeable(from, to, options.trust);
  const fresh = lacking(from, to);
  const invalidStatements = countInvalid(from, to);
  const writing = await Writing.start(to, options.pack);
  try {
    const broken = writing.brokenOf(
      from.snapshots.filter((stored) => !fresh.includes(stored)),
      options,
    );
    if (fresh.length + broken.length > 0) await takeObjects(from, { writing, fresh, broken, options });
    for (const snapshot of from.snapshots) await publishMissing(to, snapshot);
    const { addedObjects, addedBytes } = writing;
    return { snapshots: fresh.map(({ id }) => id), addedObjects, addedBytes, invalidStatements };
  } finally {
    await writing.end();
  }
}

/**
 * Refuses what no trusted key vouches for of what `to` would take, as an import of it would.
 * @throws PTAR_SIGNATURE_MISSING, PTAR_SIGNATURE_INVALID, PTAR_STATEMENT_MISMATCH, PTAR_DOCUMENT_*, PTAR_SIGNER_UNTRUSTED
 */
export function requireTakeable(from: Repository, to: Repository, trust: Trust | "any-signer"): void {
  if (trust === "any-signer") return;
  const hint = "--trust KEY accepts what this key signed, --any-signer whatever is there";
  for (const stored of from.snapshots) {
    if (findStored(to, stored) !== undefined && newStatements(to, stored).fresh.length === 0) continue;
    const { report, invalid } = judgeListed(from, stored, trust);
    if (report.vouched) continue;
    const name = `repository ${from.storage.location}: snapshot ${toHex(stored.id)}`;
    if (report.statements.length > 0) throw new PtarError("PTAR_SIGNER_UNTRUSTED", `${name}: no trusted key vouches for its contents`, { hint });
    const [wrong] = invalid;
    if (wrong !== undefined) throw new PtarError(wrong.code, `${name}: ${wrong.message}`, wrong.hint === undefined ? {} : { hint: wrong.hint });
    throw new PtarError("PTAR_SIGNATURE_MISSING", `${name}: nobody signed it`, { hint });
  }
}

/** How many statements of `from` are not valid. */
export function countInvalid(from: Repository, to: Repository): number {
  return from.snapshots.reduce((sum, stored) => sum + newStatements(to, stored).invalid, 0);
}

interface Taking {
  readonly writing: Writing;
  readonly fresh: readonly StoredSnapshot[];
  /** Those that are there, and may lack something. */
  readonly broken: readonly StoredSnapshot[];
  readonly options: SyncOptions;
}

async function takeObjects(from: Repository, { writing, fresh, broken, options }: Taking): Promise<void> {
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
  await checkTrees(fresh, objects, options.signal);
  // what these lack and the other side does not have either is missing as before
  for (const { snapshot } of broken) await addNeeded(need, snapshot, { objects, fateOf, signal: options.signal });
  await copyInto(writing, options, (copy) => copyFromPacks(copy, from, need.copy));
  await writing.publishFor(
    fresh.map(({ snapshot }) => mustHex(snapshot.content)),
    options,
  );
}

/** Checks the trees of snapshots, one that several have once. @throws as `checkTaken` */
async function checkTrees(fresh: readonly StoredSnapshot[], objects: ObjectReader, signal: AbortSignal | undefined): Promise<void> {
  const trees = new Map(fresh.map(({ snapshot }) => [JSON.stringify([snapshot.content, snapshot.items, snapshot.completeness]), snapshot]));
  for (const snapshot of trees.values()) await checkTaken(snapshot, objects, signal);
}

/** What proves that two repositories hold the same snapshots: SHA-256 of all their ids, sorted. */
export function proofOf({ snapshots, archives: { engine } }: Repository): Uint8Array {
  const ids = snapshots.map(({ id }) => id).toSorted(compareBytes);
  return engine.crypto.sha256(concatBytes(...ids));
}
