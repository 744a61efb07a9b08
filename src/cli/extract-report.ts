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
  const { entries, files, bytes, unrestored, incomplete } = report;
  const exitCode = incomplete === 0 ? 0 : 3;
  if (json) await out.json({ folder: dryRun ? null : folder, dryRun, ...extractJson(report), exitCode });
  else {
    const what = `${formatCounted(entries, "entry", "entries")}, ${formatCounted(files, "file")}, ${formatBytes(bytes)}`;
    await out.line(dryRun ? `would extract ${what}` : `extracted ${what} to ${folder}; times to the microsecond`);
  }
  for (const loss of unrestored.slice(0, shownLosses)) notes.say(`not restored: ${escapeBytes(loss.path)}: ${loss.what}: ${loss.reason}`);
  if (unrestored.length > shownLosses) notes.say(`not restored: ${formatCount(unrestored.length - shownLosses)} more; --json lists all`);
  if (exitCode !== 0)
    notes.fail({ message: `incomplete: ${formatCounted(incomplete, "entry", "entries")} could not be collected wholly at the source` });
  return exitCode;
}
