// Adds what only other programs can tell to the events of a walk, many entries at once. spec/06-snapshot.md#captured
import type { SourceEvent, SourceItem } from "../../tree/source.js";
import type { WalkStep } from "./files-walk.js";
import { readXattrs, type XattrFacts, type XattrPrograms } from "./getfattr.js";
import type { HeldDirectory } from "./held-directory.js";
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
  readonly steps: Generator<WalkStep>;
  readonly retired: HeldDirectory[];
}

type Described = Extract<SourceEvent, { readonly item: SourceItem }>;

/** A batch ends at the first of these: entries bound its memory, directories its file descriptors, and time lets Ctrl-C in. */
const batchEntries = 1024;
const batchDirectories = 256;
const batchMilliseconds = 100;

/** The events of a walk in their order, completed; at the end all that is held is let go. @throws PTAR_INTERRUPTED */
export async function* gatherFacts(
  { steps, retired }: HeldWalk,
  informants: Informants,
  signal: AbortSignal | undefined,
): AsyncGenerator<SourceEvent> {
  try {
    for (let batch = gathered(steps, retired); batch.length > 0; batch = gathered(steps, retired)) {
      const completed = await completedBatch(batch, informants, signal);
      letGo(retired);
      yield* completed;
    }
  } finally {
    steps.return(undefined);
    letGo(retired);
  }
}

function gathered(steps: Generator<WalkStep>, retired: readonly HeldDirectory[]): readonly WalkStep[] {
  const batch: WalkStep[] = [];
  const end = performance.now() + batchMilliseconds;
  while (batch.length < batchEntries && retired.length < batchDirectories && (batch.length === 0 || performance.now() < end)) {
    const step = steps.next();
    if (step.done === true) break;
    batch.push(step.value);
  }
  return batch;
}

async function completedBatch(batch: readonly WalkStep[], informants: Informants, signal: AbortSignal | undefined): Promise<readonly SourceEvent[]> {
  const { xattrs, holes, owners } = informants;
  const facts = new Map<SeenEntry, Partial<SourceItem>>();
  const add = (seen: SeenEntry, more: Partial<SourceItem>) => facts.set(seen, { ...facts.get(seen), ...more });
  const seen = batch.flatMap((step) => step.seen ?? []);
  if (xattrs !== undefined && seen.length > 0) {
    const answers = await readXattrs(seen, xattrs, signal);
    for (const [i, answer] of answers.entries()) add(seen[i] as SeenEntry, xattrMembers(answer));
  }
  const sparse = holes === undefined ? [] : seen.filter(mayHaveHoles);
  if (holes !== undefined && sparse.length > 0) {
    const answers = await readHoles(sparse, holes, { signal });
    for (const [i, answer] of answers.entries()) add(sparse[i] as SeenEntry, holeMembers(answer));
  }
  await owners?.learn(
    batch.flatMap(({ event }) => itemOf(event) ?? []),
    signal,
  );
  return batch.map((step) => completed(step, step.seen && facts.get(step.seen), owners));
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
