// What `ptar repo import` says at its end. spec/16-transfer.md#import
import { toHex } from "../../bytes/hex.js";
import type { ImportResult } from "../../repository/import.js";
import type { Arguments, Context } from "../command.js";
import { formatBytes, formatCounted } from "../ui/units.js";

/** Says what was added, and prints the ids of new snapshots; the exit code. */
export async function reportImported(
  { added, known, addedBytes, addedObjects }: ImportResult,
  args: Arguments,
  { out, notes }: Context,
): Promise<number> {
  if (args.flag("json")) {
    await out.json({ location: args.archive(), added: added.map(toHex), known: known.map(toHex), addedBytes, addedObjects, exitCode: 0 });
    return 0;
  }
  const there = known.length === 0 ? "" : `, ${formatCounted(known.length, "other")} already there`;
  notes.say(`${formatCounted(added.length, "new snapshot")}${there}; ${formatBytes(addedBytes)} in ${formatCounted(addedObjects, "object")}`);
  for (const id of added) await out.line(toHex(id));
  return 0;
}
