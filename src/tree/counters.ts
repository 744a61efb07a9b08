// Counters over the descendants of a directory. spec/05-page.md#store
import type { Counters, Item } from "../format/generated/types.js";

/** Counters being added up. */
export class Tally {
  bytes = 0;
  entries = 0;
  failed = 0;
  unstable = 0;
  #newest: string | null = null;
  /** Of what was told in numbers. */
  #latest: bigint | undefined;

  /** Counts one entry. */
  add(item: Item): void {
    this.entries++;
    this.bytes += item.size ?? 0;
    if (item.errors !== undefined) this.failed++;
    else if (item.unstable !== undefined) this.unstable++;
    if (typeof item.mtime === "string") this.#see(item.mtime);
  }

  /** Counts a file without anything wrong. */
  addFile({ size, mtime }: { readonly size: number; readonly mtime: bigint }): void {
    this.entries++;
    this.bytes += size;
    if (this.#latest === undefined || mtime > this.#latest) this.#latest = mtime;
  }

  /** Counts everything below a directory. */
  addAll(counters: Counters): void {
    this.entries += counters.entries;
    this.bytes += counters.bytes;
    this.failed += counters.failed;
    this.unstable += counters.unstable;
    if (counters.newest !== null) this.#see(counters.newest);
  }

  get counters(): Counters {
    const { bytes, entries, failed, unstable } = this;
    if (this.#latest !== undefined) this.#see(String(this.#latest));
    return { bytes, entries, failed, newest: this.#newest, unstable };
  }

  #see(time: string): void {
    if (this.#newest === null || isLater(time, this.#newest)) this.#newest = time;
  }
}

/** Compares times as text, which have one form each: making numbers of them takes longer than all other counting. spec/00-conventions.md#time */
export function isLater(a: string, b: string): boolean {
  const [before, after] = [a.startsWith("-"), b.startsWith("-")];
  if (before !== after) return after;
  const larger = a.length === b.length ? a > b : a.length > b.length;
  return before ? a !== b && !larger : larger;
}

/** Whether two sets of counters are the same. */
export function sameCounters(a: Counters, b: Counters): boolean {
  return a.bytes === b.bytes && a.entries === b.entries && a.failed === b.failed && a.newest === b.newest && a.unstable === b.unstable;
}
