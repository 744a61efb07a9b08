// The index of a repository in memory: the union of what its index archives say. spec/15-repository.md#index
import { compareBytes } from "../../bytes/compare.js";
import { indexRowLength } from "../../format/index-row.js";
import type { Kind } from "../../format/object.js";
import type { PackedArchive } from "../files/archives.js";
import { packRows, rowsPerSegment, type Segment } from "../rows/row.js";
import { RowRuns } from "../rows/runs.js";
import { SortedRows } from "../rows/sorted-rows.js";
import { type ArchiveRecord, ArchiveTable, type IndexSource } from "./archive-table.js";
import { isIn, newRows, type PackPlace, placeIn, placesIn, type SearchedRows } from "./lookup.js";
import { sectionsOf } from "./sections.js";

const idLength = 32;
const kindOffset = 44;
/** Bytes of index pages that fill a segment. */
const pageSegment = rowsPerSegment * indexRowLength;

/** Rows of one archive. */
export interface PackSection {
  readonly archive: PackedArchive;
  /** As in index pages, 48 bytes each, strictly increasing by (id, kind); checked. */
  readonly rows: Uint8Array;
}

/**
 * Which object is in which archive: 44 bytes a row and about 2 to find it, no object for each. Rows stand in runs, which a lookup first merges to
 * few ones of falling length.
 */
export class PackIndex {
  readonly #archives: ArchiveTable;
  readonly #runs: RowRuns;
  readonly #searched: SearchedRows;
  #changed = 0;
  #changedSources = 0;
  /** The last section whose archive had no row after it. */
  #last: { readonly record: ArchiveRecord; readonly row: Uint8Array } | undefined;

  constructor(archives = new ArchiveTable(), rows?: SortedRows) {
    this.#archives = archives;
    this.#runs = new RowRuns((number) => archives.isLive(number), rows);
    this.#searched = { archives, runs: this.#runs };
  }

  /** Rows: an object counts once for each archive that has it. */
  get size(): number {
    return this.#runs.length;
  }

  /** Rows added and removed since the index was read from a cache or written to one. */
  get changed(): number {
    return this.#changed;
  }

  /** Index archives noted and forgotten since then. */
  get changedSources(): number {
    return this.#changedSources;
  }

  /** The index is as a cache has it. */
  markUnchanged(): void {
    this.#changed = 0;
    this.#changedSources = 0;
  }

  /**
   * Adds rows that the index archive `source` has; without it of a pack that no index archive names yet. Rows that are there already are left
   * out, whatever place they give. `contradicts`: another length, fingerprint or place is known of the archive, and nothing was added.
   * @throws PTAR_LIMIT_EXCEEDED
   */
  add({ archive, rows }: PackSection, source?: Uint8Array): "added" | "contradicts" {
    const record = this.#archives.enter(archive, source);
    if (record === undefined) return "contradicts";
    if (rows.length === 0) return "added";
    // the next section of an archive needs no look at each row
    if (record.rows === 0 || this.#isAfterLast(record, rows)) {
      this.#push(rows, record);
      this.#last = { record, row: rows.slice(-indexRowLength) };
    } else {
      this.#push(newRows(this.#runs, rows, record.number), record);
      this.#last = undefined;
    }
    return "added";
  }

  /**
   * An index archive was added whole: with all its sections, and `archives` that are here from elsewhere. What only index archives had that it supersedes
   * is removed; they stay noted. One that is superseded itself needs no sections.
   */
  note(source: IndexSource, archives: readonly Uint8Array[] = []): void {
    for (const name of archives) {
      const record = this.#archives.get(name);
      if (record !== undefined) this.#archives.enter(record.archive, source.name);
    }
    this.#changedSources++;
    this.#removeAll(this.#archives.note(source));
  }

  /** Index archives that were noted. */
  sources(): readonly IndexSource[] {
    return this.#archives.sources;
  }

  /** Forgets an index archive that is gone, and the archives that no other one names. One that only it superseded is to be read again. */
  forget(source: Uint8Array): void {
    this.#changedSources++;
    this.#removeAll(this.#archives.forget(source));
  }

  /** Removes an archive, whoever names it. */
  remove(name: Uint8Array): void {
    const record = this.#archives.get(name);
    if (record !== undefined) this.#removeAll([record]);
  }

  /** Archives, in the order of their numbers. */
  archives(): readonly PackedArchive[] {
    return this.#archives.records.map(({ archive }) => archive);
  }

  /** The archive of a place. */
  archive(number: number): PackedArchive {
    const record = this.#archives.at(number);
    if (record === undefined) throw new TypeError(`no archive has number ${number}: the place is older than the last change`);
    return record.archive;
  }

  has(kind: Kind, id: Uint8Array): boolean {
    return isIn(this.#searched, kind, id);
  }

  /** One place of the object, undefined when it is nowhere. */
  find(kind: Kind, id: Uint8Array): PackPlace | undefined {
    return placeIn(this.#searched, kind, id);
  }

  /** All places of the object, one in each archive that has it. */
  places(kind: Kind, id: Uint8Array): readonly PackPlace[] {
    return placesIn(this.#searched, kind, id);
  }

  /** Rows of an archive as in index pages, in order, at most 16,384 at once. The index must not change meanwhile. */
  *rowsOf(name: Uint8Array): Generator<Uint8Array> {
    for (const { rows } of this.sections([name])) yield rows;
  }

  /** Sections of the archives named, one archive after the other; 4 bytes a row meanwhile. The index must not change meanwhile. */
  *sections(names: readonly Uint8Array[]): Generator<PackSection> {
    const records = new Set(names.map((name) => this.#archives.get(name)));
    yield* this.#unchanged(
      sectionsOf(
        this.#runs.whole(),
        [...records].filter((record) => record !== undefined),
      ),
    );
  }

  /** Archives with their numbers and the index archives that name them. */
  get table(): ArchiveTable {
    return this.#archives;
  }

  /** All rows in order, with the numbers of their archives. The index must not change meanwhile. */
  segments(): Generator<Segment> {
    return this.#unchanged(this.#runs.whole().segments);
  }

  #push(rows: Uint8Array, record: ArchiveRecord): void {
    const segments: Segment[] = [];
    for (let at = 0; at < rows.length; at += pageSegment) segments.push(packRows(rows.subarray(at, at + pageSegment), record.number));
    const sorted = new SortedRows(segments);
    record.rows += sorted.length;
    this.#changed += sorted.length;
    if (sorted.length > 0) this.#runs.push(sorted);
  }

  #isAfterLast(record: ArchiveRecord, rows: Uint8Array): boolean {
    return record === this.#last?.record && compareRowKeys(rows, this.#last.row) > 0;
  }

  #removeAll(records: readonly ArchiveRecord[]): void {
    for (const record of records) {
      this.#archives.remove(record);
      this.#changed += record.rows;
      this.#runs.remove(record.rows);
    }
    if (this.#runs.removed === 0) this.#archives.purged();
  }

  *#unchanged<T>(parts: Iterable<T>): Generator<T> {
    const { edition } = this.#runs;
    for (const part of parts) {
      yield part;
      if (edition !== this.#runs.edition) throw new TypeError("the index changed while its rows were read");
    }
  }
}

/** Order of the first rows of index pages, by id and kind. */
function compareRowKeys(a: Uint8Array, b: Uint8Array): number {
  return compareBytes(a.subarray(0, idLength), b.subarray(0, idLength)) || (a[kindOffset] as number) - (b[kindOffset] as number);
}
