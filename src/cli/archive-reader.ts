// The archive that a command reads: a file, or standard input. spec/02-container.md
import { type FileReader, openFileReader } from "../connectors/node/archive/file-reader.js";
import { openStdinReader } from "../connectors/node/archive/stdin-reader.js";
import type { Context } from "./command.js";

/**
 * Opens the archive at `path`; `-` is standard input, `./-` a file of this name.
 * @throws PTAR_ARCHIVE_NOT_FOUND, PTAR_USAGE, PTAR_IO_FAILED, PTAR_IO_NO_SPACE, and the reason of the signal
 */
export async function openArchiveReader(path: string, { notes, signal }: Pick<Context, "notes" | "signal">): Promise<FileReader> {
  if (path !== "-") return openFileReader(path);
  const reader = await openStdinReader({
    signal,
    onCopy: (what) => notes.say(`standard input is ${what}: reading it through a temporary file`),
    onBytes: (bytes) => notes.onProgress({ phase: "scan", entries: 0, bytes, errors: 0 }),
  });
  notes.clear();
  return reader;
}
