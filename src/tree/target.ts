// Contract of what a snapshot is extracted to. spec/12-extract.md#rules
import type { Item } from "../format/generated/types.js";
import type { LinkFact } from "./link-facts.js";

/** Something that could not be restored as recorded. */
export interface Unrestored {
  /** Path bytes, names joined by `/`. */
  readonly path: Uint8Array;
  /** What could not be restored, safe to print: "owner", "mode", "times", "setuid", "special file", "contents", "xattr user.x" … */
  readonly what: string;
  /** Why, one sentence or the name of an error number. */
  readonly reason: string;
}

/** Everything that could not be restored. spec/12-extract.md#losses */
export interface Losses {
  /** The first ones, at most 1,000. */
  readonly first: readonly Unrestored[];
  readonly count: number;
  /** How many of each kind: `what` without the name of an extended attribute. */
  readonly kinds: Readonly<Record<string, number>>;
}

/** A file that was made before, which a hard link becomes another name of. */
export interface FirstName {
  /** Its path. */
  readonly names: readonly Uint8Array[];
  /** Facts of which the item of the link says something else: a file has them once. spec/12-extract.md#links */
  readonly differing: readonly LinkFact[];
}

/**
 * A place that a tree is extracted to, in pre-order. The target creates everything exclusively, follows no link of anybody else,
 * makes symlinks after everything else and sets the metadata of directories last.
 */
export interface Target {
  /** Makes a directory in the present one and goes into it. @throws PTAR_TARGET_UNSAFE, PTAR_TARGET_EXISTS, PTAR_IO_* */
  enter(name: Uint8Array, item: Item): Promise<void>;
  leave(): Promise<void>;
  /**
   * Makes a file in the present directory. `content` yields its verified bytes (a zero-filled view for what could not be read at
   * the source) and throws when they turn out wrong: then nothing may stay at the final name.
   */
  file(name: Uint8Array, item: Item, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  /** Makes a hard link in the present directory to a file made before. */
  link(name: Uint8Array, item: Item, first: FirstName): Promise<void>;
  /** Notes a symlink of the present directory, made in `finish`. `destination` are the exact bytes of its target. */
  symlink(name: Uint8Array, item: Item, destination: Uint8Array): Promise<void>;
  /** Anything else (fifo, socket, device, unknown): reported as not restored. */
  other(name: Uint8Array, item: Item): Promise<void>;
  /** Makes symlinks, sets what is still to be set of directories, syncs. Says what could not be restored. */
  finish(): Promise<Losses>;
  /** Removes half-written files and closes what is open; after an error or Ctrl-C. Never throws. */
  abort(): Promise<void>;
}
