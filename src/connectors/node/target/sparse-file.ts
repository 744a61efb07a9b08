// Contents of a new file, with holes where the source had them. spec/12-extract.md#sparse
import { existsSync, ftruncateSync, statfsSync, writeSync } from "node:fs";
import type { Hole, Item } from "../../../format/generated/types.js";
import { errnoOf } from "../io-error.js";

/** An open file; the number is asked for at each write, since an abort closes it. */
export interface OpenFile {
  readonly fd: number;
}

/** Writes bytes at an offset, at once or later. */
export type Put = (bytes: Uint8Array, at: number) => void;

/** Bytes that are compared with zeros, and written or left out, at once. */
const pieceBytes = 1 << 16;
const zeros = Buffer.alloc(pieceBytes);
/** FAT holds files below this, and every file system more than FAT. */
const largeFile = 2 ** 32;
/** File systems of Linux with a ceiling that is met in practice, where trying a length costs nothing: FAT, and ext2 to ext4. */
const ceilings: ReadonlySet<number> = new Set([0x4d44, 0xef53]);

/** Writes the contents of one file from its beginning to its end. Zeros that lie in a hole of the item are not written. */
export class ContentWriter {
  readonly #file: OpenFile;
  readonly #holes: readonly Hole[];
  readonly #put: Put;
  #hole = 0;
  /** Bytes taken, and the end of what was written or reserved of them. */
  #offset = 0;
  #end = 0;

  /** With `put` nothing is written until that does; it has to be done before `finish`. */
  constructor(file: OpenFile, { size = 0, holes = [] }: Pick<Item, "size" | "holes">, put: Put = putNow(file)) {
    this.#file = file;
    this.#holes = holes;
    this.#put = put;
    if (size >= largeFile && hasCeiling(file.fd)) this.#tryLength(size);
  }

  /** Takes the next bytes. Fails after an abort, also when nothing is to be written. */
  write(bytes: Uint8Array): void {
    void this.#file.fd;
    for (let rest = bytes; rest.length > 0; ) {
      const run = this.#runOf(rest.length);
      const piece = rest.subarray(0, run.length);
      // an archive may lie about holes: what is not zero is written wherever it stands
      if (run.kind === "data" || zeros.compare(piece, 0, piece.length, 0, piece.length) !== 0) {
        this.#put(piece, this.#offset);
        this.#end = this.#offset + piece.length;
      }
      this.#offset += piece.length;
      rest = rest.subarray(piece.length);
    }
  }

  /** Gives the file its length when it ends in a hole. */
  finish(): void {
    if (this.#end >= this.#offset) return;
    try {
      ftruncateSync(this.#file.fd, this.#offset);
    } catch (error) {
      // some file systems cannot lengthen a file but by writing (ftruncate(2): EPERM)
      if (errnoOf(error) !== "EPERM") throw error;
      this.#writeZeros(this.#end, this.#offset);
    }
  }

  /** How far the next bytes, at most `length`, lie on one side of a hole's border. */
  #runOf(length: number): { readonly kind: "data" | "hole"; readonly length: number } {
    const at = this.#offset;
    let hole = this.#holes[this.#hole];
    while (hole !== undefined && hole.offset + hole.length <= at) hole = this.#holes[++this.#hole];
    if (hole === undefined) return { kind: "data", length };
    if (at < hole.offset) return { kind: "data", length: Math.min(length, hole.offset - at) };
    return { kind: "hole", length: Math.min(length, hole.offset + hole.length - at, pieceBytes) };
  }

  #writeZeros(from: number, to: number): void {
    for (let at = from; at < to; ) at += writeSync(this.#file.fd, zeros, 0, Math.min(pieceBytes, to - at), at);
  }

  /** A file system that cannot hold so large a file says so now (EFBIG), not when gigabytes have been written. */
  #tryLength(size: number): void {
    ftruncateSync(this.#file.fd, size);
    ftruncateSync(this.#file.fd, 0);
  }
}

function putNow(file: OpenFile): Put {
  return (bytes, at) => {
    for (let done = 0; done < bytes.length; ) done += writeSync(file.fd, bytes, done, bytes.length - done, at + done);
  };
}

function hasCeiling(fd: number): boolean {
  const path = `/proc/self/fd/${fd}`;
  return existsSync(path) && ceilings.has(statfsSync(path).type);
}
