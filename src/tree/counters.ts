// Counters over the descendants of a directory. spec/05-page.md#store
import type { Counters, Item } from "../format/generated/types.js";

/** Counters being added up. */
export class Tally {
  bytes = 0;
  entries = 0;
  failed = 0;
  unstable = 0;
  #newest: bigint | undefined;

  /** Counts one entry. */
  add(item: Item): void {
    this.entries++;
    this.bytes += item.size ?? 0;
    if (item.errors !== undefined) this.failed++;
    else if (item.unstable !== undefined) this.unstable++;
    if (typeof item.mtime === "string") this.#see(BigInt(item.mtime));
  }

  /** Counts everything below a directory. */
  addAll(counters: Counters): void {
    this.entries += counters.entries;
    this.bytes += counters.bytes;
    this.failed += counters.failed;
    this.unstable += counters.unstable;
    if (counters.newest !== null) this.#see(BigInt(counters.newest));
  }

  get counters(): Counters {
    const { bytes, entries, failed, unstable } = this;
    return { bytes, entries, failed, newest: this.#newest === undefined ? null : String(this.#newest), unstable };
  }

  #see(time: bigint): void {
    if (this.#newest === undefined || time > this.#newest) this.#newest = time;
  }
}

/** Whether two sets of counters are the same. */
export function sameCounters(a: Counters, b: Counters): boolean {
  return a.bytes === b.bytes && a.entries === b.entries && a.failed === b.failed && a.newest === b.newest && a.unstable === b.unstable;
}
