// What `ptar create` says at its end. spec/06-snapshot.md#completeness
import type { CreateResult } from "../archive/results.js";
import { toHex } from "../bytes/hex.js";
import type { Crypto } from "../crypto/crypto.js";
import { formatFingerprint } from "../keys/archive-fingerprint.js";
import type { SealFor } from "../keys/key-ring.js";
import type { Signer } from "../keys/signer.js";
import { fingerprintOf } from "../keys/ssh-wire.js";
import type { Arguments, Context } from "./command.js";
import { keyJson, pathJson } from "./json.js";
import { escapeBytes } from "./ui/escape.js";
import { formatBytes, formatCount, formatCounted, formatPercent } from "./ui/units.js";

interface Created {
  readonly archive: string;
  readonly crypto: Crypto;
  readonly own: readonly Signer[];
  readonly seal: SealFor | undefined;
  readonly args: Arguments;
  readonly context: Context;
}

const shownProblems = 10;

/** Prints the summary; the exit code. */
export async function reportCreated(result: CreateResult, created: Created): Promise<number> {
  const { archive, crypto, seal, args, context } = created;
  const { failed, unstable } = result.completeness;
  const exitCode = failed + unstable === 0 ? 0 : 3;
  if (args.flag("json")) await context.out.json(createJson(result, { archive, crypto, seal, exitCode }));
  else {
    const isOwn = args.text("key") === undefined;
    const summary = args.flag("quiet") ? [] : summaryOf(result, { crypto, isOwn, seal, codec: args.text("codec") ?? "zstd" });
    for (const line of [...summary, formatFingerprint(result.fingerprint)]) await printLine(line, created);
  }
  if (exitCode !== 0) sayIncomplete(result, context);
  if (result.entries === 0) context.notes.fail({ message: `${whyEmpty(result, args)}: the archive holds no entries` });
  return exitCode;
}

/** Standard output holds the archive and nothing else where it goes there; with --quiet too, somebody must be told the id. */
async function printLine(line: string, { archive, context }: Created): Promise<void> {
  if (archive === "-") context.notes.fail({ message: line });
  else await context.out.line(line);
}

interface Summary {
  readonly crypto: Crypto;
  readonly isOwn: boolean;
  readonly seal: SealFor | undefined;
  readonly codec: string;
}

function summaryOf(result: CreateResult, how: Summary): readonly string[] {
  const { entries, contentBytes, uniqueBytes, archiveBytes, completeness, signers, noatime } = result;
  const touched = noatime.refused === 0 ? "" : `; access times of ${formatCounted(noatime.refused, "file")} may have changed`;
  const { seen, stored, failed, unstable, excluded } = completeness;
  const keys = signers.map((key) => `${fingerprintOf(key, how.crypto)}${how.isOwn ? " (your key)" : ""}`);
  const counters = Object.entries({ seen, stored, failed, unstable, excluded }).map(([name, value]) => `${name} ${formatCount(value)}`);
  return [
    `read      ${formatCounted(entries, "entry", "entries")}, ${formatBytes(contentBytes)} in one pass${touched}`,
    `packed    ${formatBytes(archiveBytes)}   dedup ${formatPercent(contentBytes - uniqueBytes, contentBytes)}   ${how.codec}`,
    `complete  ${failed + unstable === 0 ? "yes" : "no "}   ${counters.join(", ")}`,
    ...(how.seal === undefined ? [] : [`sealed    for ${sealedFor(how.seal)}`]),
    `signed    ${keys.length === 0 ? "no" : keys.join(" and ")}`,
  ];
}

function sealedFor({ recipients, passphrase }: SealFor): string {
  const parts = [
    ...(recipients.length === 0 ? [] : [formatCounted(recipients.length, "recipient")]),
    ...(passphrase === undefined ? [] : ["a passphrase"]),
  ];
  return parts.join(" and ");
}

/** Told with --quiet too: such an archive is complete, and a script would go on with it. */
function whyEmpty({ completeness }: CreateResult, args: Arguments): string {
  if (completeness.excluded > 0) return "everything was excluded";
  return args.list("paths").length === 0 ? "the lists name nothing" : "the sources are empty";
}

function sayIncomplete({ completeness, problems, signers }: CreateResult, { notes }: Context): void {
  const { failed, unstable } = completeness;
  for (const { path, problem } of problems.slice(0, shownProblems)) notes.fail({ message: `${escapeBytes(path)}: ${problem}` });
  if (failed + unstable > shownProblems) notes.fail({ message: `and ${formatCount(failed + unstable - shownProblems)} more` });
  notes.fail({
    message: `incomplete: ${formatCount(failed)} failed and ${formatCount(unstable)} unstable; the archive is ${signers.length === 0 ? "recorded" : "signed"} as incomplete`,
    hint: "ptar list --json shows what happened to each",
  });
}

function createJson(result: CreateResult, how: Pick<Created, "archive" | "crypto" | "seal"> & { readonly exitCode: number }): object {
  const { fingerprint, snapshot, signers, completeness, entries, contentBytes, uniqueBytes, archiveBytes, noatime, problems } = result;
  return {
    archive: how.archive,
    id: toHex(fingerprint),
    snapshot: toHex(snapshot),
    signers: signers.map((key) => keyJson(key, how.crypto)),
    sealed: how.seal === undefined ? null : { recipients: how.seal.recipients, passphrase: how.seal.passphrase !== undefined },
    complete: how.exitCode === 0,
    completeness,
    entries,
    contentBytes,
    uniqueBytes,
    archiveBytes,
    noatime,
    problems: problems.map(({ path, problem }) => ({ ...pathJson(path), problem })),
    exitCode: how.exitCode,
  };
}
