// What verifying found so far, and the report that becomes of it. spec/10-verify.md#verdicts
import { worstExit } from "../errors/exit.js";
import { PtarError } from "../errors/ptar-error.js";
import type { FoundObjects } from "./found-objects.js";
import { encryptionOf } from "./info.js";
import { type Archive, type SignedContainer, signedByTrusted } from "./open.js";
import type { Level, Problem, SnapshotReport, VerifyReport } from "./results.js";

/** What has been found so far; it becomes the report. */
export interface Findings {
  readonly integrity: Problem[];
  /** Keys that do not open the archive: never damage. */
  readonly contents: Problem[];
  access: VerifyReport["contents"]["status"];
  readonly signature: Problem[];
  readonly warnings: string[];
  readonly exits: Set<number>;
  signed: SignedContainer | undefined;
  /** Undefined while a sealed archive is locked. */
  archive: Archive | undefined;
  found: FoundObjects | undefined;
  /** Objects that a thin archive leaves out; undefined while that is not known. */
  leftOut: number | undefined;
  entries: number;
  snapshots: SnapshotReport[];
}

/** Nothing was looked at yet. */
export function noFindings(): Findings {
  return {
    integrity: [],
    contents: [],
    access: "unknown",
    signature: [],
    warnings: [],
    exits: new Set(),
    signed: undefined,
    archive: undefined,
    found: undefined,
    leftOut: undefined,
    entries: 0,
    snapshots: [],
  };
}

/** Notes a failure. What is no archive at all, or failed otherwise, is thrown on. @throws codes of exit 1, 10 and 130, and what is no PtarError */
export function note(findings: Findings, error: unknown): void {
  if (!(error instanceof PtarError)) throw error;
  const { code, exitCode, message, hint } = error;
  // 2 and 7 are about what was given beside the archive, as the file of a passphrase
  if ([1, 2, 7, 10, 130].includes(exitCode)) throw error;
  findings.exits.add(exitCode);
  const problem = { code, message, ...(hint !== undefined && { hint }) };
  problemsOf(findings, exitCode).push(problem);
}

function problemsOf(findings: Findings, exitCode: number): Problem[] {
  if (exitCode === 8) return findings.contents;
  return exitCode === 5 || exitCode === 6 ? findings.signature : findings.integrity;
}

/** The report of what was found. */
export function reportOf(findings: Findings, { level, bytes }: { readonly level: Level; readonly bytes: number }): VerifyReport {
  const { signed, archive, found, snapshots } = findings;
  const newest = signed?.container.newest.manifest;
  const encryption = signed && encryptionOf(signed.container);
  // an earlier snapshot that is incomplete stays so
  const complete = signed?.generations.every((generation) => generation.complete);
  if (complete === false) findings.exits.add(3);
  const counters = snapshots.at(-1)?.snapshot.completeness;
  const custody = (signed?.generations ?? []).flatMap(({ statements, later }) =>
    [...statements, ...later].filter(({ role }) => role === "custodian"),
  );
  return {
    level,
    ...(signed && { fingerprint: signed.container.fingerprint, archiveId: signed.container.header.archiveId }),
    integrity: {
      status: findings.integrity.length > 0 ? "damaged" : signed === undefined ? "unknown" : "ok",
      bytes,
      frames: signed?.container.lastFrame ?? 0,
      objects: found?.size ?? archive?.objects.index.size ?? 0,
      entries: findings.entries,
      unreferenced: findings.integrity.length === 0 ? (found?.unreferenced ?? 0) : 0,
      problems: findings.integrity,
      warnings: findings.warnings,
    },
    contents: { status: findings.access, problems: findings.contents },
    selfContained: selfContainedOf(findings),
    ...(encryption && { encryption }),
    signature: { status: signatureStatus(findings), problems: findings.signature },
    time: newest === undefined ? { status: "none" } : { status: "claimed", claimed: newest.createdAt },
    completeness: { status: complete === undefined ? "unknown" : complete ? "complete" : "incomplete", ...(counters && { counters }) },
    custody: { status: custody.length === 0 ? "none" : "recorded", statements: custody },
    snapshots,
    generations: signed?.generations ?? [],
    exitCode: worstExit(findings.exits),
  };
}

// spec/16-transfer.md#thin
function selfContainedOf({ signed, leftOut }: Findings): VerifyReport["selfContained"] {
  if (signed === undefined) return { status: "unknown", needs: 0 };
  if (!signed.container.header.thin || leftOut === 0) return { status: "yes", needs: 0 };
  return leftOut === undefined ? { status: "unknown", needs: 0 } : { status: "no", needs: leftOut };
}

function signatureStatus(findings: Findings): VerifyReport["signature"]["status"] {
  if (findings.signature.some(({ code }) => code === "PTAR_SIGNATURE_INVALID")) return "invalid";
  const newest = findings.signed?.generations.at(-1);
  if (newest === undefined) return findings.signature.length > 0 ? "invalid" : "unknown-key";
  if (newest.signers.length === 0) return "unsigned";
  return signedByTrusted(newest) && findings.snapshots.every(({ vouched }) => vouched) ? "trusted" : "unknown-key";
}
