// Offset and leaf hash of each unit, from the frame table and its pages. spec/02-container.md#frame-table
import { equalBytes } from "../bytes/compare.js";
import { PtarError } from "../errors/ptar-error.js";
import { frameTypeName, frameTypes } from "../format/frame.js";
import { decodeFrameTable, decodeFrameTablePage, type FramePageRef, type FrameRow, type FrameTable } from "../format/frame-table.js";
import { CompactRange, rangeNodeCount } from "../merkle/tree.js";
import { type Frame, type FrameInput, readWholeFrame } from "./frame-reader.js";

/** The place of one unit in the archive, and what it must hash to. */
export interface UnitPlace {
  readonly offset: number;
  readonly end: number;
  readonly leaf: Uint8Array;
}

/** The frame table of one generation. Pages are loaded when they are needed. */
export class FrameIndex {
  readonly frame: Frame;
  readonly #input: FrameInput;
  readonly #table: FrameTable;
  /** First unit of each page. */
  readonly #pageStarts: readonly number[];
  readonly #firstInline: number;
  readonly #startOffset: number;
  #loaded: { readonly page: number; readonly rows: readonly FrameRow[] } | undefined;

  /** `startOffset` is where the table's first unit starts. @throws PTAR_TABLE_INVALID */
  constructor(input: FrameInput, frame: Frame, startOffset: number) {
    this.frame = frame;
    this.#input = input;
    this.#table = decodeFrameTable(frame.payload, frame.number, input.limits);
    this.#startOffset = startOffset;
    const starts: number[] = [];
    let at = this.#table.firstUnit;
    for (const page of this.#table.pages) {
      starts.push(at);
      this.#checkNodes(page, at);
      at += page.unitCount;
    }
    this.#pageStarts = starts;
    this.#firstInline = at;
    // a page whose own place stood in a page could send a reader in circles
    const lost = this.#table.pages.find((page) => page.frame <= at);
    if (lost !== undefined) throw this.#invalid(`the place of its page in frame ${lost.frame} is not among the inline rows`);
    this.#checkEnd();
  }

  /** First unit of the table; those before belong to earlier generations. */
  get firstUnit(): number {
    return this.#table.firstUnit;
  }

  /** Tree of all units before this table, for comparison with the previous manifest; undefined when it has none or is malformed. */
  before(): CompactRange | undefined {
    return CompactRange.fromNodes(this.#input.crypto, this.#table.firstUnit, this.#table.nodes);
  }

  /** The tree of all units up to and including the table itself. @throws PTAR_TABLE_INVALID */
  range(): CompactRange {
    const range = this.before();
    if (range === undefined) throw this.#invalid(`${this.#table.nodes.length} nodes for ${this.#table.firstUnit} earlier units`);
    for (const page of this.#table.pages) range.appendRange(page.nodes, page.unitCount);
    for (const row of this.#table.rows) range.append(row.leaf);
    range.append(this.frame.leaf);
    return range;
  }

  /** The tree of the units before `end`, which stands inline; undefined when it does not. @throws PTAR_TABLE_INVALID */
  prefix(end: number): CompactRange | undefined {
    const range = this.before();
    if (range === undefined || end < this.#firstInline) return undefined;
    for (const page of this.#table.pages) range.appendRange(page.nodes, page.unitCount);
    for (const row of this.#table.rows.slice(0, end - this.#firstInline)) range.append(row.leaf);
    return range.end === end ? range : undefined;
  }

  /** Where unit `number` is; undefined when it is not in this table. @throws PTAR_TABLE_INVALID */
  async place(number: number): Promise<UnitPlace | undefined> {
    const row = await this.#row(number);
    if (row === undefined) return undefined;
    const offset = number === this.#table.firstUnit ? this.#startOffset : ((await this.#row(number - 1)) as FrameRow).end;
    // rows of one page were compared by its decoder; these two may stand in different pages
    this.#checkFollows(row, number, offset);
    return { offset, end: row.end, leaf: row.leaf };
  }

  /**
   * Loads every page in order, each compared with its nodes and with the end of the one before.
   * @throws PTAR_TABLE_INVALID, PTAR_FRAME_*, PTAR_UNSUPPORTED_FRAME
   */
  async checkPages(): Promise<void> {
    let before = this.#startOffset;
    for (const [page, first] of this.#pageStarts.entries()) {
      const rows = await this.#page(page);
      this.#checkFollows(rows[0] as FrameRow, first, before);
      before = (rows.at(-1) as FrameRow).end;
    }
    this.#checkFollows(this.#table.rows[0] as FrameRow, this.#firstInline, before);
  }

  async #row(number: number): Promise<FrameRow | undefined> {
    if (number < this.#table.firstUnit) return undefined;
    if (number >= this.#firstInline) return this.#table.rows[number - this.#firstInline];
    let page = this.#pageStarts.length - 1;
    while ((this.#pageStarts[page] as number) > number) page--;
    const rows = await this.#page(page);
    return rows[number - (this.#pageStarts[page] as number)];
  }

  async #page(page: number): Promise<readonly FrameRow[]> {
    if (this.#loaded?.page === page) return this.#loaded.rows;
    const ref = this.#table.pages[page] as FramePageRef;
    const rows = await this.#readPage(ref, this.#pageStarts[page] as number);
    this.#loaded = { page, rows };
    return rows;
  }

  async #readPage(ref: FramePageRef, firstUnit: number): Promise<readonly FrameRow[]> {
    // inline, as the constructor saw to it
    const place = (await this.place(ref.frame)) as UnitPlace;
    const frame = await readWholeFrame(this.#input, { ...place, number: ref.frame });
    if (!equalBytes(frame.leaf, place.leaf)) {
      throw new PtarError("PTAR_FRAME_HASH", `frame ${ref.frame} at offset ${frame.offset}: not the page of the frame table`, {
        details: { frame: ref.frame },
      });
    }
    if (frame.type !== frameTypes.frameTablePage) throw this.#invalid(`frame ${ref.frame} is no page of it, but ${frameTypeName(frame.type)}`);
    const rows = decodeFrameTablePage(frame.payload, ref.frame, { firstUnit, unitCount: ref.unitCount });
    const range = new CompactRange(this.#input.crypto, firstUnit);
    for (const { leaf } of rows) range.append(leaf);
    if (!range.nodes().every((node, i) => equalBytes(node, ref.nodes[i] as Uint8Array)))
      throw this.#invalid(`its page in frame ${ref.frame} has other rows`);
    const { end } = rows.at(-1) as FrameRow;
    if (end > this.frame.offset) throw this.#invalid(`its page in frame ${ref.frame} ends at ${end}, after the table starts`);
    return rows;
  }

  #checkFollows(row: FrameRow, unit: number, before: number): void {
    if (row.end <= before) throw this.#invalid(`unit ${unit} ends at ${row.end}, not after ${before}`);
  }

  #checkNodes(page: FramePageRef, firstUnit: number): void {
    const expected = rangeNodeCount(firstUnit, firstUnit + page.unitCount);
    if (page.nodes.length !== expected) throw this.#invalid(`${page.nodes.length} nodes for a page, expected ${expected}`);
  }

  #checkEnd(): void {
    // the last row is the unit before the table, so it ends where the table starts
    const last = this.#table.rows.at(-1);
    if (last === undefined || last.end !== this.frame.offset)
      throw this.#invalid(`its last row ends at ${last?.end ?? "nothing"}, expected ${this.frame.offset}`);
  }

  #invalid(problem: string): PtarError {
    return new PtarError("PTAR_TABLE_INVALID", `frame table (frame ${this.frame.number}): ${problem}`, { details: { frame: this.frame.number } });
  }
}
