// What a report is about: one check of one archive, and its circumstances. spec/10-verify.md
import type { Archive } from "../../archive/open.js";
import type { SnapshotReport, VerifyReport } from "../../archive/results.js";
import type { Container } from "../../container/container.js";
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
  readonly kind: "opened";
  readonly archive: Archive;
  readonly snapshot: SnapshotReport;
}

/** A sealed archive that no key opened: only what stands outside of the seal can be told. spec/14-encryption.md#without-a-key */
export interface Locked {
  readonly kind: "locked";
  readonly container: Container;
}

/** An archive whose contents cannot be listed, and why. */
export interface Unreadable {
  readonly kind: "unreadable";
  readonly failure: PtarError;
}

/** What there is to list. */
export type Contents = Opened | Locked | Unreadable;

/** A check that was made. */
export interface Check {
  readonly report: VerifyReport;
  readonly circumstances: Circumstances;
  readonly crypto: Crypto;
  /** SHA-256 of the whole file, 32 bytes; undefined where it was not read whole. */
  readonly sha256?: Uint8Array;
  readonly contents: Contents;
}

/** What was listed. */
export interface Listing {
  readonly entries: number;
  /** Entries with an error, or that changed while they were read. */
  readonly troubled: number;
  /** Why the list is not whole. */
  readonly failure?: PtarError;
}
