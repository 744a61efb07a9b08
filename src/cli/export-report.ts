// What `ptar export` says at its end. spec/13-interchange.md#losses
import { toHex } from "../bytes/hex.js";
import type { Context } from "./command.js";
import type { Listed } from "./export-lists.js";
import { pathJson } from "./json.js";
import { escapeBytes, escapeText } from "./ui/escape.js";
import { formatCount, formatCounted } from "./ui/units.js";

/** What was exported. */
export interface Exported extends Listed {
  readonly format: string;
  readonly folder: string;
  /** Names in the folder. */
  readonly files: readonly string[];
  /** Archive fingerprint. */
  readonly fingerprint: Uint8Array;
  /** Whether the archive is sealed, which the files are not. */
  readonly sealed: boolean;
}

const shownLosses = 20;
/** Formats whose checkers refuse an empty list. */
const sums: readonly string[] = ["sha256sums", "md5sums"];

/** Prints the summary and what the files do not hold; the exit code. */
export async function reportExported(exported: Exported, { out, notes }: Context, form: "text" | "json"): Promise<number> {
  const { folder, files, lines, lossCount, losses, notCaptured } = exported;
  const exitCode = lossCount === 0 ? 0 : 3;
  if (form === "json") await out.json({ ...exportJson(exported), exitCode });
  else await out.line(`wrote ${escapeText(folder)}: ${filesText(files)}${lines === 0 ? "" : `, ${formatCounted(lines, "line")}`}`);
  if (exported.sealed) notes.say("the archive is sealed, what was written is not");
  if (lines === 0 && sums.includes(exported.format)) notes.say(`${files.join(", ")} is empty: there is no file with a sum, and nothing to check`);
  if (notCaptured.length > 0) notes.say(`not captured, so 0 in every line: ${notCaptured.join(", ")}`);
  for (const { path, reason } of losses.slice(0, shownLosses)) notes.say(`${escapeBytes(path)}: ${reason}`);
  if (lossCount > shownLosses) notes.say(`${formatCount(lossCount - shownLosses)} more; --json lists ${formatCount(losses.length)}`);
  if (exitCode !== 0) notes.fail({ message: `incomplete: ${formatCounted(lossCount, "entry", "entries")} not or not wholly in ${files.join(", ")}` });
  return exitCode;
}

function exportJson({ fingerprint, losses, ...facts }: Exported): object {
  return { id: toHex(fingerprint), ...facts, losses: losses.map(({ path, reason }) => ({ ...pathJson(path), reason })) };
}

function filesText(files: readonly string[]): string {
  return files.length === 1 ? files.join() : formatCounted(files.length, "file");
}
