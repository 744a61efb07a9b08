// Pages of ordinary entries, decoded in one pass over their text. spec/05-page.md#page
import { fromUtf8 } from "../bytes/utf8.js";
import { emptyDigest } from "./entry.js";
import type { Counters, Entry, Item, Store } from "./generated/types.js";
import type { Limits } from "./limits.js";

type Building<T> = { -readonly [Member in keyof T]: T[Member] };
type StoredChunk = NonNullable<Store["chunks"]>[number];

/** Something else is there than what an ordinary page has. */
const elsewhere = -1;
const [space, quote, comma, minus, digit0, digit9, backslash] = [0x20, 0x22, 0x2c, 0x2d, 0x30, 0x39, 0x5c];
const [letterA, letterE, letterF] = [0x61, 0x65, 0x66];
const hexLength = 64;
/** More may not be a safe integer. */
const mostDigits = 15;
const timeDigits = 30;
const decimalDigits = 20;
const greatestU32 = 0xffffffff;
const greatestMode = 0o7777;
const mostChunks = 16;
/** UTF-8 takes no more for a unit of UTF-16. */
const bytesPerUnit = 3;

/**
 * The entries of a leaf page in canonical form that has only ordinary ones: files that could be read, directories and symlinks, with names and
 * facts that need no escape. Undefined for all other pages, and for all that are wrong: {@link decodePage} then decodes them as JSON, and says why.
 * It takes a quarter of the time, which is most of what listing and checking a tree take. Names are not looked at.
 */
export function ordinaryEntries(bytes: Uint8Array, limits: Limits): readonly Entry[] | undefined {
  // a page of pages has no entries
  const text = bytes[2] === letterE ? fromUtf8(bytes) : undefined;
  return text === undefined ? undefined : new OrdinaryPage(text, limits).entries();
}

class OrdinaryPage {
  readonly #text: string;
  readonly #limits: Limits;
  /** Where to go on; {@link elsewhere} from the first thing on that is not ordinary. */
  #at = 0;

  constructor(text: string, limits: Limits) {
    this.#text = text;
    this.#limits = limits;
  }

  entries(): readonly Entry[] | undefined {
    const { entryBytes, pageEntries } = this.#limits;
    const entries: Entry[] = [];
    this.#pass('{"entries":[');
    do {
      const start = this.#at;
      const entry = this.#entry();
      if (this.#at === elsewhere || entry === undefined || entries.length >= pageEntries) return undefined;
      if (bytesPerUnit * (this.#at - start) > entryBytes) return undefined;
      entries.push(entry);
    } while (this.#has(","));
    this.#pass('],"level":0}');
    return this.#at === this.#text.length ? entries : undefined;
  }

  #entry(): Entry | undefined {
    this.#pass('{"item":{');
    const item = this.#item();
    if (item === undefined) return undefined;
    this.#pass('},"store":{');
    const store = this.#store(item);
    this.#pass("}}");
    return store === undefined ? undefined : { item, store };
  }

  /** Members in their order; each but the last two has a comma behind it, since there is always a type. */
  #item(): Item | undefined {
    const item: Building<Partial<Item>> = {};
    if (this.#has('"atime":')) item.atime = this.#time();
    if (this.#has('"birthtime":')) item.birthtime = this.#time();
    if (this.#has('"ctime":')) item.ctime = this.#time();
    if (this.#has('"dev":')) item.dev = this.#decimal();
    if (this.#has('"gid":')) item.gid = this.#number(greatestU32);
    if (this.#has('"group":')) item.group = this.#string();
    if (this.#has('"inode":')) item.inode = this.#decimal();
    if (this.#has('"mode":')) item.mode = this.#number(greatestMode);
    if (this.#has('"mtime":')) item.mtime = this.#time();
    this.#pass('"name":');
    item.name = this.#string();
    if (this.#has('"nlink":')) item.nlink = this.#number();
    if (this.#has('"owner":')) item.owner = this.#string();
    if (!this.#contents(item)) return undefined;
    if (this.#has(',"uid":')) item.uid = this.#lastNumber(greatestU32);
    return item as Item;
  }

  /** Members that each type has of its own, and the type. */
  #contents(item: Building<Partial<Item>>): boolean {
    if (this.#has('"sha256":')) {
      item.sha256 = this.#hex();
      this.#pass(',"size":');
      item.size = this.#number();
      item.type = "file";
      return this.#has('"type":"file"') && (item.size > 0 || item.sha256 === emptyDigest);
    }
    if (this.#has('"target":')) {
      item.target = this.#string();
      item.type = "symlink";
      return this.#has('"type":"symlink"') && item.target !== "" && bytesPerUnit * item.target.length <= this.#limits.targetBytes;
    }
    item.type = "directory";
    return this.#has('"type":"directory"');
  }

  #store({ type, size }: Item): Store | undefined {
    const store: Building<Store> = {};
    if (type === "directory") {
      if (!this.#has('"counters":{')) return store;
      store.counters = this.#counters();
      this.#pass(',"page":');
      store.page = this.#hex();
    } else if (type === "file") {
      if (this.#has('"chunks":[')) store.chunks = this.#chunks();
      else if (this.#has('"list":')) store.list = this.#hex();
      else return store;
      if (size === 0) return undefined;
    }
    return store;
  }

  #counters(): Counters {
    this.#pass('"bytes":');
    const bytes = this.#number();
    this.#pass('"entries":');
    const entries = this.#number();
    this.#pass('"failed":');
    const failed = this.#number();
    this.#pass('"newest":');
    const newest = this.#time();
    this.#pass('"unstable":');
    const unstable = this.#lastNumber();
    this.#pass("}");
    return { bytes, entries, failed, newest, unstable };
  }

  #chunks(): readonly StoredChunk[] {
    const chunks: StoredChunk[] = [];
    do {
      this.#pass('{"id":');
      const id = this.#hex();
      this.#pass(',"length":');
      const length = this.#lastNumber();
      this.#pass("}");
      if (length === 0 || chunks.length === mostChunks) this.#at = elsewhere;
      chunks.push({ id, length });
    } while (this.#has(","));
    this.#pass("]");
    if (chunks.length < 2) this.#at = elsewhere;
    return chunks;
  }

  /** Passes over what is expected, if it is there. */
  #has(expected: string): boolean {
    const at = this.#at;
    for (let i = 0; i < expected.length; i++) if (this.#text.charCodeAt(at + i) !== expected.charCodeAt(i)) return false;
    this.#at = at + expected.length;
    return true;
  }

  /** Passes over what has to be there. */
  #pass(expected: string): void {
    if (!this.#has(expected)) this.#at = elsewhere;
  }

  #time(): string | null {
    if (this.#has("null,")) return null;
    const start = this.#quoted();
    const negative = this.#text.charCodeAt(start) === minus;
    const end = this.#digitsEnd(negative ? start + 1 : start, timeDigits);
    // −0 has another form
    if (negative && this.#text.charCodeAt(start + 1) === digit0) this.#at = elsewhere;
    return this.#unquoted(start, end);
  }

  #decimal(): string {
    const start = this.#quoted();
    return this.#unquoted(start, this.#digitsEnd(start, decimalDigits));
  }

  /** A number with a comma behind it. */
  #number(greatest = Number.MAX_SAFE_INTEGER): number {
    const value = this.#lastNumber(greatest);
    this.#pass(",");
    return value;
  }

  #lastNumber(greatest = Number.MAX_SAFE_INTEGER): number {
    const start = this.#at;
    const end = this.#digitsEnd(start, mostDigits);
    let value = 0;
    for (let at = start; at < end; at++) value = 10 * value + this.#text.charCodeAt(at) - digit0;
    this.#at = value > greatest ? elsewhere : end;
    return value;
  }

  /** Where the digits of a number in its one form end. */
  #digitsEnd(start: number, most: number): number {
    if (start === elsewhere) return elsewhere;
    let at = start;
    while (isDigit(this.#text.charCodeAt(at))) at++;
    const isOne = at > start && at - start <= most && (at === start + 1 || this.#text.charCodeAt(start) !== digit0);
    return isOne ? at : elsewhere;
  }

  /** A string that needs no escape, with a comma behind it. Text out of UTF-8 holds no lone surrogate. */
  #string(): string {
    const start = this.#quoted();
    if (start === elsewhere) return "";
    let at = start;
    for (let code = this.#text.charCodeAt(at); code >= space && code !== quote && code !== backslash; code = this.#text.charCodeAt(at)) at++;
    return this.#unquoted(start, at);
  }

  #hex(): string {
    const start = this.#quoted();
    if (start === elsewhere) return "";
    const end = start + hexLength;
    let at = start;
    while (at < end && isHex(this.#text.charCodeAt(at))) at++;
    this.#at = at === end && this.#text.charCodeAt(at) === quote ? at + 1 : elsewhere;
    return this.#text.slice(start, at);
  }

  #quoted(): number {
    this.#pass('"');
    return this.#at;
  }

  /** The text from `start` to `end`, where a quote and a comma have to be. */
  #unquoted(start: number, end: number): string {
    const isEnd = end !== elsewhere && this.#at !== elsewhere && this.#text.charCodeAt(end) === quote && this.#text.charCodeAt(end + 1) === comma;
    this.#at = isEnd ? end + 2 : elsewhere;
    return isEnd ? this.#text.slice(start, end) : "";
  }
}

function isDigit(code: number): boolean {
  return code >= digit0 && code <= digit9;
}

function isHex(code: number): boolean {
  return isDigit(code) || (code >= letterA && code <= letterF);
}
