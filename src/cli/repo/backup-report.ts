// What `ptar repo backup` says at its end. spec/06-snapshot.md#completeness
import { toHex } from "../../bytes/hex.js";
import type { Crypto } from "../../crypto/crypto.js";
import { fingerprintOf } from "../../keys/ssh-wire.js";
import type { BackupResult } from "../../repository/backup.js";
import type { Arguments, Context } from "../command.js";
import { keyJson, pathJson } from "../json.js";
import { escapeBytes } from "../ui/escape.js";
import { formatBytes, formatCount, formatCounted } from "../ui/units.js";

interface Reporting {
  readonly crypto: Crypto;
  readonly args: Arguments;
  readonly context: Context;
}

const shownProblems = 10;

/** Prints the summary; the exit code. */
export async function reportBackup(result: BackupResult, { crypto, args, context }: Reporting): Promise<number> {
  const { failed, unstable } = result.completeness;
  const exitCode = failed + unstable === 0 ? 0 : 3;
  if (args.flag("json")) await context.out.json(backupJson(result, { crypto, location: args.archive(), exitCode }));
  else for (const line of [...(args.flag("quiet") ? [] : summaryOf(result, crypto)), toHex(result.snapshot)]) await context.out.line(line);
  for (const { path, problem } of result.problems.slice(0, shownProblems)) context.notes.fail({ message: `${escapeBytes(path)}: ${problem}` });
  if (exitCode !== 0)
    context.notes.fail({
      message: `incomplete: ${formatCount(failed)} failed and ${formatCount(unstable)} unstable; the snapshot is recorded as incomplete`,
    });
  return exitCode;
}

function summaryOf(
  { entries, contentBytes, addedBytes, addedObjects, parent, completeness, signers }: BackupResult,
  crypto: Crypto,
): readonly string[] {
  const { seen, stored, failed, unstable, excluded } = completeness;
  const counters = Object.entries({ seen, stored, failed, unstable, excluded }).map(([name, value]) => `${name} ${formatCount(value)}`);
  return [
    `compared  with ${parent === undefined ? "nothing" : `snapshot ${toHex(parent).slice(0, 12)}`}`,
    `holds     ${formatCounted(entries, "entry", "entries")}, ${formatBytes(contentBytes)}`,
    `added     ${formatBytes(addedBytes)} in ${formatCounted(addedObjects, "object")}`,
    `complete  ${failed + unstable === 0 ? "yes" : "no "}   ${counters.join(", ")}`,
    `signed    ${signers.length === 0 ? "no" : signers.map((key) => fingerprintOf(key, crypto)).join(" and ")}`,
  ];
}

function backupJson(
  result: BackupResult,
  { crypto, location, exitCode }: { readonly crypto: Crypto; readonly location: string; readonly exitCode: number },
): object {
  const { snapshot, signers, parent, problems, ...numbers } = result;
  return {
    location,
    snapshot: toHex(snapshot),
    parent: parent === undefined ? null : toHex(parent),
    signers: signers.map((key) => keyJson(key, crypto)),
    complete: exitCode === 0,
    ...numbers,
    problems: problems.map(({ path, problem }) => ({ ...pathJson(path), problem })),
    exitCode,
  };
}
