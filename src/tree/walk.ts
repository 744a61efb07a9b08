// Walks the entries of a tree in pre-order. spec/07-item.md#items
import { concatBytes } from "../bytes/compare.js";
import { mustHex } from "../bytes/hex.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Entry } from "../format/generated/types.js";
import { DirectoryReader, type FoundEntry } from "./directory-reader.js";
import type { ObjectReader } from "./object-io.js";

/** One entry of a walk. */
export interface WalkedEntry {
  readonly kind: "entry";
  /** Names joined by `/`. */
  readonly path: Uint8Array;
  readonly names: readonly Uint8Array[];
  /** Number of its item. */
  readonly index: number;
  readonly entry: Entry;
}

/** What a walk yields: entries (a directory before its entries), and the end of each directory that was entered. */
export type WalkStep = WalkedEntry | { readonly kind: "leave"; readonly directory: WalkedEntry };

/** What to do with a directory: look at its entries, or pass over them. */
export type Choose = (entry: WalkedEntry) => "enter" | "pass";

/** How a tree is walked. */
export interface WalkOptions {
  /** Default: every directory is entered. */
  readonly choose?: Choose;
  /**
   * Whether a tree whose counters tell of too many entries is refused before it is walked (`believed`, the default), or whoever walks
   * compares them with what is there. spec/05-page.md#store
   */
  readonly counters?: "believed" | "compared";
}

interface OpenDirectory {
  /** Undefined at the root. */
  readonly directory: WalkedEntry | undefined;
  /** Path of the entries' names up to and including a slash; empty at the root. */
  readonly prefix: Uint8Array;
  readonly entries: DirectoryReader;
}

const slash = Uint8Array.of(0x2f);

/**
 * Walks the tree whose root page is `root` (undefined: no entries).
 * @throws PTAR_OBJECT_*, PTAR_PAGE_ORDER, PTAR_ENTRY_*, PTAR_LIMIT_EXCEEDED
 */
export async function* walkTree(objects: ObjectReader, root: Uint8Array | undefined, choose?: Choose): AsyncGenerator<WalkStep> {
  const walk = new TreeWalk(objects, root, choose && { choose });
  for (;;) {
    const next = walk.next();
    const step = next instanceof Promise ? await next : next;
    if (step === undefined) return;
    yield step;
  }
}

/** A walk that is a promise only where a page has to be read: a promise for each entry costs as much as decoding it. */
export class TreeWalk {
  readonly #objects: ObjectReader;
  readonly #choose: Choose;
  readonly #counters: NonNullable<WalkOptions["counters"]>;
  readonly #open: OpenDirectory[] = [];
  /** The last entry, when it is a directory that was not yet looked into: first whoever walks may refuse it. */
  #last: WalkedEntry | undefined;
  #index = 0;

  constructor(objects: ObjectReader, root: Uint8Array | undefined, { choose = () => "enter", counters = "believed" }: WalkOptions = {}) {
    this.#objects = objects;
    this.#choose = choose;
    this.#counters = counters;
    if (root !== undefined) this.#open.push({ directory: undefined, prefix: new Uint8Array(), entries: new DirectoryReader(objects, root) });
  }

  /** The next step; undefined at the end. @throws as {@link walkTree}, or rejects */
  next(): WalkStep | undefined | Promise<WalkStep | undefined> {
    const last = this.#last;
    this.#last = undefined;
    if (last !== undefined && this.#lookInto(last) === "nothing there") return { kind: "leave", directory: last };
    const top = this.#open.at(-1);
    if (top === undefined) return undefined;
    const found = top.entries.next();
    if (found !== undefined) return this.#step(top, found);
    if (!top.entries.ended) return top.entries.read().then(() => this.next());
    this.#open.pop();
    return top.directory === undefined ? undefined : { kind: "leave", directory: top.directory };
  }

  #step({ prefix, directory }: OpenDirectory, { name, entry }: FoundEntry): WalkedEntry {
    const names = directory === undefined ? [name] : [...directory.names, name];
    const walked: WalkedEntry = { kind: "entry", path: concatBytes(prefix, name), names, index: this.#index++, entry };
    const below = this.#counters === "believed" ? (entry.store.counters?.entries ?? 0) : 0;
    checkPath(walked, walked.index + below, this.#objects);
    if (entry.item.type === "directory") this.#last = walked;
    return walked;
  }

  #lookInto(directory: WalkedEntry): "nothing there" | "entered" | "passed" {
    const { path, entry } = directory;
    const { page, counters } = entry.store;
    if (this.#choose(directory) === "pass") {
      this.#index += counters?.entries ?? 0;
      return "passed";
    }
    if (page === undefined) return "nothing there";
    this.#open.push({ directory, prefix: concatBytes(path, slash), entries: new DirectoryReader(this.#objects, mustHex(page)) });
    return "entered";
  }
}

/** `last` is the last item that stands at or below an entry, as far as that is known. */
function checkPath(walked: WalkedEntry, last: number, objects: ObjectReader): void {
  const { pathDepth, pathBytes, items } = objects.limits;
  if (walked.names.length > pathDepth || walked.path.length > pathBytes || last >= items) {
    throw new PtarError(
      "PTAR_LIMIT_EXCEEDED",
      `tree: item ${walked.index} has a path of ${walked.names.length} names and ${walked.path.length} bytes, and entries up to ${last}`,
    );
  }
}
