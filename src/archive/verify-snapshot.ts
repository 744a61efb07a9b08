// Verifies one snapshot of an opened archive: statements, content, tree. spec/10-verify.md#order

import { objectId } from "../block/object-id.js";
import { ObjectTable } from "../block/object-table.js";
import { mustHex, toHex } from "../bytes/hex.js";
import type { Listing } from "../container/generation.js";
import { PtarError } from "../errors/ptar-error.js";
import { isLeftOut } from "../format/index-page.js";
import type { Kind } from "../format/object.js";
import { checkTree, type StoredChunk } from "../tree/check-tree.js";
import type { ObjectReader } from "../tree/object-io.js";
import { walkReferences } from "../tree/references.js";
import type { FoundObjects } from "./found-objects.js";
import type { Archive } from "./open.js";
import type { OnProgress } from "./progress.js";
import type { Level, SnapshotReport } from "./results.js";

/** How a snapshot is verified. */
export interface SnapshotCheck {
  readonly level: Level;
  /** What the blocks hold; undefined at level `standard`. */
  readonly found: FoundObjects | undefined;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Verifies the snapshot `id`; its report and the number of entries.
 * @throws every PTAR_* code of spec/10-verify.md#order, step 8
 */
export async function verifySnapshot(
  archive: Archive,
  id: Uint8Array,
  check: SnapshotCheck,
): Promise<{ readonly report: SnapshotReport; readonly entries: number }> {
  const { level, found, signal } = check;
  const report = await archive.snapshot(toHex(id));
  reference(archive, report, found);
  const content = await archive.content(report);
  const objects = recording(archive.objects, found);
  let entries = 0;
  let bytes = 0;
  const counted = await checkTree(
    {
      objects,
      idOf: (kind, object) => objectId(archive.objects.crypto, kind, object),
      chunk: (chunk) => (found === undefined ? listedChunk(archive, chunk) : found.stored("chunk", chunk)),
      level,
      signal,
      onEntry: (path, { item }) => {
        entries++;
        bytes += item.size ?? 0;
        check.onProgress?.({ phase: "verify", entries, bytes, errors: 0, path });
      },
    },
    report.snapshot,
    content,
  );
  return { report, entries: counted };
}

/**
 * Verifies the snapshot `id` of a thin archive as far as it goes: everything that is there, and that what is not was left out on purpose.
 * @throws every PTAR_* code of spec/10-verify.md#order, step 8, that concerns statements, closure and single objects
 */
// spec/16-transfer.md#thin
export async function verifyThinSnapshot(archive: Archive, id: Uint8Array, { found, signal }: SnapshotCheck): Promise<SnapshotReport> {
  const report = await archive.snapshot(toHex(id));
  reference(archive, report, found);
  const { objects } = archive;
  const seen = new ObjectTable();
  await walkReferences(objects, mustHex(report.snapshot.content), async (kind, id) => {
    signal?.throwIfAborted();
    if (seen.add(kind, id) < 0) return "pass";
    const row = await objects.index.find(kind, id);
    if (row === undefined) throw missing(kind, id);
    if (isLeftOut(row)) return "pass";
    found?.reference(kind, id);
    return "enter";
  });
  return report;
}

function missing(kind: Kind, id: Uint8Array): PtarError {
  return new PtarError("PTAR_OBJECT_MISSING", `object: ${kind} ${toHex(id)} is referenced, not in the archive, and not left out of it either`, {
    details: { kind, id: toHex(id) },
  });
}

/** Whether the index lists a chunk: nothing is known of its length. */
async function listedChunk({ objects }: Archive, chunk: Uint8Array): Promise<StoredChunk | undefined> {
  return (await objects.index.find("chunk", chunk)) === undefined ? undefined : { length: undefined };
}

function reference(archive: Archive, report: SnapshotReport, found: FoundObjects | undefined): void {
  found?.reference("snapshot", report.id);
  found?.reference("content", mustHex(report.snapshot.content));
  const listed = archive.container.listing.snapshots.find(({ id }) => id === toHex(report.id));
  for (const statement of listed?.statements ?? []) found?.reference("statement", mustHex(statement));
}

/** An object reader that notes what is read as referenced. */
function recording(objects: ObjectReader, found: FoundObjects | undefined): ObjectReader {
  const get = (kind: Kind, id: Uint8Array) => {
    found?.reference(kind, id);
    return objects.get(kind, id);
  };
  return { crypto: objects.crypto, limits: objects.limits, get };
}

/**
 * The clear word in a manifest must say what the snapshots say that its generation brought.
 * @throws PTAR_MANIFEST_MISMATCH
 */
// spec/08-manifest.md#manifest
export function checkComplete(archive: Archive, reports: readonly SnapshotReport[]): void {
  const known = new Set<string>();
  for (const [i, { number, manifest }] of archive.container.generations.entries()) {
    const brought = new Set((archive.container.listings[i] as Listing).snapshots.map(({ id }) => id).filter((id) => !known.has(id)));
    for (const id of brought) known.add(id);
    const incomplete = reports.filter(({ id }) => brought.has(toHex(id))).filter(({ snapshot }) => isIncomplete(snapshot.completeness));
    if (manifest.complete === (incomplete.length === 0)) continue;
    throw new PtarError(
      "PTAR_MANIFEST_MISMATCH",
      `manifest: generation ${number} says complete: ${manifest.complete}, but ${incomplete.length} of its ${brought.size} snapshots are not`,
    );
  }
}

function isIncomplete({ failed, unstable }: SnapshotReport["snapshot"]["completeness"]): boolean {
  return failed + unstable > 0;
}
