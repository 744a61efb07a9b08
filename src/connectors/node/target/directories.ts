// Directories of a target, held so that nobody can put a symlink in their way. spec/12-extract.md#paths
import { closeSync, constants, existsSync, fstatSync, fsyncSync, lstatSync, openSync, readdirSync } from "node:fs";
import { PtarError } from "../../../errors/ptar-error.js";
import { fileKey } from "../file-facts.js";
import { errnoOf, ioError, shown } from "../io-error.js";
import { byDescriptor, byPath, type Setter } from "./restore.js";

/**
 * How directories are held. With `descriptors` each one on the way down is open, and every operation starts from it by way of
 * `/proc/self/fd`: a directory that is exchanged meanwhile is never entered. With `paths`, where that does not exist, the path is checked
 * before each operation: an exchange between operations is seen, one within the same instant is not.
 */
export type Holding = "descriptors" | "paths";

interface Held {
  readonly name: Uint8Array;
  readonly fd: number | undefined;
  readonly path: Buffer;
  /** What reaches a name in it stands behind this, while it is open. */
  readonly prefix: Buffer | undefined;
  /** Device and inode of the directory. */
  readonly key: string;
}

const slash = Buffer.from("/");
const directoryFlags = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0);

/** The way of holding directories that this system offers. */
export function bestHolding(): Holding {
  return process.platform === "linux" && existsSync("/proc/self/fd") ? "descriptors" : "paths";
}

/** A stack of directories from the target's root to the present one. */
export class Directories {
  readonly #holding: Holding;
  readonly #held: Held[];
  /** Names from the root to the present directory; undefined when it has changed. */
  #names: readonly Uint8Array[] | undefined;

  /** `root` is the real path of the target's directory. */
  constructor(root: string, holding: Holding) {
    this.#holding = holding;
    this.#held = [this.#hold(new Uint8Array(0), Buffer.from(root))];
  }

  /** Names from the root to the present directory. */
  get names(): readonly Uint8Array[] {
    this.#names ??= this.#held.slice(1).map(({ name }) => name);
    return this.#names;
  }

  /** Path by which the operations of this moment reach `name` in the present directory; valid until the directory is left. */
  path(name: Uint8Array): Buffer {
    const { prefix } = this.#present;
    return prefix === undefined ? Buffer.concat([this.#base(), slash, name]) : Buffer.concat([prefix, name]);
  }

  /** Sets facts of the present directory. */
  setter(): Setter {
    const { fd } = this.#present;
    return fd === undefined ? byPath(this.#base()) : byDescriptor(fd);
  }

  /** A descriptor of the present directory that stays when it is left; the caller closes it. */
  reopen(): number {
    const { fd: held, path, key } = this.#present;
    const fd = openSync(held === undefined ? path : `/proc/self/fd/${held}/.`, directoryFlags);
    if (held !== undefined || fileKey(fstatSync(fd, { bigint: true })) === key) return fd;
    closeSync(fd);
    throw exchanged(this.#shown());
  }

  /** What is in the present directory by now. */
  list(): readonly Buffer[] {
    return readdirSync(this.#base(), { encoding: "buffer" });
  }

  /** Goes into a directory. @throws PTAR_TARGET_UNSAFE when it is not a real one */
  push(name: Uint8Array): void {
    const path = this.path(name);
    try {
      this.#held.push(this.#hold(name, path));
      this.#names = undefined;
    } catch (error) {
      const errno = errnoOf(error);
      if (!["ELOOP", "ENOTDIR", "ENOENT"].includes(errno)) throw ioError(error, this.#shown(name));
      throw exchanged(this.#shown(name), error);
    }
  }

  pop(): void {
    if (this.#held.length === 1) throw new TypeError("there is no directory to leave");
    closeHeld(this.#held.pop());
    this.#names = undefined;
  }

  /** Goes to the directory with these names, by the shortest way from the present one. */
  go(names: readonly Uint8Array[]): void {
    const shared = names.findIndex((name, i) => !sameName(this.#held[i + 1]?.name, name));
    const keep = shared < 0 ? names.length : shared;
    while (this.#held.length > keep + 1) this.pop();
    for (const name of names.slice(keep)) this.push(name);
  }

  /** Makes the names in the root durable. @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE */
  sync(): void {
    const fd = this.#held[0]?.fd;
    try {
      if (fd !== undefined) fsyncSync(fd);
    } catch (error) {
      throw ioError(error, "target");
    }
  }

  /** Lets go of all directories. */
  close(): void {
    for (const held of this.#held.splice(0)) closeHeld(held);
    this.#names = undefined;
  }

  get #present(): Held {
    const present = this.#held.at(-1);
    if (present === undefined) throw new TypeError("the target is closed");
    return present;
  }

  #hold(name: Uint8Array, path: Buffer): Held {
    if (this.#holding === "descriptors") {
      const fd = openSync(path, directoryFlags);
      return { name, fd, path, prefix: Buffer.from(`/proc/self/fd/${fd}/`), key: "" };
    }
    const stats = lstatSync(path, { bigint: true });
    if (!stats.isDirectory()) throw Object.assign(new Error("not a directory"), { code: "ENOTDIR" });
    return { name, fd: undefined, path, prefix: undefined, key: fileKey(stats) };
  }

  #base(): Buffer {
    const { fd, path, key } = this.#present;
    if (fd !== undefined) return Buffer.from(`/proc/self/fd/${fd}`);
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined || fileKey(stats) !== key) throw exchanged(this.#shown());
    return path;
  }

  #shown(...below: readonly Uint8Array[]): string {
    return shown(...this.names, ...below);
  }
}

function closeHeld(held: Held | undefined): void {
  if (held?.fd !== undefined) closeSync(held.fd);
}

function sameName(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0;
}

function exchanged(path: string, cause?: unknown): PtarError {
  return new PtarError("PTAR_TARGET_UNSAFE", `${path}: is no longer the directory that was made`, {
    hint: "make sure that nothing else writes to the target, then extract into a new directory",
    cause,
  });
}
