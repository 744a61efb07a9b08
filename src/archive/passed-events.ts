// The events that were passed over of an earlier tree, after all. spec/06-snapshot.md#unchanged
import { mustHex } from "../bytes/hex.js";
import { fromUtf8 } from "../bytes/utf8.js";
import type { Entry } from "../format/generated/types.js";
import { limits } from "../format/limits.js";
import { nameBytes } from "../format/name.js";
import { storedItemEnd } from "../format/page.js";
import type { EarlierDirectory } from "../tree/earlier-directory.js";
import type { EventRun, KnownContent, SourceEvent } from "../tree/source.js";

/** Which events, and what they are made of. */
export interface PassedEventsOptions {
  /** How many, from the first on. */
  readonly count: number;
  /** Groups by the numbers of events. */
  readonly groups: ReadonlyMap<number, string>;
  readonly directory: (page: Uint8Array) => EarlierDirectory;
  readonly knownOf: (entry: Entry) => KnownContent;
}

const runEvents = 1024;

/**
 * The first events of a walk over an earlier tree, of which everything is as it was. Its entries are those that were compared: pages are found by what they
 * hold, so they need no other look. @throws what reading pages throws
 */
export async function* passedEvents(root: EarlierDirectory | undefined, options: PassedEventsOptions): AsyncGenerator<EventRun> {
  const open = [root];
  let run: SourceEvent[] = [];
  for (let number = 0; number < options.count; number++) {
    const top = open.at(-1);
    if (top?.isUnread === true) await top.read();
    const bytes = top?.next();
    if (bytes === undefined) {
      open.pop();
      run.push({ kind: "leave" });
    } else {
      const entry = JSON.parse(fromUtf8(bytes) as string) as Entry;
      const { page } = entry.store;
      if (entry.item.type === "directory") open.push(page === undefined ? undefined : options.directory(mustHex(page)));
      run.push(eventOf(entry, bytes, { group: options.groups.get(number), knownOf: options.knownOf }));
    }
    if (run.length < runEvents) continue;
    yield run;
    run = [];
  }
  yield run;
}

function eventOf(
  entry: Entry,
  bytes: Uint8Array,
  { group, knownOf }: Pick<PassedEventsOptions, "knownOf"> & { readonly group: string | undefined },
): SourceEvent {
  const { item, store } = entry;
  const named = { name: nameBytes(item, limits), item, same: { bytes, itemEnd: storedItemEnd(bytes, store) } };
  if (item.type === "directory") return { kind: "enter", ...named };
  return { kind: "entry", ...named, ...(group !== undefined && { group, known: knownOf(entry) }) };
}
