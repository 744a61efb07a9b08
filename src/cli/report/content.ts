// What a report says before its entries, in one form for the page and the text. spec/10-verify.md#verdicts
import type { Problem, StatementReport } from "../../archive/results.js";
import { toHex } from "../../bytes/hex.js";
import { formatFingerprint } from "../../keys/archive-fingerprint.js";
import { signersOf } from "../signer-names.js";
import { formatBytes, formatCount, formatCounted } from "../ui/units.js";
import { isLocked, problemsOf, reachOf, signersIn, type Verdict, verdictsOf } from "../verify-report.js";
import type { Check, Listing } from "./check.js";
import { collectionOf } from "./collection.js";
import type { Block, Fact, Section } from "./parts.js";
import { sealBlocks } from "./seal.js";
import { exitWords, type Meaning, meaningOf, notShownBy } from "./words.js";

/** Statements that a page shows; an archive may have many generations. */
const maxStatements = 200;

/** The sections before the entries. */
export function sectionsOf(check: Check): readonly Section[] {
  const seal = sealBlocks(check.report);
  return [
    { heading: "Five verdicts", blocks: [{ kind: "verdicts", verdicts: explainedVerdicts(check) }] },
    { heading: "Problems", blocks: problemBlocks(check) },
    { heading: "What this does not show", blocks: [{ kind: "list", texts: notShownBy(check.report) }] },
    { heading: "Signatures", blocks: signatureBlocks(check) },
    ...(seal.length === 0 ? [] : [{ heading: "Seal", blocks: seal }]),
    { heading: "Case and collection", blocks: collectionOf(check) },
    { heading: "This check", blocks: [{ kind: "facts", facts: checkFacts(check) }] },
  ];
}

/** The five verdicts with what they mean. */
export function explainedVerdicts({ report, crypto }: Check): readonly (Verdict & Meaning)[] {
  return verdictsOf(report, crypto).map((verdict) => ({ ...verdict, ...meaningOf(verdict.name, report) }));
}

/** The archive fingerprint in groups, or why there is none. */
export function fingerprintText({ report: { fingerprint } }: Check): string {
  return fingerprint === undefined ? "not known: the archive could not be opened" : formatFingerprint(fingerprint);
}

/** What is said before the entries. */
export function listingTexts({ report, contents }: Check, { entries, troubled, failure }: Listing): readonly string[] {
  if (contents.kind === "locked") return ["The archive is sealed and was not opened for this check: its entries are not listed."];
  if (failure !== undefined && entries === 0) return [`The contents cannot be listed: ${failure.message} (${failure.code}).`];
  const trouble =
    troubled === 0 ? "none failed or changed while it was read" : `${formatCount(troubled)} failed or changed while read and come first`;
  const cut = failure === undefined ? "" : ` The list ends early: ${failure.message} (${failure.code}).`;
  const damaged = report.integrity.status === "ok" ? "" : " The archive did not pass its check: take this list as a hint, not as evidence.";
  return [`${formatCounted(entries, "entry", "entries")} in the latest snapshot; ${trouble}.${cut}${damaged}`];
}

function problemBlocks({ report, crypto }: Check): readonly Block[] {
  const { warnings } = report.integrity;
  const problems = problemsOf(report, crypto);
  if (problems.length + warnings.length === 0) {
    const rest = isLocked(report) ? "What is sealed was not looked into." : "What failed at the source stands under completeness and in the entries.";
    return [{ kind: "text", text: `None were found in the archive. ${rest}` }];
  }
  const row = ({ code, message, hint }: Problem) => [code, message, hint ?? ""];
  return [
    ...(problems.length === 0
      ? []
      : [
          {
            kind: "table",
            look: "problems",
            caption: "Problems, in the order in which they were found",
            columns: ["Code", "Problem", "What can be done"],
            rows: problems.map(row),
          } as const,
        ]),
    ...(warnings.length === 0 ? [] : [{ kind: "list", texts: warnings.map((warning) => `warning: ${warning}`) } as const]),
  ];
}

function signatureBlocks(check: Check): readonly Block[] {
  const { report, contents, crypto } = check;
  const snapshot = contents.kind === "opened" ? contents.snapshot : report.snapshots.at(-1);
  const signers = signersIn(report, snapshot, crypto);
  const archive = report.generations.flatMap(({ statements, later }) => [...statements, ...later]);
  const all = [...(snapshot?.statements ?? []), ...archive];
  const row = (one: StatementReport) => [`${one.subject} ${one.action}`, one.role, signersOf([one], crypto) ?? "", one.time];
  const columns = ["Says", "Role", "Key as known here", "Claimed time"];
  const more = all.length - maxStatements;
  return [
    {
      kind: "facts",
      facts: [
        { name: "contents signed by", value: signers.contents },
        { name: "file made by", value: signers.file },
      ],
    },
    ...(all.length === 0
      ? []
      : [{ kind: "table", look: "statements", caption: "Statements", columns, rows: all.slice(0, maxStatements).map(row) } as const]),
    ...(more > 0 ? [{ kind: "text", text: `${formatCount(more)} more statements stand in report.json.` } as const] : []),
  ];
}

function checkFacts({ report, circumstances, sha256 }: Check): readonly Fact[] {
  const { archive, time, command, versions } = circumstances;
  const { bytes, frames, objects } = report.integrity;
  const { exitCode, level, fingerprint } = report;
  const counts = [`frames ${formatCount(frames)}`, ...(isLocked(report) ? [] : [`objects ${formatCount(objects)}`])];
  const again =
    fingerprint === undefined ? [] : [{ name: "to check again", value: `ptar verify ARCHIVE --expect ${toHex(fingerprint)}`, look: "code" } as const];
  return [
    { name: "archive file", value: archive },
    { name: "length", value: `${formatBytes(bytes)} (${formatCount(bytes)} bytes), ${counts.join(", ")}` },
    { name: "SHA-256 of the file", value: sha256 === undefined ? `not computed at level ${level}` : toHex(sha256), look: "code" },
    { name: "level", value: `${level}: ${reachOf(report)}` },
    { name: "time of the check", value: `${time}, by the clock of the machine that ran it` },
    { name: "command", value: command, look: "code" },
    { name: "exit code", value: `${exitCode}: ${exitWords[exitCode] ?? "see the documentation"}` },
    { name: "programs", value: `ptar ${versions.ptar}, Node ${versions.node}, ${versions.system}` },
    { name: "engine", value: `${versions.crypto}; ${versions.codecs}` },
    { name: "format", value: versions.format },
    ...again,
  ];
}
