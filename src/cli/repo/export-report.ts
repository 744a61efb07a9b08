// What `ptar repo export` says at its end. spec/16-transfer.md#export
import { toHex } from "../../bytes/hex.js";
import type { Crypto } from "../../crypto/crypto.js";
import { formatFingerprint } from "../../keys/archive-fingerprint.js";
import type { ExportResult } from "../../repository/transfer/export.js";
import type { Arguments, Context } from "../command.js";
import { keyJson } from "../json.js";
import { escapeText } from "../ui/escape.js";
import { formatBytes, formatCounted } from "../ui/units.js";

interface Exported {
  readonly crypto: Crypto;
  readonly out: string;
  readonly args: Arguments;
  readonly context: Context;
}

/** Says what was written, and prints the fingerprint; the exit code. */
export async function reportExported(result: ExportResult, { crypto, out: archive, args, context: { out, notes } }: Exported): Promise<number> {
  const { fingerprint, signers, archiveBytes, objects, leftOut, statementsLeftOut } = result;
  if (statementsLeftOut > 0)
    notes.fail({ message: `${formatCounted(statementsLeftOut, "statement")} about snapshots left out: an archive has room for 64 about each` });
  if (args.flag("json")) {
    const keys = signers.map((key) => keyJson(key, crypto));
    const facts = { location: args.archive(), archive, id: toHex(fingerprint), original: false };
    await out.json({ ...facts, signers: keys, archiveBytes, objects, leftOut, exitCode: 0 });
    return 0;
  }
  const needs = leftOut === 0 ? "" : `; it needs ${formatCounted(leftOut, "object")} that it leaves out`;
  notes.say(`${escapeText(archive)}: ${formatCounted(objects, "object")}, ${formatBytes(archiveBytes)}${needs}`);
  await out.line(formatFingerprint(fingerprint));
  return 0;
}

/** Says what was given back, and prints the fingerprint; the exit code. */
export async function reportOriginal(
  { fingerprint, archiveBytes }: Pick<ExportResult, "fingerprint" | "archiveBytes">,
  { out: archive, args, context: { out, notes } }: Omit<Exported, "crypto">,
): Promise<number> {
  if (args.flag("json")) {
    const facts = { location: args.archive(), archive, id: toHex(fingerprint), original: true };
    await out.json({ ...facts, signers: [], archiveBytes, objects: null, leftOut: 0, exitCode: 0 });
    return 0;
  }
  notes.say(`${escapeText(archive)}: ${formatBytes(archiveBytes)}, as it came`);
  await out.line(formatFingerprint(fingerprint));
  return 0;
}
