// Contract of what a snapshot is made from.
import type { Attribute, CaptureClass, Item, Store } from "../format/generated/types.js";

/**
 * Facts about one path as the source gives them: an item without its name and without what reading the contents tells. `errors` hold
 * what the listing could not tell, an error of operation `xattr` last.
 */
export type SourceItem = Omit<Item, "name" | "nameRaw" | "sha256" | "sha256Stored" | "digests" | "unstable">;

/** Contents that a lane opens itself, by exact path bytes. */
export interface PathContent {
  readonly kind: "path";
  readonly path: Uint8Array;
  /** Size when the path was listed, bytes. */
  readonly size: number;
  /** `ctime` and `mtime` when the path was listed, decimal nanoseconds: to see whether the file changes while it is read. */
  readonly ctime: string;
  readonly mtime: string;
  /** Which directory held it when it was listed (`dev:inode`): a directory exchanged since then is not read. Absent: not known. */
  readonly folder?: string;
  /** Which file it was when it was listed (`dev:inode`): one that took its place is not read. Absent: not known. */
  readonly file?: string;
}

/** Contents that come as a stream (standard input, memory). */
export interface StreamContent {
  readonly kind: "stream";
  /** Size if known, bytes. */
  readonly size: number | undefined;
  open(): ContentReader;
}

/** Contents of one file. */
export type Content = PathContent | StreamContent;

/** Contents being read, front to back. */
export interface ContentReader {
  /**
   * Fills the beginning of `buffer`; the number of bytes read, 0 at the end.
   * @throws SourceFault when this range cannot be read; the position is unchanged, and the caller may skip.
   */
  read(buffer: Uint8Array): number | Promise<number>;
  /** Moves past `length` bytes that cannot be read; the number moved, less at the end of the file. */
  skip(length: number): number;
  /** Whether reading leaves the access time alone; absent where that means nothing. spec/06-snapshot.md#noatime */
  readonly noatime?: "kept" | "refused";
  /** Ends reading; says what the file is now, or undefined when it did not change while it was read. Never throws. */
  close(): Item["unstable"] | undefined;
}

/** Why a path or range could not be read: an entry with this error is recorded, nothing is aborted. */
export class SourceFault extends Error {
  override readonly name = "SourceFault";
  constructor(
    /** Name of the error number, "EACCES". */
    readonly errno: string,
    readonly operation: "stat" | "list" | "open" | "read" | "readlink",
    options?: { readonly cause?: unknown },
  ) {
    super(`${operation}: ${errno}`, options);
  }
}

/** What an earlier reading told of contents that did not change since. */
export interface KnownContent {
  readonly item: Pick<Item, "size" | "sha256" | "digests">;
  readonly store: Store;
}

/** An entry that was stored, of which everything is as it was. */
export interface StoredEntry {
  /** Its stored bytes. */
  readonly bytes: Uint8Array;
  /** Where the item in them ends. */
  readonly itemEnd: number;
}

/** What a walk over a source reports, in pre-order, names of one directory strictly increasing by bytes. */
export type SourceEvent =
  /** A directory; its entries follow, then `leave`. */
  | { readonly kind: "enter"; readonly name: Uint8Array; readonly item: SourceItem; readonly same?: StoredEntry }
  | { readonly kind: "leave" }
  /**
   * Anything else. Contents that are `known` are not read; of an entry that is the `same` nothing more is looked for, and of a directory its store
   * does not count. Entries with the same `group` are hard links of one file, unchanged since the first was
   * listed; only that is read.
   */
  | {
      readonly kind: "entry";
      readonly name: Uint8Array;
      readonly item: SourceItem;
      readonly content?: Content;
      readonly known?: KnownContent;
      readonly same?: StoredEntry;
      readonly group?: string;
    }
  /** A path that was left out: by a rule, or because it is the archive being written. */
  | { readonly kind: "excluded"; readonly path: Uint8Array };

/** Events that follow each other. */
export type EventRun = readonly SourceEvent[];

/**
 * Recognizes what did not change: gives the events of a run back, in order, some of them as `known` or the `same`. Each event of a walk is to be shown
 * to it once, in order, as soon as it is listed: before anything is found out that listing does not tell. Events that its glance took are not.
 */
export interface Recognize {
  (events: EventRun): Promise<EventRun>;
  readonly glance?: Glance | undefined;
}

/** What listing tells of a file, as numbers: to compare them takes less time than to write them out. Times are nanoseconds. */
export interface FileNumbers {
  readonly type: "file";
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly nlink: number;
  readonly size: number;
  readonly atime: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
  readonly birthtime: bigint | null;
  readonly dev: bigint;
  readonly inode: bigint;
}

/**
 * Takes the events of a walk one by one, from the first on, as long as everything is as it was: what it took, the walk does not report. It is over with the
 * first event that it does not take; paths that were left out mean nothing to it.
 */
export interface Glance {
  /** `unread`: the next event can be shown to it after `read`. */
  readonly state: "open" | "unread" | "over";
  read(): Promise<void>;
  /** Whether a file of one name, in ASCII, is as it was. When that cannot be told by numbers alone nothing is over: its event is to be shown to `takes`. */
  takesFile(name: string, facts: FileNumbers): boolean;
  /** Whether an entry, a directory as well, is as it was. */
  takes(event: Extract<SourceEvent, { readonly kind: "enter" | "entry" }>): boolean;
  /** Whether the present directory had no entries beside those that were taken: the event `leave`. */
  leaves(): boolean;
}

/** A place that a snapshot is made from. It is never written. */
export interface Source {
  /** How it stands in the snapshot. */
  readonly sources: readonly { readonly kind: "files" | "stream"; readonly label: string; readonly path?: string }[];
  /** Classes of facts that it can give. spec/06-snapshot.md#captured */
  readonly captures: readonly CaptureClass[];
  /** Facts about the source as a whole, sorted by name; asked for after the walk. */
  readonly attributes?: () => readonly Attribute[];
  /**
   * Walks the tree once: its events in order, in runs of as many as are at hand together. To wait for each event would take longer than to pack
   * a short file. A source that has nothing to ask for beyond listing need not show its events to `recognize`: its caller does.
   * @throws PTAR_SOURCE_NOT_FOUND, PTAR_SOURCE_CONFLICT
   */
  walk(signal?: AbortSignal, recognize?: Recognize): AsyncIterable<EventRun> | Iterable<EventRun>;
  /** Opens contents of kind `path`. @throws SourceFault with operation `open` */
  open(content: PathContent): ContentReader;
}
