// Finds objects through the index: one page per lookup. spec/04-object.md#index
import { concatBytes } from "../bytes/compare.js";
import { PtarError } from "../errors/ptar-error.js";
import { frameTypes } from "../format/frame.js";
import {
  checkIndexPage,
  compareKeys,
  decodeIndexRoot,
  findIndexRow,
  type IndexPageRef,
  type IndexRow,
  type IndexRules,
  indexRowAt,
  rowsIn,
} from "../format/index-page.js";
import type { Kind } from "../format/object.js";

/** Where index frames are read from, checked. */
export interface IndexSource {
  frame(number: number): Promise<{ readonly type: number; readonly payload: Uint8Array }>;
}

/** One index root as the manifest lists it. */
export interface IndexRootRef {
  readonly frame: number;
  readonly rows: number;
}

/** The index of an archive: the union of its roots. */
export class IndexReader {
  readonly #source: IndexSource;
  readonly #rules: IndexRules;
  readonly #roots: readonly (readonly IndexPageRef[])[];
  /** Payloads of pages, checked. */
  readonly #cache = new Map<number, Uint8Array>();
  #cachedBytes = 0;

  private constructor(source: IndexSource, rules: IndexRules, roots: readonly (readonly IndexPageRef[])[]) {
    this.#source = source;
    this.#rules = rules;
    this.#roots = roots;
  }

  /** @throws PTAR_INDEX_INVALID, PTAR_FRAME_* */
  static async open(source: IndexSource, refs: readonly IndexRootRef[], rules: IndexRules): Promise<IndexReader> {
    const roots: (readonly IndexPageRef[])[] = [];
    for (const ref of refs) {
      const frame = await source.frame(ref.frame);
      if (frame.type !== frameTypes.indexRoot) throw invalid(ref.frame, "is no index root");
      const pages = decodeIndexRoot(frame.payload, ref.frame, rules.limits);
      const rows = pages.reduce((sum, page) => sum + page.rowCount, 0);
      if (rows !== ref.rows) throw invalid(ref.frame, `has ${rows} rows, the manifest says ${ref.rows}`);
      roots.push(pages);
    }
    return new IndexReader(source, rules, roots);
  }

  /** Number of rows. */
  get size(): number {
    return this.#roots.flat().reduce((sum, page) => sum + page.rowCount, 0);
  }

  /** The row of (kind, id), undefined when the archive neither has it nor leaves it out. @throws PTAR_INDEX_INVALID, PTAR_FRAME_* */
  async find(kind: Kind, id: Uint8Array): Promise<IndexRow | undefined> {
    const key = { kind, id };
    for (const pages of this.#roots) {
      const page = lastAtOrBefore(pages.length, (i) =>
        compareKeys({ id: (pages[i] as IndexPageRef).firstId, kind: (pages[i] as IndexPageRef).firstKind }, key),
      );
      if (page < 0) continue;
      const row = findIndexRow(await this.#page(pages, page), key);
      if (row !== undefined) return row;
    }
    return undefined;
  }

  /** All rows, root by root, in order. @throws PTAR_INDEX_INVALID, PTAR_FRAME_* */
  async *rows(): AsyncGenerator<IndexRow> {
    for (const pages of this.#roots) {
      for (const [i, { rowCount }] of pages.entries()) {
        const payload = await this.#read(pages, i);
        for (let row = 0; row < rowCount; row++) yield indexRowAt(payload, row);
      }
    }
  }

  /** All rows of one root as they stand in its pages, 48 bytes each. @throws as `rows` */
  async rowBytes(): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (const pages of this.#roots) for (let i = 0; i < pages.length; i++) parts.push(rowsIn(await this.#read(pages, i)));
    return concatBytes(...parts);
  }

  /** A page in bytes: looking one row up in them is cheaper than making objects of all. */
  async #page(pages: readonly IndexPageRef[], page: number): Promise<Uint8Array> {
    const { frame } = pages[page] as IndexPageRef;
    const cached = this.#cache.get(frame);
    if (cached !== undefined) return cached;
    const payload = await this.#read(pages, page);
    this.#keep(frame, payload);
    return payload;
  }

  #keep(frame: number, payload: Uint8Array): void {
    this.#cache.set(frame, payload);
    this.#cachedBytes += payload.length;
    for (const [oldest, { length }] of this.#cache) {
      if (this.#cachedBytes <= maxCachedBytes || oldest === frame) return;
      this.#cache.delete(oldest);
      this.#cachedBytes -= length;
    }
  }

  /** The payload of a page, checked. */
  async #read(pages: readonly IndexPageRef[], page: number): Promise<Uint8Array> {
    const ref = pages[page] as IndexPageRef;
    const frame = await this.#source.frame(ref.frame);
    if (frame.type !== frameTypes.indexPage) throw invalid(ref.frame, "is no index page");
    const rows = checkIndexPage(frame.payload, ref.frame, this.#rules);
    const [first, last] = [indexRowAt(frame.payload, 0), indexRowAt(frame.payload, rows - 1)];
    if (rows !== ref.rowCount || compareKeys(first, { id: ref.firstId, kind: ref.firstKind }) !== 0)
      throw invalid(ref.frame, "is not the page that the root names");
    const next = pages[page + 1];
    if (next !== undefined && compareKeys(last, { id: next.firstId, kind: next.firstKind }) >= 0)
      throw invalid(ref.frame, "reaches into the page after it");
    return frame.payload;
  }
}

/** Pages kept, 48 bytes an object: ids come in no order, so that a page which was let go is soon wanted again. */
const maxCachedBytes = 256 << 20;

/** The largest i with compare(i) ≤ 0, or −1; compare increases with i. */
function lastAtOrBefore(count: number, compare: (i: number) => number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(middle) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function invalid(frame: number, problem: string): PtarError {
  return new PtarError("PTAR_INDEX_INVALID", `index (frame ${frame}): ${problem}`, { details: { frame } });
}
