// One snapshot of a repository, read as that of an archive is. spec/15-repository.md#snapshots

import type { SnapshotReport } from "../archive/results.js";
import type { SnapshotReader } from "../archive/snapshot-reader.js";
import { mustHex } from "../bytes/hex.js";
import type { PtarError } from "../errors/ptar-error.js";
import { decodeContent } from "../format/snapshot.js";
import type { Trust } from "../keys/trust.js";
import { judge, vouches } from "../statement/verdict.js";
import type { Repository } from "./repository.js";
import type { StoredSnapshot } from "./snapshot-files.js";
import { sortStatements, verifyStatement } from "./stored-statements.js";

/** The snapshots of a repository, read as those of an archive are; keys of `trust` are named. */
export function snapshotsOf(repository: Repository, trust: Trust): SnapshotReader {
  const { objects } = repository;
  return {
    objects,
    snapshot: async (selector = "latest") => judgeStored(repository, repository.snapshot(selector), trust),
    content: async ({ snapshot }) => decodeContent(await objects.get("content", mustHex(snapshot.content))),
  };
}

/**
 * A snapshot and what is said about it; every signature is verified.
 * @throws PTAR_SIGNATURE_INVALID, PTAR_STATEMENT_MISMATCH, PTAR_DOCUMENT_*, PTAR_LIMIT_EXCEEDED
 */
export function judgeStored({ archives }: Repository, stored: StoredSnapshot, trust: Trust): SnapshotReport {
  const { id, snapshot, statements } = stored;
  const judged = statements.map((statement) => judge(verifyStatement(archives, stored, statement), trust));
  return { id, snapshot, statements: judged, vouched: vouches(judged) };
}

/** A snapshot as it is listed. */
export interface ListedSnapshot {
  /** With its valid statements: others vouch for nothing. */
  readonly report: SnapshotReport;
  /** What is wrong with each of the other statements. */
  readonly invalid: readonly PtarError[];
}

/** The same for lists: a statement that is not valid is told, and does not keep anybody from seeing the rest. */
export function judgeListed({ archives }: Repository, stored: StoredSnapshot, trust: Trust): ListedSnapshot {
  const { id, snapshot } = stored;
  const { valid, invalid } = sortStatements(archives, stored);
  const judged = valid.map(({ body }) => judge(body, trust));
  return { report: { id, snapshot, statements: judged, vouched: vouches(judged) }, invalid };
}
