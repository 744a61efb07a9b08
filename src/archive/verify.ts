// Verifies a whole archive and reports five verdicts. spec/10-verify.md
import { ObjectTable } from "../block/object-table.js";
import { equalBytes } from "../bytes/compare.js";
import { toHex } from "../bytes/hex.js";
import type { ByteReader } from "../container/bytes-io.js";
import { Container } from "../container/container.js";
import { isKnownAbout, scanFrames } from "../container/scan.js";
import { PtarError } from "../errors/ptar-error.js";
import { frameTypeName, frameTypes } from "../format/frame.js";
import { isLeftOut } from "../format/index-page.js";
import { limits as formatLimits, type Limits } from "../format/limits.js";
import type { KeyRing } from "../keys/key-ring.js";
import type { Trust } from "../keys/trust.js";
import { blockOpenerOf } from "./block-opening.js";
import { BlockQueue } from "./block-queue.js";
import type { Engine } from "./engine.js";
import { type Findings, noFindings, note, reportOf } from "./findings.js";
import { FoundObjects } from "./found-objects.js";
import {
  type Archive,
  isOtherKey,
  judgeContainer,
  type OpenOptions,
  openIndexed,
  requireTrusted,
  requireVouched,
  type SignedContainer,
  unlockContents,
} from "./open.js";
import type { OnProgress } from "./progress.js";
import type { Level, VerifyReport } from "./results.js";
import { type LookInside, lookInside } from "./verify-inside.js";

/** How an archive is verified. */
export interface VerifyOptions {
  readonly engine: Engine;
  /** Keys that are accepted as signers. */
  readonly trust: Trust;
  /** Default `full`. */
  readonly level?: Level;
  /** The archive fingerprint that is expected, 32 bytes. */
  readonly expect?: Uint8Array;
  /** What a sealed archive is opened with; without it everything is checked that needs no key. spec/14-encryption.md#without-a-key */
  readonly keys?: KeyRing;
  /** What becomes of keys that do not open the archive: a problem (`refused`, the default), or as if they had not been given. */
  readonly otherKeys?: "refused" | "ignored" | undefined;
  /** Whether an archive whose maker chose not to sign it passes. */
  readonly allowUnsigned?: boolean;
  /** Whether an archive passes whoever signed it, or nobody; its signatures must be valid all the same. */
  readonly anySigner?: boolean;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
  readonly limits?: Limits;
}

/**
 * Verifies an archive. Damage, missing or invalid signatures and unknown signers stand in the report, first failure first; what is no
 * PTAR archive at all, or needs a newer program, is thrown.
 * @throws codes of exit 10, PTAR_IO_FAILED, and the reason of `signal`
 */
export async function verifyArchive(reader: ByteReader, options: VerifyOptions): Promise<VerifyReport> {
  const findings = noFindings();
  const level = options.level ?? "full";
  try {
    await look(reader, { ...options, level }, findings);
  } catch (error) {
    note(findings, error);
  }
  return reportOf(findings, { level, bytes: reader.length });
}

type Looking = VerifyOptions & { readonly level: Level };

async function look(reader: ByteReader, options: Looking, findings: Findings): Promise<void> {
  const opening = { engine: options.engine, trust: "any-signer", knownKeys: options.trust, limits: options.limits ?? formatLimits } as const;
  const container = await Container.open(reader, options.engine.crypto, opening.limits, "all");
  const signed = judgeContainer(container, opening);
  findings.signed = signed;
  const keys = { ...opening, ...(options.keys && { keys: options.keys }), otherKeys: options.otherKeys, signal: options.signal };
  const archive = (await isUnlocked(signed, keys, findings)) ? await indexed(signed, { ...options, opening }, findings) : undefined;
  findings.archive = archive;
  let ahead: LookInside | undefined;
  if (options.level === "standard") findings.leftOut = await readIndex(archive);
  else ahead = await scan(signed, options, findings);
  noteUncovered(signed, findings);
  if (archive !== undefined) await takeInside(ahead ?? lookInside(archive, options, findings.found), findings);
  // trust comes last: a damaged archive is damaged whoever signed it
  if (options.expect !== undefined && !equalBytes(options.expect, container.fingerprint)) {
    note(
      findings,
      new PtarError("PTAR_VERIFY_UNEXPECTED", `archive: its fingerprint is ${toHex(container.fingerprint)}, expected ${toHex(options.expect)}`, {
        hint: "this may be another archive, or an older or newer state of it",
      }),
    );
  }
  if (options.anySigner) return;
  if (options.allowUnsigned && container.newest.manifest.signers.length === 0) return;
  requireTrusted(signed.generations);
  findings.snapshots.forEach(requireVouched);
}

/** Whether the contents can be read: not when the archive is sealed and no key was given or none opens it. */
async function isUnlocked(signed: SignedContainer, opening: OpenOptions & Pick<Looking, "otherKeys">, findings: Findings): Promise<boolean> {
  findings.access = "sealed";
  if (!signed.container.isOpen && opening.keys === undefined) return false;
  findings.access = "unknown";
  try {
    await unlockContents(signed, opening);
    return true;
  } catch (error) {
    // with a wrong key all that needs none is checked. spec/14-encryption.md#without-a-key
    if (!(error instanceof PtarError && error.exitCode === 8)) throw error;
    const ignored = opening.otherKeys === "ignored" && isOtherKey(error);
    findings.access = ignored ? "sealed" : "refused";
    if (!ignored) note(findings, error);
    return false;
  }
}

/** The contents by their index. Of an index that cannot be used it is told when every frame is right. spec/10-verify.md#order */
async function indexed(signed: SignedContainer, options: Looking & { readonly opening: OpenOptions }, findings: Findings): Promise<Archive> {
  try {
    return await openIndexed(signed, options.opening);
  } catch (error) {
    if (options.level === "standard" || !(error instanceof PtarError && [4, 10].includes(error.exitCode))) throw error;
    findings.found = new FoundObjects();
    await scanBlocks(signed, options, findings);
    throw error;
  }
}

/** Frames that were added after the last signature: they are whole, but nobody stands for them. */
function noteUncovered({ container }: SignedContainer, findings: Findings): void {
  const tail = container.newest.tails.at(-1);
  if (tail !== undefined && tail.types.at(-1) !== frameTypes.statement)
    findings.warnings.push(`added later and covered by no signature: ${tail.types.map(frameTypeName).join(", ")}`);
  // spec/14-encryption.md#rewrap
  for (const { frame } of container.keys.others)
    findings.warnings.push(`keys (frame ${frame.number}): no statement of their tail covers them, so they open nothing`);
}

/** Every page of the index, which at the other levels is compared row by row; how many objects it says are left out. */
async function readIndex(archive: Archive | undefined): Promise<number | undefined> {
  if (archive === undefined) return undefined;
  const { index } = archive.objects;
  let leftOut = 0;
  // the rows of one root are in order
  const seen = index.roots > 1 ? new ObjectTable() : undefined;
  for await (const row of index.rows()) {
    if (isLeftOut(row)) leftOut++;
    // spec/04-object.md#index
    if (seen !== undefined && seen.add(row.kind, row.id) < 0)
      throw new PtarError("PTAR_INDEX_INVALID", `index: a second root names ${row.kind} ${toHex(row.id)}`);
  }
  return leftOut;
}

/**
 * Every frame from the front, and every object in the blocks, where they are open. Meanwhile the snapshots are looked at: what comes of it,
 * is heard of only when everything before them is right.
 */
async function scan(signed: SignedContainer, options: Looking, findings: Findings): Promise<LookInside | undefined> {
  const { archive } = findings;
  if (archive === undefined) {
    await scanBlocks(signed, options, findings);
    return undefined;
  }
  const found = new FoundObjects();
  findings.found = found;
  // what a thin archive holds is looked up in its index alone
  const ahead = archive.container.header.thin ? undefined : lookInside(archive, options, found);
  try {
    await scanBlocks(signed, options, findings);
    found.end();
    await found.compare(archive.objects.index);
  } catch (error) {
    found.stop(error);
    await ahead?.done.catch(() => undefined);
    throw error;
  }
  findings.leftOut = found.leftOut;
  return ahead;
}

async function scanBlocks({ container }: SignedContainer, options: Looking, findings: Findings): Promise<void> {
  const totalBytes = container.input.reader.length;
  const blocks = new BlockQueue(blockOpenerOf(container, options.engine), findings.found);
  try {
    for await (const frame of scanFrames(container, options.signal)) {
      if (frame.type === frameTypes.about && !isKnownAbout(frame)) findings.warnings.push("the ABOUT text is not the registered one");
      await blocks.add(frame);
      options.onProgress?.({ phase: "verify", entries: 0, bytes: frame.end, totalBytes, errors: findings.integrity.length });
    }
  } catch (error) {
    // the first failure is that of the first frame, however far the others are; who stops is not told of damage
    if (options.signal?.aborted !== true) await blocks.end();
    throw error;
  }
  await blocks.end();
}

/** Waits for what is inside; the snapshots before one that fails stand in the report. */
async function takeInside({ inside, done }: LookInside, findings: Findings): Promise<void> {
  try {
    await done;
  } finally {
    findings.snapshots.push(...inside.snapshots);
    findings.entries = inside.entries;
  }
  findings.access = "checked";
}
