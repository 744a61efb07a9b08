// What `ptar repo import` says at its end. spec/16-transfer.md#import
import { toHex } from "../../bytes/hex.js";
import type { ImportResult } from "../../repository/import.js";
import type { Arguments, Context } from "../command.js";
import { escapeText } from "../ui/escape.js";
import { formatBytes, formatCounted } from "../ui/units.js";

/** An archive that was imported. */
export interface Imported {
  readonly archive: string;
  readonly result: ImportResult;
}

/** Prints a line for each archive, then the ids of new snapshots; the exit code. */
export async function reportImported(imported: readonly Imported[], args: Arguments, { out, notes }: Context): Promise<number> {
  if (args.flag("json")) {
    const archives = imported.map(({ archive, result: { added, known, ...numbers } }) => ({
      archive,
      added: added.map(toHex),
      known: known.map(toHex),
      ...numbers,
    }));
    await out.json({ location: args.archive(), archives, exitCode: 0 });
    return 0;
  }
  for (const { archive, result } of imported) {
    const { added, known, addedBytes, addedObjects } = result;
    const there = known.length === 0 ? "" : `, ${formatCounted(known.length, "snapshot")} was there`;
    notes.say(
      `${escapeText(archive)}: ${formatCounted(added.length, "new snapshot")}${there}; ${formatBytes(addedBytes)} in ${formatCounted(addedObjects, "object")}`,
    );
    for (const id of added) await out.line(toHex(id));
  }
  return 0;
}
