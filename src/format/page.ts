// Pages: runs of entries of one directory, or of pages. spec/05-page.md#page
import type { CanonicalBuffer } from "../bytes/canonical-buffer.js";
import { canonicalText, type JsonValue } from "../bytes/canonical-json.js";
import { compareBytes } from "../bytes/compare.js";
import { toUtf8 } from "../bytes/utf8.js";
import { PtarError } from "../errors/ptar-error.js";
import { decodeDocument } from "./document.js";
import { checkEntry } from "./entry.js";
import type { BranchPage, Entry, Item, LeafPage, Page, Store } from "./generated/types.js";
import { validatePage } from "./generated/validators.js";
import type { Limits } from "./limits.js";
import { nameBytes } from "./name.js";
import { ordinaryEntries } from "./ordinary-page.js";
import { checkXattrLengths } from "./xattr.js";

/** A page that was decoded, with the exact bytes of its names. */
export type DecodedPage =
  | { readonly level: 0; readonly names: readonly Uint8Array[]; readonly entries: readonly Entry[] }
  | { readonly level: number; readonly names: readonly Uint8Array[]; readonly pages: BranchPage["pages"] };

/** A page is closed before an entry that would make it longer than this, bytes. */
export const pageBytes = 512 * 1024;
/** A page is cut by name only from this number of entries on. */
export const pageMinEntries = 64;

const [entryHead, storeHead, entryTail] = ['{"item":', ',"store":', "}"].map(toUtf8) as [Uint8Array, Uint8Array, Uint8Array];

/** Stored text of an item. */
export function itemText(item: Item): string {
  return canonicalText(item as JsonValue);
}

/** Stored text of an entry. */
export function entryText(item: string, store: Store): string {
  return `{"item":${item},"store":${canonicalText(store as JsonValue)}}`;
}

/** Begins an entry in an empty buffer; the stored bytes of its item, a view. */
export function beginEntry(buffer: CanonicalBuffer, item: Item): Uint8Array {
  buffer.append(entryHead);
  buffer.value(item as JsonValue);
  return buffer.since(entryHead.length);
}

/** Ends the entry that was begun in a buffer; its stored bytes, a view. */
export function endEntry(buffer: CanonicalBuffer, store: Store): Uint8Array {
  buffer.append(storeHead);
  buffer.value(store as JsonValue);
  buffer.append(entryTail);
  return buffer.since();
}

/** Stored bytes of the item of a stored entry, a view. */
export function storedItem(entry: Uint8Array, itemEnd: number): Uint8Array {
  return entry.subarray(entryHead.length, itemEnd);
}

/** Where the item of a stored entry ends. */
export function storedItemEnd(entry: Uint8Array, store: Store): number {
  return entry.length - entryTail.length - toUtf8(canonicalText(store as JsonValue)).length - storeHead.length;
}

/** Stored text of the row of a child page. */
export function childText(id: string, name: { readonly name?: string; readonly nameRaw?: string }): string {
  return canonicalText({ id, ...name });
}

/** What stands around the rows of a page: entries at level 0, child pages above. */
export function pageEnds(level: number): { readonly head: string; readonly tail: string } {
  return level === 0 ? { head: '{"entries":[', tail: '],"level":0}' } : { head: `{"level":${level},"pages":[`, tail: "]}" };
}

/** Bytes of a page with rows of stored text. */
export function encodePage(level: number, rows: readonly string[]): Uint8Array {
  const { head, tail } = pageEnds(level);
  return toUtf8(`${head}${rows.join(",")}${tail}`);
}

/** Length of the bytes around the rows of a page, without commas. */
export function pageFrameLength(level: number): number {
  return encodePage(level, []).length;
}

/**
 * The page of `bytes`: names strictly increasing, members that fit their types.
 * @throws PTAR_DOCUMENT_NOT_CANONICAL, PTAR_DOCUMENT_INVALID, PTAR_PAGE_ORDER, PTAR_ENTRY_NAME, PTAR_ENTRY_INVALID, PTAR_LIMIT_EXCEEDED
 */
export function decodePage(bytes: Uint8Array, limits: Limits): DecodedPage {
  const ordinary = ordinaryEntries(bytes, limits);
  if (ordinary !== undefined) return { level: 0, names: namesOf(itemsOf(ordinary), limits), entries: ordinary };
  const page = decodeDocument<Page>(bytes, "page", validatePage);
  const names = namesOf(isLeaf(page) ? itemsOf(page.entries) : page.pages, limits);
  if (!isLeaf(page)) return { level: page.level, names, pages: page.pages };
  for (const entry of page.entries) checkEntry(entry, limits);
  checkLengths(page.entries, bytes.length, limits);
  return { level: 0, names, entries: page.entries };
}

function itemsOf(entries: readonly Entry[]): readonly Item[] {
  return entries.map(({ item }) => item);
}

/** @throws PTAR_ENTRY_NAME, PTAR_PAGE_ORDER */
function namesOf(rows: readonly Parameters<typeof nameBytes>[0][], limits: Limits): readonly Uint8Array[] {
  const names = rows.map((row) => nameBytes(row, limits));
  for (let i = 1; i < names.length; i++) {
    if (compareBytes(names[i - 1] as Uint8Array, names[i] as Uint8Array) >= 0)
      throw new PtarError("PTAR_PAGE_ORDER", `page: entry ${i} is out of order`);
  }
  return names;
}

/** Limits come after everything else that may be wrong with a page. spec/10-verify.md#order-in-trees */
function checkLengths(entries: readonly Entry[], pageLength: number, limits: Limits): void {
  for (const { item } of entries) if (item.xattrs !== undefined) checkXattrLengths(item.xattrs, limits);
  if (pageLength <= limits.entryBytes) return;
  for (const { item, store } of entries) {
    const { length } = toUtf8(entryText(itemText(item), store));
    if (length > limits.entryBytes) throw new PtarError("PTAR_LIMIT_EXCEEDED", `page: an entry of ${length} bytes, limit ${limits.entryBytes}`);
  }
}

function isLeaf(page: Page): page is LeafPage {
  return page.level === 0;
}
