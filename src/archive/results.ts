// What archive operations take and give. The JSON of the command line follows these shapes.
import type { Item, Snapshot } from "../format/generated/types.js";
import type { JudgedStatement } from "../statement/verdict.js";
import type { Unrestored } from "../tree/target.js";

/** Case fields that the maker of an archive may give. spec/06-snapshot.md#snapshot */
export type CaseFields = NonNullable<Snapshot["case"]>;

/** Completeness counters. spec/06-snapshot.md#completeness */
export type Completeness = Snapshot["completeness"];

/** What collecting a source gave. */
export interface Collected {
  /** Id, 32 bytes. */
  readonly snapshot: Uint8Array;
  /** Public keys that signed, 32 bytes each. */
  readonly signers: readonly Uint8Array[];
  readonly completeness: Completeness;
  readonly entries: number;
  /** Logical bytes of all files. */
  readonly contentBytes: number;
  /** Bytes that were new after deduplication, before compression. */
  readonly uniqueBytes: number;
  /** Files that were read: whether their access times were left alone (`kept`) or may have changed (`refused`). */
  readonly noatime: { readonly kept: number; readonly refused: number };
  /** The first failed and unstable entries (at most 1,000): path bytes and why. */
  readonly problems: readonly { readonly path: Uint8Array; readonly problem: string }[];
}

/** Result of `createArchive`. */
export interface CreateResult extends Collected {
  /** SHA-256 of the manifest, 32 bytes: the archive fingerprint. */
  readonly fingerprint: Uint8Array;
  /** Length of the archive, bytes. */
  readonly archiveBytes: number;
}

/** How far `verify` looks. spec/10-verify.md#levels */
export type Level = "standard" | "full" | "deep";

/** One verified statement and what trust says of its key. */
export type StatementReport = JudgedStatement;

/** A problem that `verify` found. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** One snapshot as `verify` and `info` report it. */
export interface SnapshotReport {
  readonly id: Uint8Array;
  readonly snapshot: Snapshot;
  readonly statements: readonly StatementReport[];
  /** Whether a trusted statement vouches for the contents. spec/09-trust.md#vouching */
  readonly vouched: boolean;
}

/** One generation as `verify` and `info` report it. */
export interface GenerationReport {
  readonly generation: number;
  /** SHA-256 of its manifest payload. */
  readonly manifest: Uint8Array;
  readonly createdAt: string;
  readonly complete: boolean;
  readonly signers: readonly Uint8Array[];
  /** One for each declared signer, in that order. */
  readonly statements: readonly StatementReport[];
  readonly tails: number;
  /** Statements in tails: receipts, witnesses; they make no signer. */
  readonly later: readonly StatementReport[];
}

/** Result of `verifyArchive`: five verdicts, never one tick. spec/10-verify.md#verdicts */
export interface VerifyReport {
  readonly level: Level;
  /** SHA-256 of the newest manifest; undefined when it could not be read. */
  readonly fingerprint?: Uint8Array;
  readonly archiveId?: Uint8Array;
  readonly integrity: {
    /** `unknown`: a signature failed on opening, and nothing after it was looked at. */
    readonly status: "ok" | "damaged" | "unknown";
    readonly bytes: number;
    readonly frames: number;
    readonly objects: number;
    readonly entries: number;
    /** Objects that nothing references. */
    readonly unreferenced: number;
    readonly problems: readonly Problem[];
    readonly warnings: readonly string[];
  };
  /** `checked`: as far as the level goes; `unknown`: damage ended the checks before; `sealed`: no key was given; `refused`: none of the keys opens it. Without contents `objects` and `entries` are 0. */
  readonly contents: { readonly status: "checked" | "sealed" | "refused" | "unknown"; readonly problems: readonly Problem[] };
  /** Whether everything is there; `needs`: objects that a thin archive leaves out. `unknown`: it was not seen, or is sealed. spec/16-transfer.md#thin */
  readonly selfContained: { readonly status: "yes" | "no" | "unknown"; readonly needs: number };
  /** How it is sealed; plain archives have none. */
  readonly encryption?: EncryptionInfo;
  readonly signature: { readonly status: "trusted" | "unknown-key" | "unsigned" | "invalid"; readonly problems: readonly Problem[] };
  readonly time: { readonly status: "claimed" | "none"; readonly claimed?: string };
  readonly completeness: { readonly status: "complete" | "incomplete" | "unknown"; readonly counters?: Completeness };
  readonly custody: { readonly status: "none" | "recorded"; readonly statements: readonly StatementReport[] };
  readonly snapshots: readonly SnapshotReport[];
  readonly generations: readonly GenerationReport[];
  /** Exit code of all verdicts together. spec/10-verify.md#codes */
  readonly exitCode: number;
}

/** One path of a snapshot. */
export interface ListedEntry {
  /** Names joined by `/`, raw bytes. */
  readonly path: Uint8Array;
  readonly names: readonly Uint8Array[];
  /** Number of the item, see spec/07-item.md#items. */
  readonly index: number;
  readonly item: Item;
}

/** Result of `extractArchive`. */
export interface ExtractReport {
  readonly entries: number;
  readonly files: number;
  readonly bytes: number;
  /** What could not be restored as recorded: the first 1,000. */
  readonly unrestored: readonly Unrestored[];
  /** All of them, and how many of each kind. spec/12-extract.md#losses */
  readonly unrestoredCount: number;
  readonly unrestoredKinds: Readonly<Record<string, number>>;
  /** Entries that were asked for but not (wholly) collected at the source. */
  readonly incomplete: number;
}

/** How an archive is sealed, as anybody can see. spec/14-encryption.md#observer */
export interface EncryptionInfo {
  readonly suite: "aes-256-gcm";
  readonly keySource: "keys" | "repository";
  /** Type of each recipient: `X25519` or another word of age. It does not name the recipient. */
  readonly recipients: readonly string[];
  readonly passphrases: number;
  /** Frames of wrapped keys that no statement covers: they do not count. */
  readonly uncovered: number;
  /** Whether a key opened it. */
  readonly opened: boolean;
}

/** Facts for `ptar info`. */
export interface ArchiveInfo {
  readonly fingerprint: Uint8Array;
  readonly archiveId: Uint8Array;
  readonly version: string;
  readonly features: readonly string[];
  /** How it is sealed; plain archives have none. */
  readonly encryption?: EncryptionInfo;
  readonly bytes: number;
  readonly frames: number;
  /** Number of objects; unknown while a sealed archive is locked, like its snapshots. */
  readonly objects?: number;
  readonly writer: { readonly name: string; readonly version: string };
  readonly engine: { readonly crypto: string; readonly codecs: string };
  readonly snapshots?: readonly SnapshotReport[];
  readonly generations: readonly GenerationReport[];
}
