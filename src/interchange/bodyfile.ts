// Lines of a Sleuthkit body file, of which `mactime` makes a timeline. spec/13-interchange.md#bodyfile
import type { ListedEntry } from "../archive/results.js";
import { fromBase64url } from "../bytes/base64url.js";
import { fromUtf8, toUtf8 } from "../bytes/utf8.js";
import type { CaptureClass, Item } from "../format/generated/types.js";
import { type Row, rowOf, sourceLoss } from "./row.js";

/** Letters as `fls` prints them. */
const letters: Readonly<Record<Item["type"], string>> = {
  file: "r",
  directory: "d",
  symlink: "l",
  fifo: "p",
  socket: "s",
  block: "b",
  character: "c",
  unknown: "-",
};

/** Classes of facts that stand in a line, in its order. spec/06-snapshot.md#captured */
const shownClasses: readonly CaptureClass[] = ["digests", "inode", "mode", "owner", "atime", "mtime", "ctime", "birthtime"];

// mactime cuts at every `|`, escaped or not, and turns `%7C` back; a line end in a name would lose the line
// format characters too: bidi overrides would show another name than the one that was collected
const special = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\\|%]/gu;
const percent: Readonly<Record<string, string>> = { "|": "%7C", "%": "%25", "\\": "\\\\" };
const secondNanoseconds = 1_000_000_000n;

/** One line for each entry. */
export async function* bodyRows(entries: AsyncIterable<ListedEntry>): AsyncGenerator<Row> {
  for await (const entry of entries) yield rowOf(entry, toUtf8(`${bodyLine(entry)}\n`), sourceLoss(entry.item));
}

/** Facts that a body file shows and that were not captured: they are 0 in every line. */
export function missingFacts(captured: readonly CaptureClass[]): readonly CaptureClass[] {
  return shownClasses.filter((name) => !captured.includes(name));
}

/** `MD5|name|inode|mode_as_string|UID|GID|size|atime|mtime|ctime|crtime`, without line feed. */
export function bodyLine({ names, item }: ListedEntry): string {
  const target = targetOf(item);
  const name = names.map(escapedName).join("/") + (target === undefined ? "" : ` -> ${escapedName(target)}`);
  const times = [item.atime, item.mtime, item.ctime, item.birthtime].map(secondsOf);
  const size = item.size ?? target?.length ?? 0;
  return [item.digests?.md5 ?? 0, name, item.inode ?? 0, modeOf(item), item.uid ?? 0, item.gid ?? 0, size, ...times].join("|");
}

/** Distinct names stay distinct: `mactime` keeps facts by name. */
function escapedName(name: Uint8Array): string {
  const text = fromUtf8(name);
  if (text !== undefined) return text.replaceAll(special, escapedChar);
  return Array.from(name, (byte) => (byte < 0x80 ? String.fromCharCode(byte).replaceAll(special, escapedChar) : hexOf(byte))).join("");
}

function escapedChar(char: string): string {
  return percent[char] ?? Array.from(toUtf8(char), hexOf).join("");
}

function hexOf(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}

function targetOf({ target, targetRaw }: Item): Uint8Array | undefined {
  if (target !== undefined) return toUtf8(target);
  return targetRaw === undefined ? undefined : fromBase64url(targetRaw);
}

/** `r/rrw-r--r--`: the type of the name, that of the inode, permissions. */
function modeOf({ type, mode = 0 }: Item): string {
  const bits = Array.from({ length: 9 }, (_, i) => ((mode >> (8 - i)) & 1 ? "rwx".charAt(i % 3) : "-"));
  const special = [
    [0o4000, 2, "s"],
    [0o2000, 5, "s"],
    [0o1000, 8, "t"],
  ] as const;
  for (const [bit, at, letter] of special) if (mode & bit) bits[at] = bits[at] === "x" ? letter : letter.toUpperCase();
  return `${letters[type]}/${letters[type]}${bits.join("")}`;
}

/** Whole seconds, rounded down; 0 when unknown. */
function secondsOf(time: string | null | undefined): string {
  const nanoseconds = BigInt(time ?? 0);
  const rest = ((nanoseconds % secondNanoseconds) + secondNanoseconds) % secondNanoseconds;
  return String((nanoseconds - rest) / secondNanoseconds);
}
