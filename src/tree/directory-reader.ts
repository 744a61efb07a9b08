// Reads the entries of one directory in order, page by page. spec/05-page.md#page
import { compareBytes, equalBytes } from "../bytes/compare.js";
import { mustHex } from "../bytes/hex.js";
import { PtarError } from "../errors/ptar-error.js";
import type { BranchPage, Entry } from "../format/generated/types.js";
import { type DecodedPage, decodePage } from "../format/page.js";
import type { ObjectReader } from "./object-io.js";

/** An entry and the exact bytes of its name. */
export interface FoundEntry {
  readonly name: Uint8Array;
  readonly entry: Entry;
}

/** What the page above says of a page. */
export interface PagePlace {
  readonly level: number;
  /** Its first name. */
  readonly first: Uint8Array;
}

/** A page to be read; the root page has none above. */
interface PageRef {
  readonly id: Uint8Array;
  readonly expected?: PagePlace;
}

/**
 * The entries of one directory: `next` until it gives none, then `read` unless the directory has `ended`.
 * So that a walk waits once for a page, not once for each entry.
 */
export class DirectoryReader {
  readonly #objects: ObjectReader;
  /** Pages to be read, the next one last. */
  readonly #unread: PageRef[];
  #entries: readonly Entry[] = [];
  #names: readonly Uint8Array[] = [];
  #at = 0;

  constructor(objects: ObjectReader, root: Uint8Array) {
    this.#objects = objects;
    this.#unread = [{ id: root }];
  }

  /** Whether all entries were given. */
  get ended(): boolean {
    return this.#at === this.#entries.length && this.#unread.length === 0;
  }

  /** The next entry of the page at hand; undefined when it has no more. */
  next(): FoundEntry | undefined {
    const entry = this.#entries[this.#at];
    return entry === undefined ? undefined : { name: this.#names[this.#at++] as Uint8Array, entry };
  }

  /**
   * Reads the next page of entries.
   * @throws PTAR_OBJECT_*, PTAR_PAGE_ORDER, PTAR_ENTRY_*
   */
  async read(): Promise<void> {
    for (let ref = this.#unread.pop(); ref !== undefined; ref = this.#unread.pop()) {
      const page = decodePage(await this.#objects.get("page", ref.id), this.#objects.limits);
      checkPlace(page, ref.expected);
      if ("entries" in page) {
        checkOrder(this.#names.at(-1), page.names[0] as Uint8Array);
        this.#entries = page.entries;
        this.#names = page.names;
        this.#at = 0;
        return;
      }
      for (let i = page.pages.length - 1; i >= 0; i--) {
        const { id } = page.pages[i] as BranchPage["pages"][number];
        this.#unread.push({ id: mustHex(id), expected: { level: page.level - 1, first: page.names[i] as Uint8Array } });
      }
    }
  }
}

// spec/05-page.md#page
function checkOrder(before: Uint8Array | undefined, first: Uint8Array): void {
  // within a page the decoder has checked it
  if (before !== undefined && compareBytes(before, first) >= 0)
    throw new PtarError("PTAR_PAGE_ORDER", "page: its first entry is not after the last one of the page before");
}

/** Whether a page is the one that the page above names. @throws PTAR_PAGE_ORDER */
// spec/05-page.md#page
export function checkPlace({ level, names }: Pick<DecodedPage, "level" | "names">, expected: PagePlace | undefined): void {
  if (expected !== undefined && (level !== expected.level || !equalBytes(names[0] as Uint8Array, expected.first))) {
    throw new PtarError("PTAR_PAGE_ORDER", `page: level ${level} or first name are not those that the page above names`);
  }
}

/**
 * The entries of one directory in order.
 * @throws PTAR_OBJECT_*, PTAR_PAGE_ORDER, PTAR_ENTRY_*
 */
export async function* directoryEntries(objects: ObjectReader, root: Uint8Array): AsyncGenerator<FoundEntry> {
  const reader = new DirectoryReader(objects, root);
  while (!reader.ended) {
    await reader.read();
    for (let found = reader.next(); found !== undefined; found = reader.next()) yield found;
  }
}
