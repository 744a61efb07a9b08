// Entries in pre-order into pages, item tree, counters and link table. spec/05-page.md, spec/07-item.md
import { concatBytes } from "../bytes/compare.js";
import { toHex } from "../bytes/hex.js";
import { Utf8Buffer } from "../bytes/utf8.js";
import type { Crypto } from "../crypto/crypto.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Content, Counters, Item, Store } from "../format/generated/types.js";
import { limits } from "../format/limits.js";
import { encodeLinks, type LinkRow } from "../format/links.js";
import { nameProblem } from "../format/name.js";
import { entryText, itemText } from "../format/page.js";
import { Tally } from "./counters.js";
import { ItemTree } from "./item-tree.js";
import type { ObjectWriter } from "./object-io.js";
import { PageWriter } from "./page-writer.js";

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
  /** Path of the entries' names up to and including a slash; empty at the root. */
  readonly prefix: Uint8Array;
  /** Stored text of its own item, undefined at the root. */
  readonly text: ItemText | undefined;
  readonly pages: PageWriter;
  readonly tally: Tally;
}

/** Stored text of an item, and its length in bytes. */
interface ItemText {
  readonly text: string;
  readonly bytes: number;
}

const slash = Uint8Array.of(0x2f);

/** Writes one tree. Names of one directory must come in strictly increasing order. */
export class TreeWriter {
  readonly #crypto: Crypto;
  readonly #writer: ObjectWriter;
  readonly #items: ItemTree;
  readonly #open: OpenDirectory[];
  readonly #utf8 = new Utf8Buffer();
  #links: LinkRow[] = [];
  readonly #linkPages: string[] = [];
  #linkCount = 0;

  constructor(crypto: Crypto, writer: ObjectWriter, salt: Uint8Array) {
    this.#crypto = crypto;
    this.#writer = writer;
    this.#items = new ItemTree(crypto, salt);
    this.#open = [{ name: new Uint8Array(), prefix: new Uint8Array(), text: undefined, pages: new PageWriter(crypto, writer), tally: new Tally() }];
  }

  /** Path of a name in the present directory. */
  path(name: Uint8Array): Uint8Array {
    const problem = nameProblem(name, limits);
    if (problem !== undefined) throw new PtarError("PTAR_ENTRY_NAME", `tree: a name ${problem}`);
    return concatBytes(this.#top.prefix, name);
  }

  /** Goes into a directory; its item index. */
  enter(name: Uint8Array, item: Item): number {
    const path = this.path(name);
    const index = this.#items.count;
    const text = this.#note(path, itemText(item), item);
    this.#open.push({ name, prefix: concatBytes(path, slash), text, pages: new PageWriter(this.#crypto, this.#writer), tally: new Tally() });
    return index;
  }

  /** Leaves the present directory. */
  leave(): void {
    const directory = this.#open.pop() as OpenDirectory;
    if (directory.text === undefined) throw new TypeError("left the root");
    const page = directory.pages.finish();
    const { counters } = directory.tally;
    this.#addEntry(directory.name, directory.text, page === undefined ? {} : { counters, page: toHex(page) });
    this.#top.tally.addAll(counters);
  }

  /** Adds an entry that is no directory; its item index. */
  add(name: Uint8Array, item: Item, store: Store): number {
    const index = this.#items.count;
    const text = itemText(item);
    this.#addEntry(name, this.#note(this.path(name), text, item), store);
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

  /** Takes an item into item tree and counters. */
  #note(path: Uint8Array, text: string, item: Item): ItemText {
    const depth = this.#open.length;
    // a reader would refuse the archive
    if (depth > limits.pathDepth || path.length > limits.pathBytes || this.#items.count >= limits.items) {
      throw new PtarError("PTAR_LIMIT_EXCEEDED", `tree: item ${this.#items.count} has a path of ${depth} names and ${path.length} bytes`, {
        hint: `a path has at most ${limits.pathDepth} names and ${limits.pathBytes} bytes; leave this part of the tree out`,
      });
    }
    const encoded = this.#utf8.encode(text);
    this.#items.append(path, encoded);
    this.#top.tally.add(item);
    return { text, bytes: encoded.length };
  }

  #addEntry(name: Uint8Array, { text, bytes }: ItemText, store: Store): void {
    const whole = entryText(text, store);
    // all but the item is ASCII
    const length = bytes + whole.length - text.length;
    if (length > limits.entryBytes) throw new PtarError("PTAR_LIMIT_EXCEEDED", `tree: an entry of ${length} bytes, limit ${limits.entryBytes}`);
    this.#top.pages.add(name, whole, length);
  }

  #closeLinks(): void {
    this.#linkPages.push(toHex(this.#writer.put("links", encodeLinks(this.#links))));
    this.#links = [];
  }
}
