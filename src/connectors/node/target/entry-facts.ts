// Facts of entries, set in the order in which they stay: owner, extended attributes, mode, times. spec/12-extract.md#facts
import { fchmodSync, openSync } from "node:fs";
import { PtarError } from "../../../errors/ptar-error.js";
import type { Item } from "../../../format/generated/types.js";
import type { LinkFact } from "../../../tree/link-facts.js";
import type { Loss, LossList } from "../../losses.js";
import { errnoOf } from "../io-error.js";
import type { Directories } from "./directories.js";
import {
  byDescriptor,
  directorySpecialBits,
  type Facts,
  ofSymlink,
  type RestoreOptions,
  restoreFacts,
  restoreModeAndTimes,
  restoreOwner,
  specialBits,
} from "./restore.js";
import type { OpenFile } from "./sparse-file.js";
import { XattrBatch } from "./xattr-batch.js";
import { lossOfXattrs, wantedXattrs, withheldXattrs } from "./xattrs.js";

const ownOnly = 0o700;

/** An entry whose extended attributes may have to be waited for. */
interface Entry {
  readonly names: readonly Uint8Array[];
  readonly item: Item;
  /** A descriptor of its own. */
  reopen(): number;
  settle(fd: number): readonly Loss[];
}

/** Sets the facts of what a target makes. Those of entries with extended attributes are set later, many at once. */
export class EntryFacts {
  readonly #losses: LossList;
  readonly #owner: RestoreOptions["owner"];
  readonly #batch: XattrBatch;
  readonly #umask = process.umask();

  constructor(losses: LossList, owner: RestoreOptions["owner"]) {
    this.#losses = losses;
    this.#owner = owner;
    this.#batch = new XattrBatch(losses);
  }

  /** Facts of a file that is still open. */
  ofFile(file: OpenFile, names: readonly Uint8Array[], item: Item): void {
    const options = this.#restoring(specialBits);
    const setter = byDescriptor(file.fd);
    this.#losses.add(names, restoreOwner(setter, item, options));
    const settle = (fd: number) => restoreModeAndTimes(byDescriptor(fd), item, options);
    // a second descriptor: closing the first tells whether everything could be written
    const waits = this.#wait({ names, item, reopen: () => openSync(`/proc/self/fd/${file.fd}`, "r"), settle });
    if (!waits) this.#losses.add(names, restoreModeAndTimes(setter, item, options));
  }

  /**
   * Extended attributes of the present directory, in which nothing but symlinks is still to be made: they are not kept until the end,
   * where those of a million directories would fill the memory.
   */
  beforeLeaving(here: Directories, item: Item): void {
    // an access control list changes the mode, and symlinks are still to be made here
    const settle = (fd: number) => {
      attempt(() => fchmodSync(fd, ownOnly));
      return [];
    };
    this.#wait({ names: here.names, item, reopen: () => here.reopen(), settle });
  }

  /** The other facts of the present directory, when everything in it has been made. */
  ofDirectory(here: Directories, facts: Facts): void {
    const options = { ...this.#restoring(directorySpecialBits), mode: 0o777 & ~this.#umask };
    this.#losses.add(here.names, restoreFacts(here.setter(), facts, options));
  }

  /** What of a symlink is not even tried: Linux keeps extended attributes of the user with files and directories only. */
  beforeSymlink(names: readonly Uint8Array[], item: Item): void {
    this.#losses.add(names, withheldXattrs(item));
    if (wantedXattrs(item).length > 0) this.#losses.add(names, [lossOfXattrs("symlinks hold none")]);
  }

  /** Facts of a symlink. */
  ofSymlink(path: Buffer, names: readonly Uint8Array[], facts: Facts): void {
    this.#losses.add(names, restoreFacts(ofSymlink(path), facts, this.#restoring(0)));
  }

  /** Those of `facts` that are restored at all. */
  restored(facts: readonly LinkFact[]): readonly LinkFact[] {
    return facts.filter((fact) => fact !== "owner" || this.#owner === "restore");
  }

  /** Sets what waits. */
  flush(): void {
    this.#batch.flush();
  }

  /** Whether the entry now waits for its extended attributes; then the batch settles and closes what `reopen` gives. */
  #wait({ names, item, reopen, settle }: Entry): boolean {
    if (item.xattrs === undefined) return false;
    this.#losses.add(names, withheldXattrs(item));
    const xattrs = wantedXattrs(item);
    if (xattrs.length === 0) return false;
    const fd = this.#batch.unavailable() ?? attempt(reopen);
    if (typeof fd === "string") {
      this.#losses.add(names, [lossOfXattrs(fd)]);
      return false;
    }
    this.#batch.add({ fd, names, xattrs, settle: () => settle(fd) });
    return true;
  }

  #restoring(withhold: number): RestoreOptions {
    return { owner: this.#owner, mode: 0o666 & ~this.#umask, withhold };
  }
}

/** What `act` gives, or the name of the error number. */
function attempt<T>(act: () => T): T | string {
  try {
    return act();
  } catch (error) {
    if (error instanceof PtarError) throw error;
    return errnoOf(error);
  }
}
