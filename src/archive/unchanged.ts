// What an earlier snapshot of the same source has, and that did not change since. spec/06-snapshot.md#unchanged
import { canonicalText, type JsonValue } from "../bytes/canonical-json.js";
import { mustHex } from "../bytes/hex.js";
import type { ListedHash } from "../crypto/crypto.js";
import { contentErrors } from "../format/entry.js";
import type { CaptureClass, Content, Entry, Item, Snapshot, Store } from "../format/generated/types.js";
import { storedItemEnd } from "../format/page.js";
import { EntryMatcher } from "../format/stored-entry.js";
import { isLater } from "../tree/counters.js";
import { type DecodedEntry, EarlierDirectory, type EarlierEntry, type EarlierOptions, type MatchedEntry } from "../tree/earlier-directory.js";
import { inlineRows } from "../tree/list-writer.js";
import type { EventRun, Glance, KnownContent, Recognize, Source, SourceEvent, SourceItem } from "../tree/source.js";
import type { WrittenTree } from "../tree/tree-writer.js";
import { captureItem } from "./captured.js";
import { passedEvents } from "./passed-events.js";
import { PassedOver } from "./passed-over.js";

/** The snapshot that a source is compared with. */
export interface Earlier extends Pick<EarlierOptions, "objects" | "holds"> {
  readonly snapshot: Snapshot;
  /** Its topmost page, undefined when it has no entries. */
  readonly root: Uint8Array | undefined;
  /** What is captured now. */
  readonly captured: Snapshot["captured"];
  /** Digests that every file has to have. */
  readonly alsoHash: readonly ListedHash[];
  /**
   * Set when whoever signs now signed the earlier snapshot as well: then its item root, how its pages are cut and its links are taken over unseen when nothing
   * at all changed, since to sign them again says nothing that is not signed already. All else is compared, or counted anew.
   */
  readonly vouched?: Pick<Content, "links"> | undefined;
}

/** A source compared with an earlier snapshot. */
export interface Since {
  /** A walk over it, with what did not change as known, or the same; what {@link Since.whole} tells of is not reported. */
  readonly walk: AsyncIterable<EventRun>;
  /** After the walk: the earlier tree when nothing in it changed, undefined when it was reported. */
  readonly whole: () => WrittenTree | undefined;
}

/** How a source is walked. */
export interface SinceOptions {
  /** Told how many entries are as they were while none is reported. */
  readonly onPassed?: ((entries: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Entering = Extract<SourceEvent, { readonly kind: "enter" }>;
type Anything = Extract<SourceEvent, { readonly kind: "entry" }>;
type Named = Entering | Anything;

/** What reading tells, and other programs: it changes only together with what listing tells. */
const foundOut: Readonly<Partial<Record<keyof Item, CaptureClass>>> = { sha256: "content", digests: "digests", xattrs: "xattrs", holes: "holes" };
/** These say something about this run, or something that this version does not know. */
const neverSame = ["errors", "unstable", "attributes", "ext"] as const;

/**
 * Compares `source` with an earlier snapshot. A file is unchanged when size, mtime, ctime and inode are
 * those of the earlier snapshot, and nothing about it is newer than the beginning of that snapshot. An entry is the same when everything that
 * listing tells of it is, its ctime among that: whoever changes a right, an owner or an extended attribute moves it.
 * @throws what walking and reading pages throws
 */
export function since(earlier: Earlier, source: Source, options: SinceOptions = {}): Since {
  const tree = new EarlierTree(earlier);
  return { walk: walkSince(tree, source, options), whole: () => tree.whole() };
}

async function* walkSince(tree: EarlierTree, source: Source, { onPassed, signal }: SinceOptions): AsyncGenerator<EventRun> {
  let wasAsked = false;
  const recognize: Recognize = Object.assign(
    (events: EventRun) => {
      wasAsked = true;
      return tree.recognize(events);
    },
    { glance: tree.glance },
  );
  let passed: "passing" | "reported" = "passing";
  for await (const events of source.walk(signal, recognize)) {
    const run = wasAsked ? events : await tree.recognize(events);
    if (passed === "passing" && run.some(({ kind }) => kind !== "excluded")) {
      passed = "reported";
      yield* tree.passedEvents();
    }
    if (passed === "passing") onPassed?.(tree.passedEntries);
    yield run;
  }
  if (passed === "passing" && tree.whole() === undefined) yield* tree.passedEvents();
}

/** Whether a snapshot tells enough about its files. */
export function tellsChanges({ captured: { classes } }: Snapshot): boolean {
  return (["mtime", "ctime", "inode"] as const).every((name) => classes.includes(name));
}

/** Whether entries of a snapshot may stand in one that captures `now`. Names of owners are kept in a database that no ctime tells of. */
function sharesEntries({ captured }: Snapshot, now: Snapshot["captured"]): boolean {
  const same = captured.profile === now.profile && captured.classes.join() === now.classes.join();
  return same && !now.classes.includes("owner-names");
}

/** An earlier tree, walked together with a source: both are in the order of names. */
class EarlierTree {
  readonly #earlier: Earlier;
  /** Its matcher is absent when no entry can be the same. */
  readonly #options: EarlierOptions;
  /** Nanoseconds; what changed later may have changed again while it was read. */
  readonly #began: string;
  /** What none of its events is made of yet. */
  readonly #passed: PassedOver;
  /** Directories that are open, undefined where the earlier tree has none: once something is not as it was. */
  #open: (EarlierDirectory | undefined)[] | undefined;

  constructor(earlier: Earlier) {
    const { snapshot, captured } = earlier;
    this.#earlier = earlier;
    this.#began = String(BigInt(Date.parse(snapshot.times.started)) * 1_000_000n);
    const { objects, holds } = earlier;
    const matcher = sharesEntries(snapshot, captured) ? EntryMatcher.of(captured.classes) : undefined;
    this.#options = { objects, holds, matcher };
    this.#passed = new PassedOver(this.#root(), { isOlder: (item) => this.#isOlder(item), directory: (page) => this.#directory(page) });
  }

  /** Absent where nothing can be passed over. */
  get glance(): Glance | undefined {
    const { vouched, alsoHash } = this.#earlier;
    return vouched === undefined || this.#options.matcher === undefined || alsoHash.length > 0 ? undefined : this.#passed;
  }

  get passedEntries(): number {
    return this.#passed.entries;
  }

  /** The events that were passed over. */
  passedEvents(): AsyncIterable<EventRun> {
    const { events: count, groups } = this.#passed;
    const directory = (page: Uint8Array) => this.#directory(page);
    return passedEvents(this.#root(), { count, groups, directory, knownOf: (entry) => knownOf(entry, this.#earlier.alsoHash) });
  }

  /** What was written for the earlier snapshot, when all of it was passed over. */
  whole(): WrittenTree | undefined {
    const { vouched, root, snapshot } = this.#earlier;
    const counters = vouched === undefined ? undefined : this.#passed.whole();
    if (vouched === undefined || counters?.entries !== snapshot.items.count || this.#passed.links !== (vouched.links?.count ?? 0)) return undefined;
    const { count: itemCount, root: itemRoot } = snapshot.items;
    return { root, counters, itemCount, itemRoot: itemRoot === null ? undefined : mustHex(itemRoot), links: vouched.links };
  }

  async recognize(events: EventRun): Promise<EventRun> {
    const run: SourceEvent[] = [];
    for (const event of events) {
      const taken = this.#take(event);
      // a promise for each file costs as much as looking at it
      run.push(taken instanceof Promise ? await taken : taken);
    }
    return run;
  }

  #take(event: SourceEvent): SourceEvent | Promise<SourceEvent> {
    if (event.kind === "excluded") return event;
    this.#open ??= [...this.#passed.end()];
    if (event.kind === "leave") {
      this.#open.pop();
      return event;
    }
    const found = this.#open.at(-1)?.find(event);
    return found instanceof Promise ? found.then((later) => this.#taken(event, later)) : this.#taken(event, found);
  }

  #taken(event: Named, found: EarlierEntry | undefined): Named {
    if (event.kind === "enter") this.#open?.push(this.#below(found));
    if (found === undefined) return event;
    return found.kind === "matched" ? this.#matched(event, found) : this.#decoded(event, found);
  }

  #below(found: EarlierEntry | undefined): EarlierDirectory | undefined {
    const page = found?.kind === "decoded" ? found.entry.store.page : found?.page;
    return page === undefined ? undefined : this.#directory(typeof page === "string" ? mustHex(page) : page);
  }

  #root(): EarlierDirectory | undefined {
    const { root } = this.#earlier;
    return root && this.#directory(root);
  }

  #directory(page: Uint8Array): EarlierDirectory {
    return new EarlierDirectory(page, this.#options);
  }

  #matched(event: Named, { stored, isHeld }: MatchedEntry): Named {
    if (!isHeld || !this.#isOlder(event.item)) return event;
    const { name, item } = event;
    return event.kind === "enter" ? { kind: "enter", name, item, same: stored } : { kind: "entry", name, item, same: stored };
  }

  #decoded(event: Named, { entry, bytes }: DecodedEntry): Named {
    const { captured, alsoHash } = this.#earlier;
    if (event.kind === "entry" && event.item.type === "file" && !(this.#isUnchanged(event.item, entry) && this.#holds(entry))) return event;
    const known = event.kind === "entry" && event.item.type === "file" ? { known: knownOf(entry, alsoHash) } : {};
    const { matcher } = this.#options;
    if (matcher === undefined || !this.#isOlder(event.item) || !isSame(captureItem(event.item, captured), entry.item, this.#earlier))
      return { ...event, ...known };
    if (entry.item.xattrs !== undefined) matcher.expectXattrs(entry.item.xattrs);
    return { ...event, ...known, same: { bytes, itemEnd: storedItemEnd(bytes, entry.store) } };
  }

  #isUnchanged(now: SourceItem, { item }: Entry): boolean {
    const { type, size, mtime, ctime, inode, sha256, unstable, digests = {} } = item;
    if (type !== "file" || typeof sha256 !== "string" || unstable !== undefined || contentErrors(item).length > 0) return false;
    if (typeof inode !== "string" || !this.#isOlder(item)) return false;
    if (now.size !== size || now.mtime !== mtime || now.ctime !== ctime || now.inode !== inode) return false;
    return this.#earlier.alsoHash.every((name) => digests[name] !== undefined);
  }

  /** Whether nothing has changed since the earlier snapshot began. */
  #isOlder({ mtime, ctime }: Pick<Item, "mtime" | "ctime">): boolean {
    return typeof ctime === "string" && typeof mtime === "string" && isLater(this.#began, ctime) && isLater(this.#began, mtime);
  }

  #holds({ item, store }: Entry): boolean {
    const { holds } = this.#earlier;
    const rows = inlineRows(item, store);
    return rows === undefined ? holds("list", mustHex(store.list as string)) : rows.every(({ id }) => holds("chunk", mustHex(id)));
  }
}

/** Whether `then` says what `now` says, and beside it only what listing does not tell. */
function isSame(now: Item, then: Item, { captured: { classes }, alsoHash }: Earlier): boolean {
  if (neverSame.some((member) => now[member] !== undefined || then[member] !== undefined)) return false;
  if (then.type === "file" && Object.keys(then.digests ?? {}).join() !== [...alsoHash].sort().join()) return false;
  const members = new Set([...Object.keys(now), ...Object.keys(then)] as (keyof Item)[]);
  return [...members].every((member) => {
    const [seen, stored] = [now[member], then[member]];
    if (seen !== undefined) return stored !== undefined && canonicalText(seen as JsonValue) === canonicalText(stored as JsonValue);
    if (member === "name" || member === "nameRaw") return true;
    const found = foundOut[member];
    return stored === undefined || (found !== undefined && classes.includes(found));
  });
}

function knownOf({ item, store }: Entry, alsoHash: readonly ListedHash[]): KnownContent {
  const { size, sha256, digests } = item;
  const { chunks, list } = store;
  const kept: Store = { ...(chunks && { chunks }), ...(list !== undefined && { list }) };
  const wanted = alsoHash.length === 0 || digests === undefined ? {} : { digests: Object.fromEntries(alsoHash.map((name) => [name, digests[name]])) };
  return { item: { ...(size !== undefined && { size }), ...(sha256 !== undefined && { sha256 }), ...wanted }, store: kept };
}
