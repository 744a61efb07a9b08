// Gives an adopted archive back as it came. spec/15-repository.md#adopted
import type { Engine } from "../../archive/engine.js";
import type { OnProgress } from "../../archive/progress.js";
import { equalBytes } from "../../bytes/compare.js";
import { toHex } from "../../bytes/hex.js";
import type { ByteSink } from "../../container/bytes-io.js";
import { Container } from "../../container/container.js";
import { PtarError } from "../../errors/ptar-error.js";
import { limits as formatLimits, type Limits } from "../../format/limits.js";
import { decodeRepository, descriptionName } from "../../format/repository.js";
import { readFile } from "../files/small-files.js";
import type { OpenStored, Storage } from "../files/storage.js";
import type { Repository } from "../repository.js";
import type { StoredSnapshot } from "../snapshot-files.js";
import { copyBytes } from "./byte-copy.js";

/** Where an original goes. */
export interface OriginalOptions {
  readonly sink: ByteSink;
  readonly engine: Engine;
  readonly limits?: Limits;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal | undefined;
}

/** Whether the repository keeps the archive with this fingerprint, 32 bytes. Needs no key. @throws PTAR_REPOSITORY_*, PTAR_IO_FAILED */
export async function keepsOriginal(storage: Storage, fingerprint: Uint8Array, limits: Limits = formatLimits): Promise<boolean> {
  decodeRepository(await readFile(storage, descriptionName, limits.repositoryBytes), limits);
  const file = await openOriginal(storage, fingerprint);
  await file?.close();
  return file !== undefined;
}

/** Fingerprints, 32 bytes each, of the archives with a snapshot that the repository keeps as they came; at least one. @throws PTAR_ARCHIVE_NOT_FOUND */
export function originalsOf({ index, storage }: Repository, { id }: Pick<StoredSnapshot, "id">): readonly Uint8Array[] {
  const kept = index
    .places("snapshot", id)
    .map(({ archive }) => index.archive(archive))
    .filter(({ place }) => place === "adopted");
  if (kept.length > 0) return kept.map(({ fingerprint }) => fingerprint);
  throw new PtarError("PTAR_ARCHIVE_NOT_FOUND", `repository ${storage.location}: keeps no archive that has brought snapshot ${toHex(id)}`, {
    hint: "only `ptar repo import --adopt` keeps them; without --original it is exported in a new archive, with the same signatures about it",
  });
}

/**
 * Writes the adopted archive with this fingerprint, byte for byte; its length in bytes. Every frame is checked on the way. Needs no key: nothing is opened.
 * @throws PTAR_ARCHIVE_NOT_FOUND, PTAR_REPOSITORY_*, what opening an archive throws, PTAR_FRAME_*, PTAR_IO_*
 */
export async function exportOriginal(storage: Storage, fingerprint: Uint8Array, options: OriginalOptions): Promise<number> {
  const { sink, engine, limits = formatLimits, onProgress, signal } = options;
  const file = await openOriginal(storage, fingerprint);
  if (file === undefined)
    throw new PtarError("PTAR_ARCHIVE_NOT_FOUND", `repository ${storage.location}: keeps no archive ${toHex(fingerprint)}`, {
      hint: "only `ptar repo import --adopt` keeps archives",
    });
  try {
    const container = await Container.open(file, engine.crypto, limits);
    // spec/15-repository.md#layout
    if (!equalBytes(container.fingerprint, fingerprint))
      throw new PtarError(
        "PTAR_REPOSITORY_INVALID",
        `repository: adopted/${toHex(fingerprint)}.ptar: its fingerprint is ${toHex(container.fingerprint)}`,
      );
    let bytes = 0;
    const onBytes = (length: number) => {
      bytes += length;
      onProgress?.({ phase: "pack", entries: 0, bytes, totalBytes: file.length, errors: 0 });
    };
    await copyBytes(container, sink, { onBytes, signal });
    return file.length;
  } finally {
    await file.close();
  }
}

function openOriginal(storage: Storage, fingerprint: Uint8Array): Promise<OpenStored | undefined> {
  return storage.open(`adopted/${toHex(fingerprint)}.ptar`);
}
