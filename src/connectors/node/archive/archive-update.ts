// An archive file that a tail is appended to: locked, and cut back to what it was when that fails. spec/02-container.md#grammar
import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync, realpathSync, writeSync } from "node:fs";
import { PtarError } from "../../../errors/ptar-error.js";
import { errnoOf, ioError } from "../io-error.js";
import { shellWord } from "../shell-word.js";
import { type ArchiveLock, isSame, lockArchive } from "./archive-lock.js";
import { type FileReader, fileReaderOf } from "./file-reader.js";

/** An archive file under change. Call `close` in any case. */
export interface ArchiveUpdate {
  readonly reader: FileReader;
  /** Path of the lock, which is there until `close`. */
  readonly lock: string;
  /**
   * Appends `bytes` and waits until they are on the disk; all of them or none. Nothing else runs meanwhile, no signal handler either.
   * @throws PTAR_IO_FAILED, also when the file is not the one that was opened any more, PTAR_IO_NO_SPACE
   */
  append(bytes: Uint8Array): void;
  /** @throws PTAR_IO_FAILED */
  close(): Promise<void>;
}

interface Opened {
  readonly fd: number;
  readonly path: string;
  /** How errors name it. */
  readonly subject: string;
}

/**
 * Opens the archive file at `path` for appending. Beside it stands a lock, PATH.ptar-lock, until `close`.
 * @throws PTAR_ARCHIVE_NOT_FOUND, PTAR_ARCHIVE_LOCKED, PTAR_IO_FAILED, PTAR_IO_NO_SPACE
 */
export async function openArchiveUpdate(path: string): Promise<ArchiveUpdate> {
  const subject = `archive ${path}`;
  const file: Opened = { fd: openForUpdate(path, subject), path, subject };
  let lock: ArchiveLock | undefined;
  try {
    if (!fstatSync(file.fd).isFile())
      throw new PtarError("PTAR_IO_FAILED", `${subject}: is not a regular file`, { hint: "name the archive file itself" });
    lock = lockArchive(path);
    return await startUpdate(file, lock);
  } catch (error) {
    lock?.release();
    closeSync(file.fd);
    throw ioError(error, subject);
  }
}

async function startUpdate(file: Opened, lock: ArchiveLock): Promise<ArchiveUpdate> {
  const { fd, subject } = file;
  // only now that nobody else may change it
  const length = fstatSync(fd).size;
  await lock.note(length);
  return {
    reader: fileReaderOf(fd, { subject, length, release: () => undefined }),
    lock: lock.path,
    append: (bytes) => append(file, bytes, length),
    async close() {
      try {
        closeSync(fd);
      } finally {
        lock.release();
      }
    },
  };
}

function openForUpdate(path: string, subject: string): number {
  try {
    return openSync(path, constants.O_RDWR | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (errnoOf(error) === "EISDIR")
      throw new PtarError("PTAR_IO_FAILED", `${subject}: is a directory`, { hint: "name the archive file itself", cause: error });
    if (errnoOf(error) !== "ENOENT") throw ioError(error, subject);
    throw new PtarError("PTAR_ARCHIVE_NOT_FOUND", `${subject}: no such file`, { hint: "check the spelling of the path", cause: error });
  }
}

/** What is appended to a file that has lost its name would be lost. */
function requireInPlace({ fd, path, subject }: Opened): void {
  if (!isSame(fd, realpathSync(path))) throw changed(subject, "it was replaced while it was read");
}

function append(file: Opened, bytes: Uint8Array, length: number): void {
  const { fd, subject } = file;
  try {
    requireInPlace(file);
    if (fstatSync(fd).size !== length) throw changed(subject, "it changed while it was read");
    for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written, bytes.length - written, length + written);
    fsyncSync(fd);
  } catch (error) {
    if (error instanceof PtarError) throw error;
    const hint = cutBack(file, length);
    throw ioError(error, subject, hint === undefined ? {} : { hint });
  }
}

/** Takes back what was written; what a person has to do where that fails too. */
function cutBack({ fd, path }: Opened, length: number): string | undefined {
  try {
    ftruncateSync(fd, length);
    fsyncSync(fd);
    return undefined;
  } catch {
    return `\`truncate -s ${length} ${shellWord(path)}\` undoes what was half-written`;
  }
}

function changed(subject: string, problem: string): PtarError {
  return new PtarError("PTAR_IO_FAILED", `${subject}: ${problem}`, { hint: "run the command again" });
}
