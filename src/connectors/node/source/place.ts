// Where a walk meets a directory or another entry, and how it is reached. spec/06-snapshot.md#names
import { errnoOf } from "../io-error.js";
import { pathBytes, pathText } from "../path-text.js";
import { type HeldDirectory, holdDirectory } from "./held-directory.js";
import { withinReach } from "./long-path.js";
import { joined, joinedApart, parted } from "./seen-entry.js";
import type { PlannedName } from "./source-names.js";

/** A directory whose entries are being reported. */
export interface Level {
  /** With one character for each byte, sorted. */
  readonly names: readonly string[];
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
export interface Place {
  readonly level: Level;
  readonly name: Buffer;
  readonly plan: PlannedName | undefined;
  /** What holds it, and its name there; undefined where the system has no way to. Planned names have paths of their own. */
  readonly folder: HeldDirectory | undefined;
  readonly own: Buffer;
  /** Why the folder cannot be held. */
  readonly errno: string | undefined;
  /** A source itself, or below one. */
  readonly whole: boolean;
}

/** Where the next name of a level is; a directory that is not needed any more is put on `retired`. */
export function placeOf(level: Level, name: Buffer, retired: HeldDirectory[]): Place {
  const plan = planFor(level, name);
  if (plan !== undefined) return plannedPlace(level, plan, { name, retired });
  return { level, name, plan, folder: level.held, own: name, errno: undefined, whole: true };
}

function plannedPlace(level: Level, plan: PlannedName, { name, retired }: { readonly name: Buffer; readonly retired: HeldDirectory[] }): Place {
  const real = pathBytes(plan.real);
  const { held: folder, errno } = containerOf(real, level, retired);
  const own = parted(real).name;
  return { level, name, plan, folder, own, errno, whole: plan.whole };
}

/** A path to it by way of its folder: its name may lead elsewhere by now. */
export function nearOf({ level, name, plan, folder, own }: Place): Buffer {
  if (folder !== undefined) return joined(folder.near, own);
  return plan === undefined ? joined(level.real, name) : pathBytes(plan.real);
}

/** Its names in the archive: made for those who ask, most entries need none. */
export function pathOf({ level, name }: Place): Buffer {
  return joined(level.path, name);
}

/** In memory of its own: a path in Node's shared pool would carry the whole pool along to a worker. */
export function realOf({ level, name, plan }: Place): Uint8Array {
  return plan === undefined ? joinedApart(level.real, name) : new Uint8Array(pathBytes(plan.real));
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
