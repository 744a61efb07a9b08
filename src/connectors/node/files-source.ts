// Files and directories of a disk that a snapshot is made from. They are never written. spec/06-snapshot.md#names
import { type BigIntStats, lstatSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { toBase64url } from "../../bytes/base64url.js";
import { fromUtf8 } from "../../bytes/utf8.js";
import { PtarError } from "../../errors/ptar-error.js";
import { limits } from "../../format/limits.js";
import type { Source, SourceEvent, SourceItem } from "../../tree/source.js";
import { openPathContent } from "./file-content.js";
import { factsOf, fileKey } from "./file-facts.js";
import { type HeldDirectory, holdDirectory } from "./held-directory.js";
import { errnoOf, ioError } from "./io-error.js";
import { withinReach } from "./long-path.js";
import { labelOf, type PlannedName, planNames } from "./source-names.js";

/** What a walk over files leaves out, and how it presents itself. */
export interface FilesSourceOptions {
  /** Whether the entry at `path`, its names in the archive joined by `/`, is left out; a directory with all below it. */
  readonly exclude?: (path: Uint8Array, isDirectory: boolean) => boolean;
  /** Files that are left out wherever they are met: the archive being written. */
  readonly skip?: readonly { readonly dev: string; readonly inode: string }[];
  /** Record the absolute paths of the sources in the snapshot. */
  readonly withPath?: boolean;
  /** What relative paths start from, when it is not the working directory of the process. */
  readonly cwd?: string;
}

const slash = Buffer.from("/");

/**
 * A source of the files and directories at `paths`. A path that is a symlink is recorded as one, with a slash at its end too; a
 * symlink in the middle of a path is followed and recorded as the directory that it leads to.
 */
export function filesSource(paths: readonly string[], options: FilesSourceOptions = {}): Source {
  const sources = new Map(
    paths.map((path) => {
      const absolute = resolve(options.cwd ?? ".", path);
      return [absolute, { kind: "files", label: labelOf(path), ...(options.withPath === true ? { path: absolute.toWellFormed() } : {}) } as const];
    }),
  );
  return { sources: [...sources.values()], walk: (signal) => walk(planNames(paths, options.cwd), options, signal), open: openPathContent };
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
  next: number;
}

const nothingPlanned: PlannedName["children"] = new Map();

function* walk(plan: PlannedName, options: FilesSourceOptions, signal: AbortSignal | undefined): Generator<SourceEvent> {
  const skip = new Set((options.skip ?? []).map(({ dev, inode }) => `${dev}:${inode}`));
  const levels = [rootLevel(plan)];
  try {
    yield* walkLevels(levels, { exclude: options.exclude, skip }, signal);
  } finally {
    for (const level of levels) level.held?.close();
  }
}

function* walkLevels(levels: Level[], rules: Rules, signal: AbortSignal | undefined): Generator<SourceEvent> {
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    if (signal?.aborted) throw new PtarError("PTAR_INTERRUPTED", "walk: stopped on request", { cause: signal.reason });
    const name = level.names[level.next++];
    if (name === undefined) {
      levels.pop()?.held?.close();
      if (levels.length > 0) yield { kind: "leave" };
      continue;
    }
    const visit = visited(level, name, rules);
    yield visit.event;
    if (visit.below !== undefined) levels.push(visit.below);
  }
}

function rootLevel(plan: PlannedName): Level {
  const real = Buffer.from(plan.real);
  const path = Buffer.alloc(0);
  const listing = plan.whole ? listed(real, { path, depth: 0 }) : { names: [] };
  if (listing.errno !== undefined) throw ioError({ code: listing.errno }, `source ${plan.label}`);
  return { names: merged(listing.names, plan), real, held: undefined, path, depth: 0, planned: plan.children, next: 0 };
}

interface Rules {
  readonly exclude: FilesSourceOptions["exclude"];
  readonly skip: ReadonlySet<string>;
}

interface Visit {
  readonly event: SourceEvent;
  readonly below?: Level;
}

function visited(level: Level, name: Buffer, rules: Rules): Visit {
  const plan = planFor(level, name);
  const real = plan === undefined ? joined(level.real, name) : Buffer.from(plan.real);
  const path = joined(level.path, name);
  // by way of the directory that was listed: its name may lead elsewhere by now. Planned names have paths of their own
  const near = plan === undefined && level.held !== undefined ? joined(level.held.near, name) : real;
  // the directories above a source are entered even where a symlink leads to them
  const stats = statsOf(near, plan === undefined || plan.whole ? lstatSync : statSync);
  const isDirectory = typeof stats !== "string" && stats.isDirectory();
  if (rules.exclude?.(path, isDirectory) === true) return { event: { kind: "excluded", path } };
  if (typeof stats === "string") return { event: { kind: "entry", name, item: { type: "unknown", errors: [{ code: stats, operation: "stat" }] } } };
  if (rules.skip.has(fileKey(stats))) return { event: { kind: "excluded", path } };
  if (isDirectory) return directory(name, stats, { near, real, path, plan, depth: level.depth + 1 });
  return { event: entry(name, stats, { near, real, folder: plan === undefined ? level.held?.key : undefined }) };
}

/** Compares bytes: a name that is not UTF-8 reads like another one as text. */
function planFor(level: Level, name: Buffer): PlannedName | undefined {
  const text = level.planned.size === 0 ? "" : name.toString();
  return Buffer.from(text).equals(name) ? level.planned.get(text) : undefined;
}

function directory(
  name: Buffer,
  stats: BigIntStats,
  at: { near: Buffer; real: Buffer; path: Buffer; plan: PlannedName | undefined; depth: number },
): Visit {
  const { near, real, path, plan, depth } = at;
  const whole = plan === undefined || plan.whole;
  const holding = hold(near, stats, whole ? "refuse" : "follow");
  const { held } = holding;
  const listing =
    holding.errno !== undefined ? { names: [], errno: holding.errno } : whole ? listed(held?.near ?? near, { path, depth }) : { names: [] };
  const names = plan === undefined ? listing.names : merged(listing.names, plan);
  const errors = listing.errno === undefined ? {} : { errors: [{ code: listing.errno, operation: "list" as const }] };
  const below = { names, real, held, path, depth, planned: plan?.children ?? nothingPlanned, next: 0 };
  return { event: { kind: "enter", name, item: { ...factsOf(stats), ...errors } }, below };
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

function entry(name: Buffer, stats: BigIntStats, at: { near: Buffer; real: Buffer; folder: string | undefined }): SourceEvent {
  const { near, real, folder } = at;
  const item = factsOf(stats);
  if (item.type === "symlink") return { kind: "entry", name, item: { ...item, ...destination(near) } };
  if (item.type !== "file") return { kind: "entry", name, item };
  // memory of its own: a path in Node's shared pool would carry the whole pool along to a worker
  const content = {
    kind: "path",
    path: new Uint8Array(real),
    size: Number(stats.size),
    ctime: String(stats.ctimeNs),
    mtime: String(stats.mtimeNs),
    ...(folder === undefined ? {} : { folder }),
  } as const;
  return { kind: "entry", name, item, content, ...(stats.nlink > 1n ? { group: fileKey(stats) } : {}) };
}

function destination(real: Buffer): Pick<SourceItem, "target" | "targetRaw" | "errors"> {
  try {
    const bytes = withinReach(real, (near) => readlinkSync(near, { encoding: "buffer" }));
    if (bytes.length === 0) return { errors: [{ code: "EINVAL", operation: "readlink" }] };
    if (bytes.length > limits.targetBytes) return { errors: [{ code: "ENAMETOOLONG", operation: "readlink" }] };
    const text = fromUtf8(bytes);
    return text === undefined ? { targetRaw: toBase64url(bytes) } : { target: text };
  } catch (error) {
    return { errors: [{ code: errnoOf(error), operation: "readlink" }] };
  }
}

/** Facts of a path, or why there are none. */
function statsOf(real: Buffer, stat: (path: Buffer, options: { bigint: true }) => BigIntStats): BigIntStats | string {
  try {
    return withinReach(real, (near) => stat(near, { bigint: true }));
  } catch (error) {
    return errnoOf(error);
  }
}

/** Names in a directory, sorted; where it cannot be listed, or holds names that no archive can, also why. spec/11-limits.md */
function listed(real: Buffer, at: { path: Buffer; depth: number }): { readonly names: readonly Buffer[]; readonly errno?: string } {
  let names: Buffer[];
  try {
    names = withinReach(real, (near) => readdirSync(near, { encoding: "buffer" }));
  } catch (error) {
    return { names: [], errno: errnoOf(error) };
  }
  const room = Math.min(limits.nameBytes, limits.pathBytes - (at.path.length === 0 ? 0 : at.path.length + 1));
  const storable = at.depth >= limits.pathDepth ? [] : names.filter((name) => name.length <= room);
  // libuv happens to sort names on Linux; no documentation promises it
  storable.sort(Buffer.compare);
  return storable.length < names.length ? { names: storable, errno: "ENAMETOOLONG" } : { names: storable };
}

function merged(names: readonly Buffer[], plan: PlannedName): readonly Buffer[] {
  if (plan.children.size === 0) return names;
  const planned = [...plan.children.keys()].map((name) => Buffer.from(name));
  // one that turns up in the listing only now must not be reported twice
  const others = names.filter((name) => !planned.some((other) => other.equals(name)));
  return [...others, ...planned].sort(Buffer.compare);
}

function joined(above: Buffer, name: Buffer): Buffer {
  if (above.length === 0) return name;
  return above.at(-1) === slash[0] ? Buffer.concat([above, name]) : Buffer.concat([above, slash, name]);
}
