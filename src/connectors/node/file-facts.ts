// What the system says about one path, as facts of an item. spec/05-page.md#entry
import { type BigIntStats, constants } from "node:fs";
import type { FileNumbers, SourceItem } from "../../tree/source.js";

/** An item that facts are still added to. */
export type OpenItem = { -readonly [Member in keyof SourceItem]: SourceItem[Member] };

/** Facts of a path that is there. */
export interface PathFacts extends OpenItem {
  mtime: string;
  ctime: string;
  dev: string;
  inode: string;
}

const numbers: { -readonly [Member in keyof FileNumbers]: FileNumbers[Member] } = {
  type: "file",
  mode: 0,
  uid: 0,
  gid: 0,
  nlink: 0,
  size: 0,
  atime: 0n,
  mtime: 0n,
  ctime: 0n,
  birthtime: null,
  dev: 0n,
  inode: 0n,
};

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

/** The same of an ordinary file as numbers, in one object that is filled anew for each; undefined for anything else. */
export function fileNumbers(stats: BigIntStats): FileNumbers | undefined {
  const mode = Number(stats.mode);
  if ((mode & constants.S_IFMT) !== constants.S_IFREG) return undefined;
  numbers.mode = mode & 0o7777;
  numbers.uid = Number(stats.uid) >>> 0;
  numbers.gid = Number(stats.gid) >>> 0;
  numbers.nlink = Number(stats.nlink);
  numbers.size = Number(stats.size);
  numbers.atime = stats.atimeNs;
  numbers.mtime = stats.mtimeNs;
  numbers.ctime = stats.ctimeNs;
  numbers.birthtime = stats.birthtimeNs === 0n ? null : stats.birthtimeNs;
  numbers.dev = unsignedNumber(stats.dev);
  numbers.inode = unsignedNumber(stats.ino);
  return numbers;
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

function unsigned(value: bigint): string {
  return String(unsignedNumber(value));
}

/** Node hands 64-bit numbers over as signed ones. */
function unsignedNumber(value: bigint): bigint {
  return value < 0n ? BigInt.asUintN(64, value) : value;
}

/** The Linux encoding: 12 + 20 bits of major, 8 + 24 bits of minor number. */
export function deviceOf(rdev: bigint): { readonly major: number; readonly minor: number } {
  return {
    major: Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n)),
    minor: Number((rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)),
  };
}
