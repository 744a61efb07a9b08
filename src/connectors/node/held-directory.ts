// A directory of a source, held so that what is put in its place is not read. spec/05-page.md#errors
import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { fileKey } from "./file-facts.js";

/** Opens a path without reading it: works without the right to list. Linux only. */
const pathOnly = 0o10000000;

/** A directory that is held open. */
export interface HeldDirectory {
  /** Path by which it is reached while it is held, whatever its name leads to now. */
  readonly near: Buffer;
  /** `dev:inode`. */
  readonly key: string;
  close(): void;
}

/**
 * Holds the directory at `path`; undefined where the system has no way to. With `follow` a symlink at its end is followed.
 * Throws what opening throws, ENOTDIR for a symlink or another kind of file.
 */
export function holdDirectory(path: Buffer, follow: "follow" | "refuse"): HeldDirectory | undefined {
  if (process.platform !== "linux") return undefined;
  const flags = pathOnly | constants.O_DIRECTORY | (follow === "refuse" ? constants.O_NOFOLLOW : 0);
  const fd = openSync(path, flags);
  try {
    return { near: Buffer.from(`/proc/self/fd/${fd}`), key: fileKey(fstatSync(fd, { bigint: true })), close: () => closeSync(fd) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
