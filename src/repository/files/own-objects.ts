// Objects of one archive of a repository. spec/04-object.md#index
import type { Engine } from "../../archive/engine.js";
import { ArchiveObjects, type ObjectsOptions } from "../../archive/objects.js";
import { IndexReader } from "../../block/index-reader.js";
import { compareBytes } from "../../bytes/compare.js";
import { indexRowLength } from "../../format/index-row.js";
import type { OpenedArchive } from "./archives.js";

const idLength = 32;
const kindOffset = 44;

/** The objects that an opened archive has itself. @throws PTAR_INDEX_INVALID, PTAR_FRAME_* */
export async function objectsOf({ container }: Pick<OpenedArchive, "container">, engine: Engine, options?: ObjectsOptions): Promise<ArchiveObjects> {
  const { header, indexRoots, input } = container;
  const index = await IndexReader.open(container, indexRoots, { limits: input.limits, leftOut: header.thin ? "allowed" : "refused" });
  return new ArchiveObjects(container, index, engine, options);
}

/** All rows of an archive's own index, 48 bytes each, in the order that the index of a repository has. @throws PTAR_INDEX_INVALID, PTAR_FRAME_* */
export async function sortedRowsOf({ index }: Pick<ArchiveObjects, "index">): Promise<Uint8Array> {
  const rows = await index.rowBytes();
  const count = rows.length / indexRowLength;
  const row = (number: number) => rows.subarray(number * indexRowLength, (number + 1) * indexRowLength);
  // several roots are sorted each by itself
  if (isSorted(count, row)) return rows;
  const order = Uint32Array.from({ length: count }, (_, number) => number).sort((a, b) => compareRows(row(a), row(b)));
  const sorted = new Uint8Array(rows.length);
  for (const [to, from] of order.entries()) sorted.set(row(from), to * indexRowLength);
  return sorted;
}

function isSorted(count: number, row: (number: number) => Uint8Array): boolean {
  for (let number = 1; number < count; number++) if (compareRows(row(number - 1), row(number)) >= 0) return false;
  return true;
}

function compareRows(a: Uint8Array, b: Uint8Array): number {
  return compareBytes(a.subarray(0, idLength), b.subarray(0, idLength)) || (a[kindOffset] as number) - (b[kindOffset] as number);
}
