// What an entry may hold, by type. spec/05-page.md#entry
import { PtarError } from "../errors/ptar-error.js";
import { checkAttributes, checkExtensions } from "./document.js";
import type { Entry, EntryError, Hole, Item, Store } from "./generated/types.js";
import type { Limits } from "./limits.js";
import { targetBytes } from "./name.js";
import { checkXattrs } from "./xattr.js";

type Member = keyof Item;

const ownMembers: Readonly<Record<Item["type"], readonly Member[]>> = {
  file: ["size", "sha256", "sha256Stored", "digests", "holes", "unstable"],
  directory: [],
  symlink: ["target", "targetRaw"],
  fifo: [],
  socket: [],
  block: ["rdev"],
  character: ["rdev"],
  unknown: [],
};
/** SHA-256 of no bytes: of an empty file there is no chunk that could prove another. */
export const emptyDigest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/** What can fail at an entry of each type. spec/05-page.md#errors */
const ownOperations: Readonly<Record<Item["type"], readonly EntryError["operation"][]>> = {
  file: ["open", "read", "xattr"],
  directory: ["list", "xattr"],
  symlink: ["readlink", "xattr"],
  fifo: ["xattr"],
  socket: ["xattr"],
  block: ["xattr"],
  character: ["xattr"],
  unknown: ["stat"],
};
const none: readonly EntryError[] = [];
const typedMembers: readonly Member[] = ["size", "sha256", "sha256Stored", "digests", "holes", "unstable", "target", "targetRaw", "rdev"];

/** Refuses an entry whose members do not fit its type or each other. @throws PTAR_ENTRY_INVALID, PTAR_ENTRY_NAME */
export function checkEntry(entry: Entry, limits: Limits): void {
  const { item, store } = entry;
  const foreign = typedMembers.find((member) => item[member] !== undefined && !ownMembers[item.type].includes(member));
  if (foreign !== undefined) throw invalid(`a ${item.type} has the member ${foreign}`);
  if (item.ext !== undefined) {
    checkExtensions(item.ext, "entry");
    if (item.ext.length === 0) throw invalid("ext is empty instead of absent");
  }
  if (item.attributes !== undefined) checkAttributes(item.attributes, "entry");
  if (item.xattrs !== undefined) checkXattrs(item.xattrs, limits);
  if (item.errors !== undefined) checkErrors(item.type, item.errors);
  if (item.type === "file") checkFile(item);
  if (item.type === "symlink" && targetBytes(item, limits) === undefined && contentErrors(item).length === 0)
    throw invalid("a symlink without target");
  if ((item.type === "block" || item.type === "character") && item.rdev === undefined) throw invalid(`a ${item.type} device without rdev`);
  if (item.type === "unknown" && item.errors === undefined) throw invalid("an unknown type without an error");
  checkStore(item, store);
}

function checkFile(item: Item): void {
  if (item.size === undefined || item.sha256 === undefined) throw invalid("a file without size or sha256");
  const errors = contentErrors(item);
  if ((item.sha256 === null) !== errors.length > 0) throw invalid("a file has sha256 exactly when its contents could be read");
  if (item.sha256Stored !== undefined && item.sha256 !== null) throw invalid("sha256Stored beside sha256");
  if (item.size === 0 && item.sha256 !== null && item.sha256 !== emptyDigest)
    throw invalid("an empty file with another digest than that of no bytes");
  // spec/05-page.md#errors
  if (errors.length > 1 && errors.some(({ operation }) => operation !== "read"))
    throw invalid("a file that could not be opened has more than one error");
  const last = errors.at(-1);
  const end = (last?.offset ?? 0) + (last?.length ?? 0);
  if (end > item.size) throw invalid(`an unread range ends at ${end} in a file of ${item.size} bytes`);
  if (item.sha256 === null && storedSize(item) > 0 !== (item.sha256Stored !== undefined)) throw invalid("sha256Stored exactly when bytes are stored");
  if (item.digests !== undefined && item.sha256 === null) throw invalid("digests of a file that could not be read");
  checkHoles(item.holes ?? [], item.size);
}

// spec/05-page.md#holes
function checkHoles(holes: readonly Hole[], size: number): void {
  let end = -1;
  for (const { offset, length } of holes) {
    if (offset <= end) throw invalid("holes are not sorted or touch");
    end = offset + length;
  }
  if (end > size) throw invalid(`a hole ends at ${end} in a file of ${size} bytes`);
}

function checkErrors(type: Item["type"], errors: readonly EntryError[]): void {
  let end = -1;
  // spec/05-page.md#errors
  if (errors.some(({ operation }, i) => operation === "xattr" && i < errors.length - 1)) throw invalid("an error of operation xattr is not the last");
  for (const error of errors) {
    if (!ownOperations[type].includes(error.operation)) throw invalid(`a ${type} with an error of operation ${error.operation}`);
    const ranged = error.offset !== undefined && error.length !== undefined;
    if (ranged !== (error.operation === "read") || (!ranged && (error.offset !== undefined || error.length !== undefined))) {
      throw invalid(`an error of operation ${error.operation} ${ranged ? "with" : "without"} a range`);
    }
    if (!ranged) continue;
    if ((error.offset as number) <= end) throw invalid("unread ranges are not sorted or touch");
    end = (error.offset as number) + (error.length as number);
  }
}

function checkStore(item: Item, store: Store): void {
  const has = (member: keyof Store) => store[member] !== undefined;
  if (item.type !== "file" && (has("chunks") || has("list"))) throw invalid(`a ${item.type} with chunks`);
  if (item.type !== "directory" && (has("page") || has("counters"))) throw invalid(`a ${item.type} with a page`);
  if (has("page") !== has("counters")) throw invalid("page and counters stand together");
  if (has("chunks") && has("list")) throw invalid("chunks beside a list");
  if (item.type === "file" && storedSize(item) === 0 && (has("chunks") || has("list"))) throw invalid("chunks of a file that stores nothing");
}

/** Errors that concern what an entry holds, not its extended attributes alone. spec/05-page.md#errors */
export function contentErrors({ errors }: Pick<Item, "errors">): readonly EntryError[] {
  return errors === undefined ? none : errors.filter(({ operation }) => operation !== "xattr");
}

/** Bytes of a file that could not be read at the source. */
export function unreadBytes(item: Item): number {
  const errors = contentErrors(item);
  if (errors.some((error) => error.operation !== "read")) return item.size ?? 0;
  return errors.reduce((sum, error) => sum + (error.length ?? 0), 0);
}

/** Bytes of a file that are stored: its size without the ranges that could not be read. */
export function storedSize(item: Item): number {
  return (item.size ?? 0) - unreadBytes(item);
}

function invalid(problem: string): PtarError {
  return new PtarError("PTAR_ENTRY_INVALID", `page: ${problem}`);
}
