// Adds what only other programs can tell to the events of a walk, many entries at once. spec/06-snapshot.md#captured
import type { SourceEvent, SourceItem } from "../../../tree/source.js";
import type { WalkStep } from "./files-walk.js";
import { readXattrs, type XattrFacts, type XattrPrograms } from "./getfattr.js";
import { type HeldDirectory, roomToHold } from "./held-directory.js";
import type { OwnerNames } from "./owner-names.js";
import type { SeenEntry } from "./seen-entry.js";
import { mayHaveHoles, readHoles } from "./sparse-map.js";

/** Who is asked; members that are undefined are not. */
export interface Informants {
  readonly xattrs: XattrPrograms | undefined;
  /** Path of perl. */
  readonly holes: string | undefined;
  readonly owners: OwnerNames | undefined;
}

/** A walk, and the directories that it has left but still holds. */
export interface HeldWalk {
  readonly steps: Generator<WalkStep | "crowded">;
  readonly retired: HeldDirectory[];
}

type Described = Extract<SourceEvent, { readonly item: SourceItem }>;

/** A batch ends at the first of these: entries bound its memory, directories its file descriptors, and time lets Ctrl-C in. */
const batchEntries = 1024;
const batchDirectories = 256;
const batchMilliseconds = 100;
/** Each may have 1,024 holes: those of more files are asked for apart. */
const sparseFiles = 128;

/** The events of a walk in their order, completed; at the end all that is held is let go. @throws PTAR_INTERRUPTED */
export async function* gatherFacts(walk: HeldWalk, informants: Informants, signal: AbortSignal | undefined): AsyncGenerator<SourceEvent> {
  const { steps, retired } = walk;
  try {
    for (let isOver = false; !isOver; ) {
      const batch = gathered(walk);
      isOver = batch.isOver;
      for await (const { events, left } of completedParts(batch.steps, informants, signal)) {
        if (left === 0) letGo(retired);
        yield* events;
      }
      letGo(retired);
    }
  } finally {
    steps.return(undefined);
    letGo(retired);
  }
}

function gathered({ steps, retired }: HeldWalk): { readonly steps: readonly WalkStep[]; readonly isOver: boolean } {
  const batch: WalkStep[] = [];
  const end = performance.now() + batchMilliseconds;
  const most = roomToHold(batchDirectories);
  while (batch.length < batchEntries && retired.length < most && (batch.length === 0 || performance.now() < end)) {
    const step = steps.next();
    if (step.done === true) return { steps: batch, isOver: true };
    if (step.value === "crowded") break;
    batch.push(step.value);
  }
  return { steps: batch, isOver: false };
}

/** A batch in as many parts as its facts need: most need one, but a few entries can fill the memory. */
async function* completedParts(
  batch: readonly WalkStep[],
  informants: Informants,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly events: readonly SourceEvent[]; readonly left: number }> {
  let most = batch.length;
  for (let rest = batch; rest.length > 0; ) {
    const events = await completedPart(rest.slice(0, most), informants, signal);
    rest = rest.slice(events.length);
    // what was told in vain is told again: the next question is no longer than this answer
    most = events.length < most ? events.length : 2 * most;
    yield { events, left: rest.length };
  }
}

/** The first steps of a batch, completed: one or more. */
async function completedPart(batch: readonly WalkStep[], informants: Informants, signal: AbortSignal | undefined): Promise<readonly SourceEvent[]> {
  const { xattrs, holes, owners } = informants;
  const facts = new Map<SeenEntry, Partial<SourceItem>>();
  const add = (seen: SeenEntry, more: Partial<SourceItem>) => facts.set(seen, { ...facts.get(seen), ...more });
  let part = holes === undefined ? batch : before(batch, seenIn(batch).filter(mayHaveHoles)[sparseFiles]);
  const seen = seenIn(part);
  if (xattrs !== undefined && seen.length > 0) {
    const answers = await readXattrs(seen, xattrs, signal);
    for (const [i, answer] of answers.entries()) add(seen[i] as SeenEntry, xattrMembers(answer));
    part = before(part, seen[answers.length]);
  }
  const sparse = holes === undefined ? [] : seenIn(part).filter(mayHaveHoles);
  if (holes !== undefined && sparse.length > 0) {
    const answers = await readHoles(sparse, holes, { signal });
    for (const [i, answer] of answers.entries()) add(sparse[i] as SeenEntry, holeMembers(answer));
  }
  await owners?.learn(
    part.flatMap(({ event }) => itemOf(event) ?? []),
    signal,
  );
  return part.map((step) => completed(step, step.seen && facts.get(step.seen), owners));
}

function seenIn(steps: readonly WalkStep[]): readonly SeenEntry[] {
  return steps.flatMap(({ seen }) => seen ?? []);
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
function xattrMembers({ xattrs, errno }: XattrFacts): Partial<SourceItem> {
  return { ...(xattrs === undefined ? {} : { xattrs }), ...(errno === undefined ? {} : { errors: [{ code: errno, operation: "xattr" }] }) };
}

/** No holes and holes that are not known are different facts. */
// spec/05-page.md#holes
function holeMembers(holes: SourceItem["holes"]): Partial<SourceItem> {
  if (holes === undefined) return { attributes: [{ name: "holes", value: "unknown" }] };
  return holes.length === 0 ? {} : { holes };
}

function completed({ event }: WalkStep, facts: Partial<SourceItem> | undefined, owners: OwnerNames | undefined): SourceEvent {
  const item = itemOf(event);
  if (item === undefined) return event;
  // an error of operation xattr stands last
  const errors = [...(item.errors ?? []), ...(facts?.errors ?? [])];
  const names = owners?.namesOf(item);
  return { ...(event as Described), item: { ...item, ...facts, ...names, ...(errors.length === 0 ? {} : { errors }) } };
}

function itemOf(event: SourceEvent): SourceItem | undefined {
  return "item" in event ? event.item : undefined;
}

function letGo(retired: HeldDirectory[]): void {
  for (const held of retired.splice(0)) held.close();
}
