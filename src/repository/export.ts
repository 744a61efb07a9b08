// Makes an archive of snapshots of a repository, whole or thin. spec/16-transfer.md#export
import { claimedTime } from "../archive/claimed-time.js";
import { Copy } from "../archive/copy.js";
import type { OnProgress } from "../archive/progress.js";
import { testSigners } from "../archive/test-signers.js";
import { writerName } from "../archive/version.js";
import { wrapSecret } from "../archive/wrap.js";
import { ArchiveWriter } from "../archive/writer.js";
import { type PackParams, sealedTarget } from "../block/pack.js";
import { mustHex } from "../bytes/hex.js";
import { profiles } from "../chunking/gear.js";
import type { ByteSink } from "../container/bytes-io.js";
import type { Kind } from "../format/object.js";
import type { SealFor } from "../keys/key-ring.js";
import type { Signer } from "../keys/signer.js";
import { walkBelow } from "../tree/references.js";
import { addNeeded, type Need, nothingNeeded } from "./closure.js";
import type { Holds } from "./held.js";
import { copyFromPacks } from "./pack-copy.js";
import type { Repository } from "./repository.js";
import type { StoredSnapshot } from "./snapshot-files.js";
import type { Wanted } from "./wants.js";

/** What is exported, where to, and how. */
export interface ExportOptions {
  readonly snapshots: readonly StoredSnapshot[];
  readonly sink: ByteSink;
  /** Keys that sign as carrier; empty: the archive is explicitly unsigned. */
  readonly signers: readonly Signer[];
  readonly seal?: SealFor;
  readonly pack: PackParams;
  /** Makes the archive thin: what its receiver has is left out. spec/16-transfer.md#thin */
  readonly leaveOut?: Holds;
  /** Makes a thin archive of these objects alone, as far as the snapshots need them, with all below them. */
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
}

/**
 * Writes an archive of snapshots with the statements about them and what they need.
 * @throws PTAR_OBJECT_*, PTAR_PACK_MISSING, PTAR_KEY_INVALID, PTAR_IO_*, and the reason of `signal`
 */
export async function exportSnapshots(repository: Repository, options: ExportOptions): Promise<ExportResult> {
  const { engine } = repository.archives;
  const { snapshots, signers, seal, pack } = options;
  await testSigners(signers, engine.crypto);
  const need = await needOf(repository, options);
  const writer = await startWriter(repository, options);
  for (const { kind, id } of need.leave.remaining()) writer.leaveOut(kind, id);
  const fill = seal === undefined ? undefined : sealedTarget(repository.description.chunker.max);
  const objects = need.copy.left;
  const copy = new Copy({
    engine,
    writer,
    plan: { chunker: profiles.default, alsoHash: [], pack, fill },
    signal: options.signal,
    ...progress(options),
  });
  try {
    await copyFromPacks(copy, repository, need.copy);
    await copy.end();
  } finally {
    await copy.close();
  }
  const listed = snapshots.map(({ bytes, statements }) => ({
    id: writer.put("snapshot", bytes),
    statements: statements.map((statement) => writer.put("statement", statement)),
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
  };
}

/** What is to be copied, and what is left out. */
async function needOf({ objects }: Repository, { snapshots, leaveOut, want, signal }: ExportOptions): Promise<Need> {
  const need = nothingNeeded();
  if (want !== undefined) return wantedOf(objects, { snapshots, want, signal });
  const fateOf = (kind: Kind, id: Uint8Array) => (leaveOut?.(kind, id) === true ? "leave" : "copy");
  for (const { snapshot } of snapshots) await addNeeded(need, snapshot, { objects, fateOf, signal });
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
  for (const wanted of want) {
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

async function startWriter({ archives: { engine } }: Repository, { sink, seal, pack, leaveOut, want }: ExportOptions): Promise<ArchiveWriter> {
  const { crypto } = engine;
  const archiveId = crypto.randomBytes(32);
  const extent = leaveOut === undefined && want === undefined ? "whole" : "thin";
  if (seal === undefined) return ArchiveWriter.start({ sink, engine, archiveId, pack, extent });
  const secret = crypto.randomBytes(32);
  try {
    const keys = await wrapSecret({ crypto, secret, archiveId }, seal);
    return await ArchiveWriter.start({ sink, engine, archiveId, pack, extent, seal: { secret, keys } });
  } finally {
    secret.fill(0);
  }
}

function progress({ onProgress }: ExportOptions) {
  let bytes = 0;
  return {
    onBlock: (length: number) => {
      bytes += length;
      onProgress?.({ phase: "pack", entries: 0, bytes, errors: 0 });
    },
  };
}
