// An archive file on disk, read at any place. spec/02-container.md
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { ByteReader } from "../../../container/bytes-io.js";
import { PtarError } from "../../../errors/ptar-error.js";
import { errnoOf, ioError } from "../io-error.js";

/** An open archive file. */
export interface FileReader extends ByteReader {
  /** Ends reading. May be called more than once. */
  close(): Promise<void>;
}

/**
 * Opens the archive file at `path`.
 * @throws PTAR_ARCHIVE_NOT_FOUND, PTAR_IO_FAILED
 */
export async function openFileReader(path: string): Promise<FileReader> {
  const fd = openArchive(path);
  try {
    const stats = fstatSync(fd);
    if (stats.isDirectory()) throw notAFile(path, "is a directory");
    if (!stats.isFile()) throw notAFile(path, "is not a regular file");
    return fileReaderOf(fd, { subject: `archive ${path}`, length: stats.size, release: () => closeSync(fd) });
  } catch (error) {
    closeSync(fd);
    throw ioError(error, `archive ${path}`);
  }
}

/** A file that is open already. */
export interface OpenFile {
  /** How errors name it. */
  readonly subject: string;
  readonly length: number;
  /** Called once, when reading has ended. */
  readonly release: () => void;
}

/** Reads the first `length` bytes behind a file descriptor at any place. */
export function fileReaderOf(fd: number, file: OpenFile): FileReader {
  return new PositionalReader(fd, file);
}

function openArchive(path: string): number {
  try {
    // O_NONBLOCK: a fifo without a writer would block the program before it can be refused
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw ioError(error, `archive ${path}`);
    throw new PtarError("PTAR_ARCHIVE_NOT_FOUND", `archive ${path}: no such file`, { hint: "check the spelling of the path", cause: error });
  }
}

function notAFile(path: string, problem: string): PtarError {
  return new PtarError("PTAR_IO_FAILED", `archive ${path}: ${problem}`, { hint: "name the archive file itself" });
}

/** Synchronous calls: they are several times faster than queued ones for the many short reads of an archive. */
class PositionalReader implements FileReader {
  readonly length: number;
  readonly #file: OpenFile;
  #fd: number | undefined;

  constructor(fd: number, file: OpenFile) {
    this.#fd = fd;
    this.#file = file;
    this.length = file.length;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (this.#fd === undefined) throw new TypeError("the file is closed");
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0)
      throw new TypeError(`not a range: ${length} bytes at ${offset}`);
    // before memory is taken: a damaged length must not cost more than the file has
    if (offset + length > this.length) throw this.#tooShort(offset, length, Math.max(0, this.length - offset));
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const count = this.#readSome(this.#fd, bytes.subarray(filled), offset + filled);
      if (count === 0) throw this.#tooShort(offset, length, filled);
      filled += count;
    }
    return bytes;
  }

  async close(): Promise<void> {
    if (this.#fd === undefined) return;
    this.#fd = undefined;
    this.#file.release();
  }

  #readSome(fd: number, buffer: Uint8Array, offset: number): number {
    try {
      return readSync(fd, buffer, 0, buffer.length, offset);
    } catch (error) {
      throw ioError(error, this.#file.subject, { offset });
    }
  }

  #tooShort(offset: number, expected: number, found: number): PtarError {
    return new PtarError("PTAR_IO_FAILED", `${this.#file.subject}: expected ${expected} bytes at offset ${offset}, found ${found}`, {
      details: { offset, expected, found },
    });
  }
}
