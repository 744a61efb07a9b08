// Verifies what an archive is about: its snapshots one after the other, then its subject. spec/10-verify.md#order
import { toHex } from "../bytes/hex.js";
import { PtarError } from "../errors/ptar-error.js";
import type { FoundObjects } from "./found-objects.js";
import type { Archive } from "./open.js";
import type { OnProgress } from "./progress.js";
import type { SnapshotReport } from "./results.js";
import { verifySubject } from "./subject.js";
import { checkComplete, type SnapshotCheck, verifySnapshot, verifyThinSnapshot } from "./verify-snapshot.js";

/** What was found inside so far. */
export interface Inside {
  readonly snapshots: SnapshotReport[];
  entries: number;
}

/** A look inside that goes on. Nobody is told of its failure but who waits for `done`. */
export interface LookInside {
  readonly inside: Readonly<Inside>;
  readonly done: Promise<void>;
}

/** Begins to look inside. While `found` still takes blocks, what they hold is waited for, and nothing is told of progress. */
export function lookInside(archive: Archive, options: Omit<SnapshotCheck, "found">, found: FoundObjects | undefined): LookInside {
  const onProgress: OnProgress = (progress) => {
    if (found?.ended !== false) options.onProgress?.(progress);
  };
  const inside: Inside = { snapshots: [], entries: 0 };
  const done = look(archive, { ...options, found, onProgress }, inside);
  done.catch(() => undefined);
  return { inside, done };
}

/** @throws every PTAR_* code of spec/10-verify.md#order, step 8 */
async function look(archive: Archive, check: SnapshotCheck, inside: Inside): Promise<void> {
  let items = 0;
  for (const id of archive.snapshotIds) {
    if (archive.container.header.thin) {
      inside.snapshots.push(await verifyThinSnapshot(archive, id, check));
      continue;
    }
    items += (await archive.snapshot(toHex(id))).snapshot.items.count;
    refuseEndless(items, archive.container.input.limits.items);
    const { report, entries } = await verifySnapshot(archive, id, check);
    inside.snapshots.push(report);
    inside.entries += entries;
  }
  checkComplete(archive, inside.snapshots);
  await verifySubject(archive, check.found);
}

/** Many snapshots of one large tree could describe more than anybody can check. spec/11-limits.md */
function refuseEndless(items: number, limit: number): void {
  if (items > limit) throw new PtarError("PTAR_LIMIT_EXCEEDED", `archive: its snapshots have ${items} items or more, limit ${limit}`);
}
