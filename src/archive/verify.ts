// Verifies a whole archive and reports five verdicts. spec/10-verify.md
import { equalBytes } from "../bytes/compare.js";
import { toHex } from "../bytes/hex.js";
import type { ByteReader } from "../container/bytes-io.js";
import { isKnownAbout, scanFrames } from "../container/scan.js";
import { worstExit } from "../errors/exit.js";
import { PtarError } from "../errors/ptar-error.js";
import { frameTypeName, frameTypes } from "../format/frame.js";
import { limits as formatLimits, type Limits } from "../format/limits.js";
import type { Trust } from "../keys/trust.js";
import type { Engine } from "./engine.js";
import { type Archive, openArchive, requireTrusted, requireVouched, signedByTrusted } from "./open.js";
import type { OnProgress } from "./progress.js";
import type { Level, Problem, SnapshotReport, VerifyReport } from "./results.js";
import { FoundObjects } from "./verify-blocks.js";
import { checkComplete, verifySnapshot } from "./verify-snapshot.js";

/** How an archive is verified. */
export interface VerifyOptions {
  readonly engine: Engine;
  /** Keys that are accepted as signers. */
  readonly trust: Trust;
  /** Default `full`. */
  readonly level?: Level;
  /** The archive fingerprint that is expected, 32 bytes. */
  readonly expect?: Uint8Array;
  /** Whether an archive whose maker chose not to sign it passes. */
  readonly allowUnsigned?: boolean;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
  readonly limits?: Limits;
}

/** What has been found so far; it becomes the report. */
interface Findings {
  readonly integrity: Problem[];
  readonly signature: Problem[];
  readonly warnings: string[];
  readonly exits: Set<number>;
  archive: Archive | undefined;
  found: FoundObjects | undefined;
  entries: number;
  snapshots: SnapshotReport[];
}

/**
 * Verifies an archive. Damage, missing or invalid signatures and unknown signers stand in the report, first failure first; what is no
 * PTAR archive at all, or needs a newer program, is thrown.
 * @throws codes of exit 10, PTAR_IO_FAILED, and the reason of `signal`
 */
export async function verifyArchive(reader: ByteReader, options: VerifyOptions): Promise<VerifyReport> {
  const findings: Findings = {
    integrity: [],
    signature: [],
    warnings: [],
    exits: new Set(),
    archive: undefined,
    found: undefined,
    entries: 0,
    snapshots: [],
  };
  const level = options.level ?? "full";
  try {
    await look(reader, { ...options, level }, findings);
  } catch (error) {
    note(findings, error);
  }
  return reportOf(reader, { ...options, level }, findings);
}

async function look(reader: ByteReader, options: VerifyOptions & { readonly level: Level }, findings: Findings): Promise<void> {
  const { engine, trust, level, signal } = options;
  const archive = await openArchive(reader, { engine, trust: "any-signer", knownKeys: trust, limits: options.limits ?? formatLimits });
  findings.archive = archive;
  for (const { table } of archive.container.generations) await table.checkPages();
  if (level === "standard") await readIndex(archive);
  else await scan(archive, options, findings);
  noteUncovered(archive, findings);
  let items = 0;
  for (const id of archive.snapshotIds) {
    items += (await archive.snapshot(toHex(id))).snapshot.items.count;
    refuseEndless(items, archive.container.input.limits.items);
    const { report, entries } = await verifySnapshot(archive, id, { level, found: findings.found, onProgress: options.onProgress, signal });
    findings.snapshots.push(report);
    findings.entries += entries;
  }
  checkComplete(archive, findings.snapshots);
  // trust comes last: a damaged archive is damaged whoever signed it
  if (options.expect !== undefined && !equalBytes(options.expect, archive.fingerprint)) {
    note(
      findings,
      new PtarError("PTAR_VERIFY_UNEXPECTED", `archive: its fingerprint is ${toHex(archive.fingerprint)}, expected ${toHex(options.expect)}`, {
        hint: "this may be another archive, or an older or newer state of it",
      }),
    );
  }
  if (options.allowUnsigned && archive.container.newest.manifest.signers.length === 0) return;
  requireTrusted(archive.generations);
  findings.snapshots.forEach(requireVouched);
}

/** Frames that were added after the last signature: they are whole, but nobody stands for them. */
function noteUncovered(archive: Archive, findings: Findings): void {
  const tail = archive.container.newest.tails.at(-1);
  if (tail === undefined || tail.types.at(-1) === frameTypes.statement) return;
  findings.warnings.push(`added later and covered by no signature: ${tail.types.map(frameTypeName).join(", ")}`);
}

/** Many snapshots of one large tree could describe more than anybody can check. spec/11-limits.md */
function refuseEndless(items: number, limit: number): void {
  if (items > limit) throw new PtarError("PTAR_LIMIT_EXCEEDED", `archive: its snapshots have ${items} items or more, limit ${limit}`);
}

/** Every page of the index, which at the other levels is compared row by row. */
async function readIndex(archive: Archive): Promise<void> {
  const rows = archive.objects.index.rows();
  while (!(await rows.next()).done);
}

/** Every frame from the front, and every object in the blocks. */
async function scan(archive: Archive, options: VerifyOptions, findings: Findings): Promise<void> {
  const { container } = archive;
  const totalBytes = container.input.reader.length;
  const found = new FoundObjects(options.engine, container.input.limits);
  findings.found = found;
  for await (const frame of scanFrames(container, options.signal)) {
    if (frame.type === frameTypes.about && !isKnownAbout(frame)) findings.warnings.push("the ABOUT text is not the registered one");
    found.take(frame);
    options.onProgress?.({ phase: "verify", entries: 0, bytes: frame.end, totalBytes, errors: findings.integrity.length });
  }
  await found.compare(archive.objects.index);
}

function note(findings: Findings, error: unknown): void {
  if (!(error instanceof PtarError)) throw error;
  const { code, exitCode, message, hint } = error;
  if (exitCode === 10 || exitCode === 1 || exitCode === 130) throw error;
  findings.exits.add(exitCode);
  const problem = { code, message, ...(hint !== undefined && { hint }) };
  (exitCode === 5 || exitCode === 6 ? findings.signature : findings.integrity).push(problem);
}

function reportOf(reader: ByteReader, options: VerifyOptions & { readonly level: Level }, findings: Findings): VerifyReport {
  const { archive, found, snapshots } = findings;
  const newest = archive?.container.newest.manifest;
  // an earlier snapshot that is incomplete stays so
  const complete = archive?.generations.every((generation) => generation.complete);
  if (complete === false) findings.exits.add(3);
  const counters = snapshots.at(-1)?.snapshot.completeness;
  const custody = (archive?.generations ?? []).flatMap(({ statements, later }) =>
    [...statements, ...later].filter(({ role }) => role === "custodian"),
  );
  return {
    level: options.level,
    ...(archive && { fingerprint: archive.fingerprint, archiveId: archive.container.header.archiveId }),
    integrity: {
      status: findings.integrity.length > 0 ? "damaged" : archive === undefined ? "unknown" : "ok",
      bytes: reader.length,
      frames: archive?.container.lastFrame ?? 0,
      objects: found?.size ?? archive?.objects.index.size ?? 0,
      entries: findings.entries,
      unreferenced: findings.integrity.length === 0 ? (found?.unreferenced ?? 0) : 0,
      problems: findings.integrity,
      warnings: findings.warnings,
    },
    signature: { status: signatureStatus(archive, findings), problems: findings.signature },
    time: newest === undefined ? { status: "none" } : { status: "claimed", claimed: newest.createdAt },
    completeness: { status: complete === undefined ? "unknown" : complete ? "complete" : "incomplete", ...(counters && { counters }) },
    custody: { status: custody.length === 0 ? "none" : "recorded", statements: custody },
    snapshots,
    generations: archive?.generations ?? [],
    exitCode: worstExit(findings.exits),
  };
}

function signatureStatus(archive: Archive | undefined, findings: Findings): VerifyReport["signature"]["status"] {
  if (findings.signature.some(({ code }) => code === "PTAR_SIGNATURE_INVALID")) return "invalid";
  const newest = archive?.generations.at(-1);
  if (newest === undefined) return findings.signature.length > 0 ? "invalid" : "unknown-key";
  if (newest.signers.length === 0) return "unsigned";
  return signedByTrusted(newest) && findings.snapshots.every(({ vouched }) => vouched) ? "trusted" : "unknown-key";
}
