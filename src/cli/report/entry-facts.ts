// One entry in the words of a report. spec/05-page.md#entry
import type { ListedEntry } from "../../archive/results.js";
import { fromBase64url } from "../../bytes/base64url.js";
import { toUtf8 } from "../../bytes/utf8.js";
import type { EntryError, FileStats, Item } from "../../format/generated/types.js";
import { escapeBytes } from "../ui/escape.js";
import { formatCount, formatCounted, formatNanoseconds } from "../ui/units.js";

/** An entry as text without control characters. */
export interface EntryFacts {
  readonly index: string;
  /** Directories end in a slash. */
  readonly path: string;
  /** Where a symlink points. */
  readonly target?: string;
  readonly type: string;
  /** Bytes of a file, numbers of a device. */
  readonly size: string;
  readonly modified: string;
  readonly digests: readonly (readonly [name: string, value: string])[];
  /** What went wrong when it was collected. */
  readonly troubles: readonly string[];
}

const maxErrors = 8;

const errorWords: Readonly<Record<EntryError["operation"], string>> = {
  stat: "it vanished or could not be looked at",
  list: "its entries could not be listed",
  open: "it could not be opened",
  read: "a part could not be read",
  readlink: "its target could not be read",
  xattr: "its extended attributes could not be read",
};

/** Whether something went wrong with an entry at the source. */
export function isTroubled({ errors, unstable }: Item): boolean {
  return errors !== undefined || unstable !== undefined;
}

/** The facts that a report shows; all others stand in report.json. */
export function entryFacts({ path, index, item }: ListedEntry): EntryFacts {
  const target = targetOf(item);
  return {
    index: formatCount(index),
    path: escapeBytes(path) + (item.type === "directory" ? "/" : ""),
    ...(target === undefined ? {} : { target }),
    type: item.type,
    size: item.rdev === undefined ? (item.size === undefined ? "" : formatCount(item.size)) : `${item.rdev.major}, ${item.rdev.minor}`,
    modified: item.mtime === undefined ? "" : formatTime(item.mtime),
    digests: digestsOf(item),
    troubles: troublesOf(item),
  };
}

function targetOf({ target, targetRaw }: Item): string | undefined {
  const bytes = target === undefined ? fromBase64url(targetRaw ?? "") : toUtf8(target);
  return bytes === undefined || bytes.length === 0 ? undefined : escapeBytes(bytes);
}

function digestsOf({ sha256, sha256Stored, digests = {} }: Item): EntryFacts["digests"] {
  return [
    ...(sha256 === undefined ? [] : [["sha256", sha256 ?? "none, because the file could not be read whole"] as const]),
    ...(sha256Stored === undefined ? [] : [["sha256 of the stored part", sha256Stored] as const]),
    ...Object.entries(digests).map(([name, value]) => [name, value ?? ""] as const),
  ];
}

function troublesOf({ errors = [], unstable }: Item): readonly string[] {
  const more = errors.length - maxErrors;
  return [
    ...errors.slice(0, maxErrors).map(formatError),
    ...(more > 0 ? [`${formatCounted(more, "more error")} in report.json`] : []),
    ...(unstable === undefined
      ? []
      : [`it changed while it was read; before: ${formatStats(unstable.before)}; after: ${formatStats(unstable.after)}`]),
  ];
}

function formatError({ operation, code, offset, length }: EntryError): string {
  const range = offset === undefined || length === undefined ? "" : `, ${formatCounted(length, "byte")} at offset ${formatCount(offset)}`;
  return `${errorWords[operation]}: ${code}${range}`;
}

function formatStats({ size, mtime }: FileStats): string {
  return `${formatCounted(size, "byte")}, modified ${formatTime(mtime)}`;
}

function formatTime(nanoseconds: string | null): string {
  return nanoseconds === null ? "unknown" : formatNanoseconds(nanoseconds);
}
