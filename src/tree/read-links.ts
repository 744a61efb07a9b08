// Loads the link table of a snapshot. spec/06-snapshot.md#links
import { mustHex } from "../bytes/hex.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Content } from "../format/generated/types.js";
import { decodeLinks } from "../format/links.js";
import type { ObjectReader } from "./object-io.js";

/**
 * From each item that is a hard link to the first item of its group; `itemCount` is what the snapshot says. Refused before it is
 * loaded when it cannot be right.
 * @throws PTAR_LINKS_INVALID, PTAR_OBJECT_*
 */
export async function readLinks(objects: ObjectReader, links: Content["links"], itemCount: number): Promise<ReadonlyMap<number, number>> {
  const firsts = new Map<number, number>();
  if (links === null) return firsts;
  const { links: most } = objects.limits;
  // spec/06-snapshot.md#links
  if (links.count > most) throw wrong(`${links.count} rows, limit ${most}`);
  let before = -1;
  for (const id of links.pages) {
    for (const { index, first } of decodeLinks(await objects.get("links", mustHex(id)), before, objects.limits)) {
      if (index >= itemCount) throw wrong(`item ${index} of ${itemCount}`);
      // rows come by item, and each first item before its links: all rows that could say so were seen
      if (firsts.has(first)) throw wrong(`item ${first} is both a link and a first item`);
      firsts.set(index, first);
      before = index;
    }
    if (firsts.size > links.count) break;
  }
  if (firsts.size !== links.count) throw wrong(`${firsts.size} rows, expected ${links.count}`);
  return firsts;
}

function wrong(problem: string): PtarError {
  return new PtarError("PTAR_LINKS_INVALID", `link table: ${problem}`);
}
