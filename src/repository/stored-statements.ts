// Which statements about a snapshot of a repository are valid: whoever writes to a storage can put others there. spec/15-repository.md#security
import { toHex } from "../bytes/hex.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Snapshot, SnapshotStatement } from "../format/generated/types.js";
import { verifySnapshotStatement } from "../statement/verify.js";
import type { RepositoryArchives } from "./files/archives.js";

/** A statement whose signature was verified. */
export interface ValidStatement {
  readonly stored: Uint8Array;
  readonly body: SnapshotStatement;
}

/** Statements about one snapshot. */
export interface SortedStatements {
  readonly valid: readonly ValidStatement[];
  /** What is wrong with each of the others. */
  readonly invalid: readonly PtarError[];
}

/** What verifying needs. */
export type Verifying = Pick<RepositoryArchives, "engine" | "limits">;

/** What statements are about. */
interface About {
  readonly id: Uint8Array;
  readonly snapshot: Snapshot;
}

/** The same with what is said. */
interface Stated extends About {
  readonly statements: readonly Uint8Array[];
}

/** The body of a statement about a snapshot. @throws PTAR_SIGNATURE_INVALID, PTAR_STATEMENT_MISMATCH, PTAR_DOCUMENT_*, PTAR_LIMIT_EXCEEDED */
export function verifyStatement({ engine, limits }: Verifying, { id, snapshot }: About, stored: Uint8Array): SnapshotStatement {
  // spec/08-manifest.md#envelope
  if (stored.length > limits.statementBytes)
    throw new PtarError("PTAR_LIMIT_EXCEEDED", `snapshot ${toHex(id)}: a statement of ${stored.length} bytes, limit ${limits.statementBytes}`);
  return verifySnapshotStatement(engine.crypto, stored, { id, items: snapshot.items });
}

/** Verifies all statements about a snapshot; one that is not valid is no reason to refuse the others. */
export function sortStatements(archives: Verifying, about: Stated): SortedStatements {
  const [valid, invalid]: [ValidStatement[], PtarError[]] = [[], []];
  for (const stored of about.statements) {
    try {
      valid.push({ stored, body: verifyStatement(archives, about, stored) });
    } catch (error) {
      if (!(error instanceof PtarError)) throw error;
      invalid.push(error);
    }
  }
  return { valid, invalid };
}

/** Public keys, in hex and in order, of who made a snapshot, as valid statements of role author say. */
export function authorsOf(archives: Verifying, stored: Stated): readonly string[] {
  const { valid } = sortStatements(archives, stored);
  return valid.flatMap(({ body }) => (body.role === "author" ? [body.publicKey] : [])).toSorted();
}
