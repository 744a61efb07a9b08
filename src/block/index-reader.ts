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
  /** The frames that the generations have which it covers: after this one, and before that. */
  readonly after: number;
  readonly before: number;
}

interface IndexRoot {
  readonly pages: readonly IndexPageRef[];
  readonly rules: IndexRules;
}

/** The index of an archive: the union of its roots. */
export class IndexReader {
  readonly #source: IndexSource;
  readonly #roots: readonly IndexRoot[];
  /** Payloads of pages, checked. */
  readonly #cache = new Map<number, Uint8Array>();
  #cachedBytes = 0;

  private constructor(source: IndexSource, roots: readonly IndexRoot[]) {
    this.#source = source;
    this.#roots = roots;
  }

  /** @throws PTAR_INDEX_INVALID, PTAR_FRAME_* */
  static async open(source: IndexSource, refs: readonly IndexRootRef[], rules: Omit<IndexRules, "after">): Promise<IndexReader> {
    const roots: IndexRoot[] = [];
    for (const ref of refs) {
      const frame = await source.frame(ref.frame);
      if (frame.type !== frameTypes.indexRoot) throw invalid(ref.frame, "is no index root");
      if (!(ref.frame > ref.after && ref.frame < ref.before)) throw invalid(ref.frame, "stands outside of the generations that it covers");
      const own = { ...rules, after: ref.after };
      const pages = decodeIndexRoot(frame.payload, ref.frame, own);
      const rows = pages.reduce((sum, page) => sum + page.rowCount, 0);
      if (rows !== ref.rows) throw invalid(ref.frame, `has ${rows} rows, the manifest says ${ref.rows}`);
      roots.push({ pages, rules: own });
    }
    return new IndexReader(source, roots);
  }

  /** Number of roots. */
  get roots(): number {
    return this.#roots.length;
  }

  /** Number of rows. */
  get size(): number {
    return this.#roots.flatMap(({ pages }) => pages).reduce((sum, page) => sum + page.rowCount, 0);
  }

  /** The row of (kind, id), undefined when the archive neither has it nor leaves it out. @throws PTAR_INDEX_INVALID, PTAR_FRAME_* */
  async find(kind: Kind, id: Uint8Array): Promise<IndexRow | undefined> {
    const key = { kind, id };
    for (const root of this.#roots) {
      const { pages } = root;
      const page = lastAtOrBefore(pages.length, (i) =>
        compareKeys({ id: (pages[i] as IndexPageRef).firstId, kind: (pages[i] as IndexPageRef).firstKind }, key),
      );
      if (page < 0) continue;
      const row = findIndexRow(await this.#page(root, page), key);
      if (row !== undefined) return row;
    }
    return undefined;
  }

  /** All rows, root by root, in order. @throws PTAR_INDEX_INVALID, PTAR_FRAME_* */
  async *rows(): AsyncGenerator<IndexRow> {
    for (const root of this.#roots) {
      for (const [i, { rowCount }] of root.pages.entries()) {
        const payload = await this.#read(root, i);
        for (let row = 0; row < rowCount; row++) yield indexRowAt(payload, row);
      }
    }
  }

  /** All rows of one root as they stand in its pages, 48 bytes each. @throws as `rows` */
  async rowBytes(): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (const root of this.#roots) for (let i = 0; i < root.pages.length; i++) parts.push(rowsIn(await this.#read(root, i)));
    return concatBytes(...parts);
  }

  /** A page in bytes: looking one row up in them is cheaper than making objects of all. */
  async #page(root: IndexRoot, page: number): Promise<Uint8Array> {
    const { frame } = root.pages[page] as IndexPageRef;
    const cached = this.#cache.get(frame);
    if (cached !== undefined) return cached;
    const payload = await this.#read(root, page);
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
  async #read({ pages, rules }: IndexRoot, page: number): Promise<Uint8Array> {
    const ref = pages[page] as IndexPageRef;
    const frame = await this.#source.frame(ref.frame);
    if (frame.type !== frameTypes.indexPage) throw invalid(ref.frame, "is no index page");
    const rows = checkIndexPage(frame.payload, ref.frame, rules);
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
