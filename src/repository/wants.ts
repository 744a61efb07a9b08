// Want-lists: what somebody needs, as an archive. spec/16-transfer.md#want-list
import { claimedTime } from "../archive/claimed-time.js";
import type { Engine } from "../archive/engine.js";
import type { Archive } from "../archive/open.js";
import { writerName } from "../archive/version.js";
import { ArchiveWriter } from "../archive/writer.js";
import type { ByteSink } from "../container/bytes-io.js";
import { isLeftOut } from "../format/index-page.js";
import type { Kind } from "../format/object.js";

/** An object that is wanted. */
export interface Wanted {
  readonly kind: Kind;
  readonly id: Uint8Array;
}

/** Writes a want-list: a thin archive that holds nothing. @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE */
export async function writeWants(wanted: readonly Wanted[], { sink, engine }: { readonly sink: ByteSink; readonly engine: Engine }): Promise<void> {
  const archiveId = engine.crypto.randomBytes(32);
  const writer = await ArchiveWriter.start({ sink, engine, archiveId, pack: { codec: "store", level: 0 }, extent: "thin" });
  for (const { kind, id } of wanted) writer.leaveOut(kind, id);
  await writer.finish({ snapshots: [], complete: true, createdAt: claimedTime(new Date()), signers: [], role: "author", writer: writerName });
}

/** What a want-list asks for. @throws PTAR_INDEX_INVALID, PTAR_FRAME_* */
export async function readWants({ objects: { index } }: Archive): Promise<readonly Wanted[]> {
  const wanted: Wanted[] = [];
  for await (const row of index.rows()) if (isLeftOut(row)) wanted.push({ kind: row.kind, id: row.id });
  return wanted;
}
