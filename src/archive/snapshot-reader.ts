// Contract of what snapshots are read from: an archive, or a repository. spec/06-snapshot.md
import type { Content } from "../format/generated/types.js";
import type { ObjectReader } from "../tree/object-io.js";
import type { SnapshotReport } from "./results.js";

/** Gives snapshots and their objects. */
export interface SnapshotReader {
  readonly objects: ObjectReader;
  /**
   * One snapshot and what is said about it; `selector` is `latest` or the beginning of an id.
   * @throws PTAR_SNAPSHOT_NOT_FOUND, PTAR_OBJECT_*, PTAR_DOCUMENT_*, PTAR_SIGNATURE_INVALID, PTAR_SIGNER_UNTRUSTED
   */
  snapshot(selector?: string): Promise<SnapshotReport>;
  /** The content of a snapshot. @throws PTAR_OBJECT_*, PTAR_DOCUMENT_* */
  content(report: SnapshotReport): Promise<Content>;
}
