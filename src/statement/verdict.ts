// What trust makes of verified statements. spec/09-trust.md#vouching
import { mustHex } from "../bytes/hex.js";
import type { ArchiveStatement, SnapshotStatement } from "../format/generated/types.js";
import type { Role } from "../format/statement.js";
import { findTrusted, type Trust } from "../keys/trust.js";

/** One verified statement and what trust says of its key. */
export interface JudgedStatement {
  readonly subject: "archive" | "snapshot";
  readonly role: Role;
  readonly action: string;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Claimed time, RFC 3339. */
  readonly time: string;
  /** `expired`: the key is listed, but not for this time. */
  readonly status: "trusted" | "unknown-key" | "expired";
  /** Name of a listed key. */
  readonly name?: string;
}

/** What `trust` says of a statement whose signature was verified. */
export function judge(body: ArchiveStatement | SnapshotStatement, trust: Trust): JudgedStatement {
  const publicKey = mustHex(body.publicKey);
  const found = findTrusted(trust, publicKey, body.time);
  const judged = { subject: body.type, role: body.role, action: body.action, publicKey, time: body.time };
  if (found === undefined) return { ...judged, status: "unknown-key" };
  return { ...judged, status: found.status === "trusted" ? "trusted" : "expired", name: found.name };
}

/** Whether one of `statements` lets their subject stand for its contents: trusted, and not by a mere carrier. */
export function vouches(statements: readonly JudgedStatement[]): boolean {
  return statements.some(({ subject, role, status }) => {
    if (status !== "trusted" || role === "carrier") return false;
    return subject === "snapshot" || role === "author";
  });
}
