// What stands in a folder of a storage: listed, opened and swept. spec/15-repository.md#layout
import { type BigIntStats, closeSync, constants, fstatSync, openSync } from "node:fs";
import { lstat, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { PtarError } from "../../../errors/ptar-error.js";
import type { OpenStored, StoredFile } from "../../../repository/files/storage.js";
import { fileReaderOf } from "../archive/file-reader.js";
import { errnoOf } from "../io-error.js";
import { storageError } from "./storage-error.js";

/** Files looked at together: a network file system answers them side by side. */
const togetherFiles = 64;
// O_NONBLOCK: a fifo without a writer would block the program before it can be refused
const reading = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
/** What opening a symlink or a socket answers. */
const notRegular = new Set(["ELOOP", "EMLINK", "ENXIO"]);

/** Regular files of `folder` whose names pass; none when there is no such folder. @throws PTAR_IO_FAILED */
export async function* storedFiles(folder: string, passes: (name: string) => boolean): AsyncGenerator<StoredFile> {
  // names first: a listing that goes on while files are removed leaves out others on some file systems
  const names = (await namesIn(folder)).filter(passes);
  for (let at = 0; at < names.length; at += togetherFiles) {
    const part = names.slice(at, at + togetherFiles);
    const stats = await Promise.all(part.map((name) => statsIfThere(join(folder, name))));
    for (const [i, name] of part.entries()) {
      const found = stats[i];
      if (found?.isFile()) yield { name, length: Number(found.size), written: Number(found.mtimeMs) };
    }
  }
}

/** Opens the file at `path`; undefined when there is none. @throws PTAR_REPOSITORY_INVALID, PTAR_IO_FAILED */
export function openStoredFile(path: string): OpenStored | undefined {
  const fd = openRegular(path);
  if (fd === undefined) return undefined;
  try {
    const stats = fstatSync(fd);
    // spec/15-repository.md#layout
    if (!stats.isFile()) throw notAFile(path);
    return fileReaderOf(fd, { subject: path, length: stats.size, release: () => closeQuietly(fd) });
  } catch (error) {
    closeQuietly(fd);
    throw storageError(error, path);
  }
}

/** Deletes the files that `storedFiles` gives and that were written before `before`; their number. @throws PTAR_IO_FAILED */
export async function sweepFiles(folder: string, passes: (name: string) => boolean, before: number): Promise<number> {
  let count = 0;
  for await (const { name, written } of storedFiles(folder, passes)) {
    if (written < before && (await removeFile(join(folder, name))) === "removed") count++;
  }
  return count;
}

/** Deletes the file at `path`. @throws PTAR_IO_FAILED */
export async function removeFile(path: string): Promise<"removed" | "missing"> {
  try {
    await unlink(path);
    return "removed";
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return "missing";
    throw storageError(error, path);
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw storageError(error, `folder ${folder}`);
  }
}

/** Big integers: as one number a time is rounded, and a file can look younger than one that was written after it. */
async function statsIfThere(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw storageError(error, path);
  }
}

function openRegular(path: string): number | undefined {
  try {
    return openSync(path, reading);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    // spec/15-repository.md#layout
    throw notRegular.has(errnoOf(error)) ? notAFile(path, error) : storageError(error, path);
  }
}

function notAFile(path: string, cause?: unknown): PtarError {
  const hint = "look at what stands there; a file of a repository is never a link, a folder or a device";
  return new PtarError("PTAR_REPOSITORY_INVALID", `${path}: is not a regular file`, { hint, cause });
}

function closeQuietly(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // nothing was written by it
  }
}
