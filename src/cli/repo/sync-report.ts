// What `ptar repo sync` says at its end. spec/16-transfer.md#sync
import { equalBytes } from "../../bytes/compare.js";
import { toHex } from "../../bytes/hex.js";
import type { Taken } from "../../repository/sync.js";
import type { Arguments, Context } from "../command.js";
import { escapeText } from "../ui/escape.js";
import { formatBytes, formatCounted } from "../ui/units.js";

interface Synced {
  /** Of all snapshot ids, on each side. */
  readonly proofs: readonly [Uint8Array, Uint8Array];
  readonly args: Arguments;
  readonly context: Context;
}

/** Says what each side took over, and prints the proofs; the exit code. */
export async function reportSynced(
  directions: readonly { readonly from: string; readonly to: string; readonly taken: Taken }[],
  { proofs, args, context: { out, notes } }: Synced,
): Promise<number> {
  const [first, second] = proofs;
  const same = equalBytes(first, second);
  if (args.flag("json")) {
    const taken = directions.map(({ from, to, taken: { snapshots, ...numbers } }) => ({ from, to, snapshots: snapshots.map(toHex), ...numbers }));
    await out.json({ taken, dryRun: args.flag("dry-run"), proofs: proofs.map(toHex), same, exitCode: 0 });
    return 0;
  }
  const would = args.flag("dry-run") ? "would take" : "took";
  for (const { from, to, taken } of directions) {
    const bytes = args.flag("dry-run") ? "" : `, ${formatBytes(taken.addedBytes)}`;
    notes.say(`${escapeText(to)} ${would} ${formatCounted(taken.snapshots.length, "snapshot")} of ${escapeText(from)}${bytes}`);
  }
  if (same) await out.line(`same snapshots ${toHex(first)}`);
  else for (const proof of proofs) await out.line(`snapshots ${toHex(proof)}`);
  return 0;
}
