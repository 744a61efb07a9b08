// What `ptar repo have` says at its end. spec/16-transfer.md#have-list
import type { HaveResult } from "../../repository/transfer/have.js";
import type { Arguments, Context } from "../command.js";
import { commandLine } from "../command-line.js";
import { formatBytes, formatCounted } from "../ui/units.js";

/** Says how much the list `list` tells of; the exit code. */
export async function reportHave(
  { snapshots, others, archiveBytes }: HaveResult,
  list: string,
  { args, context: { out, notes } }: { readonly args: Arguments; readonly context: Context },
): Promise<number> {
  if (args.flag("json")) {
    await out.json({ location: args.archive(), list, snapshots, others, archiveBytes, exitCode: 0 });
    return 0;
  }
  notes.say(`${list}: ${formatCounted(snapshots, "snapshot")} and ${formatCounted(others, "other object")}, ${formatBytes(archiveBytes)}`);
  notes.hint(`whoever sends something here: \`${commandLine(["repo", "export", "REPOSITORY", "SNAPSHOT", "--for", list, "-o", "FILE"])}\``);
  return 0;
}
