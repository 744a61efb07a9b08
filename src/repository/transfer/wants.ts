// Want-lists: what somebody needs, as an archive. spec/16-transfer.md#want-list
import { claimedTime } from "../../archive/claimed-time.js";
import type { Engine } from "../../archive/engine.js";
import type { Archive } from "../../archive/open.js";
import { writerName } from "../../archive/version.js";
import { PtarError } from "../../errors/ptar-error.js";
import { isLeftOut } from "../../format/index-page.js";
import type { Kind } from "../../format/object.js";
import { type ArchiveStart, startArchive } from "./new-archive.js";

/** An object that is wanted. */
export interface Wanted {
  readonly kind: Kind;
  readonly id: Uint8Array;
}

/** Where a want-list goes. */
export interface WantOptions extends Pick<ArchiveStart, "sink" | "seal"> {
  readonly engine: Engine;
}

/** Writes a want-list: a thin archive that holds nothing. @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE */
// spec/16-transfer.md#want-list
export async function writeWants(wanted: readonly Wanted[], { sink, engine, seal }: WantOptions): Promise<void> {
  const writer = await startArchive(engine, { sink, pack: { codec: "store", level: 0 }, seal, extent: "thin" });
  for (const { kind, id } of wanted) writer.leaveOut(kind, id);
  await writer.finish({ snapshots: [], complete: true, createdAt: claimedTime(new Date()), signers: [], role: "author", writer: writerName });
}

/** What a want-list asks for. @throws PTAR_USAGE when the archive is none, PTAR_INDEX_INVALID, PTAR_FRAME_* */
// spec/16-transfer.md#want-list
export async function readWants({ container, snapshotIds, objects: { index } }: Archive): Promise<readonly Wanted[]> {
  if (!container.header.thin || snapshotIds.length > 0) throw noWantList(container.header.thin ? "it has snapshots" : "it leaves nothing out");
  const wanted: Wanted[] = [];
  for await (const row of index.rows()) {
    if (!isLeftOut(row)) throw noWantList(`it holds a ${row.kind}`);
    wanted.push({ kind: row.kind, id: row.id });
  }
  return wanted;
}

function noWantList(problem: string): PtarError {
  return new PtarError("PTAR_USAGE", `archive: it is no want-list: ${problem}`, { hint: "`ptar repo import --want-out` makes one" });
}
