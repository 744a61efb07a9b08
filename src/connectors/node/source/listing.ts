// One look at a path: facts, names in a directory, destination of a symlink. spec/05-page.md#errors
import { type BigIntStats, readdirSync, readlinkSync } from "node:fs";
import { toBase64url } from "../../../bytes/base64url.js";
import { fromUtf8 } from "../../../bytes/utf8.js";
import { limits } from "../../../format/limits.js";
import type { SourceItem } from "../../../tree/source.js";
import { errnoOf } from "../io-error.js";
import { withinReach } from "./long-path.js";

/** Names in a directory, and why there are none or not all. */
export interface Listing {
  /** With one character for each byte: as Buffers they would take several times the memory, and longer to be read and sorted. */
  readonly names: readonly string[];
  readonly errno?: string;
}

const exact = { bigint: true } as const;

/** Facts of a path, text where that is short, or why there are none. */
export function statsOf(path: Buffer | string, stat: (path: Buffer | string, options: { bigint: true }) => BigIntStats): BigIntStats | string {
  try {
    return typeof path === "string" ? stat(path, exact) : withinReach(path, (near) => stat(near, exact));
  } catch (error) {
    return errnoOf(error);
  }
}

/** Names in a directory, sorted; where it cannot be listed, or holds names that no archive can, also why. spec/11-limits.md */
export function listed(directory: Buffer, at: { readonly path: Buffer; readonly depth: number }): Listing {
  let names: string[];
  try {
    names = withinReach(directory, (near) => readdirSync(near, { encoding: "latin1" }));
  } catch (error) {
    return { names: [], errno: errnoOf(error) };
  }
  const room = Math.min(limits.nameBytes, limits.pathBytes - (at.path.length === 0 ? 0 : at.path.length + 1));
  const storable = at.depth >= limits.pathDepth ? [] : names.filter((name) => name.length <= room);
  // libuv happens to sort names on Linux; no documentation promises it
  storable.sort();
  return storable.length < names.length ? { names: storable, errno: "ENAMETOOLONG" } : { names: storable };
}

/** Where a symlink leads, or why that is not known. */
export function destination(symlink: Buffer): Pick<SourceItem, "target" | "targetRaw" | "errors"> {
  try {
    const bytes = withinReach(symlink, (near) => readlinkSync(near, { encoding: "buffer" }));
    if (bytes.length === 0) return { errors: [{ code: "EINVAL", operation: "readlink" }] };
    if (bytes.length > limits.targetBytes) return { errors: [{ code: "ENAMETOOLONG", operation: "readlink" }] };
    const text = fromUtf8(bytes);
    return text === undefined ? { targetRaw: toBase64url(bytes) } : { target: text };
  } catch (error) {
    return { errors: [{ code: errnoOf(error), operation: "readlink" }] };
  }
}
