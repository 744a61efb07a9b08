// What `ptar repo import` says at its end. spec/16-transfer.md#import
import { toHex } from "../../bytes/hex.js";
import { formatFingerprint } from "../../keys/archive-fingerprint.js";
import type { ImportResult } from "../../repository/transfer/import.js";
import type { Arguments, Context } from "../command.js";
import { formatBytes, formatCount, formatCounted } from "../ui/units.js";

/** Says what was added, and prints the ids of new snapshots; the exit code. */
export async function reportImported(
  { added, known, addedBytes, addedObjects, adopted }: ImportResult,
  args: Arguments,
  { out, notes }: Context,
): Promise<number> {
  if (args.flag("json")) {
    const ids = {
      added: added.map(toHex),
      known: known.map(toHex),
      adopted: adopted.map(({ fingerprint, outcome }) => ({ id: toHex(fingerprint), outcome })),
    };
    await out.json({ location: args.archive(), ...ids, addedBytes, addedObjects, exitCode: 0 });
    return 0;
  }
  const there = known.length === 0 ? "" : `, ${formatCount(known.length)} already there`;
  notes.say(`${formatCounted(added.length, "new snapshot")}${there}; ${formatBytes(addedBytes)} in ${formatCounted(addedObjects, "object")}`);
  for (const { fingerprint, outcome } of adopted)
    notes.say(`${formatFingerprint(fingerprint)}: ${outcome === "kept" ? "is kept as it is" : "was kept before"}`);
  for (const id of added) await out.line(toHex(id));
  return 0;
}
