// One path of an archive as a line for a terminal. spec/05-page.md#entry
import type { ListedEntry } from "../archive/results.js";
import { fromBase64url } from "../bytes/base64url.js";
import { toUtf8 } from "../bytes/utf8.js";
import type { Item } from "../format/generated/types.js";
import { escapeBytes, escapeText } from "./ui/escape.js";
import { formatMode, formatNanoseconds } from "./ui/units.js";

/** The line; directories end in a slash. */
export function listLine({ path, item }: ListedEntry, form: "short" | "long"): string {
  const name = escapeBytes(path) + (item.type === "directory" ? "/" : "");
  return form === "short" ? name : [...columnsOf(item), name + targetOf(item) + troubleOf(item)].join("  ");
}

function columnsOf(item: Item): readonly string[] {
  const owner = `${item.uid ?? "?"}:${item.gid ?? "?"}`;
  const size = item.rdev === undefined ? String(item.size ?? "-") : `${item.rdev.major},${item.rdev.minor}`;
  return [formatMode(item.type, item.mode), owner.padEnd(9), size.padStart(12), formatNanoseconds(item.mtime).padEnd(20)];
}

function targetOf({ target, targetRaw }: Item): string {
  const bytes = target === undefined ? fromBase64url(targetRaw ?? "") : toUtf8(target);
  return bytes === undefined || bytes.length === 0 ? "" : ` -> ${escapeBytes(bytes)}`;
}

function troubleOf({ errors = [], unstable }: Item): string {
  const troubles = [
    ...errors.map(({ operation, code }) => `${operation}: ${code}`),
    ...(unstable === undefined ? [] : ["changed while it was read"]),
  ];
  return troubles.length === 0 ? "" : `  [${escapeText(troubles.join(", "))}]`;
}
