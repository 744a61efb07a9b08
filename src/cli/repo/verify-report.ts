// Five verdicts about snapshots of a repository, for people and programs. spec/10-verify.md#verdicts
import type { Level, SnapshotReport, VerifyReport } from "../../archive/results.js";
import { toHex } from "../../bytes/hex.js";
import type { Crypto } from "../../crypto/crypto.js";
import type { Repository } from "../../repository/repository.js";
import type { Context } from "../command.js";
import { verifyJson } from "../json.js";
import { signersOf } from "../signer-names.js";
import { escapeText } from "../ui/escape.js";
import { formatCount, formatCounted } from "../ui/units.js";
import { problemsOf } from "../verify-report.js";

/** What a level looks at. spec/10-verify.md#levels */
const reach: Readonly<Record<Level, string>> = {
  standard: "structure and metadata; contents not read",
  full: "every block that they need",
  deep: "every block that they need, whole-file digests and page cuts",
};

interface Reporting {
  readonly repository: Repository;
  readonly crypto: Crypto;
  readonly json: boolean;
  readonly context: Context;
}

/** Prints the report; the exit code. */
export async function reportVerifiedSnapshots(report: VerifyReport, { repository, crypto, json, context }: Reporting): Promise<number> {
  const { out, notes } = context;
  if (json) await out.json(verifiedSnapshotsJson(report, repository, crypto));
  else for (const line of verifiedSnapshotsLines(report, crypto)) await out.line(line);
  for (const warning of report.integrity.warnings) notes.say(`warning: ${escapeText(warning)}`);
  for (const problem of problemsOf(report, crypto)) notes.fail(problem);
  return report.exitCode;
}

/** The document of `verify`, in which the id is that of the repository. */
function verifiedSnapshotsJson(report: VerifyReport, { description, storage }: Repository, crypto: Crypto): object {
  return { location: storage.location, ...verifyJson(report, crypto), id: description.id };
}

/** The verdicts, then each snapshot and who signed it. */
export function verifiedSnapshotsLines(report: VerifyReport, crypto: Crypto): readonly string[] {
  const { integrity, signature, time, completeness, custody, snapshots, selfContained } = report;
  return [
    verdict("integrity", integrity.status, integrityFacts(report)),
    verdict("signature", signature.status.replace("-", " "), signatureFacts(report, crypto)),
    verdict("time", time.status, `${time.claimed}; no independent time stamp`),
    verdict("completeness", completeness.status, completenessFacts(report)),
    verdict("custody", custody.status, signersOf(custody.statements, crypto) ?? "none recorded"),
    ...(selfContained.status === "no" ? [`needed and not to be had: ${formatCounted(selfContained.needs, "object")}`] : []),
    "not shown: that the contents are true, who wrote them, that no snapshot was taken out of the repository",
    ...snapshots.map((snapshot) => snapshotLine(snapshot, crypto)),
  ];
}

function verdict(name: string, status: string, facts: string): string {
  return `${name.padEnd(13)} ${status.padEnd(11)} ${facts}`.trimEnd();
}

function integrityFacts({ integrity: { status, problems, objects, entries }, level }: VerifyReport): string {
  if (status === "damaged") return escapeText(problems[0]?.message ?? "");
  return `${formatCounted(objects, "object")}, ${formatCounted(entries, "entry", "entries")}, ${reach[level]}`;
}

function signatureFacts({ signature, snapshots }: VerifyReport, crypto: Crypto): string {
  if (signature.status === "invalid") return escapeText(signature.problems[0]?.message ?? "");
  const unsigned = snapshots.filter(({ statements }) => statements.length === 0).length;
  if (unsigned > 0) return `${formatCount(unsigned)} of ${formatCounted(snapshots.length, "snapshot")} signed by nobody`;
  const all = snapshots.flatMap(({ statements }) => statements);
  return signersOf(all, crypto) ?? "not looked at";
}

/** Counters of the latest one, as of an archive. */
function completenessFacts({ completeness: { counters } }: VerifyReport): string {
  if (counters === undefined) return "";
  const { seen, stored, failed, unstable, excluded } = counters;
  const parts = Object.entries({ failed, unstable, excluded }).filter(([, value]) => value > 0);
  return [`${formatCount(stored)} of ${formatCount(seen)}`, ...parts.map(([name, value]) => `${name} ${formatCount(value)}`)].join(", ");
}

function snapshotLine({ id, snapshot, statements }: SnapshotReport, crypto: Crypto): string {
  return `snapshot ${toHex(id)} of ${snapshot.times.finished} signed by ${signersOf(statements, crypto) ?? "nobody"}`;
}
