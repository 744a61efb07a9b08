// What the snapshots of a repository need, and how much of each pack that is. spec/15-repository.md#prune
import { ObjectTable } from "../block/object-table.js";
import { equalBytes } from "../bytes/compare.js";
import { mustHex } from "../bytes/hex.js";
import { indexRowLength } from "../format/index-row.js";
import { type Kind, kindName } from "../format/object.js";
import { walkReferences } from "../tree/references.js";
import type { PackedArchive } from "./files/archives.js";
import type { Repository } from "./repository.js";

/** Objects that snapshots need; about 60 bytes each. */
export type LiveObjects = ObjectTable;

/**
 * Everything that the snapshots need.
 * @throws PTAR_OBJECT_*, PTAR_PACK_MISSING, and what walking references throws: what cannot be read might need anything
 */
export async function liveObjects({ snapshots, objects }: Repository, signal?: AbortSignal): Promise<LiveObjects> {
  const live = new ObjectTable();
  for (const { snapshot } of snapshots) {
    await walkReferences(objects, mustHex(snapshot.content), (kind, id) => {
      signal?.throwIfAborted();
      return live.add(kind, id) < 0 ? "pass" : "enter";
    });
  }
  return live;
}

/** How many rows of an archive are live. */
export interface Usage {
  readonly archive: PackedArchive;
  readonly rows: number;
  readonly live: number;
}

/** The usage of every archive of the index. */
export function usageOf({ index }: Repository, live: LiveObjects): readonly Usage[] {
  return index.archives().map((archive) => {
    let [rows, used] = [0, 0];
    for (const { kind, id } of rowsOf(index, archive)) {
      rows++;
      if (live.find(kind, id) >= 0) used++;
    }
    return { archive, rows, live: used };
  });
}

/** Whether an archive was adopted and one of its snapshots is there: then it is kept as it is, however little of it is needed. */
// spec/15-repository.md#prune
export function isKeptWhole({ index, snapshots }: Repository, { name, place }: Pick<PackedArchive, "name" | "place">): boolean {
  if (place !== "adopted") return false;
  const holds = (id: Uint8Array) => index.places("snapshot", id).some(({ archive }) => equalBytes(index.archive(archive).name, name));
  return snapshots.some(({ id }) => holds(id));
}

/** Objects of an archive, as the index lists them. */
export function* rowsOf(
  index: Repository["index"],
  { name }: Pick<PackedArchive, "name">,
): Generator<{ readonly kind: Kind; readonly id: Uint8Array }> {
  for (const rows of index.rowsOf(name)) {
    for (let at = 0; at < rows.length; at += indexRowLength)
      yield { kind: kindName(rows[at + 44] as number) as Kind, id: rows.subarray(at, at + 32) };
  }
}
