// A directory on disk that a snapshot is extracted to. Archives are hostile. spec/05-page.md#entry
import { lstatSync, mkdirSync, symlinkSync } from "node:fs";
import { PtarError } from "../../errors/ptar-error.js";
import type { Item } from "../../format/generated/types.js";
import type { Target, Unrestored } from "../../tree/target.js";
import { type Loss, lossAtSource, lossOfSpecial } from "../losses.js";
import { bestHolding, Directories, type Holding } from "./directories.js";
import { errnoOf, ioError, shown } from "./io-error.js";
import { linkOrCopy, moveNew, NewFile, partName, refuseTaken, writeAll, writeNew } from "./new-files.js";
import { byDescriptor, directorySpecialBits, ofSymlink, type RestoreOptions, restoreFacts, specialBits } from "./restore.js";
import { presentPlatform, unsafeName } from "./safe-name.js";
import { prepareFolder, removeIfEmpty, type TargetFolder } from "./target-folder.js";

/** How files are extracted. */
export interface FilesTargetOptions {
  /** Whether owners are set as recorded, which only root can do. */
  readonly owner: "restore" | "skip";
  /** How directories are held; by default the safest way that the system has. */
  readonly holding?: Holding;
}

/**
 * A target in the directory `dir`, which is made, or must be empty. Modes are set as recorded without setuid, setgid and (files) sticky;
 * times to the microsecond.
 * @throws PTAR_TARGET_EXISTS, PTAR_IO_FAILED, PTAR_IO_NO_SPACE
 */
export async function createFilesTarget(dir: string, options: FilesTargetOptions): Promise<Target> {
  return new FilesTarget(prepareFolder(dir), options);
}

/** A symlink or directory whose turn comes in `finish`. */
interface Pending {
  readonly names: readonly Uint8Array[];
  readonly item: Item;
}

interface PendingSymlink extends Pending {
  readonly name: Uint8Array;
  readonly destination: Uint8Array;
}

/** A file system refuses these names or kinds of entry; the rest of the tree is not affected. */
const symlinkLosses = new Set(["ENAMETOOLONG", "EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EINVAL", "EILSEQ"]);
/** What file systems say to a name that they cannot hold. */
const refusedNames = new Set(["ENAMETOOLONG", "EILSEQ", "EINVAL"]);

class FilesTarget implements Target {
  readonly #folder: TargetFolder;
  readonly #owner: FilesTargetOptions["owner"];
  readonly #umask = process.umask();
  readonly #platform = presentPlatform();
  /** The present directory, and a second way down for the first files of hard links. */
  readonly #here: Directories;
  readonly #firsts: Directories;
  readonly #entered: Item[] = [];
  readonly #directories: Pending[] = [];
  readonly #symlinks: PendingSymlink[] = [];
  readonly #unrestored: Unrestored[] = [];
  /** The file that is being written under another name. */
  #part: NewFile | undefined;
  #closed = false;

  constructor(folder: TargetFolder, options: FilesTargetOptions) {
    const holding = options.holding ?? bestHolding();
    this.#folder = folder;
    this.#owner = options.owner;
    this.#here = new Directories(folder.real, holding);
    this.#firsts = new Directories(folder.real, holding);
  }

  async enter(name: Uint8Array, item: Item): Promise<void> {
    this.#making(name, () => mkdirSync(this.#here.path(name), 0o700));
    this.#here.push(name);
    this.#entered.push(item);
    this.#lose(this.#here.names, lossAtSource(item));
  }

  async leave(): Promise<void> {
    const names = this.#here.names;
    this.#here.pop();
    const item = this.#entered.pop();
    if (item !== undefined) this.#directories.push({ names, item });
  }

  async file(name: Uint8Array, item: Item, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    if (content instanceof Uint8Array) this.#whole(name, item, content);
    else await this.#streamed(name, item, content);
    this.#lose([...this.#here.names, name], lossAtSource(item));
  }

  async link(name: Uint8Array, item: Item, first: readonly Uint8Array[]): Promise<void> {
    const last = first.at(-1);
    if (last === undefined) throw new TypeError("the first file of a hard link has no name");
    this.#firsts.go(first.slice(0, -1));
    const made = this.#firsts.path(last);
    // a link to anything else, a symlink that was put there, would give it a name that the archive chose
    if (lstatSync(made, { throwIfNoEntry: false })?.isFile() !== true)
      throw new PtarError("PTAR_TARGET_UNSAFE", `${shown(...this.#here.names, name)}: ${shown(...first)}, which it links to, is not a file`);
    const settle = (fd: number) => this.#restoreFile(fd, name, item);
    const reason = this.#making(name, () => linkOrCopy(made, this.#here.path(name), settle));
    this.#lose([...this.#here.names, name], reason === undefined ? undefined : { what: "hard link", reason });
  }

  async symlink(name: Uint8Array, item: Item, destination: Uint8Array): Promise<void> {
    this.#making(name, () => undefined);
    this.#symlinks.push({ names: this.#here.names, name, item, destination: new Uint8Array(destination) });
  }

  async other(name: Uint8Array, item: Item): Promise<void> {
    this.#lose([...this.#here.names, name], lossOfSpecial(item));
  }

  async finish(): Promise<readonly Unrestored[]> {
    // symlinks after everything else: nothing of this archive can be written through one
    for (const symlink of this.#symlinks) this.#makeSymlink(symlink);
    // in the order in which they were left, the deepest come first: what is made in a directory changes its time
    for (const directory of this.#directories) this.#restoreDirectory(directory);
    this.#here.sync();
    this.#close();
    return this.#unrestored;
  }

  async abort(): Promise<void> {
    if (this.#closed) return;
    this.#part?.drop();
    this.#close();
    removeIfEmpty(this.#folder);
  }

  #whole(name: Uint8Array, item: Item, content: Uint8Array): void {
    this.#making(name, () =>
      writeNew(this.#here.path(name), (fd) => {
        writeAll(fd, content);
        this.#restoreFile(fd, name, item);
      }),
    );
  }

  /** Contents that are still being verified go under another name until the last byte has passed. */
  async #streamed(name: Uint8Array, item: Item, content: AsyncIterable<Uint8Array>): Promise<void> {
    this.#making(name, () => refuseTaken(this.#here.path(name)));
    const path = this.#here.path(partName());
    const part = this.#making(name, () => new NewFile(path));
    this.#part = part;
    try {
      for await (const bytes of content) this.#making(name, () => writeAll(part.fd, bytes));
      this.#making(name, () => {
        this.#restoreFile(part.fd, name, item);
        part.close();
        moveNew(path, this.#here.path(name));
      });
    } catch (error) {
      part.drop();
      throw error;
    } finally {
      this.#part = undefined;
    }
  }

  #makeSymlink({ names, name, item, destination }: PendingSymlink): void {
    this.#here.go(names);
    const path = this.#here.path(name);
    try {
      symlinkSync(Buffer.from(destination), path);
    } catch (error) {
      if (!symlinkLosses.has(errnoOf(error))) throw this.#failure(error, name);
      this.#lose([...names, name], { what: "symlink", reason: errnoOf(error) });
      return;
    }
    const losses = restoreFacts(ofSymlink(path), item, this.#restoring(0));
    for (const loss of losses) this.#lose([...names, name], loss);
  }

  #restoreDirectory({ names, item }: Pending): void {
    this.#here.go(names);
    const options = { ...this.#restoring(directorySpecialBits), mode: 0o777 & ~this.#umask };
    for (const loss of restoreFacts(this.#here.setter(), item, options)) this.#lose(names, loss);
  }

  #restoreFile(fd: number, name: Uint8Array, item: Item): void {
    const losses = restoreFacts(byDescriptor(fd), item, this.#restoring(specialBits));
    for (const loss of losses) this.#lose([...this.#here.names, name], loss);
  }

  #restoring(withhold: number): RestoreOptions {
    return { owner: this.#owner, mode: 0o666 & ~this.#umask, withhold };
  }

  /** Runs `make` after the name has been vetted; its failures become errors of PTAR. */
  #making<T>(name: Uint8Array, make: () => T): T {
    const problem = unsafeName(name, this.#platform);
    if (problem !== undefined) throw new PtarError("PTAR_TARGET_UNSAFE", `${shown(...this.#here.names, name)}: the name ${problem}`);
    try {
      return make();
    } catch (error) {
      throw this.#failure(error, name);
    }
  }

  #failure(error: unknown, name: Uint8Array): PtarError {
    const path = shown(...this.#here.names, name);
    const errno = errnoOf(error);
    // names that differ by case or Unicode form only come together here
    if (errno === "EEXIST") return new PtarError("PTAR_TARGET_EXISTS", `${path}: two entries give one name on this file system`, { cause: error });
    if (!refusedNames.has(errno)) return ioError(error, path);
    return new PtarError("PTAR_TARGET_UNSAFE", `${path}: the file system refuses this name (${errno})`, { cause: error });
  }

  #lose(names: readonly Uint8Array[], loss: Loss | undefined): void {
    if (loss !== undefined) this.#unrestored.push({ path: joined(names), ...loss });
  }

  #close(): void {
    this.#closed = true;
    this.#here.close();
    this.#firsts.close();
  }
}

function joined(names: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(names.flatMap((name, i) => (i === 0 ? [name] : [Buffer.from("/"), name]))));
}
