// Makes statements. spec/08-manifest.md#statement
import { toHex } from "../bytes/hex.js";
import type { ArchiveStatement, Snapshot, SnapshotStatement } from "../format/generated/types.js";
import { encodeBody, encodeEnvelope, type Role } from "../format/statement.js";
import type { Signer } from "../keys/signer.js";

/** What an archive statement is about. */
export interface ArchiveSubject {
  readonly archiveId: Uint8Array;
  readonly generation: number;
  /** SHA-256 of the manifest payload. */
  readonly manifest: Uint8Array;
  readonly tree: { readonly size: number; readonly root: Uint8Array };
}

/** What a snapshot statement is about. */
export interface SnapshotSubject {
  readonly id: Uint8Array;
  readonly items: Snapshot["items"];
}

/** What a signer says about an archive. */
export interface ArchiveClaim {
  readonly role: Role;
  /** Default: `created`. */
  readonly action?: ArchiveStatement["action"];
  /** Claimed time, RFC 3339. */
  readonly time: string;
}

/** Stored form of an archive statement. */
export function signArchive(signer: Signer, subject: ArchiveSubject, claim: ArchiveClaim): Promise<Uint8Array> {
  return sign(signer, {
    type: "archive",
    action: claim.action ?? "created",
    role: claim.role,
    archiveId: toHex(subject.archiveId),
    generation: subject.generation,
    manifest: toHex(subject.manifest),
    tree: { root: toHex(subject.tree.root), size: subject.tree.size },
    publicKey: toHex(signer.publicKey),
    time: claim.time,
    ext: [],
  });
}

/** Stored form of a snapshot statement. `time` is the claimed time, RFC 3339. */
export function signSnapshot(signer: Signer, subject: SnapshotSubject, claim: { readonly role: Role; readonly time: string }): Promise<Uint8Array> {
  const { count, root, rule } = subject.items;
  return sign(signer, {
    type: "snapshot",
    action: "collected",
    role: claim.role,
    snapshot: toHex(subject.id),
    items: { count, root, rule },
    publicKey: toHex(signer.publicKey),
    time: claim.time,
    ext: [],
  });
}

async function sign(signer: Signer, body: ArchiveStatement | SnapshotStatement): Promise<Uint8Array> {
  const { bytes, toSign } = encodeBody(body);
  return encodeEnvelope(await signer.sign(toSign), bytes);
}
