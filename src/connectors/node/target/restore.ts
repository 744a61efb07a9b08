// Owner, mode and times of what was extracted, and whether the file system kept them. spec/12-extract.md#facts
import {
  chmodSync,
  chownSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  futimesSync,
  lchownSync,
  lstatSync,
  lutimesSync,
  type PathLike,
  type TimeLike,
  utimesSync,
} from "node:fs";
import type { Item } from "../../../format/generated/types.js";
import type { Loss } from "../../losses.js";
import { errnoOf } from "../io-error.js";
import { secondsFor } from "./file-times.js";

/** Sets facts of one path in the way that is safe for it. */
export interface Setter {
  chown(uid: number, gid: number): void;
  /** Absent for symlinks, which have no mode of their own. */
  readonly chmod?: (mode: number) => void;
  utimes(atime: TimeLike, mtime: TimeLike): void;
  /** What it has now. */
  kept(): Kept;
}

/** What can be looked at of what was set. */
export interface Kept {
  readonly mode: number;
  readonly atimeMs: number;
  readonly mtimeMs: number;
}

/** Facts that are restored here. */
export type Facts = Pick<Item, "mode" | "uid" | "gid" | "atime" | "mtime">;

/** What is restored. */
export interface RestoreOptions {
  readonly owner: "restore" | "skip";
  /** Mode when the item has none. */
  readonly mode: number;
  /** Bits of the mode that are not set. */
  readonly withhold: number;
}

/** setuid, setgid and sticky: with them a file from an archive would run with another's rights. */
export const specialBits = 0o7000;
/** A sticky directory protects its entries; setuid and setgid hand rights on. */
export const directorySpecialBits = 0o6000;
const namesOfBits = [
  [0o4000, "setuid"],
  [0o2000, "setgid"],
  [0o1000, "sticky"],
] as const;
/** As an unsigned number the "leave it" of chown: an owner that cannot be set. */
const noOwner = 0xffffffff;

/** Sets facts of what is open as `fd`. */
export function byDescriptor(fd: number): Setter {
  return {
    chown: (uid, gid) => fchownSync(fd, uid, gid),
    chmod: (mode) => fchmodSync(fd, mode),
    utimes: (atime, mtime) => futimesSync(fd, atime, mtime),
    kept: () => fstatSync(fd),
  };
}

/** Sets facts of the directory at `path`, where directories cannot be opened. */
export function byPath(path: PathLike): Setter {
  return {
    chown: (uid, gid) => chownSync(path, uid, gid),
    chmod: (mode) => chmodSync(path, mode),
    utimes: (atime, mtime) => utimesSync(path, atime, mtime),
    kept: () => lstatSync(path),
  };
}

/** Sets facts of the symlink at `path` itself. */
export function ofSymlink(path: PathLike): Setter {
  return {
    chown: (uid, gid) => lchownSync(path, uid, gid),
    utimes: (atime, mtime) => lutimesSync(path, atime, mtime),
    kept: () => lstatSync(path),
  };
}

/** Slim facts of `item`: those of every directory are kept until the end, and extended attributes among them could fill the memory. */
export function slimFacts({ mode, uid, gid, atime, mtime }: Item): Facts {
  return { mode, uid, gid, atime, mtime };
}

/** Sets owner, mode and times, in this order: a new owner clears bits of the mode. Failures are losses, never errors. */
export function restoreFacts(setter: Setter, facts: Facts, options: RestoreOptions): readonly Loss[] {
  return [...restoreOwner(setter, facts, options), ...restoreModeAndTimes(setter, facts, options)];
}

/** Sets the owner. A failure is a loss, never an error. */
export function restoreOwner(setter: Setter, facts: Facts, { owner }: RestoreOptions): readonly Loss[] {
  const reason = owner === "restore" ? trying(() => setOwner(setter, facts)) : undefined;
  return reason === undefined ? [] : [{ what: "owner", reason }];
}

/** Sets mode and times, and looks once at what was kept of both. Failures are losses, never errors. */
export function restoreModeAndTimes(setter: Setter, facts: Facts, options: RestoreOptions): readonly Loss[] {
  const { chmod } = setter;
  const mode = chmod && trying(() => setMode(chmod, facts, options));
  const times = trying(() => setTimes(setter, facts));
  const kept = trying(() => setter.kept());
  const special = chmod === undefined ? [] : withheld(facts, options.withhold);
  return [...lossOf("mode", mode, kept), ...special, ...lossOf("times", times, kept)];
}

/** The bits of the mode that no target sets, as losses. spec/12-extract.md#rules */
export function withheld({ mode = 0 }: Facts, bits: number): readonly Loss[] {
  return namesOfBits.filter(([bit]) => (mode & bits & bit) !== 0).map(([, what]) => ({ what, reason: "never set from an archive" }));
}

/** What came of setting something: why it was not set, or how to tell whether it was kept; undefined when there was nothing to set. */
type Outcome = string | ((kept: Kept) => string | undefined) | undefined;

function lossOf(what: string, outcome: Outcome, kept: Kept | string): readonly Loss[] {
  if (outcome === undefined) return [];
  const reason = typeof outcome === "string" ? outcome : typeof kept === "string" ? kept : outcome(kept);
  return reason === undefined ? [] : [{ what, reason }];
}

/** What `act` gives, or the name of the error number. */
function trying<T>(act: () => T): T | string {
  try {
    return act();
  } catch (error) {
    return errnoOf(error);
  }
}

function setOwner(setter: Setter, { uid, gid }: Facts): string | undefined {
  if (uid === undefined || gid === undefined) return undefined;
  if (uid === noOwner || gid === noOwner) return `the id ${noOwner} cannot own anything`;
  setter.chown(uid, gid);
  return undefined;
}

function setMode(chmod: (mode: number) => void, facts: Facts, options: RestoreOptions): Outcome {
  const mode = (facts.mode ?? options.mode) & ~options.withhold;
  chmod(mode);
  // some file systems accept a mode that they do not keep (FAT, exFAT)
  return (kept) => ((kept.mode & 0o7777) === mode ? undefined : `the file system keeps ${(kept.mode & 0o7777).toString(8).padStart(4, "0")}`);
}

function setTimes(setter: Setter, { atime, mtime }: Facts): Outcome {
  if (typeof atime !== "string" && typeof mtime !== "string") return undefined;
  const now = Date.now() / 1000;
  const accessed = typeof atime === "string" ? secondsFor(atime) : now;
  const modified = typeof mtime === "string" ? secondsFor(mtime) : now;
  if (accessed === undefined || modified === undefined) return "too far away for this system";
  setter.utimes(accessed, modified);
  return (kept) => {
    const same = isKept(atime, accessed, kept.atimeMs) && isKept(mtime, modified, kept.mtimeMs);
    return same ? undefined : "the file system keeps other ones";
  };
}

/** File systems round times (FAT to 2 s) and cut what is too early or too late for them, without a word. */
function isKept(wanted: string | null | undefined, seconds: number | string, keptMs: number): boolean {
  return typeof wanted !== "string" || Math.abs(Number(seconds) * 1000 - keptMs) < 1;
}
