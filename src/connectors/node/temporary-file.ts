// A file that is written under a temporary name, in the folder where it is going to stay. spec/10-verify.md#codes
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { ByteSink } from "../../container/bytes-io.js";
import type { PtarError } from "../../errors/ptar-error.js";

/** Bytes gathered before they are written. */
const unitBytes = 1 << 20;
/** UTF-16 units of the final name that the temporary one repeats: with three bytes for each it is still a name that fits. */
const repeatedUnits = 72;
const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/** A file under a temporary name. Call `discard` in any case. */
export interface TemporaryFile extends ByteSink {
  readonly path: string;
  /** Device and inode, by which a source knows to leave it out. */
  readonly identity: { readonly dev: string; readonly inode: string };
  /** When it was made by the clock of its file system, milliseconds since 1970. */
  readonly made: number;
  /** Waits until all bytes are on the disk, and closes it. */
  finish(): Promise<void>;
  /** Closes and removes it; nothing happens when it was moved away. Never throws. */
  discard(): Promise<void>;
}

/** In the same folder, so that publishing never copies. */
export function temporaryBeside(path: string, token = randomBytes(6).toString("hex")): string {
  const name = basename(path).slice(0, repeatedUnits).toWellFormed();
  return join(dirname(path), `.${name}.${token}.ptar-part`);
}

/** Starts a file that is to become `path`; `failure` makes errors of it. What goes wrong before there is a file is thrown as it comes. */
export async function createTemporaryFile(path: string, failure: (error: unknown) => PtarError): Promise<TemporaryFile> {
  const temporary = temporaryBeside(path);
  const handle = await open(temporary, newFile, 0o666);
  try {
    const { dev, ino, mtimeMs } = await handle.stat({ bigint: true });
    const identity = { dev: String(BigInt.asUintN(64, dev)), inode: String(BigInt.asUintN(64, ino)) };
    return new WrittenFile(handle, { path: temporary, identity, made: Number(mtimeMs), failure });
  } catch (error) {
    await handle.close();
    await unlink(temporary);
    throw failure(error);
  }
}

interface Facts extends Pick<TemporaryFile, "path" | "identity" | "made"> {
  readonly failure: (error: unknown) => PtarError;
}

class WrittenFile implements TemporaryFile {
  readonly path: string;
  readonly identity: TemporaryFile["identity"];
  readonly made: number;
  readonly #buffer = new Uint8Array(unitBytes);
  readonly #failureOf: Facts["failure"];
  #handle: FileHandle | undefined;
  #used = 0;
  #failure: PtarError | undefined;

  constructor(handle: FileHandle, { path, identity, made, failure }: Facts) {
    this.#handle = handle;
    this.path = path;
    this.identity = identity;
    this.made = made;
    this.#failureOf = failure;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#open();
    if (this.#used + bytes.length > unitBytes) await this.#flush();
    if (bytes.length >= unitBytes) return this.#put(bytes);
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  async finish(): Promise<void> {
    await this.#flush();
    try {
      await this.#open().sync();
      await this.#close();
    } catch (error) {
      throw this.#failed(error);
    }
  }

  async discard(): Promise<void> {
    await this.#close().catch(() => undefined);
    await unlink(this.path).catch(() => undefined);
  }

  async #flush(): Promise<void> {
    const used = this.#used;
    this.#used = 0;
    await this.#put(this.#buffer.subarray(0, used));
  }

  async #put(bytes: Uint8Array): Promise<void> {
    const handle = this.#open();
    try {
      for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #open(): FileHandle {
    // a file with a hole where a write failed must not be completed and published
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#handle === undefined) throw new TypeError("the file is closed");
    return this.#handle;
  }

  #failed(error: unknown): PtarError {
    this.#failure ??= this.#failureOf(error);
    return this.#failure;
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }
}
