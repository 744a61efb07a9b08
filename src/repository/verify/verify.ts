// Verifies snapshots of a repository: who signed them, and everything that they need. spec/10-verify.md, spec/15-repository.md#snapshots
import { type Findings, noFindings, note } from "../../archive/findings.js";
import { requireVouched } from "../../archive/open.js";
import type { OnProgress } from "../../archive/progress.js";
import type { Level, SnapshotReport, VerifyReport } from "../../archive/results.js";
import { toHex } from "../../bytes/hex.js";
import { worstExit } from "../../errors/exit.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { Trust } from "../../keys/trust.js";
import type { Repository } from "../repository.js";
import type { StoredSnapshot } from "../snapshot-files.js";
import { judgeStored } from "../view.js";
import { readNeeded, TreeVerifier } from "./trees.js";

const shortId = 12;

/** Which snapshots are verified, and how. */
export interface VerifySnapshotsOptions {
  /** At least one. */
  readonly snapshots: readonly StoredSnapshot[];
  /** Keys that are accepted as signers. */
  readonly trust: Trust;
  /** Default `full`. */
  readonly level?: Level;
  /** Whether a snapshot that nobody signed passes. */
  readonly allowUnsigned?: boolean;
  /** Whether one passes whoever signed it, or nobody; its signatures must be valid all the same. */
  readonly anySigner?: boolean;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Verifies snapshots as `verifyArchive` does those of an archive: signatures and trust, closure, counters; at level `full` every block that they need,
 * every id, sizes and item trees; at level `deep` whole files and cuts. The report has the same five verdicts. It has no fingerprint, archive id and
 * generations, and its `integrity.bytes` and `frames` are those of the blocks that were read. What else is in the repository is for `checkRepository`.
 * Damage and unknown signers stand in the report, the first of each snapshot.
 * @throws PTAR_SNAPSHOT_NOT_FOUND when there is none, PTAR_IO_*, codes of exit 10, and the reason of `signal`
 */
export async function verifySnapshots(repository: Repository, options: VerifySnapshotsOptions): Promise<VerifyReport> {
  const { snapshots, level = "full" } = options;
  if (snapshots.length === 0)
    throw new PtarError("PTAR_SNAPSHOT_NOT_FOUND", "repository: holds no snapshot to verify", {
      hint: "`ptar repo check` checks the repository itself",
    });
  const findings = noFindings();
  const judged = snapshots.flatMap((stored) => judgeOrNote(repository, stored, { options, findings }));
  const needed = await readNeeded(repository, snapshots, { ...options, level });
  findings.warnings.push(...needed.warnings);
  const trees = new TreeVerifier(repository, needed, { ...options, level });
  for (const stored of snapshots) {
    const failure = await trees.verify(stored);
    if (failure !== undefined) note(findings, naming(stored, failure));
  }
  // trust comes last: a damaged snapshot is damaged whoever signed it
  for (const report of judged) noteSigners(report, { options, findings });
  return reportOf(findings, { judged, options: { ...options, level }, needed, entries: trees.entries });
}

interface Judging {
  readonly options: VerifySnapshotsOptions;
  readonly findings: Findings;
}

function judgeOrNote(repository: Repository, stored: StoredSnapshot, { options, findings }: Judging): readonly SnapshotReport[] {
  try {
    return [judgeStored(repository, stored, options.trust)];
  } catch (error) {
    note(findings, naming(stored, error));
    return [];
  }
}

// spec/09-trust.md#vouching
function noteSigners(report: SnapshotReport, { options, findings }: Judging): void {
  if (options.anySigner) return;
  try {
    if (report.statements.length > 0) requireVouched(report);
    else if (!options.allowUnsigned) throw unsigned(report);
  } catch (error) {
    note(findings, error);
  }
}

/** The same failure, of the snapshot that has it. */
function naming({ id }: Pick<StoredSnapshot, "id">, error: unknown): unknown {
  if (!(error instanceof PtarError) || error.message.startsWith("snapshot ")) return error;
  const { code, message, hint, details } = error;
  const subject = `snapshot ${toHex(id).slice(0, shortId)}`;
  return new PtarError(code, `${subject}: ${message}`, { details, cause: error, ...(hint !== undefined && { hint }) });
}

interface Verified {
  readonly judged: readonly SnapshotReport[];
  readonly options: VerifySnapshotsOptions & { readonly level: Level };
  readonly needed: Awaited<ReturnType<typeof readNeeded>>;
  readonly entries: number;
}

function reportOf(findings: Findings, { judged, options, needed, entries }: Verified): VerifyReport {
  const { snapshots, level } = options;
  const { integrity, signature, warnings, exits } = findings;
  const latest = snapshots.at(-1) as StoredSnapshot;
  const complete = snapshots.every(({ snapshot: { completeness } }) => completeness.failed + completeness.unstable === 0);
  if (!complete) exits.add(3);
  const custody = judged.flatMap(({ statements }) => statements.filter(({ role }) => role === "custodian"));
  return {
    level,
    integrity: {
      status: integrity.length > 0 ? "damaged" : "ok",
      bytes: needed.bytes,
      frames: needed.blocks,
      objects: needed.objects,
      entries,
      unreferenced: 0,
      problems: integrity,
      warnings,
    },
    contents: { status: "checked", problems: [] },
    selfContained: needed.missing === 0 ? { status: "yes", needs: 0 } : { status: "no", needs: needed.missing },
    signature: { status: signatureStatus(findings, judged), problems: signature },
    time: { status: "claimed", claimed: latest.snapshot.times.finished },
    completeness: { status: complete ? "complete" : "incomplete", counters: latest.snapshot.completeness },
    custody: { status: custody.length === 0 ? "none" : "recorded", statements: custody },
    snapshots: judged,
    generations: [],
    exitCode: worstExit(exits),
  };
}

function signatureStatus({ signature }: Findings, judged: readonly SnapshotReport[]): VerifyReport["signature"]["status"] {
  if (signature.some(({ code }) => code === "PTAR_SIGNATURE_INVALID")) return "invalid";
  if (judged.some(({ statements }) => statements.length === 0)) return "unsigned";
  return judged.every(({ vouched }) => vouched) ? "trusted" : "unknown-key";
}

function unsigned({ id }: SnapshotReport): PtarError {
  return new PtarError("PTAR_SIGNATURE_MISSING", `snapshot ${toHex(id)}: nobody signed it`, {
    hint: "its maker chose `--no-sign`; there is nobody to trust",
  });
}
