// Checks a whole tree against its snapshot: structure, counters, item tree, links, closure. spec/10-verify.md#order

import { CanonicalBuffer } from "../bytes/canonical-buffer.js";
import { equalBytes } from "../bytes/compare.js";
import { mustHex } from "../bytes/hex.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Content, Entry, Snapshot } from "../format/generated/types.js";
import type { ListRow } from "../format/list.js";
import { beginEntry, endEntry } from "../format/page.js";
import { sameCounters, Tally } from "./counters.js";
import { contentsKey, fileContent, fileRows, type SeenLists } from "./file-content.js";
import { ItemTree } from "./item-tree.js";
import { ListWriter } from "./list-writer.js";
import type { ObjectReader, ObjectWriter } from "./object-io.js";
import { PageWriter } from "./page-writer.js";
import { readLinks } from "./read-links.js";
import { TreeWalk, type WalkedEntry } from "./walk.js";

/** What is known about a chunk without reading it. */
export interface StoredChunk {
  /** Bytes, undefined when its block was not decoded. */
  readonly length: number | undefined;
}

/** How a tree is checked. */
export interface TreeCheck {
  readonly objects: ObjectReader;
  /** Id of an object of this kind. */
  readonly idOf: (kind: "page" | "list", bytes: Uint8Array) => Uint8Array;
  /** Whether a chunk is in the archive; undefined when it is missing. Called once per reference. */
  readonly chunk: (id: Uint8Array) => Promise<StoredChunk | undefined> | StoredChunk | undefined;
  readonly level: "standard" | "full" | "deep";
  readonly onEntry?: (path: Uint8Array, entry: Entry) => void;
  readonly signal?: AbortSignal | undefined;
}

interface OpenDirectory {
  readonly entry: WalkedEntry | undefined;
  readonly tally: Tally;
  /** Cuts the entries anew, at level deep. */
  readonly pages: PageWriter | undefined;
}

/**
 * Walks the tree of a snapshot and checks everything that can be known about it at a level. Returns the number of entries.
 * @throws PTAR_PAGE_*, PTAR_ENTRY_*, PTAR_TREE_*, PTAR_LINKS_INVALID, PTAR_SNAPSHOT_*, PTAR_OBJECT_*, PTAR_FILE_DIGEST
 */
export async function checkTree(check: TreeCheck, snapshot: Snapshot, content: Content): Promise<number> {
  const { items } = check.objects.limits;
  if (snapshot.items.count > items) throw new PtarError("PTAR_LIMIT_EXCEEDED", `snapshot: ${snapshot.items.count} items, limit ${items}`);
  const links = await readLinks(check.objects, content.links, snapshot.items.count);
  const checker = new TreeChecker(check, { salt: mustHex(content.salt), links, most: snapshot.items.count });
  const walk = new TreeWalk(check.objects, content.root === null ? undefined : mustHex(content.root), { counters: "compared" });
  for (;;) {
    const next = walk.next();
    const step = next instanceof Promise ? await next : next;
    if (step === undefined) break;
    check.signal?.throwIfAborted();
    if (step.kind === "entry") await checker.take(step);
    else checker.leave();
  }
  checker.finish(snapshot, content);
  return checker.count;
}

/** What a tree is walked for. */
interface Claims {
  readonly salt: Uint8Array;
  readonly links: ReadonlyMap<number, number>;
  /** Items that the snapshot says there are. */
  readonly most: number;
}

class TreeChecker {
  count = 0;
  readonly #check: TreeCheck;
  readonly #most: number;
  readonly #writer: ObjectWriter;
  readonly #items: ItemTree | undefined;
  readonly #open: OpenDirectory[];
  /** Bytes of the entry that is looked at. */
  readonly #rebuilt = new CanonicalBuffer();
  /** First item of each link, and what its firsts are like. */
  readonly #links: ReadonlyMap<number, number>;
  readonly #firsts: Map<number, string | undefined>;
  /** What was checked once need not be checked again, at a level that does not look at cuts and digests. */
  readonly #seenLists: SeenLists | undefined;

  constructor(check: TreeCheck, { salt, links, most }: Claims) {
    this.#check = check;
    this.#most = most;
    this.#links = links;
    this.#firsts = new Map([...links.values()].map((first) => [first, undefined]));
    this.#writer = { put: (kind, bytes) => check.idOf(kind as "page" | "list", bytes) };
    this.#seenLists = check.level === "deep" ? undefined : new Map();
    this.#items = check.level === "standard" ? undefined : new ItemTree(check.objects.crypto, salt);
    this.#open = [this.#directory(undefined)];
  }

  async take(walked: WalkedEntry): Promise<void> {
    const { entry, path } = walked;
    // spec/07-item.md#leaf: few pages cannot describe items without end
    if (++this.count > this.#most) throw new PtarError("PTAR_SNAPSHOT_ITEMS", `snapshot: ${this.#most} items, the pages have more`);
    this.#count(walked);
    this.#rebuild(walked);
    if (entry.item.type === "directory") this.#open.push(this.#directory(walked));
    if (entry.item.type === "file") await this.#file(entry);
    this.#link(walked);
    this.#check.onEntry?.(path, entry);
  }

  leave(): void {
    const { entry: walked, tally, pages } = this.#open.pop() as OpenDirectory;
    const { store } = (walked as WalkedEntry).entry;
    const { counters } = tally;
    // spec/05-page.md#store
    if (store.counters !== undefined && !sameCounters(store.counters, counters)) {
      throw new PtarError(
        "PTAR_TREE_COUNTERS",
        `directory: item ${walked?.index} has counters of ${store.counters.entries} entries and ${store.counters.bytes} bytes, found ${counters.entries} and ${counters.bytes}`,
      );
    }
    this.#top.tally.addAll(counters);
    checkCut(pages, store.page);
  }

  finish(snapshot: Snapshot, content: Content): void {
    const { tally, pages } = this.#top;
    const { failed, unstable, entries } = tally.counters;
    const { completeness, items } = snapshot;
    checkCut(pages, content.root ?? undefined);
    // spec/06-snapshot.md#completeness
    if (completeness.failed !== failed || completeness.unstable !== unstable || completeness.stored !== entries - failed) {
      throw new PtarError(
        "PTAR_SNAPSHOT_COUNTERS",
        `snapshot: stored ${completeness.stored}, failed ${completeness.failed}, unstable ${completeness.unstable}; the pages have ${entries - failed}, ${failed}, ${unstable}`,
      );
    }
    if (items.count !== this.count) throw new PtarError("PTAR_SNAPSHOT_ITEMS", `snapshot: ${items.count} items, the pages have ${this.count}`);
    // spec/07-item.md#leaf
    const root = this.#items?.root;
    if (root !== undefined && (items.root === null || !equalBytes(root, mustHex(items.root)))) {
      throw new PtarError("PTAR_SNAPSHOT_ITEMS", `snapshot: the item tree of ${this.count} items has another root than the snapshot says`);
    }
  }

  /** Counts an entry; one more than its directory claims ends the walk, so that few pages cannot describe entries without end. */
  #count({ index, entry }: WalkedEntry): void {
    const { tally, entry: directory } = this.#top;
    tally.add(entry.item);
    const claimed = directory?.entry.store.counters?.entries ?? Number.POSITIVE_INFINITY;
    const below = entry.store.counters?.entries ?? 0;
    if (tally.entries + below > claimed)
      throw new PtarError(
        "PTAR_TREE_COUNTERS",
        `directory: item ${directory?.index} has counters of ${claimed} entries, item ${index} is one too many`,
      );
  }

  /** Takes an entry into the item tree, and into the pages that it should have been cut into, as the level asks for. */
  #rebuild({ entry, path, names }: WalkedEntry): void {
    const { pages } = this.#top;
    if (this.#items === undefined && pages === undefined) return;
    this.#rebuilt.clear();
    const item = beginEntry(this.#rebuilt, entry.item);
    this.#items?.append(path, item);
    pages?.add(names.at(-1) as Uint8Array, endEntry(this.#rebuilt, entry.store));
  }

  get #top(): OpenDirectory {
    return this.#open.at(-1) as OpenDirectory;
  }

  #directory(entry: WalkedEntry | undefined): OpenDirectory {
    const pages = this.#check.level === "deep" ? new PageWriter(this.#check.objects.crypto, this.#writer) : undefined;
    return { entry, tally: new Tally(), pages };
  }

  async #file(entry: Entry): Promise<void> {
    const rebuilt = this.#check.level === "deep" ? new ListWriter(this.#writer) : undefined;
    const rows = fileRows(this.#check.objects, entry, this.#seenLists);
    // most files have one chunk: to wait for a list of one costs as much as all other work on it
    if (Array.isArray(rows)) for (const row of rows) this.#row(row, await this.#check.chunk(row.id), rebuilt);
    else for await (const row of rows) this.#row(row, await this.#check.chunk(row.id), rebuilt);
    if (rebuilt === undefined) return;
    // spec/05-page.md#list
    if (JSON.stringify(rebuilt.finish()) !== JSON.stringify(entry.store))
      throw new PtarError("PTAR_PAGE_SPLIT", "file: its chunks are kept in another way than the rule says");
    for await (const _ of fileContent(this.#check.objects, entry, "listed")) this.#check.signal?.throwIfAborted();
  }

  #row(row: ListRow, stored: StoredChunk | undefined, rebuilt: ListWriter | undefined): void {
    if (stored === undefined) throw new PtarError("PTAR_OBJECT_MISSING", "file: one of its chunks is not in the archive");
    if (stored.length !== undefined && stored.length !== row.length)
      throw new PtarError("PTAR_TREE_SIZE", `file: a chunk of ${stored.length} bytes, expected ${row.length}`);
    rebuilt?.add(row);
  }

  #link(walked: WalkedEntry): void {
    const { item } = walked.entry;
    const first = this.#links.get(walked.index);
    if (first === undefined && !this.#firsts.has(walked.index)) return;
    if (item.type !== "file") throw linkWrong(`item ${walked.index} is a ${item.type}`);
    const contents = contentsKey(walked.entry);
    if (first === undefined) this.#firsts.set(walked.index, contents);
    else if (this.#firsts.get(first) !== contents) throw linkWrong(`item ${walked.index} differs from item ${first}`);
  }
}

// spec/05-page.md#page
function checkCut(pages: PageWriter | undefined, expected: string | undefined): void {
  if (pages === undefined) return;
  const root = pages.finish();
  if (root === undefined ? expected !== undefined : expected === undefined || !equalBytes(root, mustHex(expected))) {
    throw new PtarError("PTAR_PAGE_SPLIT", "directory: its entries are cut into pages in another way than the rule says");
  }
}

function linkWrong(problem: string): PtarError {
  return new PtarError("PTAR_LINKS_INVALID", `link table: ${problem}`);
}
