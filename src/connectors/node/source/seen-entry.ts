// An entry that a walk has looked at, and the way to it while the directory that holds it is held. spec/05-page.md#errors
import { type BigIntStats, lstatSync } from "node:fs";
import { fileKey } from "../file-facts.js";
import { type HeldDirectory, type HeldEntry, holdEntry } from "./held-directory.js";
import { asBuffer, withinReach } from "./long-path.js";

/** Where an entry is, and what the walk saw there. */
export interface SeenEntry {
  /** The directory that holds it: what is asked by a path would be told of whatever stands there by then. */
  readonly folder: HeldDirectory;
  readonly name: Buffer;
  readonly stats: BigIntStats;
}

const slash = Buffer.from("/");
/** The first descriptor behind standard input, output and error. */
const firstInherited = 3;

/** Path by which a program reaches the inherited descriptor with this number. */
export function inherited(index: number): Buffer {
  return Buffer.from(`/proc/self/fd/${firstInherited + index}`);
}

/** `above` and `name` as one path. */
export function joined(above: Buffer, name: Buffer): Buffer {
  if (above.length === 0) return name;
  return above.at(-1) === slash[0] ? Buffer.concat([above, name]) : Buffer.concat([above, slash, name]);
}

/** The directory that `path` leads into, and the name there. */
export function parted(path: Uint8Array): { readonly above: Buffer; readonly name: Buffer } {
  const cut = path.lastIndexOf(slash[0] as number);
  const above = cut < 0 ? Buffer.from(".") : asBuffer(path.subarray(0, Math.max(cut, 1)));
  return { above, name: asBuffer(path.subarray(cut + 1)) };
}

/** What is there now; undefined when that is nothing, or not the same file. */
export function seenAgain(entry: SeenEntry): BigIntStats | undefined {
  try {
    const now = withinReach(pathOf(entry), (near) => lstatSync(near, { bigint: true }));
    return now.dev === entry.stats.dev && now.ino === entry.stats.ino ? now : undefined;
  } catch {
    return undefined;
  }
}

/** Holds the entry itself; undefined when it is gone, or not the same file. */
export function heldAgain(entry: SeenEntry): HeldEntry | undefined {
  try {
    const held = withinReach(pathOf(entry), holdEntry);
    if (held.key === fileKey(entry.stats)) return held;
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

function pathOf({ folder, name }: SeenEntry): Buffer {
  return joined(folder.near, name);
}
