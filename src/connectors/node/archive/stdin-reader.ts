// An archive that comes on standard input, read at any place. spec/02-container.md
import { randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, type Stats, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isatty } from "node:tty";
import { PtarError } from "../../../errors/ptar-error.js";
import { ioError } from "../io-error.js";
import { type StdinOptions, stdinChunks, stdinName } from "../stdin-chunks.js";
import { type FileReader, fileReaderOf } from "./file-reader.js";

/** What copying tells. */
export interface StdinReaderOptions extends StdinOptions {
  /** Called before anything is copied, with what standard input is: "a pipe". */
  readonly onCopy?: (what: string) => void;
  /** Bytes copied so far. */
  readonly onBytes?: (bytes: number) => void;
}

const roomHint = "set TMPDIR to a folder with room for the archive, or write it to a file first";

/**
 * Opens the archive on standard input. A file is read in place; a pipe is copied to a temporary file first, because an archive is
 * read from its end.
 * @throws PTAR_USAGE for a terminal, PTAR_IO_FAILED, PTAR_IO_NO_SPACE, an AbortError after `signal`
 */
export async function openStdinReader(options: StdinReaderOptions = {}): Promise<FileReader> {
  if (isatty(0)) throw new PtarError("PTAR_USAGE", `${stdinName}: is a terminal, an archive expected`, { hint: "add < ARCHIVE, or a pipe" });
  const stats = fstatSync(0);
  if (stats.isFile()) return fileReaderOf(0, { subject: stdinName, length: stats.size, release: () => undefined });
  if (!stats.isDirectory()) options.onCopy?.(kindOf(stats));
  return copied(options);
}

function kindOf(stats: Stats): string {
  if (stats.isFIFO()) return "a pipe";
  return stats.isSocket() ? "a socket" : "a device";
}

async function copied(options: StdinReaderOptions): Promise<FileReader> {
  const { fd, remove } = openTemporary();
  const release = () => {
    closeSync(fd);
    remove();
  };
  try {
    return fileReaderOf(fd, { subject: stdinName, length: await copy(fd, options), release });
  } catch (error) {
    release();
    throw options.signal?.aborted === true ? error : ioError(error, stdinName);
  }
}

async function copy(fd: number, options: StdinReaderOptions): Promise<number> {
  let total = 0;
  for await (const chunk of stdinChunks(options)) {
    writeAll(fd, chunk);
    total += chunk.length;
    options.onBytes?.(total);
  }
  return total;
}

function writeAll(fd: number, bytes: Uint8Array): void {
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
  } catch (error) {
    throw ioError(error, `temporary file in ${tmpdir()}`, { hint: roomHint });
  }
}

/** Without a name as soon as it is open, so that nothing is left however the program ends; Windows keeps the name until it is closed. */
function openTemporary(): { readonly fd: number; readonly remove: () => void } {
  const path = join(tmpdir(), `ptar-${randomBytes(8).toString("hex")}`);
  try {
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0), 0o600);
    if (process.platform === "win32") return { fd, remove: () => unlinkSync(path) };
    unlinkSync(path);
    return { fd, remove: () => undefined };
  } catch (error) {
    throw ioError(error, `temporary file in ${tmpdir()}`, { hint: roomHint });
  }
}
