// What `ptar repo forget` says at its end. spec/15-repository.md#prune
import { toHex } from "../../bytes/hex.js";
import type { StoredSnapshot } from "../../repository/snapshot-files.js";
import type { Arguments, Context } from "../command.js";
import { commandLine } from "../command-line.js";
import { escapeText } from "../ui/escape.js";
import { formatCount, formatCounted } from "../ui/units.js";

/** Says how many snapshots were forgotten, and lists them; the exit code. */
export async function reportForgotten(
  { forgotten, kept }: { readonly forgotten: readonly StoredSnapshot[]; readonly kept: number },
  args: Arguments,
  { out, notes }: Context,
): Promise<number> {
  const location = args.archive();
  const dryRun = args.flag("dry-run");
  if (args.flag("json")) {
    await out.json({ location, forgotten: forgotten.map(({ id }) => toHex(id)), kept, dryRun, exitCode: 0 });
    return 0;
  }
  notes.say(
    `${dryRun ? "would forget" : "forgot"} ${formatCounted(forgotten.length, "snapshot")}, ${formatCount(kept)} ${kept === 1 ? "is" : "are"} kept`,
  );
  for (const one of forgotten) await out.line(forgottenLine(one));
  if (forgotten.length > 0 && !dryRun) notes.hint(`\`${commandLine(["repo", "prune", location])}\` deletes what only they needed`);
  return 0;
}

/** Without signers: a snapshot with a damaged statement can be forgotten too. */
function forgottenLine({ id, snapshot: { times, sources, tags } }: StoredSnapshot): string {
  const words = [toHex(id), times.finished, sources.map(({ label }) => escapeText(label)).join(" ")];
  if (tags.length > 0) words.push(`[${tags.map(escapeText).join(", ")}]`);
  return words.join("  ");
}
