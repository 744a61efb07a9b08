// Five verdicts in words, and what they do not show. spec/10-verify.md#verdicts
import type { Level, Problem, SnapshotReport, VerifyReport } from "../archive/results.js";
import type { Crypto } from "../crypto/crypto.js";
import { formatFingerprint } from "../keys/archive-fingerprint.js";
import { formatPublicLine } from "../keys/public-line.js";
import { fingerprintOf } from "../keys/ssh-wire.js";
import type { Context } from "./command.js";
import { sealedFacts } from "./info-report.js";
import { verifyJson } from "./json.js";
import { signersOf } from "./signer-names.js";
import { escapeText } from "./ui/escape.js";
import { formatCount, formatCounted } from "./ui/units.js";

/** What a level looks at. spec/10-verify.md#levels */
const reach: Readonly<Record<Level, string>> = {
  standard: "structure and metadata; contents not read",
  full: "every byte",
  deep: "every byte, whole-file digests and page cuts",
};

/** What a check looked at. spec/14-encryption.md#without-a-key */
export function reachOf(report: VerifyReport): string {
  if (!isLocked(report)) return reach[report.level];
  return `${report.level === "standard" ? "structure" : "every byte"}; objects not checked: the archive is sealed`;
}

/** Whether an archive is sealed and no key opened it. */
export function isLocked({ contents: { status } }: VerifyReport): boolean {
  return status === "sealed" || status === "refused";
}

/** Prints the report. */
export async function reportVerified(
  report: VerifyReport,
  { crypto, json, context }: { readonly crypto: Crypto; readonly json: boolean; readonly context: Context },
): Promise<void> {
  if (json) await context.out.json(verifyJson(report, crypto));
  else for (const line of verdictLines(report, crypto)) await context.out.line(line);
  for (const warning of report.integrity.warnings) context.notes.say(`warning: ${warning}`);
  for (const problem of problemsOf(report, crypto)) context.notes.fail(problem);
}

/** One of the five verdicts in words; text from the archive is escaped. */
export interface Verdict {
  readonly name: "integrity" | "signature" | "time" | "completeness" | "custody";
  readonly status: string;
  readonly facts: string;
}

/** The verdicts for a terminal; the fingerprint of the archive is the last line. */
export function verdictLines(report: VerifyReport, crypto: Crypto): readonly string[] {
  const { fingerprint, snapshots, generations } = report;
  const { contents, file } = signersIn(report, snapshots.at(-1), crypto);
  const later = generations.flatMap((generation) => generation.later);
  return [
    ...verdictsOf(report, crypto).map(({ name, status, facts }) => `${name.padEnd(13)} ${status.padEnd(11)} ${facts}`.trimEnd()),
    `contents signed by ${contents}; file made by ${file}`,
    ...(report.encryption === undefined ? [] : [`sealed: ${sealedFacts(report.encryption)}${isLocked(report) ? "; not opened" : ""}`]),
    ...containedLines(report),
    ...later.map((one) => `later ${one.action} by ${signersOf([one], crypto)}, ${one.role}, ${one.time}`),
    "not shown: that the contents are true, who wrote them, that this is the only archive made",
    ...(fingerprint === undefined ? [] : [formatFingerprint(fingerprint)]),
  ];
}

/** What a thin archive leaves out; nothing is said of the others. spec/16-transfer.md#thin */
function containedLines({ selfContained: { status, needs } }: VerifyReport): readonly string[] {
  return status === "no" ? [`self-contained: no (needs ${formatCounted(needs, "object")}); sizes, items and whole files not checked`] : [];
}

/** The five verdicts, in the order of their chapter. */
export function verdictsOf(report: VerifyReport, crypto: Crypto): readonly Verdict[] {
  const { integrity, signature, time, completeness, custody } = report;
  return [
    { name: "integrity", status: integrity.status, facts: integrityFacts(report) },
    { name: "signature", status: signature.status.replace("-", " "), facts: signatureFacts(report, crypto) },
    { name: "time", status: time.status, facts: time.claimed === undefined ? "" : `${time.claimed}; no independent time stamp` },
    { name: "completeness", status: completeness.status, facts: completenessFacts(report) },
    { name: "custody", status: custody.status, facts: signersOf(custody.statements, crypto) ?? "none recorded" },
  ];
}

/** Who signed the contents of a snapshot, and who the file. Of what could not be read nothing is known, not even that nobody signed it. */
// spec/09-trust.md#vouching
export function signersIn(
  report: VerifyReport,
  snapshot: SnapshotReport | undefined,
  crypto: Crypto,
): { readonly contents: string; readonly file: string } {
  const { generations } = report;
  const file = signersOf(generations.at(-1)?.statements ?? [], crypto) ?? (generations.length === 0 ? "(not known)" : "nobody");
  return { contents: signersOf(snapshot?.statements ?? [], crypto) ?? nobodyOf(report, snapshot), file };
}

function nobodyOf(report: VerifyReport, snapshot: SnapshotReport | undefined): string {
  if (snapshot !== undefined) return "nobody";
  if (isLocked(report)) return "(sealed)";
  return report.integrity.status !== "ok" || report.contents.status !== "checked" ? "(not known)" : "nobody";
}

function integrityFacts(report: VerifyReport): string {
  const { status, frames, objects, entries, unreferenced, problems } = report.integrity;
  if (status === "damaged") return escapeText(problems[0]?.message ?? "");
  if (status === "unknown") return "not looked at: a signature is missing or invalid";
  if (isLocked(report)) return `${formatCounted(frames, "frame")}, ${reachOf(report)}`;
  const extra = unreferenced === 0 ? "" : `, ${formatCounted(unreferenced, "object")} that nothing references`;
  return `${formatCounted(objects, "object")}, ${formatCounted(entries, "entry", "entries")}, ${reachOf(report)}${extra}`;
}

function signatureFacts({ signature, generations }: VerifyReport, crypto: Crypto): string {
  if (signature.status === "invalid") return escapeText(signature.problems[0]?.message ?? "");
  if (signature.status === "unsigned") return "the archive says that nobody signed it";
  if (generations.length === 0) return "not looked at";
  return signersOf(generations.at(-1)?.statements ?? [], crypto) ?? "";
}

function completenessFacts(report: VerifyReport): string {
  const { counters, status } = report.completeness;
  if (counters === undefined) return isLocked(report) && status !== "unknown" ? "the counts are sealed" : "";
  const { seen, stored, failed, unstable, excluded } = counters;
  const parts = Object.entries({ failed, unstable, excluded }).filter(([, value]) => value > 0);
  return [`${formatCount(stored)} of ${formatCount(seen)}`, ...parts.map(([name, value]) => `${name} ${formatCount(value)}`)].join(", ");
}

/** Problems with what a person can do about them; the key to trust is told by its fingerprint, which can be compared. */
export function problemsOf(report: VerifyReport, crypto: Crypto): readonly Problem[] {
  // a repository has no generations
  const statements = report.generations.at(-1)?.statements ?? report.snapshots.flatMap((snapshot) => snapshot.statements);
  const unknown = statements.find(({ status }) => status === "unknown-key")?.publicKey;
  const signature = report.signature.problems.map((problem) => {
    if (problem.code !== "PTAR_SIGNER_UNTRUSTED" || unknown === undefined) return problem;
    const hint = `once its owner has confirmed ${fingerprintOf(unknown, crypto)}: ptar trust add '${formatPublicLine(unknown)}' --name NAME`;
    return { ...problem, hint };
  });
  return [...report.integrity.problems, ...report.contents.problems, ...signature];
}
