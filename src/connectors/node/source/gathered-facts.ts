// Adds what only other programs can tell to the events of a walk, many entries at once. spec/06-snapshot.md#captured
import { Breath } from "../../../tree/breath.js";
import type { EventRun, Glance, Recognize, SourceEvent, SourceItem } from "../../../tree/source.js";
import type { OpenItem } from "../file-facts.js";
import type { WalkStep } from "./files-walk.js";
import { readXattrs, type XattrFacts, type XattrPrograms } from "./getfattr.js";
import { type HeldDirectory, letGo, roomToHold } from "./held-directory.js";
import type { OwnerNames } from "./owner-names.js";
import type { SeenEntry } from "./seen-entry.js";
import { readHoles } from "./sparse-map.js";

/** Who is asked; members that are undefined are not. */
export interface Informants {
  readonly xattrs: XattrPrograms | undefined;
  /** Path of perl. */
  readonly holes: string | undefined;
  readonly owners: OwnerNames | undefined;
}

/** A walk, and the directories that it has left but still holds. */
export interface HeldWalk {
  steps: Generator<WalkStep | "crowded" | "unread">;
  readonly retired: HeldDirectory[];
}

/**
 * A batch ends at the first of these: entries bound its memory, directories its file descriptors, and time lets Ctrl-C in. To
 * start a program takes a large process as long as hundreds of entries, so batches are as large as memory allows.
 */
const batchEntries = 4096;
const batchDirectories = 512;
const batchMilliseconds = 100;
/** Entries that are recognized together: where all of them are, nobody is asked, and they are passed on at once. */
const runEntries = 1024;
/** A batch has at most so many of which most are recognized: few are asked about, so that a program is started for many more. */
const recognizedEntries = 2 * batchEntries;
/** Each may have 1,024 holes: those of more files are asked for apart. */
const sparseFiles = 128;

/** The events of a walk in their order, completed; at the end all that is held is let go. @throws PTAR_INTERRUPTED, and what recognizing throws */
export async function* gatherFacts(
  walk: HeldWalk,
  informants: Informants,
  { signal, recognize }: { readonly signal?: AbortSignal | undefined; readonly recognize?: Recognize | undefined },
): AsyncGenerator<EventRun> {
  const { steps, retired } = walk;
  try {
    if (recognize?.glance !== undefined) yield* passedOver(walk, recognize.glance);
    for (let isOver = false; !isOver; ) {
      const batch = recognize === undefined ? taken(walk, batchEntries) : await recognized(walk, recognize);
      isOver = batch.more === "over";
      for await (const { part, left } of completedParts(batch.steps, informants, signal)) {
        if (left === 0) letGo(retired);
        yield part.map(eventOf);
      }
      letGo(retired);
    }
  } finally {
    steps.return(undefined);
    letGo(retired);
  }
}

/** Nothing but what was left out, up to the first step that is no longer as it was; that comes next. */
async function* passedOver(walk: HeldWalk, glance: Glance): AsyncGenerator<EventRun> {
  const { steps } = walk;
  for (let until = performance.now() + batchMilliseconds; ; ) {
    const { value, done } = steps.next();
    if (done === true) return;
    if (value === "unread") await glance.read();
    else if (value !== "crowded" && value.event.kind === "excluded") yield [value.event];
    else {
      walk.steps = startingWith(value, steps);
      return;
    }
    if (performance.now() < until) continue;
    yield [];
    until = performance.now() + batchMilliseconds;
  }
}

function* startingWith<T>(first: T, others: Generator<T>): Generator<T> {
  yield first;
  yield* others;
}

/** Steps of a walk; `more` says whether others may join them before something is asked about them. */
interface Batch {
  readonly steps: readonly WalkStep[];
  readonly more: "more" | "full" | "over";
}

/** The next steps as they were listed, at most so many, and what time and open directories allow. */
function taken({ steps, retired }: HeldWalk, entries: number): Batch {
  const until = performance.now() + batchMilliseconds;
  const batch: WalkStep[] = [];
  const most = roomToHold(batchDirectories);
  while (batch.length < entries) {
    if (retired.length >= most) return { steps: batch, more: "full" };
    if (batch.length > 0 && performance.now() >= until) return { steps: batch, more: "more" };
    const step = steps.next();
    if (step.done === true) return { steps: batch, more: "over" };
    if (typeof step.value === "string") return { steps: batch, more: "full" };
    batch.push(step.value);
  }
  return { steps: batch, more: "more" };
}

/** The next steps, those that are the same as before without a way to ask about them. */
async function recognized(walk: HeldWalk, recognize: Recognize): Promise<Batch> {
  const batch: WalkStep[] = [];
  const breath = new Breath();
  for (let asked = 0; asked < batchEntries && batch.length < recognizedEntries; ) {
    const { steps, more } = taken(walk, runEntries);
    const events = await recognize(steps.map(({ event }) => event));
    for (const [i, event] of events.entries()) {
      const step = "same" in event ? { event } : { ...(steps[i] as WalkStep), event };
      if (step.item !== undefined) asked++;
      batch.push(step);
    }
    if (more !== "more" || asked === 0) return { steps: batch, more };
    await breath.take();
  }
  return { steps: batch, more: "full" };
}

/** A batch in as many parts as its facts need: most need one, but a few entries can fill the memory. */
async function* completedParts(
  batch: readonly WalkStep[],
  informants: Informants,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly part: readonly WalkStep[]; readonly left: number }> {
  let most = batch.length;
  for (let rest = batch; rest.length > 0; ) {
    const part = await completedPart(rest.slice(0, most), informants, signal);
    rest = rest.slice(part.length);
    // what was told in vain is told again: the next question is no longer than this answer
    most = part.length < most ? part.length : 2 * most;
    yield { part, left: rest.length };
  }
}

/** The first steps of a batch, whose items are complete now: one or more. */
async function completedPart(batch: readonly WalkStep[], informants: Informants, signal: AbortSignal | undefined): Promise<readonly WalkStep[]> {
  const { xattrs, holes, owners } = informants;
  let part = holes === undefined ? batch : before(batch, seenIn(batch).filter(mayHaveHoles)[sparseFiles]);
  const seen = xattrs === undefined ? [] : seenIn(part);
  if (xattrs !== undefined && seen.length > 0) {
    const answers = await readXattrs(seen, xattrs, signal);
    for (const [i, answer] of answers.entries()) addXattrs((seen[i] as SeenEntry).item, answer);
    part = before(part, seen[answers.length]);
  }
  const sparse = holes === undefined ? [] : seenIn(part).filter(mayHaveHoles);
  if (holes !== undefined && sparse.length > 0) {
    const answers = await readHoles(sparse, holes, { signal });
    for (const [i, answer] of answers.entries()) addHoles((sparse[i] as SeenEntry).item, answer);
  }
  if (owners !== undefined) {
    const items = part.flatMap(({ item }) => item ?? []);
    await owners.learn(items, signal);
    for (const item of items) Object.assign(item, owners.namesOf(item));
  }
  return part;
}

/** What the walk reports, with contents unless nobody will look at them. */
function eventOf({ event, content }: WalkStep): SourceEvent {
  return content === undefined || event.kind !== "entry" ? event : { ...event, content: content() };
}

function seenIn(steps: readonly WalkStep[]): readonly SeenEntry[] {
  const seen: SeenEntry[] = [];
  for (const step of steps) if (step.seen !== undefined) seen.push(step.seen);
  return seen;
}

function mayHaveHoles(entry: SeenEntry): boolean {
  return entry.mayHaveHoles;
}

/** The steps before the one at which `entry` was seen; all when there is none. */
function before(steps: readonly WalkStep[], entry: SeenEntry | undefined): readonly WalkStep[] {
  return entry === undefined
    ? steps
    : steps.slice(
        0,
        steps.findIndex(({ seen }) => seen === entry),
      );
}

// spec/05-page.md#errors
function addXattrs(item: OpenItem, { xattrs, errno }: XattrFacts): void {
  if (xattrs !== undefined) item.xattrs = xattrs;
  // it stands last
  if (errno !== undefined) item.errors = [...(item.errors ?? []), { code: errno, operation: "xattr" }];
}

/** No holes and holes that are not known are different facts. */
// spec/05-page.md#holes
function addHoles(item: OpenItem, holes: SourceItem["holes"]): void {
  if (holes === undefined) item.attributes = [{ name: "holes", value: "unknown" }];
  else if (holes.length > 0) item.holes = holes;
}
