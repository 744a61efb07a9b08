// An entry that a walk has looked at, and the way to it while the directory that holds it is held. spec/05-page.md#errors
import { type BigIntStats, lstatSync } from "node:fs";
import { isSameFile, itemKey, type PathFacts } from "../file-facts.js";
import { type HeldDirectory, type HeldEntry, holdEntry } from "./held-directory.js";
import { asBuffer, withinReach } from "./long-path.js";

/** Where an entry is, and what the walk saw there. */
export interface SeenEntry {
  /** The directory that holds it: what is asked by a path would be told of whatever stands there by then. */
  readonly folder: HeldDirectory;
  readonly name: Buffer;
  /** Its own facts and not what the system said: that takes three times the memory, for each entry of a batch. */
  readonly item: PathFacts;
  /** Whether the file system keeps less of a file than its size. */
  readonly mayHaveHoles: boolean;
}

const slash = 0x2f;
/** The first descriptor behind standard input, output and error. */
const firstInherited = 3;

/** Path by which a program reaches the inherited descriptor with this number. */
export function inherited(index: number): Buffer {
  return Buffer.from(`/proc/self/fd/${firstInherited + index}`);
}

/** `above` and `name` as one path. */
export function joined(above: Buffer, name: Buffer): Buffer {
  return above.length === 0 ? name : filled(Buffer.allocUnsafe(joinedLength(above, name)), above, name);
}

/** The same in memory of its own. */
export function joinedApart(above: Buffer, name: Buffer): Uint8Array {
  return filled(new Uint8Array(joinedLength(above, name)), above, name);
}

/** The directory that `path` leads into, and the name there. */
export function parted(path: Uint8Array): { readonly above: Buffer; readonly name: Buffer } {
  const cut = path.lastIndexOf(slash);
  const whole = asBuffer(path);
  return { above: cut < 0 ? Buffer.from(".") : whole.subarray(0, Math.max(cut, 1)), name: whole.subarray(cut + 1) };
}

/** What is there now; undefined when that is nothing, or not the same file. */
export function seenAgain(entry: SeenEntry): BigIntStats | undefined {
  try {
    const now = withinReach(pathOf(entry), (near) => lstatSync(near, { bigint: true }));
    return isSameFile(entry.item, now) ? now : undefined;
  } catch {
    return undefined;
  }
}

/** Holds the entry itself; undefined when it is gone, or not the same file. */
export function heldAgain(entry: SeenEntry): HeldEntry | undefined {
  try {
    const held = withinReach(pathOf(entry), holdEntry);
    if (held.key === itemKey(entry.item)) return held;
    held.close();
    return undefined;
  } catch {
    return undefined;
  }
}

/**
 * Paths by which a program reaches entries when it inherits `descriptors`. They are short, lead nowhere else when a directory is
 * exchanged meanwhile, and none starts with a dash.
 */
export function handedOver(entries: readonly SeenEntry[]): { readonly paths: readonly Buffer[]; readonly descriptors: readonly number[] } {
  const slots = new Map<HeldDirectory, Buffer>();
  const paths = entries.map(({ folder, name }) => {
    const slot = slots.get(folder) ?? inherited(slots.size);
    slots.set(folder, slot);
    return joined(slot, name);
  });
  return { paths, descriptors: [...slots.keys()].map(({ descriptor }) => descriptor) };
}

function joinedLength(above: Buffer, name: Buffer): number {
  return above.length + name.length + (needsSlash(above) ? 1 : 0);
}

/** Half of the time of `Buffer.concat`: every entry needs several paths. */
function filled<T extends Uint8Array>(path: T, above: Buffer, name: Buffer): T {
  path.set(above);
  if (needsSlash(above)) path[above.length] = slash;
  path.set(name, path.length - name.length);
  return path;
}

function needsSlash(above: Buffer): boolean {
  return above.length > 0 && above[above.length - 1] !== slash;
}

function pathOf({ folder, name }: SeenEntry): Buffer {
  return joined(folder.near, name);
}
