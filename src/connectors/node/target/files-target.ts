// A directory on disk that a snapshot is extracted to. Archives are hostile. spec/12-extract.md#rules
import { lstatSync, mkdirSync, symlinkSync } from "node:fs";
import { PtarError } from "../../../errors/ptar-error.js";
import type { Item } from "../../../format/generated/types.js";
import type { FirstName, Losses, Target } from "../../../tree/target.js";
import { LossList, lossesAtSource, lossesOfLink, lossOfSpecial } from "../../losses.js";
import { errnoOf, shown } from "../io-error.js";
import { bestHolding, Directories, type Holding } from "./directories.js";
import { EntryFacts } from "./entry-facts.js";
import { linkOrCopy, moveNew, NewFile, partName, refuseTaken, writeNew } from "./new-files.js";
import { type Facts, slimFacts } from "./restore.js";
import { presentPlatform } from "./safe-name.js";
import { ContentWriter, type OpenFile } from "./sparse-file.js";
import { prepareFolder, removeIfEmpty, type TargetFolder } from "./target-folder.js";
import { Names } from "./target-names.js";
import { type SparePieces, WriteBehind } from "./write-behind.js";

/** How files are extracted. */
export interface FilesTargetOptions {
  /** Whether owners are set as recorded, which only root can do. */
  readonly owner: "restore" | "skip";
  /** How directories are held; by default the safest way that the system has. */
  readonly holding?: Holding;
}

/**
 * A target in the directory `dir`, which is made, or must be empty. Modes are set as recorded without setuid, setgid and (files) sticky;
 * times to the microsecond; extended attributes of the user and access control lists by the program setfattr, where it is installed.
 * @throws PTAR_TARGET_EXISTS, PTAR_IO_FAILED, PTAR_IO_NO_SPACE
 */
export async function createFilesTarget(dir: string, options: FilesTargetOptions): Promise<Target> {
  return new FilesTarget(prepareFolder(dir), options);
}

/** A symlink or directory whose turn comes in `finish`. */
interface Pending {
  readonly names: readonly Uint8Array[];
  readonly facts: Facts;
}

interface PendingSymlink extends Pending {
  readonly name: Uint8Array;
  readonly destination: Uint8Array;
}

/** A file system refuses these names or kinds of entry; the rest of the tree is not affected. */
const symlinkLosses = new Set(["ENAMETOOLONG", "EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EINVAL", "EILSEQ"]);

class FilesTarget implements Target {
  readonly #folder: TargetFolder;
  /** The present directory, and a second way down for the first files of hard links. */
  readonly #here: Directories;
  readonly #firsts: Directories;
  readonly #names: Names;
  readonly #losses = new LossList();
  readonly #facts: EntryFacts;
  readonly #entered: Item[] = [];
  readonly #directories: Pending[] = [];
  readonly #symlinks: PendingSymlink[] = [];
  readonly #spare: SparePieces = [];
  /** The file that is being written under another name. */
  #part: NewFile | undefined;
  #closed = false;

  constructor(folder: TargetFolder, options: FilesTargetOptions) {
    const holding = options.holding ?? bestHolding();
    this.#folder = folder;
    this.#here = new Directories(folder.real, holding);
    this.#firsts = new Directories(folder.real, holding);
    this.#names = new Names(this.#here, presentPlatform());
    this.#facts = new EntryFacts(this.#losses, options.owner);
  }

  async enter(name: Uint8Array, item: Item): Promise<void> {
    this.#making(name, () => mkdirSync(this.#here.path(name), 0o700));
    this.#here.push(name);
    this.#entered.push(item);
    this.#losses.add(this.#here.names, lossesAtSource(item));
  }

  async leave(): Promise<void> {
    const names = this.#here.names;
    const item = this.#entered.pop();
    if (item !== undefined) this.#facts.beforeLeaving(this.#here, item);
    this.#here.pop();
    if (item !== undefined) this.#directories.push({ names, facts: slimFacts(item) });
  }

  async file(name: Uint8Array, item: Item, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    if (content instanceof Uint8Array) this.#whole(name, item, content);
    else await this.#streamed(name, item, content);
    this.#losses.add(this.#path(name), lossesAtSource(item));
  }

  async link(name: Uint8Array, item: Item, { names: first, differing }: FirstName): Promise<void> {
    const last = first.at(-1);
    if (last === undefined) throw new TypeError("the first file of a hard link has no name");
    const settle = (file: OpenFile) => this.#facts.ofFile(file, this.#path(name), item);
    const reason = this.#making(name, () => {
      this.#firsts.go(first.slice(0, -1));
      const made = this.#firsts.path(last);
      // a link to anything else, a symlink that was put there, would give it a name that the archive chose
      if (lstatSync(made, { throwIfNoEntry: false })?.isFile() !== true)
        throw new PtarError("PTAR_TARGET_UNSAFE", `${shown(...this.#path(name))}: ${shown(...first)}, which it links to, is not a file`);
      return linkOrCopy(made, this.#here.path(name), { item, settle });
    });
    // a copy has the facts of its own item
    const lost = reason === undefined ? lossesOfLink(this.#facts.restored(differing)) : [{ what: "hard link", reason }];
    this.#losses.add(this.#path(name), [...lost, ...lossesAtSource(item)]);
  }

  async symlink(name: Uint8Array, item: Item, destination: Uint8Array): Promise<void> {
    this.#making(name, () => undefined);
    this.#losses.add(this.#path(name), lossesAtSource(item));
    this.#facts.beforeSymlink(this.#path(name), item);
    this.#symlinks.push({ names: this.#here.names, name, facts: slimFacts(item), destination: new Uint8Array(destination) });
  }

  async other(name: Uint8Array, item: Item): Promise<void> {
    this.#losses.add(this.#path(name), [lossOfSpecial(item)]);
  }

  async finish(): Promise<Losses> {
    // no more directories than needed: setting attributes takes descriptors
    this.#firsts.go([]);
    this.#facts.flush();
    // symlinks after everything else: nothing of this archive can be written through one
    for (const symlink of this.#symlinks) this.#makeSymlink(symlink);
    // in the order in which they were left, the deepest come first: what is made in a directory changes its time
    for (const { names, facts } of this.#directories) {
      this.#here.go(names);
      this.#facts.ofDirectory(this.#here, facts);
    }
    this.#here.sync();
    this.#close();
    return this.#losses.all;
  }

  async abort(): Promise<void> {
    if (this.#closed) return;
    this.#part?.drop();
    // what is whole stays, and has its facts
    this.#facts.flush();
    this.#close();
    removeIfEmpty(this.#folder);
  }

  #whole(name: Uint8Array, item: Item, content: Uint8Array): void {
    this.#making(name, () =>
      writeNew(this.#here.path(name), (file) => {
        const writer = new ContentWriter(file, item);
        writer.write(content);
        writer.finish();
        this.#facts.ofFile(file, this.#path(name), item);
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
      // what lies between holes is short, and not worth another thread
      const behind = item.holes === undefined ? new WriteBehind(part, this.#spare) : undefined;
      const writer = this.#making(name, () => new ContentWriter(part, item, behind && ((bytes) => behind.put(bytes))));
      for await (const bytes of content) {
        const more = this.#making(name, () => {
          writer.write(bytes);
          return behind?.more();
        });
        if (more !== undefined) await this.#awaited(name, more);
      }
      if (behind !== undefined) await this.#awaited(name, behind.done());
      this.#making(name, () => {
        writer.finish();
        this.#facts.ofFile(part, this.#path(name), item);
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

  #makeSymlink({ names, name, facts, destination }: PendingSymlink): void {
    this.#here.go(names);
    const path = this.#here.path(name);
    try {
      symlinkSync(Buffer.from(destination), path);
    } catch (error) {
      if (!symlinkLosses.has(errnoOf(error))) throw this.#names.failure(error, name);
      this.#losses.add([...names, name], [{ what: "symlink", reason: errnoOf(error) }]);
      return;
    }
    this.#facts.ofSymlink(path, [...names, name], facts);
  }

  /** Waits for what belongs to a name that was vetted; its failures become errors of PTAR. */
  async #awaited(name: Uint8Array, waited: Promise<void>): Promise<void> {
    try {
      await waited;
    } catch (error) {
      throw this.#names.failure(error, name);
    }
  }

  /** Runs `make` after the name has been vetted; its failures become errors of PTAR. */
  #making<T>(name: Uint8Array, make: () => T): T {
    this.#names.vet(name);
    try {
      return make();
    } catch (error) {
      throw this.#names.failure(error, name);
    }
  }

  /** Names from the root to `name` in the present directory. */
  #path(name: Uint8Array): readonly Uint8Array[] {
    return [...this.#here.names, name];
  }

  #close(): void {
    this.#closed = true;
    this.#here.close();
    this.#firsts.close();
  }
}
