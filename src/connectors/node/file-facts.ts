// What the system says about one path, as facts of an item. spec/05-page.md#entry
import { type BigIntStats, constants } from "node:fs";
import type { SourceItem } from "../../tree/source.js";

/** An item that facts are still added to. */
export type OpenItem = { -readonly [Member in keyof SourceItem]: SourceItem[Member] };

/** Facts of a path that is there. */
export interface PathFacts extends OpenItem {
  mtime: string;
  ctime: string;
  dev: string;
  inode: string;
}

const types: ReadonlyMap<number, SourceItem["type"]> = new Map([
  [constants.S_IFREG, "file"],
  [constants.S_IFDIR, "directory"],
  [constants.S_IFLNK, "symlink"],
  [constants.S_IFIFO, "fifo"],
  [constants.S_IFSOCK, "socket"],
  [constants.S_IFBLK, "block"],
  [constants.S_IFCHR, "character"],
]);

/** Facts from `stats`; the destination of a symlink is added by who reads it. */
export function factsOf(stats: BigIntStats): PathFacts {
  const mode = Number(stats.mode);
  const type = typeOf(mode);
  // one object that grows: to spread parts into one takes several times as long
  const item: PathFacts = {
    type,
    mode: mode & 0o7777,
    uid: Number(stats.uid) >>> 0,
    gid: Number(stats.gid) >>> 0,
    atime: String(stats.atimeNs),
    mtime: String(stats.mtimeNs),
    ctime: String(stats.ctimeNs),
    // the system says 0 where the file system does not keep it
    birthtime: stats.birthtimeNs === 0n ? null : String(stats.birthtimeNs),
    dev: unsigned(stats.dev),
    inode: unsigned(stats.ino),
    nlink: Number(stats.nlink),
  };
  if (type === "file") item.size = Number(stats.size);
  else if (type === "block" || type === "character") item.rdev = deviceOf(stats.rdev);
  return item;
}

/** Device and inode as one key: equal for names of one file. */
export function fileKey(stats: BigIntStats): string {
  return `${unsigned(stats.dev)}:${unsigned(stats.ino)}`;
}

/** What `fileKey` says of the same path. */
export function itemKey({ dev, inode }: PathFacts): string {
  return `${dev}:${inode}`;
}

/** Whether `stats` are of the file that `item` is about. */
export function isSameFile({ dev, inode }: PathFacts, stats: BigIntStats): boolean {
  return inode === unsigned(stats.ino) && dev === unsigned(stats.dev);
}

/** By the bits of the mode: the methods of Node compare numbers that each of them makes anew. */
function typeOf(mode: number): SourceItem["type"] {
  return types.get(mode & constants.S_IFMT) ?? "unknown";
}

/** Node hands 64-bit numbers over as signed ones. */
function unsigned(value: bigint): string {
  return String(value < 0n ? BigInt.asUintN(64, value) : value);
}

/** The Linux encoding: 12 + 20 bits of major, 8 + 24 bits of minor number. */
export function deviceOf(rdev: bigint): { readonly major: number; readonly minor: number } {
  return {
    major: Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n)),
    minor: Number((rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)),
  };
}
