// Entries that wait for their extended attributes, which one run of setfattr sets for many. spec/12-extract.md#xattrs
import { closeSync, existsSync } from "node:fs";
import type { XattrBytes } from "../../../format/xattr.js";
import type { Loss, LossList } from "../../losses.js";
import { ownLimit } from "../own-limits.js";
import { findProgram } from "../programs.js";
import { setXattrs } from "./setfattr.js";
import { lossOfXattrs } from "./xattrs.js";

/** One entry that waits, held open. */
export interface Waiting {
  /** The file or directory; the batch closes it. */
  readonly fd: number;
  readonly names: readonly Uint8Array[];
  readonly xattrs: readonly XattrBytes[];
  /** Sets what must come after the extended attributes, and says what was lost. */
  settle(): readonly Loss[];
}

/** Descriptors that are held open at most, and the part of all that the system grants: directories and files need them too. */
const batchEntries = 64;
const batchPart = 1 / 8;
/** Descriptors that starting a program takes (13 on Node 20), with some to spare. */
const spareDescriptors = 20;
/** Values that are held at most, apart from those of the last entry. */
const batchBytes = 4 << 20;

/** Gathers entries and sets their extended attributes together. */
export class XattrBatch {
  readonly #losses: LossList;
  /** Looked for when the first extended attribute comes. */
  #program: { readonly path: string | undefined } | undefined;
  #waiting: Waiting[] = [];
  #bytes = 0;
  /** How many this process may have; without /proc no extended attribute is set. */
  readonly #descriptors = ownLimit("Max open files") ?? Number.POSITIVE_INFINITY;

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
    // the lowest free number is given: all below it are in use
    const scarce = waiting.fd + spareDescriptors >= this.#descriptors;
    const full = this.#waiting.length >= Math.min(batchEntries, this.#descriptors * batchPart);
    // without descriptors for the program all wait on: with the next entry, or in the end, directories have been left
    if (full || scarce || this.#bytes >= batchBytes) this.#set();
  }

  /** Sets everything that waits, in the order in which it came, or says that it is lost. */
  flush(): void {
    if (this.#set() === "too many descriptors") this.#settle(this.#waiting.map(() => [lossOfXattrs("EMFILE")]));
  }

  #set(): "done" | "too many descriptors" {
    if (this.#waiting.length === 0) return "done";
    const program = this.#setfattr();
    const lost = program === undefined ? [] : setXattrs(program, this.#waiting);
    if (lost === "too many descriptors") return lost;
    this.#settle(lost);
    return "done";
  }

  #settle(lost: readonly (readonly Loss[])[]): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
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
