// Copies objects out of the packs of a repository. spec/15-repository.md#index
import type { Copy } from "../../archive/copy.js";
import type { NeededObjects } from "../../archive/needed-objects.js";
import { toHex } from "../../bytes/hex.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { RepositoryArchives } from "../files/archives.js";
import type { PackIndex } from "../index/pack-index.js";
import { mayBePruned, mostRereads, rereadIndex } from "../index/reread.js";
import { openPacked } from "./objects.js";

/** Packs of a repository, and which object is in which. */
export interface Packs {
  readonly archives: RepositoryArchives;
  readonly index: PackIndex;
}

/**
 * Copies what is needed, archive by archive and in the order of their blocks; what one of them fails to give is taken from another.
 * @throws PTAR_OBJECT_MISSING, PTAR_PACK_MISSING, PTAR_BLOCK_*, PTAR_FRAME_*, PTAR_IO_*
 */
export async function copyFromPacks(copy: Copy, { archives, index }: Packs, needed: NeededObjects): Promise<void> {
  const failed = new Set<string>();
  let failure: PtarError | undefined;
  let rereads = 0;
  while (needed.left > 0) {
    const plan = planOf(index, needed, failed);
    if (plan.size === 0) {
      failure ??= missing(needed);
      // spec/15-repository.md#publishing: it may be in another pack by now
      if (!mayBePruned(failure) || ++rereads > mostRereads || (await rereadIndex(archives, index)) === "as it was") throw failure;
      failure = undefined;
      continue;
    }
    let left = [...plan.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    for (const [number, { frames, bytes }] of plan) {
      const packed = index.archive(number);
      copy.expect(left);
      left -= bytes;
      try {
        const opened = await openPacked(archives, packed);
        try {
          await copy.take(
            opened.container,
            [...frames].sort((a, b) => a - b),
            needed,
          );
        } finally {
          await opened.close();
        }
      } catch (error) {
        if (!(error instanceof PtarError && error.exitCode === 4)) throw error;
        failure ??= error;
      }
      // what it had was taken, or it does not have it
      failed.add(toHex(packed.name));
    }
  }
}

/** What is read of one archive. */
interface Part {
  readonly frames: Set<number>;
  /** About as many as these frames have: objects are taken to be of one length. */
  bytes: number;
}

/** What is to be read of each archive, by its number. */
function planOf(index: PackIndex, needed: NeededObjects, failed: ReadonlySet<string>): ReadonlyMap<number, Part> {
  const plan = new Map<number, Part>();
  for (const { kind, id } of needed.remaining()) {
    const place = index.places(kind, id).find(({ archive }) => !failed.has(toHex(index.archive(archive).name)));
    if (place === undefined) continue;
    const part = plan.get(place.archive) ?? { frames: new Set(), bytes: 0 };
    part.frames.add(place.frame);
    part.bytes += bytesOfOne(index, place.archive);
    plan.set(place.archive, part);
  }
  return plan;
}

function bytesOfOne(index: PackIndex, archive: number): number {
  const record = index.table.at(archive);
  return record === undefined || record.rows === 0 ? 0 : record.archive.length / record.rows;
}

function missing(needed: NeededObjects): PtarError {
  const [first] = needed.remaining();
  const what = first === undefined ? "" : `${first.kind} ${toHex(first.id)}`;
  return new PtarError("PTAR_OBJECT_MISSING", `object: ${what} is in no pack`, first && { details: { kind: first.kind, id: toHex(first.id) } });
}
