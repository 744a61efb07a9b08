// A directory or another entry of a source, held so that what is put in its place is not read. spec/05-page.md#errors
import { closeSync, constants, existsSync, fstatSync, openSync, readdirSync } from "node:fs";
import { fileKey } from "../file-facts.js";
import { ownLimit } from "../own-limits.js";

/** Opens a path without reading it: works without the right to list. Linux only. */
const pathOnly = 0o10000000;
const ownDescriptors = "/proc/self/fd";
/** Programs, readers and directories above need descriptors too: this part of those that are left may go to directories that are left. */
const share = 4;

/** An entry that is held. */
export interface HeldEntry {
  /** Path by which it is reached while it is held, whatever its name leads to now. */
  readonly near: Buffer;
  /** The same as text, which Node takes faster. */
  readonly nearText: string;
  /** What a program inherits to reach it too. */
  readonly descriptor: number;
  /** `dev:inode`. */
  readonly key: string;
  close(): void;
}

/** A directory that is held. */
export type HeldDirectory = HeldEntry;

/** Whether what is held can be reached: on Linux, and there only where /proc is mounted. */
export function canHold(): boolean {
  return process.platform === "linux" && existsSync(ownDescriptors);
}

/** How many directories may be held for a while, `most` unless the system allows fewer open files. */
export function roomToHold(most: number): number {
  if (!canHold()) return most;
  return Math.max(1, Math.min(most, Math.floor(descriptorsLeft() / share)));
}

function descriptorsLeft(): number {
  try {
    return (ownLimit("Max open files") ?? 0) - readdirSync(ownDescriptors).length;
  } catch {
    // this needs one too
    return 0;
  }
}

/**
 * Holds the directory at `path`; undefined where the system has no way to. With `follow` a symlink at its end is followed.
 * Throws what opening throws, ENOTDIR for a symlink or another kind of file.
 */
export function holdDirectory(path: Buffer, follow: "follow" | "refuse"): HeldDirectory | undefined {
  if (!canHold()) return undefined;
  return held(path, pathOnly | constants.O_DIRECTORY | (follow === "refuse" ? constants.O_NOFOLLOW : 0));
}

/** Holds whatever is at `path`, a symlink too, without opening it: nothing is mounted, no fifo waits. Linux only. */
export function holdEntry(path: Buffer): HeldEntry {
  return held(path, pathOnly | constants.O_NOFOLLOW);
}

/** Closes directories, and forgets them. */
export function letGo(retired: HeldDirectory[]): void {
  for (const held of retired.splice(0)) held.close();
}

function held(path: Buffer, flags: number): HeldEntry {
  const fd = openSync(path, flags);
  try {
    const key = fileKey(fstatSync(fd, { bigint: true }));
    const nearText = `${ownDescriptors}/${fd}`;
    return { near: Buffer.from(nearText), nearText, descriptor: fd, key, close: () => closeSync(fd) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
