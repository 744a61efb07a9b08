// What `ptar repo sync` says at its end. spec/16-transfer.md#sync
import { equalBytes } from "../../bytes/compare.js";
import { toHex } from "../../bytes/hex.js";
import type { Taken } from "../../repository/transfer/sync.js";
import type { Arguments, Context } from "../command.js";
import { commandLine } from "../command-line.js";
import { escapeText } from "../ui/escape.js";
import { formatBytes, formatCounted } from "../ui/units.js";

/** What one side took over, or would. */
export interface Direction {
  readonly from: string;
  readonly to: string;
  readonly taken: Taken;
}

interface Synced {
  /** Of all snapshot ids, on each side. */
  readonly proofs: readonly [Uint8Array, Uint8Array];
  readonly args: Arguments;
  readonly context: Context;
}

/** Says what each side took over, and prints the proofs; the exit code. */
export async function reportSynced(directions: readonly Direction[], { proofs, args, context: { out, notes } }: Synced): Promise<number> {
  const [first, second] = proofs;
  const same = equalBytes(first, second);
  const [location, other, dryRun] = [args.archive(), args.required("other"), args.flag("dry-run")];
  if (args.flag("json")) {
    const taken = directions.map((one) => directionJson(one, dryRun ? "wish" : "done"));
    await out.json({ location, other, dryRun, taken, proofs: proofs.map(toHex), same, exitCode: 0 });
    return 0;
  }
  for (const direction of directions) notes.say(directionText(direction, dryRun ? "wish" : "done"));
  sayInvalid(directions, notes);
  if (same) await out.line(`same snapshots  ${toHex(first)}`);
  else {
    await out.line(`snapshots       ${toHex(first)}  ${escapeText(location)}`);
    await out.line(`snapshots       ${toHex(second)}  ${escapeText(other)}`);
  }
  return 0;
}

/** A signature that is not valid is of nobody; that somebody put it there is worth knowing. */
function sayInvalid(directions: readonly Direction[], notes: Context["notes"]): void {
  for (const { from, taken } of directions) {
    if (taken.invalidStatements === 0) continue;
    const hint = `\`${commandLine(["repo", "check", from])}\` names them`;
    notes.fail({ message: `${from}: ${formatCounted(taken.invalidStatements, "statement")} not taken: the signature is not valid`, hint });
  }
}

function directionText({ from, to, taken: { snapshots, addedBytes, addedObjects } }: Direction, state: "wish" | "done"): string {
  const counted = `${formatCounted(snapshots.length, "snapshot")} of ${from}`;
  if (state === "wish") return `${to} would take ${counted}`;
  return `${to} took ${counted}: ${formatBytes(addedBytes)} in ${formatCounted(addedObjects, "object")}`;
}

function directionJson({ from, to, taken: { snapshots, addedBytes, addedObjects, invalidStatements } }: Direction, state: "wish" | "done"): object {
  // how much it would be is known when the objects are looked for
  const added = state === "wish" ? { addedObjects: null, addedBytes: null } : { addedObjects, addedBytes };
  return { from, to, snapshots: snapshots.map(toHex), ...added, invalidStatements };
}
