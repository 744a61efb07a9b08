// The names that source paths get in a snapshot, joined into one tree. spec/06-snapshot.md#names
import { type BigIntStats, lstatSync, statSync } from "node:fs";
import { PtarError } from "../../../errors/ptar-error.js";
import { limits } from "../../../format/limits.js";
import { fileKey } from "../file-facts.js";
import { errnoOf, ioError } from "../io-error.js";
import { pathBytes } from "../path-text.js";

/** A name that source paths ask for: a source itself, or a directory above one. */
export interface PlannedName {
  /** Where it is on disk. */
  readonly real: string;
  /** The source path that asked for it first, as it was given. */
  readonly label: string;
  /** Equal for two ways to one path. */
  readonly identity: string;
  /** A source itself: everything below is walked. */
  whole: boolean;
  children: Map<string, PlannedName>;
}

/** One for all names without children: a list may have a million of them. */
const noChildren: PlannedName["children"] = new Map();

interface Step {
  readonly name: string;
  /** The directory that the name stands in. */
  readonly container: string;
  real: string;
}

/**
 * Joins source paths into one tree of names, before anything is walked.
 * @throws PTAR_SOURCE_NOT_FOUND, PTAR_SOURCE_CONFLICT, PTAR_LIMIT_EXCEEDED, PTAR_IO_FAILED
 */
export function planNames(paths: readonly string[], cwd: string | undefined): PlannedName {
  const root: PlannedName = { real: ".", label: "", identity: "", whole: false, children: noChildren };
  const wholeRoots: PlannedName[] = [];
  const folders: Folders = new Map();
  for (const path of paths) {
    const { steps, real } = stepsOf(path, cwd);
    if (steps.length > 0) insert(root, steps, { label: path, folders });
    else wholeRoots.push({ ...root, real, label: path, identity: folderKey(path, real, folders), whole: true });
  }
  // the copies above were made before the last children were
  for (const one of wholeRoots) one.children = root.children;
  const [first, ...others] = wholeRoots;
  if (first === undefined) {
    for (const child of root.children.values()) settle(child);
    return root;
  }
  for (const other of others) if (other.identity !== first.identity) throw conflict(first.label, other.label, ".");
  settle(first);
  return first;
}

/** How a source path stands in the snapshot: its name there, or `.` when its entries stand at the root. */
export function labelOf(path: string): string {
  const { steps } = stepsOf(path, undefined);
  return steps.length === 0
    ? "."
    : steps
        .map((step) => step.name)
        .join("/")
        .toWellFormed();
}

/** Names of `path` without leading `/`, `./` and `../`; a `..` further on takes back the name before it. */
function stepsOf(path: string, cwd: string | undefined): { readonly steps: readonly Step[]; readonly real: string } {
  const { start, rest } = splitRoot(path);
  let real = start === "" ? (cwd ?? "") : start;
  const steps: Step[] = [];
  for (const part of rest) {
    if (part === "") continue;
    const container = real === "" ? "." : real;
    real = real === "" || real.endsWith("/") ? `${real}${part}` : `${real}/${part}`;
    if (part === "..") steps.pop();
    else if (part !== ".") steps.push({ name: part, container, real });
    const last = steps.at(-1);
    if (last !== undefined) last.real = real;
  }
  return { steps, real: real === "" ? "." : real };
}

function splitRoot(path: string): { readonly start: string; readonly rest: readonly string[] } {
  if (process.platform !== "win32") return { start: path.startsWith("/") ? "/" : "", rest: path.split("/") };
  const [, drive = "", slash = "", rest = ""] = /^([A-Za-z]:)?([\\/]?)(.*)$/s.exec(path) ?? [];
  return { start: drive + (slash === "" ? "" : "/"), rest: rest.split(/[\\/]/) };
}

/** Identities of what stands above sources, by path: each is looked at once, however many sources are below. */
type Folders = Map<string, string>;

function insert(root: PlannedName, steps: readonly Step[], { label, folders }: { readonly label: string; readonly folders: Folders }): void {
  refuseTooLong(steps, label);
  let node = root;
  steps.forEach((step, i) => {
    const last = i === steps.length - 1;
    const identity = last ? sourceKey(label, step, folders) : folderKey(label, step.real, folders);
    const there = node.children.get(step.name);
    if (there !== undefined && there.identity !== identity) throw conflict(there.label, label, namesOf(steps.slice(0, i + 1)));
    const child = there ?? { real: step.real, label, identity, whole: false, children: noChildren };
    if (node.children === noChildren) node.children = new Map();
    node.children.set(step.name, child);
    child.whole ||= last;
    node = child;
  });
}

/** A path is the same as another when it has the same directory and is the same file: hard links are different paths. */
function sourceKey(label: string, step: Step, folders: Folders): string {
  const stats = statsOf(label, () => lstatSync(pathBytes(step.real), { bigint: true }));
  return identity(() => folderKey(label, step.container, folders), stats);
}

function folderKey(label: string, path: string, folders: Folders): string {
  const known = folders.get(path);
  if (known !== undefined) return known;
  const key = fileKey(statsOf(label, () => statSync(pathBytes(path), { bigint: true })));
  folders.set(path, key);
  return key;
}

function statsOf(label: string, stat: () => BigIntStats): BigIntStats {
  try {
    return stat();
  } catch (error) {
    const missing = ["ENOENT", "ENOTDIR"].includes(errnoOf(error));
    if (!missing) throw ioError(error, `source ${label}`);
    throw new PtarError("PTAR_SOURCE_NOT_FOUND", `source ${label}: no such file or directory`, {
      hint: "check the spelling of the path",
      details: { source: label },
      cause: error,
    });
  }
}

function identity(container: () => string, stats: BigIntStats): string {
  // what is not a directory has its name from the directory it stands in; a directory has one place only
  return stats.isDirectory() ? fileKey(stats) : `${container()}/${fileKey(stats)}`;
}

/** Drops planned names that a whole directory above them covers; refuses those that it covers with something else. */
function settle(node: PlannedName, top = node): void {
  for (const [name, child] of node.children) {
    if (!node.whole) {
      settle(child);
      continue;
    }
    const real = node.real.endsWith("/") ? `${node.real}${name}` : `${node.real}/${name}`;
    const stats = lstatSync(pathBytes(real), { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) {
      settle(child);
      continue;
    }
    if (identity(() => fileKey(statSync(pathBytes(node.real), { bigint: true })), stats) !== child.identity)
      throw conflict(top.label, child.label, name);
    child.whole = true;
    settle(child, top);
    node.children.delete(name);
  }
}

function refuseTooLong(steps: readonly Step[], label: string): void {
  const name = steps.find((step) => pathBytes(step.name).length > limits.nameBytes);
  if (steps.length <= limits.pathDepth && pathBytes(namesOf(steps)).length <= limits.pathBytes && name === undefined) return;
  throw new PtarError(
    "PTAR_LIMIT_EXCEEDED",
    `source ${label}: has more than ${limits.pathDepth} names, or they are longer than an archive can hold`,
    {
      details: { source: label },
    },
  );
}

function namesOf(steps: readonly Step[]): string {
  return steps.map((step) => step.name).join("/");
}

function conflict(one: string, other: string, name: string): PtarError {
  return new PtarError("PTAR_SOURCE_CONFLICT", `sources ${one} and ${other}: both give the name ${name}`, {
    hint: "put them into archives of their own, or name a directory that holds both",
    details: { source: other },
  });
}
