// What `ptar repo prune` says at its end. spec/15-repository.md#prune
import type { PruneResult } from "../../repository/prune/prune.js";
import type { Arguments, Context } from "../command.js";
import { commandLine } from "../command-line.js";
import { formatBytes, formatCounted, formatDuration } from "../ui/units.js";

/** Prints what was deleted and marked, and says what comes next; the exit code. `grace` is in seconds. */
export async function reportPruned(result: PruneResult, { grace, args, context }: Pruned): Promise<number> {
  const { out, notes } = context;
  const location = args.archive();
  const dryRun = args.flag("dry-run");
  const { deletedPacks, deletedBytes, markedPacks, markedBytes, movedObjects } = result;
  if (args.flag("json")) {
    await out.json({ location, dryRun, grace, ...{ deletedPacks, deletedBytes, markedPacks, markedBytes, movedObjects }, exitCode: 0 });
    return 0;
  }
  if (dryRun) notes.say("a dry run: nothing was changed");
  const [deleted, marked] = dryRun ? ["would delete", "would mark  "] : ["deleted  ", "marked   "];
  await out.line(`${deleted} ${formatCounted(deletedPacks, "pack")}, ${formatBytes(deletedBytes)}`);
  await out.line(`${marked} ${formatCounted(markedPacks, "pack")}, ${formatBytes(markedBytes)}`);
  if (movedObjects > 0) await out.line(`moved     ${formatCounted(movedObjects, "object")} that snapshots need out of marked packs`);
  if (markedPacks > 0 && !dryRun)
    notes.hint(`\`${commandLine(["repo", "prune", location, ...graceWords(args)])}\` deletes marked packs when run after ${formatGrace(grace)}`);
  return 0;
}

interface Pruned {
  readonly grace: number;
  readonly args: Arguments;
  readonly context: Context;
}

/** A run with the default would wait longer than one with a shorter wish. */
function graceWords(args: Arguments): readonly string[] {
  const wish = args.text("grace");
  return wish === undefined ? [] : ["--grace", wish];
}

function formatGrace(seconds: number): string {
  if (seconds === 0) return "this one";
  return seconds % 3600 === 0 ? formatCounted(seconds / 3600, "hour") : formatDuration(seconds);
}
