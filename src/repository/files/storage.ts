// Contract of what holds the files of a repository, and the names that they have. spec/15-repository.md#layout
import type { ByteReader, ByteSink } from "../../container/bytes-io.js";
import { descriptionName } from "../../format/repository.js";

/** Folders of a repository. */
export const storageFolders = ["keys", "packs", "adopted", "index", "snapshots", "marks", "locks"] as const;

/** Folder of a repository. */
export type StorageFolder = (typeof storageFolders)[number];

/** A file of a storage: `FOLDER/NAME`, or the description at its top. */
export type StoragePath = `${StorageFolder}/${string}` | typeof descriptionName;

/** A file as it is listed. */
export interface StoredFile {
  /** Without the folder. */
  readonly name: string;
  /** Bytes. */
  readonly length: number;
  /** When it was written (the end, or at some storages the beginning), whole milliseconds since 1970 by the clock of the storage. */
  readonly written: number;
}

/** A file that is open for reading. After it was removed it gives its bytes still, or fails. */
export interface OpenStored extends ByteReader {
  /** Never throws. */
  close(): Promise<void>;
}

/** A file that is being written. Nobody else sees it before it is published. Misuse after `publish` or `discard` is a TypeError. */
export interface NewStored extends ByteSink {
  /**
   * Makes it durable and gives it its name, in one step. `exists`: something has the name already; it stays as it is, and this is discarded.
   * When it throws, nothing but a whole file can have the name.
   * @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE
   */
  publish(): Promise<"published" | "exists">;
  /** Drops what was written. Never throws; nothing happens after `publish`. */
  discard(): Promise<void>;
}

/**
 * Holds files that never change: a file is there whole or not at all, and is not overwritten. Many processes use one storage at once.
 * All names given are those of the repository's layout; an implementation refuses others with a TypeError.
 */
export interface Storage {
  /** What people call it, as they gave it. Not escaped. */
  readonly location: string;
  /** Whether `publish` tells `exists` reliably when two publish one name at once: what locks and marks need. */
  readonly exclusive: boolean;
  /** How many files a reader may keep open for later; absent: as many as it likes. */
  readonly mostOpen?: number;
  /** Files of a folder in no order; none when there is no such folder. Temporary files, folders and other things are left out. @throws PTAR_IO_FAILED */
  list(folder: StorageFolder): AsyncIterable<StoredFile>;
  /** Undefined when there is no such file. @throws PTAR_IO_FAILED, PTAR_REPOSITORY_INVALID for a thing that is no regular file */
  open(path: StoragePath): Promise<OpenStored | undefined>;
  /** @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE */
  create(path: StoragePath): Promise<NewStored>;
  /** Resolves when the file is gone for good, also when it was gone before. @throws PTAR_IO_FAILED */
  remove(path: StoragePath): Promise<void>;
  /** The storage's own clock, whole milliseconds since 1970: what is written later has no earlier time. @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE */
  now(): Promise<number>;
  /** Deletes temporary files that writers left behind, written before `before` (clock of the storage); their number. @throws PTAR_IO_FAILED */
  sweep(before: number): Promise<number>;
}

const forms: Readonly<Record<StorageFolder, RegExp>> = {
  keys: /^[0-9a-f]{64}\.age$/,
  packs: /^[0-9a-f]{64}\.ptar$/,
  adopted: /^[0-9a-f]{64}\.ptar$/,
  index: /^[0-9a-f]{64}\.ptar$/,
  snapshots: /^[0-9a-f]{64}\.ptar$/,
  marks: /^[0-9a-f]{64}\.json$/,
  locks: /^prune\.json$/,
};

/** Whether `name` has the form that the layout gives to files of `folder`; readers ignore others. */
export function isStoredName(folder: StorageFolder, name: string): boolean {
  return forms[folder].test(name);
}

/** Folder and name of a path of the layout; the folder of the description is "". Throws TypeError on any other path. */
export function partsOf(path: StoragePath): { readonly folder: StorageFolder | ""; readonly name: string } {
  if (path === descriptionName) return { folder: "", name: path };
  const slash = path.indexOf("/");
  const [folder, name] = [mustBeFolder(path.slice(0, Math.max(0, slash))), path.slice(slash + 1)];
  // spec/15-repository.md#layout
  if (!isStoredName(folder, name)) throw new TypeError(`no file of a repository: ${JSON.stringify(path)}`);
  return { folder, name };
}

/** `folder`, when it is one of the layout. Throws TypeError otherwise. */
export function mustBeFolder(folder: string): StorageFolder {
  const known = storageFolders.find((each) => each === folder);
  if (known === undefined) throw new TypeError(`no folder of a repository: ${JSON.stringify(folder)}`);
  return known;
}
