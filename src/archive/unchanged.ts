// What an earlier snapshot of the same source has, and that did not change since. spec/06-snapshot.md#unchanged
import { canonicalText, type JsonValue } from "../bytes/canonical-json.js";
import { mustHex } from "../bytes/hex.js";
import type { ListedHash } from "../crypto/crypto.js";
import { contentErrors } from "../format/entry.js";
import type { CaptureClass, Entry, Item, Snapshot, Store } from "../format/generated/types.js";
import { storedItemEnd } from "../format/page.js";
import { EntryMatcher } from "../format/stored-entry.js";
import { isLater } from "../tree/counters.js";
import { type DecodedEntry, EarlierDirectory, type EarlierEntry, type EarlierOptions, type MatchedEntry } from "../tree/earlier-directory.js";
import { inlineRows } from "../tree/list-writer.js";
import type { EventRun, KnownContent, Recognize, Source, SourceEvent, SourceItem } from "../tree/source.js";
import { captureItem } from "./captured.js";

/** The snapshot that a source is compared with. */
export interface Earlier extends Pick<EarlierOptions, "objects" | "holds"> {
  readonly snapshot: Snapshot;
  /** Its topmost page, undefined when it has no entries. */
  readonly root: Uint8Array | undefined;
  /** What is captured now. */
  readonly captured: Snapshot["captured"];
  /** Digests that every file has to have. */
  readonly alsoHash: readonly ListedHash[];
}

type Entering = Extract<SourceEvent, { readonly kind: "enter" }>;
type Anything = Extract<SourceEvent, { readonly kind: "entry" }>;
type Named = Entering | Anything;

/** What reading tells, and other programs: it changes only together with what listing tells. */
const foundOut: Readonly<Partial<Record<keyof Item, CaptureClass>>> = { sha256: "content", digests: "digests", xattrs: "xattrs", holes: "holes" };
/** These say something about this run, or something that this version does not know. */
const neverSame = ["errors", "unstable", "attributes", "ext"] as const;

/**
 * A walk over `source`, with what did not change since `earlier` as known, or the same. A file is unchanged when size, mtime, ctime and inode are
 * those of the earlier snapshot, and nothing about it is newer than the beginning of that snapshot. An entry is the same when everything that
 * listing tells of it is, its ctime among that: whoever changes a right, an owner or an extended attribute moves it.
 * @throws what walking and reading pages throws
 */
export async function* walkSince(earlier: Earlier, source: Source, signal?: AbortSignal): AsyncGenerator<EventRun> {
  const tree = new EarlierTree(earlier);
  let wasAsked = false;
  const recognize: Recognize = (events) => {
    wasAsked = true;
    return tree.recognize(events);
  };
  for await (const events of source.walk(signal, recognize)) yield wasAsked ? events : await tree.recognize(events);
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
  /** Directories that are open; undefined where the earlier tree has none. */
  readonly #open: (EarlierDirectory | undefined)[] = [];

  constructor(earlier: Earlier) {
    const { snapshot, captured, root } = earlier;
    this.#earlier = earlier;
    this.#began = String(BigInt(Date.parse(snapshot.times.started)) * 1_000_000n);
    const { objects, holds } = earlier;
    const matcher = sharesEntries(snapshot, captured) ? EntryMatcher.of(captured.classes) : undefined;
    this.#options = { objects, holds, matcher };
    this.#open.push(root && this.#directory(root));
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
    if (event.kind === "leave") this.#open.pop();
    if (event.kind === "leave" || event.kind === "excluded") return event;
    const found = this.#open.at(-1)?.find(event);
    return found instanceof Promise ? found.then((later) => this.#taken(event, later)) : this.#taken(event, found);
  }

  #taken(event: Named, found: EarlierEntry | undefined): Named {
    if (event.kind === "enter") this.#open.push(this.#below(found));
    if (found === undefined) return event;
    return found.kind === "matched" ? this.#matched(event, found) : this.#decoded(event, found);
  }

  #below(found: EarlierEntry | undefined): EarlierDirectory | undefined {
    const page = found?.kind === "decoded" ? found.entry.store.page : found?.page;
    return page === undefined ? undefined : this.#directory(typeof page === "string" ? mustHex(page) : page);
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
