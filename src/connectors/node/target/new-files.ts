// New files of a target: made exclusively, and only under their final name when they are whole. spec/12-extract.md#rules
import { randomBytes } from "node:crypto";
import { closeSync, constants, linkSync, lstatSync, openSync, readSync, renameSync, unlinkSync } from "node:fs";
import { PtarError } from "../../../errors/ptar-error.js";
import type { Item } from "../../../format/generated/types.js";
import { errnoOf } from "../io-error.js";
import { saysNoLinks } from "../publish.js";
import { ContentWriter, type OpenFile } from "./sparse-file.js";

const copyBytes = 1 << 20;
const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/** Opens a new file that nobody else can read yet. Fails with EEXIST when the name is taken, by a symlink too. */
function openNew(path: Buffer): number {
  return openSync(path, newFile, 0o600);
}

/** A name for a file that is not whole yet. An archive cannot hold it on purpose: it is drawn afterwards. */
export function partName(): Buffer {
  return Buffer.from(`.${randomBytes(9).toString("hex")}.ptar-part`);
}

/** Moves `part` to `path`, which must be free. Without hard links the name is checked first: nobody but us writes here. */
export function moveNew(part: Buffer, path: Buffer, makeLink = linkSync): void {
  try {
    makeLink(part, path);
  } catch (error) {
    if (!saysNoLinks(error)) throw error;
    refuseTaken(path);
    renameSync(part, path);
    return;
  }
  unlinkSync(part);
}

/** Fails with EEXIST when something has the name `path`. */
export function refuseTaken(path: Buffer): void {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw Object.assign(new Error("the name is taken"), { code: "EEXIST" });
}

/** How a copy is made: with the holes of `item`, its facts set by `settle`. */
export interface CopyOptions {
  readonly item: Pick<Item, "size" | "holes">;
  settle(file: OpenFile): void;
}

/** Makes `path` a hard link to the file `first`, or a copy where there are no hard links: then it says why. */
export function linkOrCopy(first: Buffer, path: Buffer, options: CopyOptions): string | undefined {
  try {
    linkSync(first, path);
    return undefined;
  } catch (error) {
    if (!saysNoLinks(error)) throw error;
    copyNew(first, path, options);
    return `${errnoOf(error)}, copied instead`;
  }
}

/** Copies the contents of a file into a new one. */
export function copyNew(from: Buffer, to: Buffer, { item, settle }: CopyOptions): void {
  const source = openSync(from, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    writeNew(to, (file) => {
      const buffer = new Uint8Array(copyBytes);
      const writer = new ContentWriter(file, item);
      for (let count = readSync(source, buffer); count > 0; count = readSync(source, buffer)) writer.write(buffer.subarray(0, count));
      writer.finish();
      settle(file);
    });
  } finally {
    closeSync(source);
  }
}

/** Makes a file that `fill` writes; when it fails nothing stays. */
export function writeNew(path: Buffer, fill: (file: OpenFile) => void): void {
  const file = new NewFile(path);
  try {
    fill(file);
    file.close();
  } catch (error) {
    file.drop();
    throw error;
  }
}

/** A file being made. Closing may fail too: some file systems find out only then that they are full. */
export class NewFile {
  readonly #path: Buffer;
  #fd: number | undefined;
  /** What another thread does with the file. */
  #using: Promise<unknown> | undefined;

  constructor(path: Buffer) {
    this.#path = path;
    this.#fd = openNew(path);
  }

  /** The open file. After `drop` the number may be that of another one. */
  get fd(): number {
    if (this.#fd === undefined) throw new PtarError("PTAR_INTERRUPTED", "extraction: stopped on request");
    return this.#fd;
  }

  /** Lets `use` go on in another thread: until it ends nobody else gets the number of the file, not even after `drop`. One at a time. */
  async using<T>(use: (fd: number) => Promise<T>): Promise<T> {
    const using = use(this.fd);
    this.#using = using;
    try {
      return await using;
    } finally {
      this.#using = undefined;
    }
  }

  close(): void {
    const fd = this.fd;
    this.#fd = undefined;
    closeSync(fd);
  }

  /** Closes and removes the file. Never throws. */
  drop(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd !== undefined) {
      if (this.#using === undefined) closeQuietly(fd);
      else
        this.#using.then(
          () => closeQuietly(fd),
          () => closeQuietly(fd),
        );
    }
    try {
      unlinkSync(this.#path);
    } catch {
      // gone already, with the directory that it was in
    }
  }
}

function closeQuietly(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // what could not be written is not wanted any more
  }
}
