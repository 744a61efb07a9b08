// The directory that a target fills: new, or empty. spec/10-verify.md#codes
import { mkdirSync, readdirSync, realpathSync, rmdirSync, statSync } from "node:fs";
import { PtarError } from "../../../errors/ptar-error.js";
import { errnoOf, ioError } from "../io-error.js";

/** A directory with nothing in it. */
export interface TargetFolder {
  /** Where it is, without symlinks. */
  readonly real: string;
  /** Whether it was made just now. */
  readonly made: boolean;
}

/**
 * Makes `dir`, or accepts it when it is an empty directory. A symlink that the user names is followed, once.
 * @throws PTAR_TARGET_EXISTS, PTAR_IO_FAILED, PTAR_IO_NO_SPACE
 */
export function prepareFolder(dir: string): TargetFolder {
  try {
    const there = statSync(dir, { throwIfNoEntry: false });
    if (there === undefined) return makeFolder(dir);
    const real = realpathSync.native(dir);
    if (!there.isDirectory()) throw exists(dir, "is not a directory");
    if (readdirSync(real, { encoding: "buffer" }).length > 0) throw exists(dir, "is not empty");
    return { real, made: false };
  } catch (error) {
    throw ioError(error, `target ${dir}`);
  }
}

/** Removes a directory that was made for nothing. Never throws. */
export function removeIfEmpty({ real, made }: TargetFolder): void {
  try {
    if (made) rmdirSync(real);
  } catch {
    // it is not empty: what is in it was whole
  }
}

function makeFolder(dir: string): TargetFolder {
  try {
    mkdirSync(dir);
  } catch (error) {
    if (errnoOf(error) === "EEXIST") throw exists(dir, "is a symlink that leads nowhere");
    if (errnoOf(error) !== "ENOENT") throw error;
    throw new PtarError("PTAR_IO_FAILED", `target ${dir}: the directory above it does not exist`, { hint: "make it first", cause: error });
  }
  return { real: realpathSync.native(dir), made: true };
}

function exists(dir: string, problem: string): PtarError {
  return new PtarError("PTAR_TARGET_EXISTS", `target ${dir}: exists and ${problem}`, { hint: "choose a new or an empty directory" });
}
