// What a file system refuses about names, as errors of PTAR. spec/12-extract.md#rules
import { lstatSync } from "node:fs";
import { PtarError } from "../../../errors/ptar-error.js";
import { fileKey } from "../file-facts.js";
import { errnoOf, ioError, shown } from "../io-error.js";
import type { Directories } from "./directories.js";
import { NewFile, partName } from "./new-files.js";
import { type Platform, unsafeName } from "./safe-name.js";

/** What file systems say to a name that they cannot hold. */
const refusedNames = new Set(["ENAMETOOLONG", "EILSEQ", "EINVAL"]);
/** What some of them say instead, which may also mean something else. */
const perhapsRefused = new Set(["ENOENT", "EPERM"]);
const dot = 0x2e;
const space = 0x20;

/** The directory in which names are made. */
export type PresentDirectory = Pick<Directories, "names" | "path" | "list">;

/** Vets names for one target and explains what its file system refuses. */
export class Names {
  readonly #here: PresentDirectory;
  readonly #platform: Platform;
  /** Whether the file system drops dots and spaces at the end of a name, by last byte; found out when the first such name comes. */
  readonly #dropped = new Map<number, boolean>();

  constructor(here: PresentDirectory, platform: Platform) {
    this.#here = here;
    this.#platform = platform;
  }

  /** @throws PTAR_TARGET_UNSAFE when `name` would mean something else in the present directory */
  vet(name: Uint8Array): void {
    const problem = unsafeName(name, this.#platform) ?? this.#endProblem(name);
    if (problem !== undefined) throw new PtarError("PTAR_TARGET_UNSAFE", `${this.#shown(name)}: the name ${problem}`);
  }

  /** `error`, which making `name` gave, as an error of PTAR. */
  failure(error: unknown, name: Uint8Array): PtarError {
    const path = this.#shown(name);
    const errno = errnoOf(error);
    if (errno === "EEXIST") return this.#taken(error, name);
    if (!refusedNames.has(errno) && !(perhapsRefused.has(errno) && this.#takesOthers())) return ioError(error, path);
    return new PtarError("PTAR_TARGET_UNSAFE", `${path}: the file system refuses this name (${errno})`, {
      hint: "extract to another file system, or name the paths that it can hold",
      cause: error,
    });
  }

  // names that differ by case or Unicode form only, or by what the file system drops, come together here
  #taken(cause: unknown, name: Uint8Array): PtarError {
    const other = this.#standingFor(name);
    const which = other === undefined ? "two entries" : `it and ${shown(...this.#here.names, other)}`;
    return new PtarError("PTAR_TARGET_EXISTS", `${this.#shown(name)}: ${which} give one name on this file system`, { cause });
  }

  /** Another name in the present directory that `name` leads to: one of the same letters, or (short names of FAT) of the same file. */
  #standingFor(name: Uint8Array): Buffer | undefined {
    try {
      const names = this.#here.list();
      if (names.some((other) => Buffer.compare(other, name) === 0)) return undefined;
      const letters = lettersOf(name);
      const key = this.#keyOf(name);
      return names.find((other) => lettersOf(other) === letters) ?? names.find((other) => this.#keyOf(other) === key);
    } catch {
      // gone meanwhile: the collision is reported all the same
      return undefined;
    }
  }

  #keyOf(name: Uint8Array): string {
    return fileKey(lstatSync(this.#here.path(name), { bigint: true }));
  }

  /** FAT and Windows file systems drop dots, some of them spaces, at the end: "a." would silently become "a". */
  #endProblem(name: Uint8Array): string | undefined {
    const last = name.at(-1);
    if (last !== dot && last !== space) return undefined;
    const dropped = this.#dropped.get(last) ?? this.#drops(last);
    this.#dropped.set(last, dropped);
    return dropped ? `ends with a ${last === dot ? "dot" : "space"}, which this file system drops` : undefined;
  }

  /** Makes a file whose name ends with `last` and looks for it without. */
  #drops(last: number): boolean {
    const name = partName();
    try {
      const probe = new NewFile(this.#here.path(Buffer.concat([name, Uint8Array.of(last)])));
      const dropped = lstatSync(this.#here.path(name), { throwIfNoEntry: false }) !== undefined;
      probe.drop();
      return dropped;
    } catch (error) {
      throw this.failure(error, Uint8Array.of(last));
    }
  }

  /** Whether the present directory takes files of other names. */
  #takesOthers(): boolean {
    try {
      new NewFile(this.#here.path(partName())).drop();
      return true;
    } catch {
      return false;
    }
  }

  #shown(name: Uint8Array): string {
    return shown(...this.#here.names, name);
  }
}

/** What most file systems that fold names compare. */
function lettersOf(name: Uint8Array): string {
  return Buffer.from(name).toString("utf8").normalize("NFC").toUpperCase();
}
