// The walk over files and directories of a disk, one look at each. spec/06-snapshot.md#names
import { type BigIntStats, lstatSync, statSync } from "node:fs";
import { PtarError } from "../../../errors/ptar-error.js";
import type { SourceEvent } from "../../../tree/source.js";
import { factsOf, fileKey } from "../file-facts.js";
import { errnoOf, ioError } from "../io-error.js";
import { pathBytes, pathText } from "../path-text.js";
import { type HeldDirectory, holdDirectory } from "./held-directory.js";
import { destination, type Listing, listed, statsOf } from "./listing.js";
import { withinReach } from "./long-path.js";
import type { OneFileSystem } from "./mounts.js";
import { joined, parted, type SeenEntry } from "./seen-entry.js";
import type { PlannedName } from "./source-names.js";

/** What a walk leaves out, and where it stays. */
export interface WalkRules {
  readonly exclude: ((path: Uint8Array, isDirectory: boolean) => boolean) | undefined;
  /** Files that are left out wherever they are met, `dev:inode`. */
  readonly skip: ReadonlySet<string>;
  /** Only with the wish to stay on one file system. */
  readonly mounts: OneFileSystem | undefined;
  readonly signal: AbortSignal | undefined;
}

/** An event, and where its entry is found again. */
export interface WalkStep {
  readonly event: SourceEvent;
  /** Absent where nothing can be held. */
  readonly seen?: SeenEntry | undefined;
}

interface Walk extends WalkRules {
  readonly retired: HeldDirectory[];
}

/** A directory whose entries are being reported. */
interface Level {
  readonly names: readonly Buffer[];
  readonly real: Buffer;
  /** The directory itself, held while its entries are looked at; undefined where the system has no way to. */
  readonly held: HeldDirectory | undefined;
  /** Its names in the archive; empty at the root. */
  readonly path: Buffer;
  readonly depth: number;
  readonly planned: PlannedName["children"];
  /** Device of the source that it belongs to; undefined above sources. */
  readonly dev: bigint | undefined;
  /** The directory that holds the planned name met last, when it is not this one. */
  container?: Container | undefined;
  next: number;
}

interface Container {
  readonly path: Buffer;
  readonly held: HeldDirectory | undefined;
}

/** Where a directory or another entry is met. */
interface Place {
  readonly level: Level;
  readonly name: Buffer;
  readonly plan: PlannedName | undefined;
  /** What holds it, and its name there; undefined where the system has no way to. Planned names have paths of their own. */
  readonly folder: HeldDirectory | undefined;
  readonly own: Buffer;
  /** By way of the folder: its name may lead elsewhere by now. */
  readonly near: Buffer;
  /** Why the folder cannot be held. */
  readonly errno: string | undefined;
  readonly real: Buffer;
  readonly path: Buffer;
  /** A source itself, or below one. */
  readonly whole: boolean;
}

interface Visit {
  readonly steps: readonly WalkStep[];
  readonly below?: Level;
}

const nothingPlanned: PlannedName["children"] = new Map();

const tooManyOpen: ReadonlySet<string> = new Set(["EMFILE", "ENFILE"]);

/**
 * Walks a plan of names. Directories that are left are put on `retired`, still held, for the caller to close: what was seen in
 * them is found again until then. `crowded` asks the caller to close them now, because no more files can be opened. @throws PTAR_INTERRUPTED, PTAR_IO_FAILED
 */
export function* walkFiles(plan: PlannedName, rules: WalkRules, retired: HeldDirectory[]): Generator<WalkStep | "crowded"> {
  const walk: Walk = { ...rules, retired };
  const levels = [rootLevel(plan, rules)];
  const leave = () => {
    const { held, container } = levels.pop() ?? {};
    for (const one of [held, container?.held]) if (one !== undefined) retired.push(one);
  };
  try {
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      const { signal } = rules;
      if (signal?.aborted) throw new PtarError("PTAR_INTERRUPTED", "walk: stopped on request", { cause: signal.reason });
      const name = level.names[level.next++];
      if (name === undefined) {
        leave();
        if (levels.length > 0) yield { event: { kind: "leave" } };
        continue;
      }
      const visit = visited(level, name, walk);
      if (retired.length > 0 && isCrowded(visit)) {
        visit.below?.held?.close();
        level.next--;
        yield "crowded";
        continue;
      }
      if (visit.below !== undefined) levels.push(visit.below);
      yield* visit.steps;
    }
  } finally {
    while (levels.length > 0) leave();
  }
}

function rootLevel(plan: PlannedName, { mounts }: WalkRules): Level {
  const real = pathBytes(plan.real);
  const path = Buffer.alloc(0);
  const above = { real, held: undefined, path, depth: 0, planned: plan.children, dev: undefined, next: 0 };
  if (!plan.whole) return { ...above, names: merged([], plan) };
  const stats = statsOf(real, statSync);
  if (typeof stats === "string") throw ioError({ code: stats }, `source ${plan.label}`);
  const { held, errno } = hold(real, stats, "follow");
  const listing = errno === undefined ? listed(held?.near ?? real, { path, depth: 0 }) : { names: [], errno };
  if (listing.errno !== undefined) {
    held?.close();
    throw ioError({ code: listing.errno }, `source ${plan.label}`);
  }
  mounts?.noteSource(stats.dev);
  return { ...above, names: merged(listing.names, plan), held, dev: stats.dev };
}

function isCrowded({ steps }: Visit): boolean {
  return steps.some(({ event }) => "item" in event && event.item.errors?.some(({ code }) => tooManyOpen.has(code)) === true);
}

function visited(level: Level, name: Buffer, rules: Walk): Visit {
  const place = placeOf(level, name, rules);
  const { near, errno, path, whole } = place;
  // the directories above a source are entered even where a symlink leads to them
  const stats = errno ?? statsOf(near, whole ? lstatSync : statSync);
  const isDirectory = typeof stats !== "string" && stats.isDirectory();
  if (rules.exclude?.(path, isDirectory) === true) return { steps: [{ event: { kind: "excluded", path } }] };
  if (typeof stats === "string")
    return { steps: [{ event: { kind: "entry", name, item: { type: "unknown", errors: [{ code: stats, operation: "stat" }] } } }] };
  if (rules.skip.has(fileKey(stats))) return { steps: [{ event: { kind: "excluded", path } }] };
  const dev = deviceAt(place, stats, rules);
  if (!isDirectory) return { steps: [entry(place, stats)] };
  if (rules.mounts !== undefined && dev !== undefined && dev !== stats.dev) return { steps: mountPoint(place, stats, rules.mounts) };
  return directory(place, stats, dev);
}

function placeOf(level: Level, name: Buffer, { retired }: Walk): Place {
  const plan = planFor(level, name);
  const real = plan === undefined ? joined(level.real, name) : pathBytes(plan.real);
  const { held: folder, errno } = plan === undefined ? { held: level.held } : containerOf(real, level, retired);
  const own = plan === undefined ? name : parted(real).name;
  const near = folder === undefined ? real : joined(folder.near, own);
  return { level, name, plan, folder, own, near, errno, real, path: joined(level.path, name), whole: plan === undefined || plan.whole };
}

/** Holds what a planned name stands in: once for names that follow each other. */
function containerOf(real: Buffer, level: Level, retired: HeldDirectory[]): Partial<Container> & { readonly errno?: string } {
  const path = parted(real).above;
  if (level.held !== undefined && path.equals(level.real)) return { held: level.held };
  if (level.container?.path.equals(path) === true) return level.container;
  if (level.container?.held !== undefined) retired.push(level.container.held);
  level.container = undefined;
  try {
    level.container = { path, held: withinReach(path, (near) => holdDirectory(near, "follow")) };
    return level.container;
  } catch (error) {
    return { errno: errnoOf(error) };
  }
}

function planFor(level: Level, name: Buffer): PlannedName | undefined {
  return level.planned.size === 0 ? undefined : level.planned.get(pathText(name));
}

/** Device of the source that an entry belongs to. */
function deviceAt({ level, plan }: Place, stats: BigIntStats, { mounts }: WalkRules): bigint | undefined {
  const isSource = plan?.whole === true || mounts?.isNamed(stats) === true;
  if (isSource) mounts?.noteSource(stats.dev);
  return isSource ? stats.dev : level.dev;
}

/** It is not even opened: that alone may mount what is not there yet. */
// spec/06-snapshot.md#mounts
function mountPoint(place: Place, stats: BigIntStats, mounts: OneFileSystem): readonly WalkStep[] {
  const item = { ...factsOf(stats), attributes: mounts.attributesOf(stats.dev) };
  return [
    { event: { kind: "enter", name: place.name, item }, seen: seenAt(place, stats) },
    { event: { kind: "excluded", path: place.path } },
    { event: { kind: "leave" } },
  ];
}

function directory(place: Place, stats: BigIntStats, dev: bigint | undefined): Visit {
  const { level, name, near, real, path, plan, whole } = place;
  const depth = level.depth + 1;
  const { held, errno } = hold(near, stats, whole ? "refuse" : "follow");
  const listing: Listing = errno !== undefined ? { names: [], errno } : whole ? listed(held?.near ?? near, { path, depth }) : { names: [] };
  const names = plan === undefined ? listing.names : merged(listing.names, plan);
  const errors = listing.errno === undefined ? {} : { errors: [{ code: listing.errno, operation: "list" as const }] };
  const below = { names, real, held, path, depth, planned: plan?.children ?? nothingPlanned, dev, next: 0 };
  // above a source a symlink may lead to it: then its path is that of the symlink
  const seen = whole || held === undefined ? seenAt(place, stats) : { folder: held, name: Buffer.from("."), stats };
  return { steps: [{ event: { kind: "enter", name, item: { ...factsOf(stats), ...errors } }, seen }], below };
}

/** Holds a directory that was just looked at; why not, when it is another one by now or cannot be opened. */
function hold(near: Buffer, stats: BigIntStats, follow: "follow" | "refuse"): { readonly held?: HeldDirectory | undefined; readonly errno?: string } {
  try {
    const held = withinReach(near, (path) => holdDirectory(path, follow));
    if (held === undefined || held.key === fileKey(stats)) return { held };
    held.close();
    return { errno: "ESTALE" };
  } catch (error) {
    return { errno: errnoOf(error) };
  }
}

function entry(place: Place, stats: BigIntStats): WalkStep {
  const { name, near, real, folder } = place;
  const [item, seen] = [factsOf(stats), seenAt(place, stats)];
  if (item.type === "symlink") return { event: { kind: "entry", name, item: { ...item, ...destination(near) } }, seen };
  if (item.type !== "file") return { event: { kind: "entry", name, item }, seen };
  // memory of its own: a path in Node's shared pool would carry the whole pool along to a worker
  const content = {
    kind: "path",
    path: new Uint8Array(real),
    size: Number(stats.size),
    ctime: String(stats.ctimeNs),
    mtime: String(stats.mtimeNs),
    ...(folder === undefined ? {} : { folder: folder.key }),
    // device numbers of a path and of the opened file have differed on Windows
    ...(process.platform === "win32" ? {} : { file: fileKey(stats) }),
  } as const;
  return { event: { kind: "entry", name, item, content, ...(stats.nlink > 1n ? { group: groupOf(stats) } : {}) }, seen };
}

/** An inode that is used again, or a file that was written meanwhile, must not lend its contents to a name that was listed before. */
function groupOf(stats: BigIntStats): string {
  return [fileKey(stats), stats.ctimeNs, stats.mtimeNs, stats.size].join(":");
}

function seenAt({ folder, own }: Place, stats: BigIntStats): SeenEntry | undefined {
  return folder === undefined ? undefined : { folder, name: own, stats };
}

function merged(names: readonly Buffer[], plan: PlannedName): readonly Buffer[] {
  if (plan.children.size === 0) return names;
  const planned = [...plan.children.keys()].map((name) => pathBytes(name));
  // one that turns up in the listing only now must not be reported twice
  const others = names.filter((name) => !planned.some((other) => other.equals(name)));
  return [...others, ...planned].sort(Buffer.compare);
}
