// Which extended attributes of an archive are set, and what of them is lost. spec/12-extract.md#xattrs
import { fromUtf8 } from "../../../bytes/utf8.js";
import type { Item } from "../../../format/generated/types.js";
import { limits } from "../../../format/limits.js";
import { decodeXattr, type XattrBytes } from "../../../format/xattr.js";
import type { Loss } from "../../losses.js";
import { shown } from "../io-error.js";

/** POSIX access control lists; every other attribute that is set is one of the `user` namespace. */
const accessLists: ReadonlySet<string> = new Set(["system.posix_acl_access", "system.posix_acl_default"]);

/** The extended attributes of `item` that are set, in this order: an access control list may forbid its owner to set another attribute. */
export function wantedXattrs({ xattrs = [] }: Item): readonly XattrBytes[] {
  const wanted = xattrs.map((xattr) => decodeXattr(xattr, limits)).filter(({ name }) => isHarmless(name));
  return [...wanted.filter(({ name }) => !isAccessList(name)), ...wanted.filter(({ name }) => isAccessList(name))];
}

/** The others: capabilities, security labels and what only the system may write would give a file rights that an archive chose. */
export function withheldXattrs({ xattrs = [] }: Item): readonly Loss[] {
  const others = xattrs.map((xattr) => decodeXattr(xattr, limits)).filter(({ name }) => !isHarmless(name));
  return others.map(({ name }) => lossOfXattr(name, "never set from an archive"));
}

/** The loss of one extended attribute. */
export function lossOfXattr(name: Uint8Array, reason: string): Loss {
  return { what: "xattr", which: printable(name), reason };
}

/** The loss of all extended attributes of an entry that would have been set. */
export function lossOfXattrs(reason: string): Loss {
  return { what: "xattrs", reason };
}

/** A name that a terminal may see; bytes that are not UTF-8 in hex, so that two names stay two. */
function printable(name: Uint8Array): string {
  if (fromUtf8(name) !== undefined) return shown(name);
  return Array.from(name, (byte) => (byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`)).join("");
}

// spec/12-extract.md#xattrs
function isHarmless(name: Uint8Array): boolean {
  return fromUtf8(name.subarray(0, 5)) === "user." || isAccessList(name);
}

function isAccessList(name: Uint8Array): boolean {
  return accessLists.has(fromUtf8(name) ?? "");
}
