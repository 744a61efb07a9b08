// What a report is about: one check of one archive, and its circumstances. spec/10-verify.md
import type { Archive } from "../../archive/open.js";
import type { SnapshotReport, VerifyReport } from "../../archive/results.js";
import type { Crypto } from "../../crypto/crypto.js";
import type { PtarError } from "../../errors/ptar-error.js";

/** Circumstances of a check: everything in a report that does not come from the archive. */
export interface Circumstances {
  /** Name of the archive as the person gave it. */
  readonly archive: string;
  /** RFC 3339, by the clock of this machine. */
  readonly time: string;
  /** The command line. */
  readonly command: string;
  /** Programs by name. */
  readonly versions: Readonly<Record<"ptar" | "format" | "node" | "system" | "crypto" | "codecs", string>>;
}

/** An archive whose latest snapshot can be read, and that snapshot. */
export interface Opened {
  readonly archive: Archive;
  readonly snapshot: SnapshotReport;
}

/** A check that was made. */
export interface Check {
  readonly report: VerifyReport;
  readonly circumstances: Circumstances;
  readonly crypto: Crypto;
  /** SHA-256 of the whole file, 32 bytes; undefined where it was not read whole. */
  readonly sha256?: Uint8Array;
  /** The archive, or why its contents cannot be listed. */
  readonly opened: Opened | PtarError;
}

/** What was listed. */
export interface Listing {
  readonly entries: number;
  /** Entries with an error, or that changed while they were read. */
  readonly troubled: number;
  /** Why the list is not whole. */
  readonly failure?: PtarError;
}
