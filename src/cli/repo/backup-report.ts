// What `ptar repo backup` says at its end. spec/06-snapshot.md#completeness
import { toHex } from "../../bytes/hex.js";
import type { Crypto } from "../../crypto/crypto.js";
import { fingerprintOf } from "../../keys/ssh-wire.js";
import type { BackupResult } from "../../repository/backup.js";
import type { Arguments, Context } from "../command.js";
import { commandLine } from "../command-line.js";
import { keyJson, pathJson } from "../json.js";
import { escapeBytes } from "../ui/escape.js";
import { formatBytes, formatCount, formatCounted } from "../ui/units.js";

interface Reporting {
  readonly crypto: Crypto;
  readonly args: Arguments;
  readonly context: Context;
}

const shownProblems = 10;
const shortId = 12;

/** Prints the summary; the exit code. */
export async function reportBackup(result: BackupResult, { crypto, args, context }: Reporting): Promise<number> {
  const isOwn = args.text("key") === undefined;
  const { failed, unstable } = result.completeness;
  const exitCode = failed + unstable === 0 ? 0 : 3;
  if (args.flag("json")) await context.out.json(backupJson(result, { crypto, location: args.archive(), exitCode }));
  else for (const line of [...(args.flag("quiet") ? [] : summaryOf(result, { crypto, isOwn })), toHex(result.snapshot)]) await context.out.line(line);
  if (exitCode !== 0) sayIncomplete(result, args.archive(), context);
  if (result.entries === 0) context.notes.fail({ message: "the sources are empty, or everything was excluded: the snapshot holds no entries" });
  return exitCode;
}

function sayIncomplete({ snapshot, completeness, problems, signers }: BackupResult, location: string, { notes }: Context): void {
  const { failed, unstable } = completeness;
  for (const { path, problem } of problems.slice(0, shownProblems)) notes.fail({ message: `${escapeBytes(path)}: ${problem}` });
  if (failed + unstable > shownProblems) notes.fail({ message: `and ${formatCount(failed + unstable - shownProblems)} more` });
  notes.fail({
    message: `incomplete: ${formatCount(failed)} failed and ${formatCount(unstable)} unstable; the snapshot is ${signers.length === 0 ? "recorded" : "signed"} as incomplete`,
    hint: `\`${commandLine(["list", location, "--snapshot", toHex(snapshot).slice(0, shortId), "--json"])}\` shows what happened to each`,
  });
}

function summaryOf(
  { entries, contentBytes, addedBytes, addedObjects, parent, completeness, signers }: BackupResult,
  { crypto, isOwn }: { readonly crypto: Crypto; readonly isOwn: boolean },
): readonly string[] {
  const { seen, stored, failed, unstable, excluded } = completeness;
  const keys = signers.map((key) => `${fingerprintOf(key, crypto)}${isOwn ? " (your key)" : ""}`);
  const counters = Object.entries({ seen, stored, failed, unstable, excluded }).map(([name, value]) => `${name} ${formatCount(value)}`);
  return [
    `compared  with ${parent === undefined ? "nothing" : `snapshot ${toHex(parent).slice(0, shortId)}`}`,
    `holds     ${formatCounted(entries, "entry", "entries")}, ${formatBytes(contentBytes)}`,
    `added     ${formatBytes(addedBytes)} in ${formatCounted(addedObjects, "object")}`,
    `complete  ${failed + unstable === 0 ? "yes" : "no "}   ${counters.join(", ")}`,
    `signed    ${signers.length === 0 ? "no" : keys.join(" and ")}`,
  ];
}

function backupJson(
  result: BackupResult,
  { crypto, location, exitCode }: { readonly crypto: Crypto; readonly location: string; readonly exitCode: number },
): object {
  const { snapshot, signers, parent, problems, completeness, entries, contentBytes, uniqueBytes, noatime, addedBytes, addedObjects } = result;
  return {
    location,
    snapshot: toHex(snapshot),
    parent: parent === undefined ? null : toHex(parent),
    signers: signers.map((key) => keyJson(key, crypto)),
    complete: exitCode === 0,
    completeness,
    entries,
    contentBytes,
    uniqueBytes,
    noatime,
    addedBytes,
    addedObjects,
    problems: problems.map(({ path, problem }) => ({ ...pathJson(path), problem })),
    exitCode,
  };
}
