// What a receiver holds, so that it need not be sent. spec/16-transfer.md#thin
import type { Archive } from "../../archive/open.js";
import { ObjectTable } from "../../block/object-table.js";
import { isLeftOut } from "../../format/index-page.js";
import type { Kind } from "../../format/object.js";

/** Tells whether somebody has an object. */
export type Holds = (kind: Kind, id: Uint8Array) => boolean;

/** What an archive holds; of a thin one also what it leaves out, since its receiver has that. About 60 bytes for each object. @throws PTAR_INDEX_INVALID, PTAR_FRAME_* */
export async function heldBy({ objects: { index }, container }: Archive): Promise<Holds> {
  const held = new ObjectTable();
  for await (const row of index.rows()) if (!isLeftOut(row) || container.header.thin) held.add(row.kind, row.id);
  return (kind, id) => held.find(kind, id) >= 0;
}
