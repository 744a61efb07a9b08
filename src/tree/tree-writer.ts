// Entries in pre-order into pages, item tree, counters and link table. spec/05-page.md, spec/07-item.md
import { CanonicalBuffer } from "../bytes/canonical-buffer.js";
import { toHex } from "../bytes/hex.js";
import type { Crypto } from "../crypto/crypto.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Content, Counters, Item, Store } from "../format/generated/types.js";
import { limits } from "../format/limits.js";
import { encodeLinks, type LinkRow } from "../format/links.js";
import { nameProblem } from "../format/name.js";
import { beginEntry, endEntry, storedItem } from "../format/page.js";
import { Tally } from "./counters.js";
import { ItemTree } from "./item-tree.js";
import type { ObjectWriter } from "./object-io.js";
import { PageWriter } from "./page-writer.js";
import type { SourceItem, StoredEntry } from "./source.js";

/** A tree that was written. */
export interface WrittenTree {
  readonly root: Uint8Array | undefined;
  readonly counters: Counters;
  readonly itemCount: number;
  readonly itemRoot: Uint8Array | undefined;
  readonly links: Content["links"];
}

interface OpenDirectory {
  readonly name: Uint8Array;
  /** Length of the path of the entries' names up to and including a slash; 0 at the root. */
  readonly prefix: number;
  /** Its own entry as far as it is known: stored bytes up to the item. Undefined at the root. */
  readonly begun: Uint8Array | undefined;
  readonly pages: PageWriter;
  readonly tally: Tally;
}

const slash = 0x2f;

/** Writes one tree. Names of one directory must come in strictly increasing order. */
export class TreeWriter {
  readonly #crypto: Crypto;
  readonly #writer: ObjectWriter;
  readonly #items: ItemTree;
  readonly #open: OpenDirectory[];
  /** The entry under way. */
  readonly #entry = new CanonicalBuffer();
  /** The path under way; it begins with the names of the open directories. */
  #path = new Uint8Array(4096);
  #links: LinkRow[] = [];
  readonly #linkPages: string[] = [];
  #linkCount = 0;

  constructor(crypto: Crypto, writer: ObjectWriter, salt: Uint8Array) {
    this.#crypto = crypto;
    this.#writer = writer;
    this.#items = new ItemTree(crypto, salt);
    this.#open = [{ name: new Uint8Array(), prefix: 0, begun: undefined, pages: new PageWriter(crypto, writer), tally: new Tally() }];
  }

  /** Path of a name in the present directory. */
  path(name: Uint8Array): Uint8Array {
    return this.#pathTo(name).slice();
  }

  /** Goes into a directory; its item index. */
  enter(name: Uint8Array, item: Item): number {
    const index = this.#items.count;
    this.#begin(name, item);
    this.#enter(name, this.#entry.since().slice());
    return index;
  }

  /** Goes into a directory whose item is as it was stored; its item index. */
  enterSame(name: Uint8Array, item: SourceItem, { bytes, itemEnd }: StoredEntry): number {
    const index = this.#items.count;
    this.#items.append(this.#note(name, item), storedItem(bytes, itemEnd));
    this.#enter(name, bytes.slice(0, itemEnd));
    return index;
  }

  /** Leaves the present directory. */
  leave(): void {
    const directory = this.#open.pop() as OpenDirectory;
    if (directory.begun === undefined) throw new TypeError("left the root");
    const page = directory.pages.finish();
    const { counters } = directory.tally;
    this.#entry.clear();
    this.#entry.append(directory.begun);
    this.#endEntry(directory.name, page === undefined ? {} : { counters, page: toHex(page) });
    this.#top.tally.addAll(counters);
  }

  /** Adds an entry that is no directory; its item index. */
  add(name: Uint8Array, item: Item, store: Store): number {
    const index = this.#items.count;
    this.#begin(name, item);
    this.#endEntry(name, store);
    return index;
  }

  /** Adds an entry that is as it was stored and no directory; its item index. */
  addSame(name: Uint8Array, item: SourceItem, { bytes, itemEnd }: StoredEntry): number {
    const index = this.#items.count;
    this.#items.append(this.#note(name, item), storedItem(bytes, itemEnd));
    this.#top.pages.add(name, bytes);
    return index;
  }

  /** Notes that the item `index` is a hard link of the file whose first item is `first`. */
  link(index: number, first: number): void {
    this.#links.push({ index, first });
    this.#linkCount++;
    if (this.#links.length === limits.linksRows) this.#closeLinks();
  }

  /** Closes the tree. */
  finish(): WrittenTree {
    const root = this.#open.pop() as OpenDirectory;
    if (this.#open.length > 0) throw new TypeError("finished inside a directory");
    if (this.#links.length > 0) this.#closeLinks();
    return {
      root: root.pages.finish(),
      counters: root.tally.counters,
      itemCount: this.#items.count,
      itemRoot: this.#items.root,
      links: this.#linkCount === 0 ? null : { count: this.#linkCount, pages: this.#linkPages },
    };
  }

  get #top(): OpenDirectory {
    return this.#open.at(-1) as OpenDirectory;
  }

  /** Begins an entry, and takes its item into the item tree. */
  #begin(name: Uint8Array, item: Item): void {
    this.#entry.clear();
    this.#items.append(this.#note(name, item), beginEntry(this.#entry, item));
  }

  #enter(name: Uint8Array, begun: Uint8Array): void {
    const prefix = this.#top.prefix + name.length + 1;
    this.#path[prefix - 1] = slash;
    this.#open.push({ name, prefix, begun, pages: new PageWriter(this.#crypto, this.#writer), tally: new Tally() });
  }

  /** Takes an item into the counters; its path, a view. */
  #note(name: Uint8Array, item: Item): Uint8Array {
    const path = this.#pathTo(name);
    const depth = this.#open.length;
    // a reader would refuse the archive
    if (depth > limits.pathDepth || path.length > limits.pathBytes || this.#items.count >= limits.items) {
      throw new PtarError("PTAR_LIMIT_EXCEEDED", `tree: item ${this.#items.count} has a path of ${depth} names and ${path.length} bytes`, {
        hint: `a path has at most ${limits.pathDepth} names and ${limits.pathBytes} bytes; leave this part of the tree out`,
      });
    }
    this.#top.tally.add(item);
    return path;
  }

  #endEntry(name: Uint8Array, store: Store): void {
    const entry = endEntry(this.#entry, store);
    if (entry.length > limits.entryBytes)
      throw new PtarError("PTAR_LIMIT_EXCEEDED", `tree: an entry of ${entry.length} bytes, limit ${limits.entryBytes}`);
    this.#top.pages.add(name, entry);
  }

  /** Path of a name in the present directory, with room for a slash behind it: a view, good until the next one. */
  #pathTo(name: Uint8Array): Uint8Array {
    const problem = nameProblem(name, limits);
    if (problem !== undefined) throw new PtarError("PTAR_ENTRY_NAME", `tree: a name ${problem}`);
    const { prefix } = this.#top;
    const length = prefix + name.length;
    if (length >= this.#path.length) {
      const longer = new Uint8Array(2 * length);
      longer.set(this.#path.subarray(0, prefix));
      this.#path = longer;
    }
    this.#path.set(name, prefix);
    return this.#path.subarray(0, length);
  }

  #closeLinks(): void {
    this.#linkPages.push(toHex(this.#writer.put("links", encodeLinks(this.#links))));
    this.#links = [];
  }
}
