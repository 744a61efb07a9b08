// Snapshots of a repository, for people and programs. spec/15-repository.md#snapshots
import { toHex } from "../../bytes/hex.js";
import type { Crypto } from "../../crypto/crypto.js";
import type { ListedSnapshot } from "../../repository/view.js";
import type { Arguments, Context } from "../command.js";
import { commandLine } from "../command-line.js";
import { snapshotJson } from "../json.js";
import { signersOf } from "../signer-names.js";
import { escapeText } from "../ui/escape.js";
import { formatCounted } from "../ui/units.js";

const shortId = 12;

/** One line for each snapshot: short id, claimed time, whether it is complete, sources, tags, signers. */
export function snapshotLine({ report: { id, snapshot, statements }, invalid }: ListedSnapshot, crypto: Crypto): string {
  const { sources, tags, times, completeness } = snapshot;
  const complete = completeness.failed + completeness.unstable === 0 ? "complete" : "incomplete";
  const labels = sources.map(({ label }) => escapeText(label)).join(" ");
  const words = [toHex(id).slice(0, shortId), times.finished, complete.padEnd(10), labels];
  if (tags.length > 0) words.push(`[${tags.map(escapeText).join(", ")}]`);
  const forged = invalid.length === 0 ? "" : `  (${formatCounted(invalid.length, "invalid statement")})`;
  return `${words.join("  ")}  by ${signersOf(statements, crypto) ?? "nobody"}${forged}`;
}

/** Result of `repo snapshots`. */
export function snapshotsJson(
  listed: readonly ListedSnapshot[],
  { location, crypto }: { readonly location: string; readonly crypto: Crypto },
): object {
  return { location, snapshots: listed.map((one) => listedJson(one, crypto)), exitCode: 0 };
}

/** Result of `repo show`. */
export function shownJson(listed: ListedSnapshot, { location, crypto }: { readonly location: string; readonly crypto: Crypto }): object {
  return { location, ...listedJson(listed, crypto), exitCode: 0 };
}

function listedJson({ report, invalid }: ListedSnapshot, crypto: Crypto): object {
  const problems = invalid.map(({ code, message, hint }) => ({ code, message, hint: hint ?? null }));
  return { ...snapshotJson(report, crypto), ...(problems.length > 0 && { invalid: problems }) };
}

/** Tells of statements that say nothing: somebody put them there. */
export function sayInvalid(listed: readonly ListedSnapshot[], args: Arguments, { notes }: Pick<Context, "notes">): void {
  const spoiled = listed.filter(({ invalid }) => invalid.length > 0);
  for (const { report, invalid } of spoiled)
    for (const { message } of invalid) notes.fail({ message: `snapshot ${toHex(report.id).slice(0, shortId)}: ${message}` });
  if (spoiled.length > 0) notes.hint(`\`${commandLine(["repo", "check", args.archive()])}\` names the files`);
}
