// One directory of an earlier tree, walked together with what is there now. spec/06-snapshot.md#unchanged
import { compareBytes, concatBytes } from "../bytes/compare.js";
import { fromHexBytes, mustHex } from "../bytes/hex.js";
import { objectEnd } from "../bytes/stored-json.js";
import { toUtf8 } from "../bytes/utf8.js";
import { PtarError } from "../errors/ptar-error.js";
import type { BranchPage, Entry } from "../format/generated/types.js";
import { decodePage, pageEnds } from "../format/page.js";
import type { EntryMatcher, EntryParts, SeenEntry, SeenFacts } from "../format/stored-entry.js";
import type { ObjectReader } from "./object-io.js";
import type { StoredEntry } from "./source.js";

/** An entry that says exactly what is seen now. */
export interface MatchedEntry {
  readonly kind: "matched";
  readonly stored: StoredEntry;
  /** Whether all its chunks are where they will stay. */
  readonly isHeld: boolean;
  /** Its topmost page, of a directory that has entries. */
  readonly page: Uint8Array | undefined;
}

/** An entry that says something else, or could only be compared by decoding it. */
export interface DecodedEntry {
  readonly kind: "decoded";
  readonly entry: Entry;
  /** Its bytes as they are stored. */
  readonly bytes: Uint8Array;
}

/** How an earlier tree is compared. */
export interface EarlierOptions {
  readonly objects: ObjectReader;
  /** Whether a chunk, or what a list names, is still where it will stay. The id is good during the call only. */
  readonly holds: (kind: "chunk" | "list", id: Uint8Array) => boolean;
  /** Absent: all entries are decoded. */
  readonly matcher: EntryMatcher | undefined;
}

/** What is asked for. */
export interface SeenNow {
  readonly name: Uint8Array;
  readonly item: SeenFacts;
  /** Set for one of several names of a file: what it has is needed for the others, so it is decoded. */
  readonly group?: string;
}

export type EarlierEntry = MatchedEntry | DecodedEntry;

/** The next entry of a page, decoded; it begins where the page is read on. */
interface Ahead {
  readonly name: Uint8Array;
  readonly entry: Entry;
  readonly end: number;
}

const comma = 0x2c;
const { head, tail } = pageEnds(0);
const [pageHead, pageTail] = [toUtf8(head), toUtf8(tail)];
/** Filled anew for each. */
const chunkId = new Uint8Array(32);

/**
 * Finds entries of a directory by what is seen now. Most are as they were: these are compared as they are stored. Only the others are decoded and
 * checked as all readers do, one by one: of a page that was not decoded nothing is believed but the bytes that say what is seen.
 */
export class EarlierDirectory {
  readonly #options: EarlierOptions;
  /** Ids of pages to be read, the next one last. */
  readonly #unread: Uint8Array[];
  #page: Uint8Array = new Uint8Array();
  #at = 0;
  /** Where the entries of the page end. */
  #end = 0;
  #ahead: Ahead | undefined;

  constructor(root: Uint8Array, options: EarlierOptions) {
    this.#options = options;
    this.#unread = [root];
  }

  /**
   * The entry of this name; names are asked for in increasing order. A promise only where a page has to be read.
   * @throws what reading pages throws
   */
  find(now: SeenNow): EarlierEntry | undefined | Promise<EarlierEntry | undefined> {
    for (;;) {
      if (this.#at >= this.#end) return this.#unread.length === 0 ? undefined : this.#read().then(() => this.find(now));
      const matched = this.#ahead === undefined && now.group === undefined ? this.#matched(now) : undefined;
      if (matched !== undefined) return matched;
      this.#ahead ??= this.#decoded();
      const { name, entry, end } = this.#ahead;
      const order = compareBytes(name, now.name);
      if (order > 0) return undefined;
      const bytes = this.#page.subarray(this.#at, end);
      this.#goTo(end);
      if (order === 0) return { kind: "decoded", entry, bytes };
    }
  }

  /** Whether a page has to be read before the next entry, or that there is none, can be told. */
  get isUnread(): boolean {
    return this.#at >= this.#end && this.#unread.length > 0;
  }

  /** Whether there are no more entries. */
  get isAtEnd(): boolean {
    return this.#at >= this.#end && this.#unread.length === 0;
  }

  /** Reads what is unread. @throws what reading pages throws */
  async read(): Promise<void> {
    while (this.isUnread) await this.#read();
  }

  /** The next entry when it says what is seen now, undefined otherwise, or while it is unread: none is passed over. */
  take(now: SeenNow): MatchedEntry | undefined {
    if (this.#at >= this.#end) return undefined;
    return this.#matched(now) ?? (this.#learns() ? this.#matched(now) : undefined);
  }

  /** Goes past the next entry when it says what is seen now and all its chunks are held; makes nothing of it. */
  passes(now: SeenEntry): boolean {
    const { matcher } = this.#options;
    if (this.#at >= this.#end || matcher?.matches(this.#page, this.#at, now) !== true || !this.#isHeld(matcher.parts)) return false;
    this.#goTo(matcher.parts.end);
    return true;
  }

  /** The next entry as it is stored, whatever it says; undefined at the end, or while it is unread. */
  next(): Uint8Array | undefined {
    if (this.#at >= this.#end) return undefined;
    const bytes = this.#page.subarray(this.#at, objectEnd(this.#page, this.#at, this.#end));
    this.#goTo(this.#at + bytes.length);
    return bytes;
  }

  /** Whether the next entry has extended attributes: it is compared once more, and its neighbours may have the same. */
  #learns(): boolean {
    this.#ahead ??= this.#decoded();
    const { xattrs } = this.#ahead.entry.item;
    if (xattrs !== undefined) this.#options.matcher?.expectXattrs(xattrs);
    return xattrs !== undefined;
  }

  #matched(now: SeenNow): MatchedEntry | undefined {
    const { matcher } = this.#options;
    if (matcher?.matches(this.#page, this.#at, now) !== true) return undefined;
    const { itemEnd, end, page } = matcher.parts;
    const stored = { bytes: this.#page.subarray(this.#at, end), itemEnd: itemEnd - this.#at };
    const isHeld = this.#isHeld(matcher.parts);
    this.#goTo(end);
    return { kind: "matched", stored, isHeld, page: page < 0 ? undefined : fromHexBytes(this.#page, page, new Uint8Array(32)) };
  }

  #isHeld({ chunks, list }: EntryParts): boolean {
    for (const at of chunks) if (!this.#options.holds("chunk", fromHexBytes(this.#page, at, chunkId))) return false;
    return list < 0 || this.#options.holds("list", fromHexBytes(this.#page, list, chunkId));
  }

  #decoded(): Ahead {
    const end = objectEnd(this.#page, this.#at, this.#end);
    const page = decodePage(concatBytes(pageHead, this.#page.subarray(this.#at, end), pageTail), this.#options.objects.limits);
    const [name, entry] = "entries" in page ? [page.names[0], page.entries[0]] : [];
    if (name === undefined || entry === undefined) throw malformed();
    return { name, entry, end };
  }

  /** Goes behind an entry that ends at `end`. */
  #goTo(end: number): void {
    this.#ahead = undefined;
    if (end < this.#end && this.#page[end] !== comma) throw malformed();
    this.#at = end + 1;
  }

  async #read(): Promise<void> {
    const id = this.#unread.pop() as Uint8Array;
    const bytes = await this.#options.objects.get("page", id);
    if (beginsWith(bytes, 0, pageHead) && beginsWith(bytes, bytes.length - pageTail.length, pageTail)) {
      this.#page = bytes;
      this.#at = pageHead.length;
      this.#end = bytes.length - pageTail.length;
      return;
    }
    const page = decodePage(bytes, this.#options.objects.limits);
    if ("entries" in page) throw malformed();
    for (let i = page.pages.length - 1; i >= 0; i--) this.#unread.push(mustHex((page.pages[i] as BranchPage["pages"][number]).id));
  }
}

function beginsWith(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

function malformed(): PtarError {
  return new PtarError("PTAR_DOCUMENT_NOT_CANONICAL", "page: its entries do not stand one after the other");
}
