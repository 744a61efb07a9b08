// Files that an earlier snapshot of the same source has, and that did not change since. spec/06-snapshot.md#unchanged
import { compareBytes } from "../bytes/compare.js";
import { mustHex } from "../bytes/hex.js";
import type { ListedHash } from "../crypto/crypto.js";
import { contentErrors } from "../format/entry.js";
import type { Entry, Snapshot, Store } from "../format/generated/types.js";
import { DirectoryReader, type FoundEntry } from "../tree/directory-reader.js";
import type { ObjectReader } from "../tree/object-io.js";
import type { EventRun, KnownContent, SourceEvent, SourceItem } from "../tree/source.js";

/** The snapshot that a source is compared with. */
export interface Earlier {
  readonly objects: ObjectReader;
  readonly snapshot: Snapshot;
  /** Its topmost page, undefined when it has no entries. */
  readonly root: Uint8Array | undefined;
  /** Digests that every file has to have. */
  readonly alsoHash: readonly ListedHash[];
  /** Whether the contents are still where they will stay. */
  readonly holds: (entry: Entry) => boolean;
}

type Entering = Extract<SourceEvent, { readonly kind: "enter" }>;
type Anything = Extract<SourceEvent, { readonly kind: "entry" }>;

/**
 * The events of a walk, with contents that did not change since `earlier` as known. A file is unchanged when size, mtime, ctime and inode are
 * those of the earlier snapshot, and nothing about it is newer than the beginning of that snapshot.
 * @throws what reading pages throws
 */
export async function* withKnown(walk: AsyncIterable<EventRun> | Iterable<EventRun>, earlier: Earlier): AsyncGenerator<EventRun> {
  const tree = new EarlierTree(earlier);
  for await (const events of walk) {
    const run: SourceEvent[] = [];
    for (const event of events) {
      const taken = tree.take(event);
      run.push(taken instanceof Promise ? await taken : taken);
    }
    yield run;
  }
}

/** Whether a snapshot tells enough about its files. */
export function tellsChanges({ captured: { classes } }: Snapshot): boolean {
  return (["mtime", "ctime", "inode"] as const).every((name) => classes.includes(name));
}

/** An earlier tree, walked together with a source: both are in the order of names. */
class EarlierTree {
  readonly #earlier: Earlier;
  /** Nanoseconds; what changed later may have changed again while it was read. */
  readonly #began: bigint;
  /** Directories that are open; undefined where the earlier tree has none. */
  readonly #open: (Directory | undefined)[] = [];

  constructor(earlier: Earlier) {
    this.#earlier = earlier;
    this.#began = BigInt(Date.parse(earlier.snapshot.times.started)) * 1_000_000n;
    this.#open.push(earlier.root && new Directory(earlier.objects, earlier.root));
  }

  /** A promise only where a page has to be read: a promise for each file costs as much as looking at it. */
  take(event: SourceEvent): SourceEvent | Promise<SourceEvent> {
    if (event.kind === "leave") this.#open.pop();
    if (event.kind === "enter") return this.#found(event, (found) => this.#enter(event, found));
    if (event.kind === "entry" && event.content !== undefined) return this.#found(event, (found) => this.#entry(event, found));
    return event;
  }

  #found(event: Entering | Anything, use: (found: Entry | undefined) => SourceEvent): SourceEvent | Promise<SourceEvent> {
    const found = this.#open.at(-1)?.find(event.name);
    return found instanceof Promise ? found.then(use) : use(found);
  }

  #enter(event: Entering, found: Entry | undefined): SourceEvent {
    const page = found?.item.type === "directory" ? found.store.page : undefined;
    this.#open.push(page === undefined ? undefined : new Directory(this.#earlier.objects, mustHex(page)));
    return event;
  }

  #entry(event: Anything, found: Entry | undefined): SourceEvent {
    if (found === undefined || !this.#isUnchanged(event.item, found) || !this.#earlier.holds(found)) return event;
    return { ...event, known: knownOf(found, this.#earlier.alsoHash) };
  }

  #isUnchanged(now: SourceItem, { item }: Entry): boolean {
    const { type, size, mtime, ctime, inode, sha256, unstable, digests = {} } = item;
    if (type !== "file" || typeof sha256 !== "string" || unstable !== undefined || contentErrors(item).length > 0) return false;
    if (typeof ctime !== "string" || typeof mtime !== "string" || typeof inode !== "string") return false;
    if (now.size !== size || now.mtime !== mtime || now.ctime !== ctime || now.inode !== inode) return false;
    if (BigInt(ctime) >= this.#began || BigInt(mtime) >= this.#began) return false;
    return this.#earlier.alsoHash.every((name) => digests[name] !== undefined);
  }
}

/** One directory of the earlier tree. */
class Directory {
  readonly #entries: DirectoryReader;
  #next: FoundEntry | undefined;

  constructor(objects: ObjectReader, page: Uint8Array) {
    this.#entries = new DirectoryReader(objects, page);
  }

  /** The entry of this name; names are asked for in increasing order. A promise where a page has to be read. */
  find(name: Uint8Array): Entry | undefined | Promise<Entry | undefined> {
    for (;;) {
      this.#next ??= this.#entries.next();
      if (this.#next === undefined) return this.#entries.ended ? undefined : this.#entries.read().then(() => this.find(name));
      const order = compareBytes(this.#next.name, name);
      if (order > 0) return undefined;
      const { entry } = this.#next;
      this.#next = undefined;
      if (order === 0) return entry;
    }
  }
}

function knownOf({ item, store }: Entry, alsoHash: readonly ListedHash[]): KnownContent {
  const { size, sha256, digests } = item;
  const { chunks, list } = store;
  const kept: Store = { ...(chunks && { chunks }), ...(list !== undefined && { list }) };
  const wanted = alsoHash.length === 0 || digests === undefined ? {} : { digests: Object.fromEntries(alsoHash.map((name) => [name, digests[name]])) };
  return { item: { ...(size !== undefined && { size }), ...(sha256 !== undefined && { sha256 }), ...wanted }, store: kept };
}
