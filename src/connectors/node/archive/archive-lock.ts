// A lock beside an archive file that is being changed. spec/10-verify.md#codes
import { closeSync, fstatSync, fsyncSync, ftruncateSync, lstatSync, openSync, readFileSync, realpathSync, unlinkSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { PtarError } from "../../../errors/ptar-error.js";
import { errnoOf, ioError } from "../io-error.js";
import { syncFolder } from "../publish.js";
import { shellWord } from "../shell-word.js";

/** A lock that this program holds. Call `release` in any case. */
export interface ArchiveLock {
  readonly path: string;
  /**
   * Writes the length that the archive has now, so that a person can undo what a killed program or a power failure leaves half-done.
   * @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE
   */
  note(length: number): Promise<void>;
  /** Removes the lock, unless somebody took it away and it is another one now. @throws PTAR_IO_FAILED */
  release(): void;
}

/** Takes the lock of the archive file at `path`, which exists. @throws PTAR_ARCHIVE_LOCKED, PTAR_IO_FAILED, PTAR_IO_NO_SPACE */
export function lockArchive(path: string): ArchiveLock {
  const lock = lockPathOf(path);
  const fd = create(lock, path);
  return {
    path: lock,
    async note(length) {
      try {
        ftruncateSync(fd, 0);
        writeSync(fd, `${length}\n`, 0);
        fsyncSync(fd);
        await syncFolder(dirname(lock));
      } catch (error) {
        throw ioError(error, `lock ${lock}`);
      }
    },
    release() {
      try {
        if (isSame(fd, lock)) unlinkSync(lock);
      } catch (error) {
        throw ioError(error, `lock ${lock}`);
      } finally {
        closeSync(fd);
      }
    },
  };
}

/** Whether the open file `fd` is the one that has the name `path` now. */
export function isSame(fd: number, path: string): boolean {
  const [own, now] = [fstatSync(fd, { bigint: true }), lstatSync(path, { bigint: true, throwIfNoEntry: false })];
  return now !== undefined && own.ino === now.ino && own.dev === now.dev;
}

/** One lock for one file, whatever symlink leads to it. */
function lockPathOf(path: string): string {
  return `${lstatSync(path).isSymbolicLink() ? realpathSync(path) : path}.ptar-lock`;
}

function create(lock: string, path: string): number {
  try {
    return openSync(lock, "wx");
  } catch (error) {
    if (errnoOf(error) === "EEXIST") throw locked(lock, path, error);
    throw ioError(error, `lock ${lock}`, { hint: "it stands beside the archive while that is changed, and has to be made first" });
  }
}

function locked(lock: string, path: string, cause: unknown): PtarError {
  const before = lengthIn(lock);
  const undo = before === undefined ? "" : `; then \`truncate -s ${before} ${shellWord(path)}\` undoes what it may have left half-written`;
  return new PtarError("PTAR_ARCHIVE_LOCKED", `archive ${path}: another ptar is changing it (${lock})`, {
    hint: `wait for it, or remove the lock if that ptar was killed${undo}`,
    cause,
  });
}

function lengthIn(lock: string): string | undefined {
  try {
    return /^(\d+)\n$/.exec(readFileSync(lock, "latin1"))?.[1];
  } catch {
    return undefined;
  }
}
