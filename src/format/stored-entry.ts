// Stored entries compared with what is seen now, without decoding them. spec/06-snapshot.md#unchanged
import { canonicalText, type JsonValue } from "../bytes/canonical-json.js";
import { byte, digits, digitsEnd, hex, none, number, numberAt, plainName, string, text } from "../bytes/stored-json.js";
import { toUtf8 } from "../bytes/utf8.js";
import { emptyDigest } from "./entry.js";
import type { CaptureClass, Counters, Item, Xattr } from "./generated/types.js";

/** Members that are numbers of 64 bits, as text in JSON. */
type Wide = "atime" | "birthtime" | "ctime" | "dev" | "inode" | "mtime";

/** What listing tells of an entry, numbers as text or as numbers. */
export type SeenFacts = { readonly [Member in keyof Item]?: Item[Member] | (Member extends Wide ? bigint : never) | undefined } & Pick<Item, "type">;

/** An entry that is seen; a name as text is in ASCII. */
export interface SeenEntry {
  readonly name: Uint8Array | string;
  readonly item: SeenFacts;
}

/** Where the parts of an entry are that says what was seen; one object, filled anew for each. */
export interface EntryParts {
  /** Where the item ends. */
  itemEnd: number;
  /** Where the entry ends. */
  end: number;
  /** Where the digits of the ids of its chunks are. */
  readonly chunks: number[];
  /** Where the digits of the id of its list are; −1 without a list. */
  list: number;
  /** Where the digits of the id of its page are; −1 without a page. */
  page: number;
}

const [quote, comma, digit0, closeBrace] = [0x22, 0x2c, 0x30, 0x7d];
/** Counters take less. */
const countersBytes = 256;
/** Files with more chunks have a list. */
const mostChunks = 16;

const atimeFirst = toUtf8('{"item":{"atime":');
const birthtimeFirst = toUtf8('{"item":{"birthtime":');
const birthtimeHead = toUtf8(',"birthtime":');
const ctimeHead = toUtf8(',"ctime":');
const devHead = toUtf8(',"dev":');
const gidHead = toUtf8(',"gid":');
const inodeHead = toUtf8(',"inode":');
const modeHead = toUtf8(',"mode":');
const mtimeHead = toUtf8(',"mtime":');
const nameHead = toUtf8(',"name":');
const nlinkHead = toUtf8(',"nlink":');
const sha256Head = toUtf8(',"sha256":');
const sizeHead = toUtf8(',"size":');
const targetHead = toUtf8(',"target":');
const typeHead = toUtf8(',"type":');
const uidHead = toUtf8(',"uid":');
const storeHead = toUtf8(',"store":');
const emptyStore = toUtf8("{}}");
const chunksHead = toUtf8('{"chunks":[');
const chunksTail = toUtf8("]}}");
const chunkHead = toUtf8('{"id":"');
const chunkLength = toUtf8('","length":');
const listHead = toUtf8('{"list":"');
const countersHead = toUtf8('{"counters":{');
const pageMember = ',"page":"';
const pageHead = toUtf8(pageMember);
const idTail = toUtf8('"}}');
const emptyFileDigest = toUtf8(emptyDigest);

/**
 * Finds out whether a stored entry says exactly what was seen, and beside it only what reading told: the digest of a file, extended attributes like
 * those of a neighbour. It sees ordinary entries alone; of all others, and of any that is malformed, it says no.
 */
export class EntryMatcher {
  /** Of the entry that matched last. */
  readonly parts: EntryParts = { itemEnd: 0, end: 0, chunks: [], list: none, page: none };
  readonly #classes: readonly CaptureClass[];
  readonly #times: "with atime" | "without atime";
  #xattrs: Uint8Array | undefined;
  /** Where the digits of the digest are. */
  #digest = none;

  /** For snapshots that capture these; undefined where ordinary entries would say less than what is seen. */
  static of(classes: readonly CaptureClass[]): EntryMatcher | undefined {
    const all = (["mode", "mtime", "ctime", "birthtime", "owner", "inode"] as const).every((name) => classes.includes(name));
    return all ? new EntryMatcher(classes) : undefined;
  }

  private constructor(classes: readonly CaptureClass[]) {
    this.#classes = classes;
    this.#times = classes.includes("atime") ? "with atime" : "without atime";
  }

  /** Whether the entry at `at` says what was seen. */
  matches(bytes: Uint8Array, at: number, { name, item }: SeenEntry): boolean {
    const { parts } = this;
    parts.chunks.length = 0;
    parts.list = none;
    parts.page = none;
    if (!isOrdinary(item)) return false;
    parts.itemEnd = this.#itemEnd(bytes, this.#named(bytes, at, { name, item }), item);
    parts.end = this.#store(bytes, text(bytes, parts.itemEnd, storeHead), item);
    return parts.end !== none;
  }

  /** Extended attributes of an entry that was decoded: those of the next ones may be the same. */
  expectXattrs(xattrs: readonly Xattr[]): void {
    if (this.#classes.includes("xattrs")) this.#xattrs = toUtf8(`,"xattrs":${canonicalText(xattrs as unknown as JsonValue)}`);
  }

  /** Members up to the name. */
  #named(bytes: Uint8Array, start: number, { name, item }: SeenEntry): number {
    const atime = this.#times === "with atime" ? wide(bytes, text(bytes, start, atimeFirst), item.atime) : start;
    let at = wide(bytes, text(bytes, atime, atime === start ? birthtimeFirst : birthtimeHead), item.birthtime);
    at = wide(bytes, text(bytes, at, ctimeHead), item.ctime);
    at = wide(bytes, text(bytes, at, devHead), item.dev);
    at = number(bytes, text(bytes, at, gidHead), item.gid);
    at = wide(bytes, text(bytes, at, inodeHead), item.inode);
    at = number(bytes, text(bytes, at, modeHead), item.mode);
    at = wide(bytes, text(bytes, at, mtimeHead), item.mtime);
    at = text(bytes, at, nameHead);
    return typeof name === "string" ? string(bytes, at, name) : plainName(bytes, at, name);
  }

  /** The others. */
  #itemEnd(bytes: Uint8Array, named: number, item: SeenFacts): number {
    let at = number(bytes, text(bytes, named, nlinkHead), item.nlink);
    if (item.type === "file") at = this.#contents(bytes, at, item);
    else if (item.type === "symlink") at = string(bytes, text(bytes, at, targetHead), item.target);
    at = string(bytes, text(bytes, at, typeHead), item.type);
    at = number(bytes, text(bytes, at, uidHead), item.uid);
    if (this.#xattrs !== undefined && at !== none && bytes[at] === comma) at = text(bytes, at, this.#xattrs);
    return byte(bytes, at, closeBrace);
  }

  #contents(bytes: Uint8Array, before: number, { size }: SeenFacts): number {
    const digest = byte(bytes, text(bytes, before, sha256Head), quote);
    this.#digest = digest;
    return number(bytes, text(bytes, byte(bytes, hex(bytes, digest), quote), sizeHead), size);
  }

  #store(bytes: Uint8Array, at: number, { type, size }: SeenFacts): number {
    const empty = text(bytes, at, emptyStore);
    if (type === "directory") return empty === none ? this.#page(bytes, at) : empty;
    if (type !== "file") return empty;
    if (empty === none) return this.#rows(bytes, at, size);
    if (size === 0) return text(bytes, this.#digest, emptyFileDigest) === none ? none : empty;
    this.parts.chunks.push(this.#digest);
    return empty;
  }

  #rows(bytes: Uint8Array, at: number, size: number | undefined): number {
    const list = text(bytes, at, listHead);
    if (list === none) return this.#chunks(bytes, text(bytes, at, chunksHead), size);
    this.parts.list = list;
    return size === 0 ? none : text(bytes, hex(bytes, list), idTail);
  }

  #chunks(bytes: Uint8Array, first: number, size: number | undefined): number {
    const { chunks } = this.parts;
    let left = size ?? 0;
    for (let at = first; at !== none && chunks.length < mostChunks; at = byte(bytes, at, comma)) {
      const id = text(bytes, at, chunkHead);
      const length = text(bytes, hex(bytes, id), chunkLength);
      const end = digitsEnd(bytes, length);
      at = byte(bytes, end, closeBrace);
      if (at === none || bytes[length] === digit0) return none;
      chunks.push(id);
      left -= numberAt(bytes, length, end);
      const tail = text(bytes, at, chunksTail);
      if (tail !== none) return left === 0 && chunks.length > 1 ? tail : none;
    }
    return none;
  }

  /** Counters are passed over: whoever enters the directory counts again. */
  #page(bytes: Uint8Array, before: number): number {
    const start = text(bytes, before, countersHead);
    if (start === none) return none;
    let at = start;
    while (at < start + countersBytes && bytes[at] !== closeBrace) at++;
    const page = text(bytes, byte(bytes, at, closeBrace), pageHead);
    this.parts.page = page;
    return text(bytes, hex(bytes, page), idTail);
  }
}

function wide(bytes: Uint8Array, at: number, expected: bigint | string | null | undefined): number {
  return typeof expected === "bigint" ? digits(bytes, at, expected) : string(bytes, at, expected);
}

/** Whether the store of a directory's entry, at the end of its item, has these counters. */
export function hasCounters(bytes: Uint8Array, itemEnd: number, counters: Counters): boolean {
  const { bytes: sum, entries, failed, newest, unstable } = counters;
  const at = text(bytes, text(bytes, itemEnd, storeHead), countersHead);
  // times are digits: to sort members for each directory takes longer than all else about it
  const members = `"bytes":${sum},"entries":${entries},"failed":${failed},"newest":${newest === null ? null : `"${newest}"`},"unstable":${unstable}}`;
  return text(bytes, at, toUtf8(`${members}${pageMember}`)) !== none;
}

/** Whether listing told nothing of an entry but what ordinary ones have. */
function isOrdinary(item: SeenFacts): boolean {
  const { type, errors, attributes, rdev, targetRaw, owner, group, xattrs, holes, ext } = item;
  if (type === "unknown" || (type !== "file" && item.size !== undefined)) return false;
  const found = errors ?? attributes ?? rdev ?? targetRaw ?? owner ?? group ?? xattrs ?? holes ?? ext;
  return found === undefined;
}
