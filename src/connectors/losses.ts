// What a target reports about entries that were already incomplete at their source. spec/05-page.md#errors
import type { Item } from "../format/generated/types.js";

/** What could not be restored about one entry, and why. */
export interface Loss {
  readonly what: string;
  readonly reason: string;
}

/** The loss of an entry whose contents or listing could not be read at the source; undefined when all was read. */
export function lossAtSource(item: Item): Loss | undefined {
  const error = item.errors?.[0];
  return error === undefined ? undefined : { what: "contents", reason: `${error.code} at the source` };
}

/** The loss of an entry that no target makes. */
export function lossOfSpecial(item: Item): Loss {
  const error = item.errors?.[0];
  if (error !== undefined) return { what: item.type, reason: `${error.code} at the source` };
  return { what: "special file", reason: item.type };
}
