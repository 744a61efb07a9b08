// An archive file being written: under a temporary name until it is whole. spec/02-container.md
import { randomBytes } from "node:crypto";
import { constants, lstatSync, type Stats } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { ByteSink } from "../../../container/bytes-io.js";
import { PtarError } from "../../../errors/ptar-error.js";
import { errnoOf, ioError } from "../io-error.js";
import { publishExclusively, publishOver, syncFolder } from "../publish.js";

/** Bytes gathered before they are written. */
const unitBytes = 1 << 20;

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
  const temporary = temporaryBeside(path);
  const handle = await openTemporary(path, temporary);
  try {
    const { dev, ino } = await handle.stat({ bigint: true });
    const identity = { dev: String(BigInt.asUintN(64, dev)), inode: String(BigInt.asUintN(64, ino)) };
    return new TemporaryFileSink(handle, { path, temporary, force, identity });
  } catch (error) {
    await handle.close();
    await unlink(temporary);
    throw ioError(error, path);
  }
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

/** In the same folder, so that publishing never copies; short enough where the name itself is as long as it may be. */
function temporaryBeside(path: string): string {
  const name = basename(path).slice(0, 60).toWellFormed();
  return join(dirname(path), `.${name}.${randomBytes(6).toString("hex")}.ptar-part`);
}

async function openTemporary(path: string, temporary: string): Promise<FileHandle> {
  try {
    return await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0), 0o666);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw ioError(error, path);
    throw ioError(error, `folder ${dirname(path)}`, { hint: "make the folder first" });
  }
}

interface Place {
  readonly path: string;
  readonly temporary: string;
  readonly force: boolean;
  readonly identity: FileSink["identity"];
}

class TemporaryFileSink implements FileSink {
  readonly #place: Place;
  readonly #buffer = new Uint8Array(unitBytes);
  #handle: FileHandle | undefined;
  #used = 0;
  #failure: PtarError | undefined;

  constructor(handle: FileHandle, place: Place) {
    this.#handle = handle;
    this.#place = place;
  }

  get temporary(): string {
    return this.#place.temporary;
  }

  get identity(): FileSink["identity"] {
    return this.#place.identity;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#used + bytes.length > unitBytes) await this.#flush();
    if (bytes.length >= unitBytes) return this.#put(bytes);
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  async publish(): Promise<void> {
    await this.#flush();
    const { path, temporary, force } = this.#place;
    try {
      await this.#open().sync();
      await this.#close();
      if (force) await publishOver(temporary, path);
      else await publishExclusively(temporary, path);
      await syncFolder(dirname(path));
    } catch (error) {
      throw ioError(error, path);
    }
  }

  async discard(): Promise<void> {
    await this.#close().catch(() => undefined);
    // after publishing there is nothing of this name any more
    await unlink(this.#place.temporary).catch(() => undefined);
  }

  async #flush(): Promise<void> {
    const used = this.#used;
    this.#used = 0;
    await this.#put(this.#buffer.subarray(0, used));
  }

  async #put(bytes: Uint8Array): Promise<void> {
    // a file with a hole where a write failed must not be completed and published
    if (this.#failure !== undefined) throw this.#failure;
    try {
      for (let at = 0; at < bytes.length; ) at += (await this.#open().write(bytes, at)).bytesWritten;
    } catch (error) {
      if (error instanceof TypeError) throw error;
      this.#failure = ioError(error, this.#place.path);
      throw this.#failure;
    }
  }

  #open(): FileHandle {
    if (this.#handle === undefined) throw new TypeError("the archive file is closed");
    return this.#handle;
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }
}
