// Names and targets as exact bytes. spec/05-page.md#entry
import { fromBase64url, toBase64url } from "../bytes/base64url.js";
import { fromUtf8, toUtf8 } from "../bytes/utf8.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Item } from "./generated/types.js";
import type { Limits } from "./limits.js";

/** Members that hold `bytes` as a name. */
export function nameMembers(bytes: Uint8Array): { readonly name: string } | { readonly nameRaw: string } {
  const text = fromUtf8(bytes);
  return text === undefined ? { nameRaw: toBase64url(bytes) } : { name: text };
}

/** Members that hold `bytes` as the target of a symlink. */
export function targetMembers(bytes: Uint8Array): { readonly target: string } | { readonly targetRaw: string } {
  const text = fromUtf8(bytes);
  return text === undefined ? { targetRaw: toBase64url(bytes) } : { target: text };
}

/** Bytes of the name of an item or of a child page. @throws PTAR_ENTRY_NAME */
export function nameBytes(members: { readonly name?: string | undefined; readonly nameRaw?: string | undefined }, limits: Limits): Uint8Array {
  const bytes = exactBytes("name", members.name, members.nameRaw);
  const problem = nameProblem(bytes, limits);
  if (problem !== undefined) throw new PtarError("PTAR_ENTRY_NAME", `page: a name ${problem}`);
  return bytes;
}

/** Bytes of the target of a symlink, undefined when the item has none. @throws PTAR_ENTRY_NAME */
export function targetBytes(item: Item, limits: Limits): Uint8Array | undefined {
  if (item.target === undefined && item.targetRaw === undefined) return undefined;
  const bytes = exactBytes("target", item.target, item.targetRaw);
  if (bytes.length === 0 || bytes.length > limits.targetBytes || bytes.includes(0)) {
    throw new PtarError("PTAR_ENTRY_NAME", `page: a symlink target of ${bytes.length} bytes, or one with NUL`);
  }
  return bytes;
}

/** Why `bytes` cannot be a name in a page, undefined when they can. */
export function nameProblem(bytes: Uint8Array, limits: Limits): string | undefined {
  if (bytes.length === 0) return "is empty";
  if (bytes.length > limits.nameBytes) return `has ${bytes.length} bytes, limit ${limits.nameBytes}`;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === 0) return "contains NUL";
    if (bytes[i] === 0x2f) return bytes.includes(0) ? "contains NUL" : 'contains "/"';
  }
  if (bytes[0] === 0x2e && (bytes.length === 1 || (bytes.length === 2 && bytes[1] === 0x2e))) return 'is "." or ".."';
  return undefined;
}

function exactBytes(what: string, text: string | undefined, raw: string | undefined): Uint8Array {
  if ((text === undefined) === (raw === undefined))
    throw new PtarError("PTAR_ENTRY_NAME", `page: an entry needs exactly one of ${what} and ${what}Raw`);
  if (text !== undefined) return toUtf8(text);
  const bytes = fromBase64url(raw as string);
  // a name with two forms could stand twice in one directory
  if (bytes === undefined || fromUtf8(bytes) !== undefined)
    throw new PtarError("PTAR_ENTRY_NAME", `page: ${what}Raw is not canonical base64url or spells UTF-8`);
  return bytes;
}
