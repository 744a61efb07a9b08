// Standard output that is a file or a device, written to its last byte. spec/02-container.md
import { fstatSync, type Stats, writeSync } from "node:fs";
import type { Writable } from "node:stream";

/** Writes all of its bytes, or throws the error of the system. */
export type WholeWrite = (bytes: Uint8Array) => void;

/**
 * How to write to `stream` past Node where it is the standard output of this process and a file or a device; undefined for pipes,
 * sockets, terminals and other streams. Node asks the system once there and takes a part that was written for the whole: the rest
 * would be missing without an error when a disk or a limit of file sizes is full. What a block device gets it drops.
 */
export function wholeWriteOf(stream: Writable): WholeWrite | undefined {
  if (stream !== process.stdout || process.stdout.isTTY) return undefined;
  const { fd } = process.stdout;
  return takesAllAtOnce(fd) ? (bytes) => writeWhole(fd, bytes) : undefined;
}

function takesAllAtOnce(fd: number): boolean {
  let stats: Stats;
  try {
    stats = fstatSync(fd);
  } catch {
    return false;
  }
  return stats.isFile() || stats.isBlockDevice() || stats.isCharacterDevice();
}

function writeWhole(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}
