// What an export for OpenSSL consists of. spec/13-interchange.md#openssl
import type { ArchiveStatement, SnapshotStatement } from "../format/generated/types.js";
import type { Envelope } from "../format/statement.js";

/** A small file to write. */
export interface ExportedFile {
  /** A plain name of ASCII letters, digits, dots and dashes. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A manifest that statements are about. */
export interface ExportedManifest {
  /** Name of its file. */
  readonly file: string;
  readonly generation: number;
  /** SHA-256 of its payload. */
  readonly digest: Uint8Array;
  /** Where its payload stands in the archive, bytes. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A snapshot that statements are about. */
export interface ExportedSnapshot {
  readonly file: string;
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
}

/** A statement; its files are `name` and `.msg`, `.sig`, `.pem`. */
export interface ExportedStatement {
  readonly name: string;
  /** Name of the file that it is about. */
  readonly about: string;
  readonly envelope: Envelope<ArchiveStatement | SnapshotStatement>;
}

/** Everything that is exported. */
export interface OpensslExport {
  /** Earlier ones first. */
  readonly manifests: readonly ExportedManifest[];
  readonly snapshots: readonly ExportedSnapshot[];
  /** Where the list of snapshots stands; nobody without a key can see that a sealed one has them. spec/14-encryption.md#manifest */
  readonly listing: "in the manifest" | "sealed";
  readonly statements: readonly ExportedStatement[];
}
