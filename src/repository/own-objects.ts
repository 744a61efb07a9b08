// Objects of one archive of a repository. spec/04-object.md#index
import type { Engine } from "../archive/engine.js";
import { ArchiveObjects } from "../archive/objects.js";
import { IndexReader } from "../block/index-reader.js";
import type { OpenedArchive } from "./archives.js";

/** The objects that an opened archive has itself. @throws PTAR_INDEX_INVALID, PTAR_FRAME_* */
export async function objectsOf({ container }: OpenedArchive, engine: Engine): Promise<ArchiveObjects> {
  const { header, listing, input } = container;
  const index = await IndexReader.open(container, listing.index, { limits: input.limits, leftOut: header.thin ? "allowed" : "refused" });
  return new ArchiveObjects(container, index, engine);
}
