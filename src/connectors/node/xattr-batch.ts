// Entries that wait for their extended attributes, which one run of setfattr sets for many. spec/12-extract.md#xattrs
import { closeSync, existsSync } from "node:fs";
import type { XattrBytes } from "../../format/xattr.js";
import type { Loss, LossList } from "../losses.js";
import { findProgram } from "./programs.js";
import { setXattrs } from "./setfattr.js";

/** One entry that waits, held open. */
export interface Waiting {
  /** The file or directory; the batch closes it. */
  readonly fd: number;
  readonly names: readonly Uint8Array[];
  readonly xattrs: readonly XattrBytes[];
  /** Sets what must come after the extended attributes, and says what was lost. */
  settle(): readonly Loss[];
}

/** Descriptors that are held open at most. */
const batchEntries = 64;
/** Values that are held at most, apart from those of the last entry. */
const batchBytes = 4 << 20;

/** Gathers entries and sets their extended attributes together. */
export class XattrBatch {
  readonly #losses: LossList;
  /** Looked for when the first extended attribute comes. */
  #program: { readonly path: string | undefined } | undefined;
  #waiting: Waiting[] = [];
  #bytes = 0;

  constructor(losses: LossList) {
    this.#losses = losses;
  }

  /** Why no extended attribute can be set on this system; undefined when they can. */
  unavailable(): string | undefined {
    if (!existsSync("/proc/self/fd")) return "this system has no /proc";
    return this.#setfattr() === undefined ? "setfattr is not installed" : undefined;
  }

  /** Takes an entry over; full batches are done at once. */
  add(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#bytes += waiting.xattrs.reduce((sum, { value }) => sum + value.length, 0);
    if (this.#waiting.length >= batchEntries || this.#bytes >= batchBytes) this.flush();
  }

  /** Sets everything that waits, in the order in which it came. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    if (waiting.length === 0) return;
    const program = this.#setfattr();
    const lost = program === undefined ? [] : setXattrs(program, waiting);
    for (const [i, entry] of waiting.entries()) {
      this.#losses.add(entry.names, [...(lost[i] ?? []), ...entry.settle()]);
      closeSync(entry.fd);
    }
  }

  #setfattr(): string | undefined {
    this.#program ??= { path: findProgram("setfattr") };
    return this.#program.path;
  }
}
