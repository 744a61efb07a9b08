// Contract of what holds the files of a repository. spec/15-repository.md#layout
import type { ByteReader, ByteSink } from "../container/bytes-io.js";

/** Folders of a repository. */
export type StorageFolder = "keys" | "packs" | "adopted" | "index" | "snapshots" | "marks" | "locks";

/** A file of a storage: `FOLDER/NAME`, or a name at its top. */
export type StoragePath = `${StorageFolder}/${string}` | "ptar-repository.json";

/** A file as it is listed. */
export interface StoredFile {
  /** Without the folder. */
  readonly name: string;
  /** Bytes. */
  readonly length: number;
  /** When it was written, milliseconds since 1970 by the clock of the storage. */
  readonly written: number;
}

/** A file that is open for reading. */
export interface OpenStored extends ByteReader {
  /** Never throws. */
  close(): Promise<void>;
}

/** A file that is being written. Nobody else sees it before it is published. */
export interface NewStored extends ByteSink {
  /**
   * Makes it durable and gives it its name, in one step. `exists`: something has the name already; it stays as it is, and this is discarded.
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
  /** Files of a folder in no order; none when there is no such folder. Temporary files, folders and other things are left out. @throws PTAR_IO_FAILED */
  list(folder: StorageFolder): AsyncIterable<StoredFile>;
  /** Undefined when there is no such file. @throws PTAR_IO_FAILED, PTAR_REPOSITORY_INVALID for a thing that is no regular file */
  open(path: StoragePath): Promise<OpenStored | undefined>;
  /** @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE */
  create(path: StoragePath): Promise<NewStored>;
  /** Resolves when the file is gone for good, also when it was gone before. @throws PTAR_IO_FAILED */
  remove(path: StoragePath): Promise<void>;
  /** The storage's own clock, milliseconds since 1970. @throws PTAR_IO_FAILED */
  now(): Promise<number>;
  /** Deletes temporary files that writers left behind, written before `before` (clock of the storage); their number. @throws PTAR_IO_FAILED */
  sweep(before: number): Promise<number>;
}
