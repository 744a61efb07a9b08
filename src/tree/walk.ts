// Walks the entries of a tree in pre-order. spec/07-item.md#items
import { compareBytes, concatBytes, equalBytes } from "../bytes/compare.js";
import { mustHex } from "../bytes/hex.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Entry } from "../format/generated/types.js";
import { nameBytes } from "../format/name.js";
import { decodePage } from "../format/page.js";
import type { ObjectReader } from "./object-io.js";

/** One entry of a walk. */
export interface WalkedEntry {
  readonly kind: "entry";
  /** Names joined by `/`. */
  readonly path: Uint8Array;
  readonly names: readonly Uint8Array[];
  /** Number of its item. */
  readonly index: number;
  readonly entry: Entry;
}

/** What a walk yields: entries (a directory before its entries), and the end of each directory that was entered. */
export type WalkStep = WalkedEntry | { readonly kind: "leave"; readonly directory: WalkedEntry };

/** What to do with a directory: look at its entries, or pass over them. */
export type Choose = (entry: WalkedEntry) => "enter" | "pass";

interface Place {
  readonly prefix: Uint8Array;
  readonly names: readonly Uint8Array[];
}

const slash = Uint8Array.of(0x2f);

/**
 * Walks the tree whose root page is `root` (undefined: no entries).
 * @throws PTAR_OBJECT_*, PTAR_PAGE_ORDER, PTAR_ENTRY_*, PTAR_LIMIT_EXCEEDED
 */
export async function* walkTree(objects: ObjectReader, root: Uint8Array | undefined, choose: Choose = () => "enter"): AsyncGenerator<WalkStep> {
  const counter = { next: 0 };
  if (root !== undefined) yield* walkDirectory(objects, root, { place: { prefix: new Uint8Array(), names: [] }, choose, counter });
}

async function* walkDirectory(
  objects: ObjectReader,
  page: Uint8Array,
  state: { readonly place: Place; readonly choose: Choose; readonly counter: { next: number } },
): AsyncGenerator<WalkStep> {
  const { place, choose, counter } = state;
  for await (const { name, entry } of directoryEntries(objects, page)) {
    const walked = step(place, { name, entry, index: counter.next++ });
    checkPath(walked, objects);
    yield walked;
    const child = entry.store.page;
    if (child === undefined) {
      if (entry.item.type === "directory" && choose(walked) === "enter") yield { kind: "leave", directory: walked };
    } else if (choose(walked) === "pass") {
      counter.next += entry.store.counters?.entries ?? 0;
    } else {
      const inner = { prefix: concatBytes(walked.path, slash), names: walked.names };
      yield* walkDirectory(objects, mustHex(child), { place: inner, choose, counter });
      yield { kind: "leave", directory: walked };
    }
  }
}

function step(place: Place, found: { readonly name: Uint8Array; readonly entry: Entry; readonly index: number }): WalkedEntry {
  return { kind: "entry", path: concatBytes(place.prefix, found.name), names: [...place.names, found.name], index: found.index, entry: found.entry };
}

function checkPath(walked: WalkedEntry, objects: ObjectReader): void {
  const { pathDepth, pathBytes, items } = objects.limits;
  // with what a directory claims to hold, so that a tree of too many entries is refused before it is walked
  const last = walked.index + (walked.entry.store.counters?.entries ?? 0);
  if (walked.names.length > pathDepth || walked.path.length > pathBytes || last >= items) {
    throw new PtarError(
      "PTAR_LIMIT_EXCEEDED",
      `tree: item ${walked.index} has a path of ${walked.names.length} names and ${walked.path.length} bytes, and entries up to ${last}`,
    );
  }
}

/**
 * The entries of one directory in order, page by page.
 * @throws PTAR_OBJECT_*, PTAR_PAGE_ORDER, PTAR_ENTRY_*
 */
export async function* directoryEntries(
  objects: ObjectReader,
  root: Uint8Array,
): AsyncGenerator<{ readonly name: Uint8Array; readonly entry: Entry }> {
  let before: Uint8Array | undefined;
  for await (const { names, entries } of leafPages(objects, root, undefined)) {
    for (const [i, entry] of entries.entries()) {
      const name = names[i] as Uint8Array;
      if (before !== undefined && compareBytes(before, name) >= 0)
        throw new PtarError("PTAR_PAGE_ORDER", "page: its first entry is not after the last one of the page before");
      before = name;
      yield { name, entry };
    }
  }
}

async function* leafPages(
  objects: ObjectReader,
  id: Uint8Array,
  expected: { readonly level: number; readonly first: Uint8Array } | undefined,
): AsyncGenerator<{ readonly names: readonly Uint8Array[]; readonly entries: readonly Entry[] }> {
  const page = decodePage(await objects.get("page", id), objects.limits);
  if (expected !== undefined && (page.level !== expected.level || !equalBytes(page.names[0] as Uint8Array, expected.first))) {
    throw new PtarError("PTAR_PAGE_ORDER", `page: level ${page.level} or first name are not those that the page above names`);
  }
  if ("entries" in page) {
    yield page;
    return;
  }
  for (const child of page.pages) yield* leafPages(objects, mustHex(child.id), { level: page.level - 1, first: nameBytes(child, objects.limits) });
}
