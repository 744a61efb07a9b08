// Extended attributes of an entry, POSIX access control lists among them. spec/05-page.md#xattrs
import { fromBase64url, toBase64url } from "../bytes/base64url.js";
import { canonicalText, type JsonValue } from "../bytes/canonical-json.js";
import { compareBytes } from "../bytes/compare.js";
import { fromUtf8, toUtf8 } from "../bytes/utf8.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Xattr } from "./generated/types.js";
import type { Limits } from "./limits.js";

/** One extended attribute as exact bytes. */
export interface XattrBytes {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

/** As it stands in an item. */
export function encodeXattr({ name, value }: XattrBytes): Xattr {
  const text = fromUtf8(name);
  return { ...(text === undefined ? { nameRaw: toBase64url(name) } : { name: text }), value: toBase64url(value) };
}

/** Its exact bytes. @throws PTAR_ENTRY_NAME, PTAR_ENTRY_INVALID */
export function decodeXattr(xattr: Xattr, limits: Limits): XattrBytes {
  const name = nameOf(xattr);
  if (name.length === 0 || name.length > limits.xattrNameBytes || name.includes(0))
    throw new PtarError("PTAR_ENTRY_NAME", `page: the name of an extended attribute of ${name.length} bytes, or one with NUL`);
  const value = fromBase64url(xattr.value);
  if (value === undefined) throw new PtarError("PTAR_ENTRY_INVALID", "page: the value of an extended attribute is not canonical base64url");
  return { name, value };
}

/** Length of the stored text of all extended attributes of an entry, bytes. */
export function xattrsLength(xattrs: readonly Xattr[]): number {
  return toUtf8(canonicalText(xattrs as unknown as JsonValue)).length;
}

/** Refuses extended attributes that are malformed or unsorted; how long they are is looked at later. @throws PTAR_ENTRY_NAME, PTAR_ENTRY_INVALID */
// spec/05-page.md#xattrs
export function checkXattrs(xattrs: readonly Xattr[], limits: Limits): void {
  const names = xattrs.map((xattr) => decodeXattr(xattr, limits).name);
  if (names.some((name, i) => i > 0 && compareBytes(names[i - 1] as Uint8Array, name) >= 0))
    throw new PtarError("PTAR_ENTRY_INVALID", "page: extended attributes are not sorted by name");
}

/** Refuses extended attributes that are too long, of which nothing else is wrong. @throws PTAR_LIMIT_EXCEEDED */
// spec/05-page.md#xattrs
export function checkXattrLengths(xattrs: readonly Xattr[], limits: Limits): void {
  // base64url has four characters for three bytes
  const longest = xattrs.reduce((most, { value }) => Math.max(most, Math.floor((value.length * 3) / 4)), 0);
  if (longest > limits.xattrBytes)
    throw new PtarError("PTAR_LIMIT_EXCEEDED", `page: an extended attribute of ${longest} bytes, limit ${limits.xattrBytes}`);
  const length = xattrsLength(xattrs);
  if (length > limits.xattrsBytes)
    throw new PtarError("PTAR_LIMIT_EXCEEDED", `page: extended attributes of ${length} bytes, limit ${limits.xattrsBytes}`);
}

function nameOf({ name, nameRaw }: Xattr): Uint8Array {
  if ((name === undefined) === (nameRaw === undefined))
    throw new PtarError("PTAR_ENTRY_NAME", "page: an extended attribute needs exactly one of name and nameRaw");
  if (name !== undefined) return toUtf8(name);
  const bytes = fromBase64url(nameRaw as string);
  if (bytes === undefined || fromUtf8(bytes) !== undefined)
    throw new PtarError("PTAR_ENTRY_NAME", "page: nameRaw of an extended attribute is not canonical base64url or spells UTF-8");
  return bytes;
}
