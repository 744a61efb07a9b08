// Owner, mode and times of what was extracted. spec/06-snapshot.md#captured
import {
  chmodSync,
  chownSync,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  lutimesSync,
  type PathLike,
  type TimeLike,
  utimesSync,
} from "node:fs";
import type { Item } from "../../format/generated/types.js";
import type { Loss } from "../losses.js";
import { secondsFor } from "./file-times.js";
import { errnoOf } from "./io-error.js";

/** Sets facts of one path in the way that is safe for it. */
export interface Setter {
  chown(uid: number, gid: number): void;
  /** Absent for symlinks, which have no mode of their own. */
  readonly chmod?: (mode: number) => void;
  utimes(atime: TimeLike, mtime: TimeLike): void;
}

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
/** As an unsigned number the "leave it" of chown: an owner that cannot be set. */
const noOwner = 0xffffffff;

/** Sets facts of what is open as `fd`. */
export function byDescriptor(fd: number): Setter {
  return {
    chown: (uid, gid) => fchownSync(fd, uid, gid),
    chmod: (mode) => fchmodSync(fd, mode),
    utimes: (atime, mtime) => futimesSync(fd, atime, mtime),
  };
}

/** Sets facts of the directory at `path`, where directories cannot be opened. */
export function byPath(path: PathLike): Setter {
  return {
    chown: (uid, gid) => chownSync(path, uid, gid),
    chmod: (mode) => chmodSync(path, mode),
    utimes: (atime, mtime) => utimesSync(path, atime, mtime),
  };
}

/** Sets facts of the symlink at `path` itself. */
export function ofSymlink(path: PathLike): Setter {
  return {
    chown: (uid, gid) => lchownSync(path, uid, gid),
    utimes: (atime, mtime) => lutimesSync(path, atime, mtime),
  };
}

/** Sets owner, mode and times, in this order: a new owner clears bits of the mode. Failures are losses, never errors. */
export function restoreFacts(setter: Setter, item: Item, options: RestoreOptions): readonly Loss[] {
  const losses: Loss[] = [];
  if (options.owner === "restore") attempt(losses, "owner", () => setOwner(setter, item));
  attempt(losses, "mode", () => setMode(setter, item, options));
  if (setter.chmod !== undefined) losses.push(...withheld(item, options.withhold));
  attempt(losses, "times", () => setTimes(setter, item));
  return losses;
}

/** `act` says why it did not do it, or throws. */
function attempt(losses: Loss[], what: string, act: () => string | undefined): void {
  try {
    const reason = act();
    if (typeof reason === "string") losses.push({ what, reason });
  } catch (error) {
    losses.push({ what, reason: errnoOf(error) });
  }
}

function setOwner(setter: Setter, { uid, gid }: Item): string | undefined {
  if (uid === undefined || gid === undefined) return undefined;
  if (uid === noOwner || gid === noOwner) return `the id ${noOwner} cannot own anything`;
  setter.chown(uid, gid);
  return undefined;
}

function setMode(setter: Setter, item: Item, options: RestoreOptions): undefined {
  setter.chmod?.((item.mode ?? options.mode) & ~options.withhold);
}

function setTimes(setter: Setter, { atime, mtime }: Item): string | undefined {
  if (typeof atime !== "string" && typeof mtime !== "string") return undefined;
  const now = String(Date.now() / 1000);
  const seconds = [atime, mtime].map((time) => (typeof time === "string" ? secondsFor(time) : now));
  const [accessed, modified] = seconds;
  if (accessed === undefined || modified === undefined) return "too far away for this system";
  setter.utimes(accessed, modified);
  return undefined;
}

function withheld(item: Item, bits: number): readonly Loss[] {
  const names = [
    [0o4000, "setuid"],
    [0o2000, "setgid"],
    [0o1000, "sticky"],
  ] as const;
  const missing = (item.mode ?? 0) & bits;
  return names.filter(([bit]) => (missing & bit) !== 0).map(([, what]) => ({ what, reason: "never set from an archive" }));
}
