// What `ptar extract` says at its end. spec/06-snapshot.md#completeness
import type { ExtractReport } from "../archive/results.js";
import type { Context } from "./command.js";
import { extractJson } from "./json.js";
import { escapeBytes } from "./ui/escape.js";
import { formatBytes, formatCount, formatCounted } from "./ui/units.js";

interface Extracted {
  readonly folder: string | undefined;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly context: Context;
}

const shownLosses = 20;

/** Prints the summary and what could not be restored; the exit code. */
export async function reportExtracted(report: ExtractReport, { folder, dryRun, json, context }: Extracted): Promise<number> {
  const { out, notes } = context;
  const { entries, files, bytes, incomplete } = report;
  const exitCode = incomplete === 0 ? 0 : 3;
  if (json) await out.json({ folder: dryRun ? null : folder, dryRun, ...extractJson(report), exitCode });
  else {
    const what = `${formatCounted(entries, "entry", "entries")}, ${formatCounted(files, "file")}, ${formatBytes(bytes)}`;
    await out.line(dryRun ? `would extract ${what}` : `extracted ${what} to ${folder}; times to the microsecond`);
  }
  sayLosses(report, context);
  if (exitCode !== 0)
    notes.fail({ message: `incomplete: ${formatCounted(incomplete, "entry", "entries")} could not be collected wholly at the source` });
  return exitCode;
}

/** The first losses, and how many there are of each kind when these are not all. spec/12-extract.md#losses */
function sayLosses({ unrestored, unrestoredCount, unrestoredKinds }: ExtractReport, { notes }: Context): void {
  for (const { path, what, reason } of unrestored.slice(0, shownLosses))
    notes.say(`not restored: ${path.length === 0 ? "." : escapeBytes(path)}: ${what}: ${reason}`);
  if (unrestoredCount <= shownLosses) return;
  const kinds = Object.entries(unrestoredKinds).map(([kind, count]) => `${kind} ${formatCount(count)}`);
  const where = unrestoredCount > unrestored.length ? `the first ${formatCount(unrestored.length)}` : "all";
  notes.say(`not restored: ${formatCount(unrestoredCount)} facts: ${kinds.join(", ")}; --json lists ${where}`);
}
