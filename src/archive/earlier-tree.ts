// An earlier tree beside a source: which of its entries are as they were. spec/06-snapshot.md#unchanged
import { mustHex } from "../bytes/hex.js";
import { contentErrors } from "../format/entry.js";
import type { Content, Entry, Item, Snapshot } from "../format/generated/types.js";
import { storedItemEnd } from "../format/page.js";
import { EntryMatcher } from "../format/stored-entry.js";
import { isLater } from "../tree/counters.js";
import { type DecodedEntry, EarlierDirectory, type EarlierEntry, type EarlierOptions, type MatchedEntry } from "../tree/earlier-directory.js";
import { inlineRows } from "../tree/list-writer.js";
import type { EventRun, Glance, SourceEvent, SourceItem } from "../tree/source.js";
import type { WrittenTree } from "../tree/tree-writer.js";
import { captureItem } from "./captured.js";
import { type Capturing, isSame, knownOf } from "./earlier-facts.js";
import { passedEvents } from "./passed-events.js";
import { PassedOver } from "./passed-over.js";

/** The snapshot that a source is compared with. */
export interface Earlier extends Pick<EarlierOptions, "objects" | "holds">, Capturing {
  readonly snapshot: Snapshot;
  /** Its topmost page, undefined when it has no entries. */
  readonly root: Uint8Array | undefined;
  /**
   * Set when whoever signs now signed the earlier snapshot as well: then its item root, how its pages are cut and its links are taken over unseen when nothing
   * at all changed, since to sign them again says nothing that is not signed already. All else is compared, or counted anew.
   */
  readonly vouched?: Pick<Content, "links"> | undefined;
}

type Entering = Extract<SourceEvent, { readonly kind: "enter" }>;
type Anything = Extract<SourceEvent, { readonly kind: "entry" }>;
type Named = Entering | Anything;

/** An earlier tree, walked together with a source: both are in the order of names. */
export class EarlierTree {
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
    const began = BigInt(Date.parse(snapshot.times.started)) * 1_000_000n;
    this.#began = String(began);
    const { objects, holds } = earlier;
    const matcher = sharesEntries(snapshot, captured) ? EntryMatcher.of(captured.classes) : undefined;
    this.#options = { objects, holds, matcher };
    this.#passed = new PassedOver(this.#root(), { began, isOlder: (item) => this.#isOlder(item), directory: (page) => this.#directory(page) });
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

/** Whether entries of a snapshot may stand in one that captures `now`. Names of owners are kept in a database that no ctime tells of. */
function sharesEntries({ captured }: Snapshot, now: Snapshot["captured"]): boolean {
  const same = captured.profile === now.profile && captured.classes.join() === now.classes.join();
  return same && !now.classes.includes("owner-names");
}
