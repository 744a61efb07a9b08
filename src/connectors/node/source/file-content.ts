// Contents of one file on disk, and whether they held still while they were read. spec/05-page.md#errors
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { FileStats, Item } from "../../../format/generated/types.js";
import { type ContentReader, type PathContent, SourceFault } from "../../../tree/source.js";
import { fileKey } from "../file-facts.js";
import { errnoOf } from "../io-error.js";
import { type HeldDirectory, holdDirectory } from "./held-directory.js";
import { asBuffer, withinReach } from "./long-path.js";
import { joined, parted } from "./seen-entry.js";

const slash = 0x2f;
/** Most that is read from a file that says it has no bytes, as those of /proc do. */
const unsizedBytes = 16 << 20;
/** A symlink put in place of the file is not followed, and a fifo put there does not block. */
const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Opens the contents of a file that a walk has listed; usable in a worker, where the source itself is not.
 * @throws SourceFault with operation `open`
 */
export function openPathContent(content: PathContent): ContentReader {
  const opened = content.folder === undefined ? openQuietly(content.path) : openWithin(content.path, content.folder);
  if (!isListed(opened.fd, content)) {
    closeSync(opened.fd);
    throw new SourceFault("ESTALE", "open");
  }
  return new FileContent(opened, content);
}

/**
 * The directory of the file that was opened last in this thread. Files of one directory follow each other, and to hold it takes
 * as long as all else that opening does. It is let go as soon as the thread does something else: nobody has to end that.
 */
let last: { readonly path: Buffer; readonly held: HeldDirectory } | undefined;
let willLetGo = false;

interface Opened {
  readonly fd: number;
  readonly noatime: "kept" | "refused";
}

/** From the directory that was listed, or not at all: a symlink in its place would lead out of the source. */
function openWithin(path: Uint8Array, folder: string): Opened {
  if (last !== undefined && last.held.key === folder && isAbove(last.path, path)) {
    return openQuietly(joined(last.held.near, asBuffer(path.subarray(last.path.length + 1))));
  }
  const { above, name } = parted(path);
  const held = theFolder(above, folder);
  return openQuietly(held === undefined ? path : joined(held.near, name));
}

/** Whether `path` is `above`, a slash and one name. By bytes: to make views of them for a comparison takes longer than it. */
function isAbove(above: Uint8Array, path: Uint8Array): boolean {
  const { length } = above;
  if (path[length] !== slash || path.lastIndexOf(slash) !== length) return false;
  for (let i = length - 1; i >= 0; i--) if (above[i] !== path[i]) return false;
  return true;
}

/** The directory at `path`, when it is the one that was listed; undefined where the system has no way to hold it. */
function theFolder(path: Buffer, key: string): HeldDirectory | undefined {
  letGo();
  const held = holding(path);
  if (held === undefined) return undefined;
  if (held.key !== key) {
    held.close();
    throw new SourceFault("ESTALE", "open");
  }
  last = { path: Buffer.from(path), held };
  if (!willLetGo) setImmediate(letGoAtLast);
  willLetGo = true;
  return held;
}

function letGoAtLast(): void {
  willLetGo = false;
  letGo();
}

function letGo(): void {
  last?.held.close();
  last = undefined;
}

function holding(folder: Uint8Array): HeldDirectory | undefined {
  try {
    return withinReach(folder, (near) => holdDirectory(near, "follow"));
  } catch (error) {
    throw new SourceFault(errnoOf(error), "open", { cause: error });
  }
}

/** Without changing the access time where the system lets us: the owner and root, on Linux. */
// spec/06-snapshot.md#noatime
function openQuietly(path: Uint8Array): Opened {
  const { O_NOATIME } = constants;
  try {
    if (O_NOATIME !== undefined) return { fd: withinReach(path, (near) => openSync(near, openFlags | O_NOATIME)), noatime: "kept" };
  } catch (error) {
    if (errnoOf(error) !== "EPERM") throw new SourceFault(errnoOf(error), "open", { cause: error });
  }
  try {
    return { fd: withinReach(path, (near) => openSync(near, openFlags)), noatime: "refused" };
  } catch (error) {
    throw new SourceFault(errnoOf(error), "open", { cause: error });
  }
}

/** Times do not tell: two files written in one tick of the clock have the same, and a renamed directory leaves those below it alone. */
// spec/05-page.md#errors
function isListed(fd: number, { file }: PathContent): boolean {
  try {
    // numbers are read in half the time, and are exact as far as they are safe
    const stats = fstatSync(fd);
    if (!stats.isFile() || file === undefined) return stats.isFile();
    const { dev, ino } = stats;
    return file === (Number.isSafeInteger(dev) && Number.isSafeInteger(ino) ? `${dev}:${ino}` : fileKey(fstatSync(fd, { bigint: true })));
  } catch {
    return false;
  }
}

class FileContent implements ContentReader {
  readonly noatime: "kept" | "refused";
  readonly #fd: number;
  readonly #listed: PathContent;
  /** Reading stops at the listed size: a file that grows for ever must come to an end. */
  readonly #end: number;
  #at = 0;

  constructor({ fd, noatime }: Opened, listed: PathContent) {
    this.noatime = noatime;
    this.#fd = fd;
    this.#listed = listed;
    this.#end = listed.size === 0 ? unsizedBytes : listed.size;
  }

  read(buffer: Uint8Array): number {
    const length = Math.min(buffer.length, this.#end - this.#at);
    if (length <= 0) return 0;
    try {
      const count = readSync(this.#fd, buffer, 0, length, this.#at);
      this.#at += count;
      return count;
    } catch (error) {
      throw new SourceFault(errnoOf(error), "read", { cause: error });
    }
  }

  skip(length: number): number {
    const moved = Math.max(0, Math.min(length, this.#listed.size - this.#at));
    this.#at += moved;
    return moved;
  }

  close(): Item["unstable"] | undefined {
    try {
      return this.#changed(fstatSync(this.#fd, { bigint: true }));
    } catch {
      return this.#between({ ctime: null, mtime: null, size: this.#at });
    } finally {
      closeSync(this.#fd);
    }
  }

  #changed(stats: BigIntStats): Item["unstable"] | undefined {
    const now = { ctime: String(stats.ctimeNs), mtime: String(stats.mtimeNs), size: Number(stats.size) };
    const { ctime, mtime, size } = this.#listed;
    const same = now.ctime === ctime && now.mtime === mtime && now.size === size;
    return same && this.#at === size ? undefined : this.#between(now);
  }

  /** Facts before and after reading. spec/05-page.md#errors */
  #between(after: FileStats): Item["unstable"] {
    const { ctime, mtime, size } = this.#listed;
    return { after, before: { ctime, mtime, size } };
  }
}
