// What the system says about one path, as facts of an item. spec/05-page.md#entry
import type { BigIntStats } from "node:fs";
import type { SourceItem } from "../../tree/source.js";

/** Facts from `stats`; the destination of a symlink is added by who reads it. */
export function factsOf(stats: BigIntStats): SourceItem {
  const type = typeOf(stats);
  return {
    type,
    ...(type === "file" ? { size: Number(stats.size) } : {}),
    ...(type === "block" || type === "character" ? { rdev: deviceOf(stats.rdev) } : {}),
    mode: Number(stats.mode & 0o7777n),
    uid: Number(BigInt.asUintN(32, stats.uid)),
    gid: Number(BigInt.asUintN(32, stats.gid)),
    atime: String(stats.atimeNs),
    mtime: String(stats.mtimeNs),
    ctime: String(stats.ctimeNs),
    // the system says 0 where the file system does not keep it
    birthtime: stats.birthtimeNs === 0n ? null : String(stats.birthtimeNs),
    dev: unsigned(stats.dev),
    inode: unsigned(stats.ino),
    nlink: Number(stats.nlink),
  };
}

/** Device and inode as one key: equal for names of one file. */
export function fileKey(stats: BigIntStats): string {
  return `${unsigned(stats.dev)}:${unsigned(stats.ino)}`;
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
  return String(BigInt.asUintN(64, value));
}

/** The Linux encoding: 12 + 20 bits of major, 8 + 24 bits of minor number. */
export function deviceOf(rdev: bigint): { readonly major: number; readonly minor: number } {
  return {
    major: Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n)),
    minor: Number((rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)),
  };
}
