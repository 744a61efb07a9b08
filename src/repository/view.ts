// One snapshot of a repository, read as that of an archive is. spec/15-repository.md#snapshots

import type { SnapshotReport } from "../archive/results.js";
import type { SnapshotReader } from "../archive/snapshot-reader.js";
import { mustHex, toHex } from "../bytes/hex.js";
import { PtarError } from "../errors/ptar-error.js";
import { decodeContent } from "../format/snapshot.js";
import type { Trust } from "../keys/trust.js";
import { type JudgedStatement, judge, vouches } from "../statement/verdict.js";
import { verifySnapshotStatement } from "../statement/verify.js";
import type { Repository } from "./repository.js";
import type { StoredSnapshot } from "./snapshot-files.js";

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
 * @throws PTAR_SIGNATURE_INVALID, PTAR_STATEMENT_MISMATCH, PTAR_DOCUMENT_*
 */
export function judgeStored(
  { archives: { engine, limits } }: Repository,
  { id, snapshot, statements }: StoredSnapshot,
  trust: Trust,
): SnapshotReport {
  const judged = statements.map((stored): JudgedStatement => {
    // spec/08-manifest.md#envelope
    if (stored.length > limits.statementBytes)
      throw new PtarError("PTAR_LIMIT_EXCEEDED", `snapshot ${toHex(id)}: a statement of ${stored.length} bytes, limit ${limits.statementBytes}`);
    return judge(verifySnapshotStatement(engine.crypto, stored, { id, items: snapshot.items }), trust);
  });
  return { id, snapshot, statements: judged, vouched: vouches(judged) };
}
