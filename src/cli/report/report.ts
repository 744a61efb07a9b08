// ptar verify --report: a folder with a report for people and programs. spec/10-verify.md#verdicts
import { basename, join } from "node:path";
import type { Engine } from "../../archive/engine.js";
import { openContents, openSigned } from "../../archive/open.js";
import type { VerifyReport } from "../../archive/results.js";
import { writerName } from "../../archive/version.js";
import type { ByteReader } from "../../container/bytes-io.js";
import type { KeyRing } from "../../keys/key-ring.js";
import type { Trust } from "../../keys/trust.js";
import type { Context } from "../command.js";
import { commandLine } from "../command-line.js";
import { refuseOwnArchive } from "../own-archive.js";
import { requireUnchanged } from "./changed.js";
import type { Check, Circumstances, Contents } from "./check.js";
import { digestingReader } from "./digesting-reader.js";
import { isDamage } from "./entries.js";
import { createReportFiles, reportNames } from "./files.js";
import { writeReport } from "./write.js";

/** A report whose files are reserved; the check comes next. */
export interface PendingReport {
  /** To be checked in place of the archive's own reader: the digest of the whole file comes from these reads. */
  readonly input: ByteReader;
  /**
   * Writes the report.
   * @throws PTAR_TARGET_EXISTS, PTAR_IO_NO_SPACE, PTAR_IO_FAILED, also when the archive is not the one that was checked any more,
   * and the reason of the signal
   */
  write(report: VerifyReport): Promise<void>;
  /** Removes what was not published. Never throws. */
  discard(): Promise<void>;
}

/** What a report is made of. */
export interface ReportWishes {
  readonly folder: string;
  /** Whether reports that are there are replaced. */
  readonly existing: "keep" | "replace";
  /** The archive as the person gave it. */
  readonly archive: string;
  readonly engine: Engine;
  /** Keys to name. */
  readonly trust: Trust;
  /** What the check opens a sealed archive with; a passphrase is asked for once. */
  readonly keys?: KeyRing;
  readonly now: Date;
}

/** How an archive is opened again after its check. */
export interface LatestOptions extends Pick<ReportWishes, "engine" | "trust" | "keys"> {
  /** What the check could see of contents. */
  readonly seen: VerifyReport["contents"]["status"];
}

/** Reserves report files before a long check. @throws PTAR_TARGET_EXISTS, PTAR_IO_FAILED, PTAR_IO_NO_SPACE */
export async function startReport(reader: ByteReader, wishes: ReportWishes, context: Context): Promise<PendingReport> {
  const { folder, existing, engine } = wishes;
  const { removeOnExit, signal, notes } = context;
  refuseOwnArchive(
    wishes.archive,
    reportNames.map((name) => join(folder, name)),
  );
  const files = await createReportFiles(folder, { existing, removeOnExit });
  const input = digestingReader(reader, engine.crypto);
  return {
    input,
    async write(report) {
      // the other level does not read contents, and a report must not make it do so
      const whole = report.level === "standard" ? {} : { sha256: await input.sha256() };
      const contents = await openLatest(reader, { ...wishes, seen: report.contents.status });
      requireUnchanged(report, contents);
      const check: Check = { report, circumstances: circumstancesOf(wishes, context), crypto: engine.crypto, contents, ...whole };
      await writeReport(files, check, { signal, onProgress: notes.onProgress });
      await files.publish();
      notes.say(`report.html, report.json and report.txt are in ${folder}`);
    },
    discard: files.discard,
  };
}

/** Opens an archive and its latest snapshot, whoever signed them; the reason when that cannot be done. */
export async function openLatest(reader: ByteReader, { engine, trust, keys, seen }: LatestOptions): Promise<Contents> {
  const opening = { engine, trust: "any-signer", knownKeys: trust, ...(keys && { keys }) } as const;
  try {
    const signed = await openSigned(reader, opening);
    const { container } = signed;
    // what did not open in the check will not open now, and trying a passphrase is costly
    if (!container.isOpen && (seen === "sealed" || seen === "refused")) return { kind: "locked", container };
    const archive = await openContents(signed, opening);
    return { kind: "opened", archive, snapshot: await archive.snapshot() };
  } catch (error) {
    if (isDamage(error)) return { kind: "unreadable", failure: error };
    throw error;
  }
}

function circumstancesOf({ archive, engine, now }: ReportWishes, { argv }: Context): Circumstances {
  return {
    archive: archive === "-" ? "standard input" : basename(archive),
    time: now.toISOString().replace(/\.\d{3}Z$/, "Z"),
    command: commandLine(argv),
    versions: {
      ptar: writerName.version,
      format: "PTAR 1",
      node: process.versions.node,
      system: `${process.platform} ${process.arch}`,
      crypto: engine.crypto.name,
      codecs: engine.codecs.name,
    },
  };
}
