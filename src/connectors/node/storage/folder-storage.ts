// A repository in a folder of a local or network file system. spec/15-repository.md#layout
import { dirname, join, resolve } from "node:path";
import { descriptionName } from "../../../format/repository.js";
import {
  isStoredName,
  mustBeFolder,
  type NewStored,
  partsOf,
  type Storage,
  type StorageFolder,
  type StoragePath,
  storageFolders,
} from "../../../repository/files/storage.js";
import { ownLimit } from "../own-limits.js";
import { syncFolder } from "../publish.js";
import { createTemporaryFile, type TemporaryFile } from "../temporary-file.js";
import { MadeFolders } from "./made-folders.js";
import { publishWhole } from "./publish-whole.js";
import { storageError } from "./storage-error.js";
import { openStoredFile, removeFile, storedFiles, sweepFiles } from "./stored-files.js";

const temporaryForm = /^\.(.+)\.[0-9a-f]{12}\.ptar-part$/;
/** Files that only tell the time, at the top. */
const clockName = "clock";

/**
 * Files in the folder `location`, which need not be there yet; the folder above it must be. Two that publish one name at once are told
 * apart by a hard link, or where the file system has none by a claim: a file of a fixed name that is made exclusively. Both work over NFS
 * and SMB. A computer that has looked for a file of a network folder may not see it for a minute after another one has published it.
 */
export function folderStorage(location: string): Storage {
  return new FolderStorage(location);
}

/** Sources, targets and programs need descriptors too: this part of them may go to files that are only kept open. */
const share = 16;
const leastOpen = 4;

class FolderStorage implements Storage {
  readonly location: string;
  readonly exclusive = true;
  readonly #top: string;
  readonly #folders = new MadeFolders();

  constructor(location: string) {
    this.location = location;
    this.#top = resolve(location);
  }

  get mostOpen(): number {
    return Math.max(leastOpen, Math.floor((ownLimit("Max open files") ?? Number.POSITIVE_INFINITY) / share));
  }

  list(folder: StorageFolder) {
    return storedFiles(join(this.#top, mustBeFolder(folder)), (name) => isStoredName(folder, name));
  }

  async open(path: StoragePath) {
    return openStoredFile(this.#pathOf(path));
  }

  async create(path: StoragePath): Promise<NewStored> {
    const place = this.#pathOf(path);
    return newStored(await this.#temporary(place), place);
  }

  async remove(path: StoragePath): Promise<void> {
    const place = this.#pathOf(path);
    await removeFile(place);
    try {
      // also when somebody else has removed it: they may not have got here
      await syncFolder(dirname(place));
    } catch (error) {
      throw storageError(error, place);
    }
  }

  async now(): Promise<number> {
    const file = await this.#temporary(join(this.#top, clockName));
    await file.discard();
    return file.made;
  }

  async sweep(before: number): Promise<number> {
    const isOwn = (name: string) => name === descriptionName || name === clockName;
    let count = await sweepFiles(this.#top, (name) => isTemporary(name, isOwn), before);
    for (const folder of storageFolders) {
      const isStored = (name: string) => isStoredName(folder, name);
      count += await sweepFiles(join(this.#top, folder), (name) => isTemporary(name, isStored), before);
    }
    return count;
  }

  #pathOf(path: StoragePath): string {
    const { folder, name } = partsOf(path);
    return join(this.#top, folder, name);
  }

  async #temporary(place: string): Promise<TemporaryFile> {
    await this.#folders.make(this.#top);
    if (dirname(place) !== this.#top) await this.#folders.make(dirname(place));
    try {
      return await createTemporaryFile(place, (error) => storageError(error, place));
    } catch (error) {
      throw storageError(error, place);
    }
  }
}

/** Whether `name` is the temporary one of a name that passes. */
function isTemporary(name: string, passes: (name: string) => boolean): boolean {
  const final = temporaryForm.exec(name)?.[1];
  return final !== undefined && passes(final);
}

/** What fails is dropped at once: on a full disk its space is what the next one needs. */
function newStored(file: TemporaryFile, place: string): NewStored {
  return {
    async write(bytes) {
      try {
        await file.write(bytes);
      } catch (error) {
        await file.discard();
        throw error;
      }
    },
    async publish() {
      try {
        await file.finish();
        const outcome = await publishWhole(file.path, place);
        await file.discard();
        // also when it exists: who has published it may not have got here
        await syncFolder(dirname(place));
        return outcome;
      } catch (error) {
        await file.discard();
        throw error instanceof TypeError ? error : storageError(error, place);
      }
    },
    discard: () => file.discard(),
  };
}
