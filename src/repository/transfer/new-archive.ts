// Starts an archive that leaves a repository, for whoever may read it. spec/16-transfer.md#export
import type { Engine } from "../../archive/engine.js";
import { wrapSecret } from "../../archive/wrap.js";
import { ArchiveWriter } from "../../archive/writer.js";
import type { PackParams } from "../../block/pack.js";
import type { ByteSink } from "../../container/bytes-io.js";
import type { SealFor } from "../../keys/key-ring.js";

/** Where an archive goes, and what it is like. */
export interface ArchiveStart {
  readonly sink: ByteSink;
  readonly pack: PackParams;
  /** Those who may read it; default: everybody. */
  readonly seal?: SealFor | undefined;
  /** Default `whole`. */
  readonly extent?: "whole" | "thin";
}

/** Starts an archive, a sealed one with a new secret, which is wiped. @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE, PTAR_PASSPHRASE_INVALID, PTAR_LIMIT_EXCEEDED */
export async function startArchive(engine: Engine, { sink, pack, seal, extent = "whole" }: ArchiveStart): Promise<ArchiveWriter> {
  const { crypto } = engine;
  const archiveId = crypto.randomBytes(32);
  if (seal === undefined) return ArchiveWriter.start({ sink, engine, archiveId, pack, extent });
  const secret = crypto.randomBytes(32);
  try {
    const keys = await wrapSecret({ crypto, secret, archiveId }, seal);
    return await ArchiveWriter.start({ sink, engine, archiveId, pack, extent, seal: { secret, keys } });
  } finally {
    secret.fill(0);
  }
}
