// Entries of an earlier tree that are as they were, from the first on: nothing is written of them until one is not. spec/06-snapshot.md#unchanged
import type { Counters } from "../format/generated/types.js";
import { hasCounters, type SeenFacts } from "../format/stored-entry.js";
import { Tally } from "../tree/counters.js";
import type { EarlierDirectory } from "../tree/earlier-directory.js";
import type { FileNumbers, Glance, SourceEvent, SourceItem, StoredEntry } from "../tree/source.js";

/** How the earlier tree is looked at. */
export interface PassedOverOptions {
  /** Whether nothing has changed since the earlier snapshot began. */
  readonly isOlder: (item: SourceItem) => boolean;
  /** When that began, nanoseconds. */
  readonly began: bigint;
  readonly directory: (page: Uint8Array) => EarlierDirectory;
}

interface OpenDirectory {
  /** Absent where it has no entries. */
  readonly earlier: EarlierDirectory | undefined;
  /** Its own entry; absent at the root. */
  readonly entry: StoredEntry | undefined;
  readonly tally: Tally;
}

/** What was passed over of an earlier tree. */
export class PassedOver implements Glance {
  events = 0;
  entries = 0;
  /** Entries that are hard links of one before them. */
  links = 0;
  /** The groups of those that have one, by the number of the event. */
  readonly groups = new Map<number, string>();
  /** One for all. */
  readonly #seen: { name: string; item: SeenFacts } = { name: "", item: { type: "file" } };
  readonly #known = new Set<string>();
  readonly #options: PassedOverOptions;
  readonly #open: OpenDirectory[];
  #isOver = false;

  constructor(root: EarlierDirectory | undefined, options: PassedOverOptions) {
    this.#options = options;
    this.#open = [{ earlier: root, entry: undefined, tally: new Tally() }];
  }

  get state(): Glance["state"] {
    if (this.#isOver) return "over";
    return this.#top.earlier?.isUnread === true ? "unread" : "open";
  }

  async read(): Promise<void> {
    await this.#top.earlier?.read();
  }

  takesFile(name: string, facts: FileNumbers): boolean {
    const { earlier, tally } = this.#top;
    this.#seen.name = name;
    this.#seen.item = facts;
    const { began } = this.#options;
    if (earlier === undefined || facts.ctime >= began || facts.mtime >= began || !earlier.passes(this.#seen)) return false;
    tally.addFile(facts);
    this.events++;
    this.entries++;
    return true;
  }

  takes(event: Extract<SourceEvent, { readonly kind: "enter" | "entry" }>): boolean {
    const { earlier, tally } = this.#top;
    const found = this.#options.isOlder(event.item) ? earlier?.take(event) : undefined;
    if (found?.isHeld !== true) return this.#ends();
    tally.add(event.item);
    if (event.kind === "entry" && event.group !== undefined) this.#group(event.group);
    if (event.kind === "enter") {
      const below = found.page && this.#options.directory(found.page);
      this.#open.push({ earlier: below, entry: found.stored, tally: new Tally() });
    }
    this.events++;
    this.entries++;
    return true;
  }

  leaves(): boolean {
    const { earlier, entry, tally } = this.#top;
    const { counters } = tally;
    if (entry === undefined || earlier?.isAtEnd === false) return this.#ends();
    // nobody is believed to have counted: a snapshot that says something else is written anew
    if (earlier !== undefined && !hasCounters(entry.bytes, entry.itemEnd, counters)) return this.#ends();
    this.#open.pop();
    this.#top.tally.addAll(counters);
    this.events++;
    return true;
  }

  /** Nothing is passed over from now on; the directories that are open, undefined where the earlier tree has none. */
  end(): readonly (EarlierDirectory | undefined)[] {
    this.#isOver = true;
    return this.#open.map(({ earlier }) => earlier);
  }

  /** Counters of the whole tree when nothing in it is otherwise, and nothing is gone. */
  whole(): Counters | undefined {
    const { earlier, tally } = this.#top;
    if (this.#isOver || this.#open.length > 1) return undefined;
    return earlier === undefined || earlier.isAtEnd ? tally.counters : undefined;
  }

  get #top(): OpenDirectory {
    return this.#open.at(-1) as OpenDirectory;
  }

  #group(group: string): void {
    this.groups.set(this.events, group);
    if (this.#known.has(group)) this.links++;
    this.#known.add(group);
  }

  #ends(): false {
    this.#isOver = true;
    return false;
  }
}
