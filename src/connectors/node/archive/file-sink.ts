// An archive file being written: under a temporary name until it is whole. spec/02-container.md
import { lstatSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import type { ByteSink } from "../../../container/bytes-io.js";
import { PtarError } from "../../../errors/ptar-error.js";
import { errnoOf, ioError } from "../io-error.js";
import { publishExclusively, publishOver, syncFolder } from "../publish.js";
import { createTemporaryFile, type TemporaryFile } from "../temporary-file.js";

/** An archive file being written. Call `publish` when it is whole, and `discard` in any case. */
export interface FileSink extends ByteSink {
  /** Where the bytes are until they are published. */
  readonly temporary: string;
  /** Device and inode of the file, by which a source knows to leave it out. */
  readonly identity: { readonly dev: string; readonly inode: string };
  /**
   * Gives the file its name, after its bytes have reached the disk.
   * @throws PTAR_TARGET_EXISTS, PTAR_IO_FAILED, PTAR_IO_NO_SPACE
   */
  publish(): Promise<void>;
  /** Removes what was not published. Never throws. */
  discard(): Promise<void>;
}

/**
 * Starts an archive file at `path`. With `force` a file that is there is replaced, in one step, when the new one is whole.
 * @throws PTAR_TARGET_EXISTS, PTAR_IO_FAILED, PTAR_IO_NO_SPACE
 */
export async function createFileSink(path: string, options: { readonly force?: boolean } = {}): Promise<FileSink> {
  const force = options.force === true;
  refuseExisting(path, force);
  const file = await openTemporary(path);
  return {
    temporary: file.path,
    identity: file.identity,
    write: (bytes) => file.write(bytes),
    publish: () => publish(file, path, force ? publishOver : publishExclusively),
    discard: () => file.discard(),
  };
}

function refuseExisting(path: string, force: boolean): void {
  const there = statsIfThere(path);
  if (there === undefined) return;
  // with --force too: a rename would put a file in place of a device such as /dev/null
  if (!there.isFile() && !there.isSymbolicLink()) {
    throw new PtarError("PTAR_TARGET_EXISTS", `${path}: exists and is not a regular file`, { hint: "choose another name" });
  }
  if (!force) throw new PtarError("PTAR_TARGET_EXISTS", `${path}: exists`, { hint: "choose another name, or use --force to replace it" });
}

function statsIfThere(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw ioError(error, path);
  }
}

async function openTemporary(path: string): Promise<TemporaryFile> {
  try {
    return await createTemporaryFile(path, (error) => ioError(error, path));
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw ioError(error, path);
    throw ioError(error, `folder ${dirname(path)}`, { hint: "make the folder first" });
  }
}

async function publish(file: TemporaryFile, path: string, move: (temporary: string, path: string) => Promise<void>): Promise<void> {
  await file.finish();
  try {
    await move(file.path, path);
    await syncFolder(dirname(path));
  } catch (error) {
    throw ioError(error, path);
  }
}
