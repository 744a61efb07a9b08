// What the system says about one path, as facts of an item. spec/05-page.md#entry
import type { BigIntStats } from "node:fs";
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

/** Facts from `stats`; the destination of a symlink is added by who reads it. */
export function factsOf(stats: BigIntStats): PathFacts {
  const type = typeOf(stats);
  // one object that grows: to spread parts into one takes several times as long
  const item: PathFacts = {
    type,
    mode: Number(stats.mode) & 0o7777,
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

function typeOf(stats: BigIntStats): SourceItem["type"] {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isFIFO()) return "fifo";
  if (stats.isSocket()) return "socket";
  if (stats.isBlockDevice()) return "block";
  return stats.isCharacterDevice() ? "character" : "unknown";
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
