// What an earlier snapshot of the same source has, and that did not change since. spec/06-snapshot.md#unchanged
import type { Snapshot } from "../format/generated/types.js";
import type { EventRun, Recognize, Source } from "../tree/source.js";
import type { WrittenTree } from "../tree/tree-writer.js";
import { type Earlier, EarlierTree } from "./earlier-tree.js";

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
