// Makes an archive of snapshots of a repository, whole or thin. spec/16-transfer.md#export
import { claimedTime } from "../../archive/claimed-time.js";
import { Copy } from "../../archive/copy.js";
import type { OnProgress } from "../../archive/progress.js";
import { testSigners } from "../../archive/test-signers.js";
import { writerName } from "../../archive/version.js";
import { type PackParams, sealedTarget } from "../../block/pack.js";
import { mustHex, toHex } from "../../bytes/hex.js";
import { profiles } from "../../chunking/gear.js";
import type { ByteSink } from "../../container/bytes-io.js";
import type { Kind } from "../../format/object.js";
import type { SealFor } from "../../keys/key-ring.js";
import type { Signer } from "../../keys/signer.js";
import { walkBelow } from "../../tree/references.js";
import { copyFromPacks } from "../packs/copy.js";
import type { Repository } from "../repository.js";
import type { StoredSnapshot } from "../snapshot-files.js";
import { sortStatements, type ValidStatement } from "../stored-statements.js";
import { addNeeded, type Need, nothingNeeded } from "./closure.js";
import type { Holds } from "./held.js";
import { startArchive } from "./new-archive.js";
import type { Wanted } from "./wants.js";

/** What is exported, where to, and how. */
export interface ExportOptions {
  /** One that is given twice is exported once. */
  readonly snapshots: readonly StoredSnapshot[];
  readonly sink: ByteSink;
  /** Keys that sign as carrier; empty: the archive is explicitly unsigned. */
  readonly signers: readonly Signer[];
  readonly seal?: SealFor;
  readonly pack: PackParams;
  /** Makes the archive thin where its receiver has something: that is left out. spec/16-transfer.md#thin */
  readonly leaveOut?: Holds;
  /** Makes an archive of these objects alone, as far as the snapshots are among them or need them, with all below them. */
  readonly want?: readonly Wanted[];
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal | undefined;
}

/** Result of {@link exportSnapshots}. */
export interface ExportResult {
  /** SHA-256 of the manifest, 32 bytes. */
  readonly fingerprint: Uint8Array;
  readonly signers: readonly Uint8Array[];
  readonly archiveBytes: number;
  readonly objects: number;
  /** Objects that were left out. */
  readonly leftOut: number;
  /** Statements about snapshots that an archive has no room for. */
  readonly statementsLeftOut: number;
}

/**
 * Writes an archive of snapshots with the statements about them and what they need.
 * @throws PTAR_OBJECT_*, PTAR_PACK_MISSING, PTAR_KEY_INVALID, PTAR_IO_*, and the reason of `signal`
 */
export async function exportSnapshots(repository: Repository, options: ExportOptions): Promise<ExportResult> {
  const { engine } = repository.archives;
  const { signers, seal, pack } = options;
  const snapshots = [...new Map(options.snapshots.map((stored) => [toHex(stored.id), stored])).values()];
  await testSigners(signers, engine.crypto);
  const need = await needOf(repository, { ...options, snapshots });
  // spec/16-transfer.md#export
  const extent = need.leave.left === 0 ? "whole" : "thin";
  const writer = await startArchive(engine, { sink: options.sink, pack, seal, extent });
  for (const { kind, id } of need.leave.remaining()) writer.leaveOut(kind, id);
  const fill = seal === undefined ? undefined : sealedTarget(repository.description.chunker.max);
  const objects = need.copy.left;
  const copy = new Copy({
    engine,
    writer,
    plan: { chunker: profiles.default, alsoHash: [], pack, fill },
    onProgress: options.onProgress,
    signal: options.signal,
  });
  try {
    await copyFromPacks(copy, repository, need.copy);
    await copy.end();
  } finally {
    await copy.close();
  }
  // one that is not valid would keep everybody from opening the archive
  const said = snapshots.map((stored) => ({ stored, ...chosenOf(sortStatements(repository.archives, stored).valid, repository, options) }));
  const listed = said.map(({ stored, chosen }) => ({
    id: writer.put("snapshot", stored.bytes),
    statements: chosen.map((statement) => writer.put("statement", statement.stored)),
  }));
  const manifest = await writer.finish({
    snapshots: listed,
    complete: snapshots.every(({ snapshot: { completeness } }) => completeness.failed + completeness.unstable === 0),
    createdAt: claimedTime(new Date()),
    signers,
    role: "carrier",
    writer: writerName,
  });
  return {
    fingerprint: engine.crypto.sha256(manifest),
    signers: signers.map(({ publicKey }) => publicKey),
    archiveBytes: writer.length,
    objects,
    leftOut: need.leave.left,
    statementsLeftOut: said.reduce((sum, { more }) => sum + more, 0),
  };
}

/** Statements about one snapshot that an archive takes: those of its signers first, then those of authors, then those that claim the earliest time. */
// spec/11-limits.md
function chosenOf(
  valid: readonly ValidStatement[],
  { archives: { limits } }: Repository,
  { signers }: Pick<ExportOptions, "signers">,
): { readonly chosen: readonly ValidStatement[]; readonly more: number } {
  if (valid.length <= limits.statements) return { chosen: valid, more: 0 };
  const own = new Set(signers.map(({ publicKey }) => toHex(publicKey)));
  const rank = ({ body }: ValidStatement) => (own.has(body.publicKey) ? 0 : body.role === "author" ? 1 : 2);
  const first = valid.toSorted((a, b) => rank(a) - rank(b) || (a.body.time < b.body.time ? -1 : 1)).slice(0, limits.statements);
  // in the order that they have
  return { chosen: valid.filter((one) => first.includes(one)), more: valid.length - first.length };
}

/** What is to be copied, and what is left out. */
async function needOf({ objects }: Repository, { snapshots, leaveOut, want, onProgress, signal }: ExportOptions): Promise<Need> {
  const need = nothingNeeded();
  if (want !== undefined) return wantedOf(objects, { snapshots, want, signal });
  const fateOf = (kind: Kind, id: Uint8Array) => (leaveOut?.(kind, id) === true ? "leave" : "copy");
  for (const { snapshot } of snapshots) await addNeeded(need, snapshot, { objects, fateOf, onProgress, signal });
  return need;
}

/** What is wanted of what the snapshots need, whatever leads to it. */
// spec/16-transfer.md#want-list
async function wantedOf(
  objects: Repository["objects"],
  {
    snapshots,
    want,
    signal,
  }: { readonly snapshots: readonly StoredSnapshot[]; readonly want: readonly Wanted[]; readonly signal: AbortSignal | undefined },
): Promise<Need> {
  const all = nothingNeeded();
  for (const { snapshot } of snapshots) await addNeeded(all, snapshot, { objects, fateOf: () => "there", signal });
  const need = nothingNeeded();
  const contents = new Map(snapshots.map(({ id, snapshot }) => [toHex(id), mustHex(snapshot.content)]));
  for (const one of want) {
    const content = one.kind === "snapshot" ? contents.get(toHex(one.id)) : undefined;
    // the snapshots themselves are always there
    const wanted: Wanted = content === undefined ? one : { kind: "content", id: content };
    // nobody is given what only other snapshots hold
    if (!all.there.has(wanted.kind, wanted.id)) continue;
    await walkBelow(objects, wanted, (kind, id) => (need.copy.add(kind, id) === "added" ? "enter" : "pass"));
  }
  for (const { snapshot } of snapshots) {
    const content = mustHex(snapshot.content);
    if (!need.copy.has("content", content)) need.leave.add("content", content);
  }
  return need;
}
