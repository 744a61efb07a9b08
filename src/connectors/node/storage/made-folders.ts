// Folders of a storage, made when something is written to them first. spec/15-repository.md#layout
import { statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { PtarError } from "../../../errors/ptar-error.js";
import { errnoOf, ioError } from "../io-error.js";
import { syncFolder } from "../publish.js";
import { storageError } from "./storage-error.js";

/** Folders that are known to be there, durably. */
export class MadeFolders {
  readonly #made = new Map<string, Promise<void>>();

  /**
   * Makes `folder` unless it is there; the folder above it must be. Somebody else may have made it a moment ago, so its name is
   * brought to the disk in any case, once.
   * @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE
   */
  async make(folder: string): Promise<void> {
    const making = this.#made.get(folder) ?? makeDurably(folder);
    this.#made.set(folder, making);
    try {
      await making;
    } catch (error) {
      this.#made.delete(folder);
      throw error;
    }
  }
}

async function makeDurably(folder: string): Promise<void> {
  try {
    await mkdir(folder).catch((error: unknown) => refuseUnlessThere(folder, error));
    await syncFolder(dirname(folder));
  } catch (error) {
    throw storageError(error, `folder ${folder}`);
  }
}

/** Not all systems say EEXIST of a folder that is there, such as the top of a disk. */
function refuseUnlessThere(folder: string, error: unknown): void {
  const there = statSync(folder, { throwIfNoEntry: false });
  if (there?.isDirectory() === true) return;
  if (there !== undefined) throw new PtarError("PTAR_IO_FAILED", `${folder}: is not a folder`, { hint: "use another location", cause: error });
  // not made on the way: it may be the place of a disk that is not mounted
  if (errnoOf(error) === "ENOENT") throw ioError(error, `folder ${dirname(folder)}`, { hint: "make it first, or mount its disk" });
  throw error;
}
