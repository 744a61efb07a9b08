// A step of writing entries as lines of another program's list. spec/13-interchange.md#losses
import type { ListedEntry } from "../archive/results.js";
import { contentErrors } from "../format/entry.js";
import type { Item } from "../format/generated/types.js";

/** What one entry gives. */
export interface Row {
  /** The entry; absent for what stands above the first one. */
  readonly entry?: ListedEntry;
  /** Bytes of the line with its line feed; absent when the list has none for such an entry. */
  readonly line?: Uint8Array;
  /** Why the list does not hold, or not wholly, what it should of this entry; escape it before printing. */
  readonly loss?: string;
}

/** An item of a file whose contents were read wholly. */
export type WholeFile = Item & { readonly type: "file"; readonly size: number; readonly sha256: string };

/** Whether digests of the whole contents can be had. */
export function isWholeFile(item: Item): item is WholeFile {
  return item.type === "file" && typeof item.sha256 === "string" && item.size !== undefined;
}

/** Why an entry was not collected wholly, undefined when it was. spec/05-page.md#errors */
export function sourceLoss(item: Item): string | undefined {
  const [first, ...more] = contentErrors(item);
  if (first === undefined) return undefined;
  return `could not be read wholly at the source (${first.operation}: ${first.code}${more.length === 0 ? "" : `, and ${more.length} more`})`;
}

/** A row of `entry`; members that are undefined are left out. */
export function rowOf(entry: ListedEntry, line: Uint8Array | undefined, loss: string | undefined): Row {
  return { entry, ...(line === undefined ? {} : { line }), ...(loss === undefined ? {} : { loss }) };
}
