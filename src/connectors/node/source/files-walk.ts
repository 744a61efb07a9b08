// The walk over files and directories of a disk, one look at each. spec/06-snapshot.md#names
import { type BigIntStats, lstatSync, statSync } from "node:fs";
import { PtarError } from "../../../errors/ptar-error.js";
import type { Glance, PathContent, SourceEvent } from "../../../tree/source.js";
import { factsOf, fileKey, fileNumbers, itemKey, type OpenItem, type PathFacts } from "../file-facts.js";
import { errnoOf, ioError } from "../io-error.js";
import { pathBytes } from "../path-text.js";
import { type HeldDirectory, holdDirectory, letGo } from "./held-directory.js";
import { destination, type Listing, listed, statsOf } from "./listing.js";
import { asBuffer, withinReach } from "./long-path.js";
import type { OneFileSystem } from "./mounts.js";
import { type Level, nearOf, type Place, pathOf, placeOf, realOf } from "./place.js";
import type { SeenEntry } from "./seen-entry.js";
import type { PlannedName } from "./source-names.js";

/** What a walk leaves out, and where it stays. */
export interface WalkRules {
  readonly exclude: ((path: Uint8Array, isDirectory: boolean) => boolean) | undefined;
  /** Files that are left out wherever they are met, `dev:inode`. */
  readonly skip: ReadonlySet<string>;
  /** Only with the wish to stay on one file system. */
  readonly mounts: OneFileSystem | undefined;
  readonly signal: AbortSignal | undefined;
  /** Takes what is as it was. */
  readonly glance?: Glance | undefined;
}

/** An event, and where its entry is found again. */
export interface WalkStep {
  /** Without its contents. */
  readonly event: SourceEvent;
  /** The contents of a file: most that did not change are not looked at. */
  readonly content?: () => PathContent;
  /** The item of the event, until that is passed on. */
  readonly item?: OpenItem;
  /** Absent where nothing can be held. */
  readonly seen?: SeenEntry | undefined;
}

interface Walk extends WalkRules {
  readonly retired: HeldDirectory[];
  /** Inodes of the files that are left out, as the system says them. */
  readonly skipped: ReadonlySet<bigint>;
}

/** What is there. */
interface Look {
  readonly stats: BigIntStats;
  readonly item: PathFacts;
  /** `dev:inode`. */
  readonly key: string;
}

interface Visit {
  readonly steps: readonly WalkStep[];
  readonly below?: Level;
}

const nothingPlanned: PlannedName["children"] = new Map();
/** What the system counts blocks in. */
const sectorBytes = 512n;
/** By this name a directory that is held is reached within itself. */
const itself = Buffer.from(".");

const ascii = /^[\0-\x7f]*$/;
const tooManyOpen: ReadonlySet<string> = new Set(["EMFILE", "ENFILE"]);

/**
 * Walks a plan of names. Directories that are left are put on `retired`, still held, for the caller to close: what was seen in
 * them is found again until then. `crowded` asks the caller to close them now, because no more files can be opened, `unread` to read what the glance has not
 * read: what that takes is not reported, nor held. @throws PTAR_INTERRUPTED, PTAR_IO_FAILED
 */
export function* walkFiles(plan: PlannedName, rules: WalkRules, retired: HeldDirectory[]): Generator<WalkStep | "crowded" | "unread"> {
  const walk: Walk = { ...rules, retired, skipped: inodesOf(rules.skip) };
  const levels = [rootLevel(plan, rules)];
  const leave = () => {
    const { held, container } = levels.pop() ?? {};
    for (const one of [held, container?.held]) if (one !== undefined) retired.push(one);
  };
  try {
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      const { signal, glance } = rules;
      if (signal?.aborted) throw new PtarError("PTAR_INTERRUPTED", "walk: stopped on request", { cause: signal.reason });
      if (glance?.state === "unread") {
        yield "unread";
        continue;
      }
      const name = level.names[level.next++];
      if (name === undefined) {
        const isTaken = levels.length > 1 && glance?.state === "open" && glance.leaves();
        leave();
        if (isTaken) letGo(retired);
        else if (levels.length > 0) yield { event: { kind: "leave" } };
        continue;
      }
      const stats = glanced(level, name, walk);
      if (stats === "taken") continue;
      const visit = visited(level, { text: name, stats }, walk);
      if (retired.length > 0 && isCrowded(visit)) {
        visit.below?.held?.close();
        level.next--;
        yield "crowded";
        continue;
      }
      if (visit.below !== undefined) levels.push(visit.below);
      if (glance?.state === "open" && takes(glance, visit)) letGo(retired);
      else yield* visit.steps;
    }
  } finally {
    while (levels.length > 0) leave();
  }
}

function inodesOf(keys: ReadonlySet<string>): ReadonlySet<bigint> {
  return new Set([...keys].map((key) => BigInt.asIntN(64, BigInt(key.slice(key.indexOf(":") + 1)))));
}

function rootLevel(plan: PlannedName, { mounts }: WalkRules): Level {
  const real = pathBytes(plan.real);
  const path = Buffer.alloc(0);
  const above = { real, held: undefined, path, depth: 0, planned: plan.children, dev: undefined, next: 0 };
  if (!plan.whole) return { ...above, names: merged([], plan) };
  const stats = statsOf(real, statSync);
  if (typeof stats === "string") throw ioError({ code: stats }, `source ${plan.label}`);
  const { held, errno } = hold(real, fileKey(stats), "follow");
  const listing = errno === undefined ? listed(held?.near ?? real, { path, depth: 0 }) : { names: [], errno };
  if (listing.errno !== undefined) {
    held?.close();
    throw ioError({ code: listing.errno }, `source ${plan.label}`);
  }
  mounts?.noteSource(stats.dev);
  return { ...above, names: merged(listing.names, plan), held, dev: stats.dev };
}

/** What was left out is reported in any case. */
function takes(glance: Glance, { steps }: Visit): boolean {
  const event = steps[0]?.event;
  return (event?.kind === "enter" || event?.kind === "entry") && glance.takes(event);
}

function isCrowded({ steps }: Visit): boolean {
  return steps.some(({ event }) => "item" in event && event.item.errors?.some(({ code }) => tooManyOpen.has(code)) === true);
}

/**
 * Looks at a name in the way that suits most of a tree that did not change: nothing is made of a file that the glance takes by numbers alone. What was seen of
 * all else; undefined where others have to look at it.
 */
function glanced({ held, planned }: Level, text: string, { glance, exclude, mounts, skipped }: Walk): BigIntStats | "taken" | undefined {
  if (glance?.state !== "open" || held === undefined || planned.size > 0 || exclude !== undefined || mounts !== undefined || !ascii.test(text))
    return undefined;
  const stats = statsOf(`${held.nearText}/${text}`, lstatSync);
  if (typeof stats === "string") return undefined;
  const facts = stats.nlink === 1n && !skipped.has(stats.ino) ? fileNumbers(stats) : undefined;
  return facts !== undefined && glance.takesFile(text, facts) ? "taken" : stats;
}

/** A name with one character for each byte, and what was seen there already. */
interface Looked {
  readonly text: string;
  readonly stats: BigIntStats | undefined;
}

function visited(level: Level, { text, stats: seen }: Looked, rules: Walk): Visit {
  const place = placeOf(level, Buffer.from(text, "latin1"), rules.retired);
  // the directories above a source are entered even where a symlink leads to them
  const stats = seen ?? place.errno ?? looked(place, text);
  const isDirectory = typeof stats !== "string" && stats.isDirectory();
  if (rules.exclude?.(pathOf(place), isDirectory) === true) return { steps: [excluded(place)] };
  if (typeof stats === "string") return { steps: [unknown(place, stats)] };
  const item = factsOf(stats);
  const look = { stats, item, key: itemKey(item) };
  if (rules.skip.has(look.key)) return { steps: [excluded(place)] };
  const dev = deviceAt(place, stats, rules);
  if (!isDirectory) return { steps: [entry(place, look)] };
  if (rules.mounts !== undefined && dev !== undefined && dev !== stats.dev) return { steps: mountPoint(place, look, rules.mounts) };
  return directory(place, look, dev);
}

function looked(place: Place, name: string): BigIntStats | string {
  const { folder, plan, whole } = place;
  // most names are ASCII, and need no path in bytes
  if (folder !== undefined && plan === undefined && ascii.test(name)) return statsOf(`${folder.nearText}/${name}`, lstatSync);
  return statsOf(nearOf(place), whole ? lstatSync : statSync);
}

/** Device of the source that an entry belongs to. */
function deviceAt({ level, plan }: Place, stats: BigIntStats, { mounts }: WalkRules): bigint | undefined {
  const isSource = plan?.whole === true || mounts?.isNamed(stats) === true;
  if (isSource) mounts?.noteSource(stats.dev);
  return isSource ? stats.dev : level.dev;
}

/** It is not even opened: that alone may mount what is not there yet. */
// spec/06-snapshot.md#mounts
function mountPoint(place: Place, look: Look, mounts: OneFileSystem): readonly WalkStep[] {
  const { stats, item } = look;
  item.attributes = mounts.attributesOf(stats.dev);
  return [{ event: { kind: "enter", name: place.name, item }, item, seen: seenAt(place, look) }, excluded(place), { event: { kind: "leave" } }];
}

function directory(place: Place, look: Look, dev: bigint | undefined): Visit {
  const { item, key } = look;
  const { level, name, plan, whole } = place;
  const [near, real, path] = [nearOf(place), asBuffer(realOf(place)), pathOf(place)];
  const depth = level.depth + 1;
  const { held, errno } = hold(near, key, whole ? "refuse" : "follow");
  const listing: Listing = errno !== undefined ? { names: [], errno } : whole ? listed(held?.near ?? near, { path, depth }) : { names: [] };
  const names = plan === undefined ? listing.names : merged(listing.names, plan);
  if (listing.errno !== undefined) item.errors = [{ code: listing.errno, operation: "list" }];
  const below = { names, real, held, path, depth, planned: plan?.children ?? nothingPlanned, dev, next: 0 };
  // above a source a symlink may lead to it: then its path is that of the symlink
  const seen = whole || held === undefined ? seenAt(place, look) : { folder: held, name: itself, item, mayHaveHoles: false };
  return { steps: [{ event: { kind: "enter", name, item }, item, seen }], below };
}

/** Holds a directory that was just looked at; why not, when it is another one by now or cannot be opened. */
function hold(near: Buffer, key: string, follow: "follow" | "refuse"): { readonly held?: HeldDirectory | undefined; readonly errno?: string } {
  try {
    const held = withinReach(near, (path) => holdDirectory(path, follow));
    if (held === undefined || held.key === key) return { held };
    held.close();
    return { errno: "ESTALE" };
  } catch (error) {
    return { errno: errnoOf(error) };
  }
}

function entry(place: Place, look: Look): WalkStep {
  const { name } = place;
  const { item, stats } = look;
  const seen = seenAt(place, look);
  if (item.type === "symlink") Object.assign(item, destination(nearOf(place)));
  if (item.type !== "file") return { event: { kind: "entry", name, item }, item, seen };
  return {
    event: stats.nlink > 1n ? { kind: "entry", name, item, group: groupOf(look) } : { kind: "entry", name, item },
    content: () => contentOf(place, look),
    item,
    seen,
  };
}

function contentOf(place: Place, { stats, item, key }: Look): PathContent {
  const { ctime, mtime } = item;
  const [path, size] = [realOf(place), Number(stats.size)];
  if (place.folder !== undefined) return { kind: "path", path, size, ctime, mtime, folder: place.folder.key, file: key };
  // device numbers of a path and of the opened file have differed on Windows
  return { kind: "path", path, size, ctime, mtime, ...(process.platform === "win32" ? {} : { file: key }) };
}

/** An inode that is used again, or a file that was written meanwhile, must not lend its contents to a name that was listed before. */
function groupOf({ key, item }: Look): string {
  return [key, item.ctime, item.mtime, item.size].join(":");
}

function excluded(place: Place): WalkStep {
  return { event: { kind: "excluded", path: pathOf(place) } };
}

function unknown({ name }: Place, errno: string): WalkStep {
  const item: OpenItem = { type: "unknown", errors: [{ code: errno, operation: "stat" }] };
  return { event: { kind: "entry", name, item }, item };
}

function seenAt({ folder, own }: Place, { stats, item }: Look): SeenEntry | undefined {
  if (folder === undefined) return undefined;
  return { folder, name: own, item, mayHaveHoles: item.type === "file" && stats.blocks * sectorBytes < stats.size };
}

function merged(names: readonly string[], plan: PlannedName): readonly string[] {
  if (plan.children.size === 0) return names;
  const planned = [...plan.children.keys()].map((name) => pathBytes(name).toString("latin1"));
  // one that turns up in the listing only now must not be reported twice
  return [...new Set([...names, ...planned])].sort();
}
