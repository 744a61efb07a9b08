// Paths longer than the system takes in one call. spec/11-limits.md
import { closeSync, constants, openSync } from "node:fs";

/** Longest path that Linux takes, without its NUL. */
const pathMax = 4095;
/** Where a longer one is cut at the latest: leaves room for the prefix that names the opened directory. */
const hopBytes = 3500;
const slashByte = 0x2f;

/**
 * Calls `use` with a path that reaches the same place as `path` and is short enough: the first part is opened and stands as
 * `/proc/self/fd/N`. The path is valid during the call only. Elsewhere than on Linux long paths fail with ENAMETOOLONG.
 */
export function withinReach<T>(path: Uint8Array, use: (near: Buffer) => T): T {
  const cut = path.length > pathMax && process.platform === "linux" ? path.lastIndexOf(slashByte, hopBytes) : 0;
  if (cut <= 0) return use(asBuffer(path));
  const fd = openSync(asBuffer(path.subarray(0, cut)), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return withinReach(Buffer.concat([Buffer.from(`/proc/self/fd/${fd}/`), path.subarray(cut + 1)]), use);
  } finally {
    closeSync(fd);
  }
}

/** The same memory as a Buffer: file calls take paths as bytes in this form only. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
