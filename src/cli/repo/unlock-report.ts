// What `ptar repo unlock` says at its end. spec/15-repository.md#lock
import { ageSeconds, describeLock, type StoredLock } from "../../repository/prune/lock.js";
import type { Arguments, Context } from "../command.js";
import { escapeText } from "../ui/escape.js";
import { formatCounted } from "../ui/units.js";

/** What was removed. */
export interface Unlocked {
  /** Temporary files that were as old as the lock. */
  readonly temporaryFiles: number;
  readonly args: Arguments;
  readonly context: Context;
}

/** Prints whose lock was removed; the exit code. */
export async function reportUnlocked(stored: StoredLock | undefined, { temporaryFiles, args, context: { out } }: Unlocked): Promise<number> {
  if (args.flag("json")) {
    const age = stored === undefined ? null : ageSeconds(stored);
    await out.json({ location: args.archive(), lock: stored?.lock ?? null, ageSeconds: age, temporaryFiles, exitCode: 0 });
    return 0;
  }
  await out.line(stored === undefined ? "not locked" : `removed the lock of ${escapeText(describeLock(stored))}`);
  if (temporaryFiles > 0) await out.line(`removed ${formatCounted(temporaryFiles, "temporary file")}`);
  return 0;
}
