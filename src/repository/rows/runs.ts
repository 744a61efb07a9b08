// Runs of rows that become one: merged when many were added, and before they are searched. spec/15-repository.md#index
import { mergeRows } from "./merge.js";
import type { Segment } from "./row.js";
import { SortedRows } from "./sorted-rows.js";

/** Runs merged at once: a row of many sections added in a row is moved once for each power of this in their number. */
const fanIn = 16;
/** Searched runs have at least this many times the rows of all after them. */
const runRatio = 4;
/** Removed rows are dropped when they are more than one in this many. */
const removedShare = 4;

/** Rows in order, and how often the rows of many sections were merged to make it. */
interface Run {
  readonly rows: SortedRows;
  readonly level: number;
}

/** The rows of an index, those of removed archives too until they are merged. */
export class RowRuns {
  readonly #isLive: (archive: number) => boolean;
  readonly #runs: Run[] = [];
  /** Memory for the next merge, which leaves as much: given to the garbage collector it would stay resident for some time. */
  #free: Segment[] = [];
  #length = 0;
  #removed = 0;
  #isSettled = true;
  #edition = 0;

  constructor(isLive: (archive: number) => boolean, rows = new SortedRows([])) {
    this.#isLive = isLive;
    this.#runs.push({ rows, level: 0 });
    this.#length = rows.length;
  }

  /** Rows of archives that are there. */
  get length(): number {
    return this.#length - this.#removed;
  }

  /** Rows of removed archives that are still here. */
  get removed(): number {
    return this.#removed;
  }

  /** Counts changes: rows have other numbers after each. */
  get edition(): number {
    return this.#edition;
  }

  push(rows: SortedRows): void {
    this.#put(rows, 0);
    this.#isSettled = false;
    while (this.#runs.length >= fanIn && this.#runs.at(-fanIn)?.level === this.#runs.at(-1)?.level) this.#mergeLast(fanIn);
  }

  /** So many rows are of removed archives now. */
  remove(count: number): void {
    this.#removed += count;
    if (removedShare * this.#removed > this.#length) this.whole();
  }

  /** Few runs, to be searched. */
  settled(): readonly Run[] {
    if (this.#isSettled) return this.#runs;
    let after = this.#length;
    const first = this.#runs.findIndex(({ rows }) => {
      after -= rows.length;
      return rows.length < runRatio * after;
    });
    if (first >= 0) this.#mergeFrom(first);
    this.#isSettled = true;
    return this.#runs;
  }

  /** One run, without rows of removed archives. */
  whole(): SortedRows {
    if (this.#runs.length > 1 || this.#removed > 0) this.#mergeFrom(0);
    this.#isSettled = true;
    return (this.#runs[0] as Run).rows;
  }

  #mergeFrom(first: number): void {
    do this.#mergeLast(Math.min(fanIn, this.#runs.length - first));
    while (this.#runs.length > first + 1);
    this.#free = [];
  }

  #mergeLast(count: number): void {
    const runs = this.#runs.splice(-count);
    const before = runs.reduce((sum, { rows }) => sum + rows.length, 0);
    const merged = mergeRows(
      runs.map(({ rows }) => rows),
      { isLive: this.#isLive, free: this.#free },
    );
    this.#length -= before;
    this.#removed -= before - merged.length;
    this.#put(merged, 1 + Math.max(...runs.map(({ level }) => level)));
  }

  #put(rows: SortedRows, level: number): void {
    this.#runs.push({ rows, level });
    this.#length += rows.length;
    this.#edition += 1;
  }
}
