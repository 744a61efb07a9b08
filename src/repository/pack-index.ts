// The index of a repository in memory: the union of what its index archives say. spec/15-repository.md#index
import { indexRowLength } from "../format/index-page.js";
import { type Kind, kinds } from "../format/object.js";
import { type ArchiveRecord, ArchiveTable, type IndexSource, type PackedArchive } from "./pack-index-archives.js";
import { mergeRows } from "./pack-index-merge.js";
import { archiveAt, offsetOf, rowsPerSegment, type Segment, SortedRows, segmentLength, segmentOf, setArchive, tailOf } from "./pack-index-rows.js";

const kindOffset = 44;
/** Removed rows are dropped when they are more than one in this many. */
const removedShare = 4;
/** Runs merged at once: each row of many sections added in a row is moved once for each power of this in their number. */
const fanIn = 32;
/** Lookups go through runs of which each has at least this many times the rows of all after it. */
const runRatio = 4;

/** Where one object is. */
export interface PackPlace {
  /** Number for {@link PackIndex.archive}; of use until the index changes. */
  readonly archive: number;
  /** Of its block. */
  readonly frame: number;
  /** In the block. */
  readonly ordinal: number;
}

/** Rows of one archive. */
export interface PackSection {
  readonly archive: PackedArchive;
  /** As in index pages, 48 bytes each, strictly increasing by (id, kind); checked. */
  readonly rows: Uint8Array;
}

/**
 * Which object is in which archive: 48 bytes a row and about 2 to find it, no object for each. Rows stand in runs, which a lookup first merges to
 * few ones of falling length.
 */
export class PackIndex {
  readonly #archives: ArchiveTable;
  readonly #runs: Run[] = [];
  #isSettled = true;
  /** Rows of removed archives that are still in runs. */
  #removed = 0;
  #size = 0;
  #changed = 0;
  /** Counts changes of runs: whoever walks through them sees that they are others. */
  #edition = 0;

  constructor(archives: ArchiveTable = new ArchiveTable(), rows?: SortedRows) {
    this.#archives = archives;
    if (rows !== undefined) this.#runs.push({ rows, level: 0 });
    this.#size = rows?.length ?? 0;
  }

  /** Rows: an object counts once for each archive that has it. */
  get size(): number {
    return this.#size;
  }

  /** Rows added and removed since the index was read from a cache or written to one. */
  get changed(): number {
    return this.#changed;
  }

  /** The index is as a cache has it. */
  markUnchanged(): void {
    this.#changed = 0;
  }

  /**
   * Adds rows that the index archive `source` has; without it of a pack that no index archive names yet. Rows that are there already are left
   * out, whatever place they give. `contradicts`: something else is known of the archive (PTAR_CATALOGUE_INVALID); nothing was added.
   * @throws PTAR_LIMIT_EXCEEDED
   */
  add({ archive, rows }: PackSection, source?: Uint8Array): "added" | "contradicts" {
    const record = this.#archives.enter(archive, source);
    if (record === undefined) return "contradicts";
    const fresh = record.rows === 0 ? rows.slice() : this.#newOf(rows, record.number);
    if (fresh.length > 0) this.#push(fresh, record);
    return "added";
  }

  /** An index archive was added whole: with all its sections, and `archives` that are here from elsewhere. Call before `forget` of those it supersedes. */
  note(source: IndexSource, archives: readonly Uint8Array[] = []): void {
    this.#archives.note(source);
    for (const name of archives) {
      const record = this.#archives.get(name);
      if (record !== undefined) this.#archives.enter(record.archive, source.name);
    }
  }

  /** Index archives that were noted. */
  sources(): readonly IndexSource[] {
    return this.#archives.sources;
  }

  /** Forgets an index archive, and the archives that no other one names. */
  forget(source: Uint8Array): void {
    for (const record of this.#archives.forget(source)) this.#remove(record);
    this.#dropRemoved();
  }

  /** Removes an archive, whoever names it. */
  remove(name: Uint8Array): void {
    const record = this.#archives.get(name);
    if (record === undefined) return;
    this.#remove(record);
    this.#dropRemoved();
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
    for (const { rows } of this.#settled()) if (this.#rowIn(rows, kind, id) >= 0) return true;
    return false;
  }

  /** One place of the object, undefined when it is nowhere. */
  find(kind: Kind, id: Uint8Array): PackPlace | undefined {
    for (const { rows } of this.#settled()) {
      const row = this.#rowIn(rows, kind, id);
      if (row >= 0) return rows.placeOf(row);
    }
    return undefined;
  }

  /** All places of the object, one in each archive that has it. */
  places(kind: Kind, id: Uint8Array): readonly PackPlace[] {
    const number = kinds[kind];
    const found: PackPlace[] = [];
    for (const { rows } of this.#settled()) {
      for (let row = rows.search(id, 0, tailOf(number, 0)); rows.matches(row, { bytes: id, at: 0, kind: number }); row++) {
        const place = rows.placeOf(row);
        if (this.#archives.isLive(place.archive)) found.push(place);
      }
    }
    return found;
  }

  /** Rows of an archive as in index pages, in order, at most 16,384 at once. The index must not change meanwhile. */
  *rowsOf(name: Uint8Array): Generator<Uint8Array> {
    for (const { rows } of this.sections([name])) yield rows;
  }

  /** Sections of the archives named, one archive after the other; 4 bytes a row meanwhile. The index must not change meanwhile. */
  *sections(names: readonly Uint8Array[]): Generator<PackSection> {
    const records = [...new Set(names.map((name) => this.#archives.get(name)))].filter((record) => record !== undefined);
    const run = this.#whole();
    const order = orderOf(run, records);
    const edition = this.#edition;
    let at = 0;
    for (const { archive, rows } of records) {
      for (const end = at + rows; at < end; at += Math.min(rowsPerSegment, end - at)) {
        if (edition !== this.#edition) throw new TypeError("the index changed while its rows were read");
        yield { archive, rows: pageRows(run, order.subarray(at, Math.min(at + rowsPerSegment, end))) };
      }
    }
  }

  /** What a cache holds: all rows in order, and the archives of their numbers. */
  contents(): { readonly rows: SortedRows; readonly archives: ArchiveTable } {
    return { rows: this.#whole(), archives: this.#archives };
  }

  #push(rows: Uint8Array, record: ArchiveRecord): void {
    const segments: Segment[] = [];
    for (let at = 0; at < rows.length; at += segmentLength) segments.push(segmentOf(rows.subarray(at, at + segmentLength)));
    for (const { view } of segments) {
      for (let at = 0; at < view.byteLength; at += indexRowLength) setArchive(view, at, record.number);
    }
    record.rows += rows.length / indexRowLength;
    this.#size += rows.length / indexRowLength;
    this.#changed += rows.length / indexRowLength;
    this.#runs.push({ rows: new SortedRows(segments), level: 0 });
    this.#isSettled = false;
    this.#edition += 1;
    while (this.#runs.length >= fanIn && this.#runs.at(-fanIn)?.level === this.#runs.at(-1)?.level) this.#mergeLast(fanIn);
  }

  /** Those of `rows` that are not there for this archive. */
  #newOf(rows: Uint8Array, number: number): Uint8Array {
    const fresh = new Uint8Array(rows.length);
    let used = 0;
    for (let at = 0; at < rows.length; at += indexRowLength) {
      if (this.#hasRow(rows, at, number)) continue;
      fresh.set(rows.subarray(at, at + indexRowLength), used);
      used += indexRowLength;
    }
    return used === fresh.length ? fresh : fresh.slice(0, used);
  }

  #hasRow(bytes: Uint8Array, at: number, archive: number): boolean {
    const kind = bytes[at + kindOffset] as number;
    for (const { rows } of this.#settled()) {
      const row = rows.search(bytes, at, tailOf(kind, archive));
      if (rows.matches(row, { bytes, at, kind }) && rows.placeOf(row).archive === archive) return true;
    }
    return false;
  }

  #rowIn(rows: SortedRows, kind: Kind, id: Uint8Array): number {
    const number = kinds[kind];
    for (let row = rows.search(id, 0, tailOf(number, 0)); rows.matches(row, { bytes: id, at: 0, kind: number }); row++) {
      if (this.#archives.isLive(archiveAt(rows.segment(row).view, offsetOf(row)))) return row;
    }
    return -1;
  }

  #remove(record: ArchiveRecord): void {
    this.#archives.remove(record);
    this.#removed += record.rows;
    this.#size -= record.rows;
    this.#changed += record.rows;
  }

  #dropRemoved(): void {
    if (removedShare * this.#removed > this.#size + this.#removed) this.#whole();
  }

  /** Few runs to look into. */
  #settled(): readonly Run[] {
    if (this.#isSettled) return this.#runs;
    let after = this.size + this.#removed;
    const first = this.#runs.findIndex(({ rows }, i) => {
      after -= rows.length;
      return i < this.#runs.length - 1 && rows.length < runRatio * after;
    });
    if (first >= 0) this.#mergeFrom(first);
    this.#isSettled = true;
    return this.#runs;
  }

  /** All rows in one run, without those of removed archives. */
  #whole(): SortedRows {
    if (this.#runs.length !== 1 || this.#removed > 0) this.#mergeFrom(0);
    this.#archives.purged();
    return (this.#runs[0] as Run).rows;
  }

  #mergeFrom(first: number): void {
    do this.#mergeLast(Math.min(fanIn, this.#runs.length - first));
    while (this.#runs.length > first + 1);
  }

  #mergeLast(count: number): void {
    const runs = this.#runs.splice(this.#runs.length - count);
    const before = runs.reduce((sum, { rows }) => sum + rows.length, 0);
    const rows = mergeRows(
      runs.map((run) => run.rows),
      { isLive: (number) => this.#archives.isLive(number) },
    );
    this.#removed -= before - rows.length;
    this.#runs.push({ rows, level: 1 + Math.max(0, ...runs.map(({ level }) => level)) });
    this.#edition += 1;
  }
}

/** Rows in order, and how often the rows of many sections were merged to make it. */
interface Run {
  readonly rows: SortedRows;
  readonly level: number;
}

/** Numbers of the rows of `records`, record after record, sorted in each. */
function orderOf(run: SortedRows, records: readonly ArchiveRecord[]): Uint32Array {
  const next = new Map<number, number>();
  let total = 0;
  for (const { number, rows } of records) {
    next.set(number, total);
    total += rows;
  }
  const order = new Uint32Array(total);
  for (let row = 0; row < run.length; row++) {
    const number = archiveAt(run.segment(row).view, offsetOf(row));
    const at = next.get(number);
    if (at === undefined) continue;
    order[at] = row;
    next.set(number, at + 1);
  }
  return order;
}

/** Rows as an index page has them: zeros where the number of the archive was. */
function pageRows(run: SortedRows, order: Uint32Array): Uint8Array {
  const rows = new Uint8Array(order.length * indexRowLength);
  const view = new DataView(rows.buffer);
  order.forEach((row, i) => {
    const at = offsetOf(row);
    rows.set(run.segment(row).bytes.subarray(at, at + indexRowLength), i * indexRowLength);
    setArchive(view, i * indexRowLength, 0);
  });
  return rows;
}
