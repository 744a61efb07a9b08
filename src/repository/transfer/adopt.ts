// Keeps archives as they are: their files, and the places of their objects in the index. spec/15-repository.md#adopted
import type { Archive } from "../../archive/open.js";
import type { OnProgress } from "../../archive/progress.js";
import { equalBytes } from "../../bytes/compare.js";
import { toHex } from "../../bytes/hex.js";
import { Container } from "../../container/container.js";
import { findSecret } from "../../container/unlock.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { KeyRing } from "../../keys/key-ring.js";
import type { PackedArchive } from "../files/archives.js";
import { doomedBy, readMarks } from "../files/marks.js";
import { sortedRowsOf } from "../files/own-objects.js";
import type { Repository } from "../repository.js";
import type { Writing } from "../writing.js";
import { copyBytes, haveSameBytes } from "./byte-copy.js";

/** An archive that a repository keeps as it is. */
export interface Adopted {
  /** Archive fingerprint, and name of the file: 32 bytes. */
  readonly fingerprint: Uint8Array;
  /** `there`: the same bytes were kept before. */
  readonly outcome: "kept" | "there";
}

/** How archives are adopted. */
export interface AdoptOptions {
  /** Opens those that are sealed; the secret that it finds stays in the index of the repository. */
  readonly keys: KeyRing;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal | undefined;
}

/** Refuses archives that cannot be adopted. @throws PTAR_USAGE */
// spec/15-repository.md#adopted
export function refuseUnadoptable(archives: readonly Archive[], { archives: { key } }: Repository): void {
  const hint = "import it without --adopt";
  for (const archive of archives) {
    const { sealed, thin } = archive.container.header;
    if (thin) throw refused(archive, "is thin, and only archives that leave nothing out are adopted", `${hint}, or ask its maker for a whole one`);
    if (archive.snapshotIds.length === 0) throw refused(archive, "has no snapshot, so nothing here would need it");
    if (sealed && key === undefined)
      throw refused(archive, "is sealed, and the repository is plain: whoever has the repository could not read it", hint);
    if (!sealed && key !== undefined)
      throw refused(archive, "is plain, and the repository is encrypted: its contents would lie there in clear", `${hint}: then they are sealed`);
  }
}

/**
 * Stores the files of archives byte for byte, and enters their objects in the index of the run.
 * @throws PTAR_TARGET_EXISTS when another copy of one is kept, with other statements or keys at its end; PTAR_FRAME_*, PTAR_INDEX_INVALID, PTAR_KEY_REQUIRED
 * and what else finding the secret throws, PTAR_IO_*
 */
export async function adoptArchives(writing: Writing, archives: readonly Archive[], options: AdoptOptions): Promise<readonly Adopted[]> {
  const totalBytes = archives.reduce((sum, { container }) => sum + container.input.reader.length, 0);
  let bytes = 0;
  const onBytes = (length: number) => {
    bytes += length;
    options.onProgress?.({ phase: "pack", entries: 0, bytes, totalBytes, errors: 0 });
  };
  const adopted: Adopted[] = [];
  for (const archive of archives) adopted.push(await adopt(writing, archive, { ...options, onBytes }));
  return adopted;
}

/** Looks whether what was adopted is there still: a prune that saw no snapshot of it may have deleted it. @throws PTAR_PACK_MISSING, PTAR_IO_FAILED */
export async function refuseDeleted({ storage }: Repository, adopted: readonly Adopted[]): Promise<void> {
  for (const { fingerprint } of adopted) {
    const path = pathOf(fingerprint);
    const file = await storage.open(path);
    await file?.close();
    if (file === undefined)
      throw new PtarError("PTAR_PACK_MISSING", `repository ${storage.location}: a prune has deleted ${path} meanwhile`, {
        hint: "run the command again: it stores the archive anew",
        details: { path },
      });
  }
}

type Adopting = AdoptOptions & { readonly onBytes: (bytes: number) => void };

async function adopt(writing: Writing, archive: Archive, options: Adopting): Promise<Adopted> {
  const { repository } = writing;
  const { fingerprint, container } = archive;
  const { length } = container.input.reader;
  const known = repository.index.archives().find(({ name }) => equalBytes(name, fingerprint));
  // before anything is written
  if (known !== undefined && known.length !== length) throw anotherCopy(fingerprint, { kept: known.length, given: length });
  const secret = container.header.sealed ? await findSecret(container, options.keys, options.signal) : undefined;
  const outcome = await putFile(archive, repository, options);
  if (known === undefined || outcome === "kept") {
    // also where the index knows it: who deleted the file has published an index without it, or is about to
    const place: PackedArchive = { name: fingerprint, fingerprint, length, place: "adopted", ...(secret && { secret }) };
    writing.enter({ archive: place, rows: await sortedRowsOf(archive.objects) });
  }
  if (outcome === "kept") await clearGone(repository, fingerprint);
  return { fingerprint, outcome };
}

/** Publishes the file of an archive, unless it is there. */
async function putFile(archive: Archive, { storage }: Repository, options: Adopting): Promise<Adopted["outcome"]> {
  const { fingerprint, container } = archive;
  const path = pathOf(fingerprint);
  if (await isThere(archive, storage, options)) return "there";
  const { reader, crypto, limits } = container.input;
  // not opened: sealed frames are copied as they are
  const source = await Container.open(reader, crypto, limits);
  if (!equalBytes(source.fingerprint, fingerprint))
    throw new PtarError("PTAR_VERIFY_UNEXPECTED", `archive ${toHex(fingerprint)}: it was exchanged for another one while it was imported`);
  const file = await storage.create(path);
  try {
    await copyBytes(source, file, options);
    if ((await file.publish()) === "published") return "kept";
  } finally {
    await file.discard();
  }
  // somebody else adopts it too
  if (await isThere(archive, storage, options)) return "there";
  throw new PtarError("PTAR_IO_FAILED", `repository ${storage.location}: ${path} was published by another program and is gone again`, {
    hint: "run the command again",
  });
}

/** Whether the file is there with the bytes of the archive. @throws PTAR_TARGET_EXISTS when it has others */
async function isThere({ fingerprint, container }: Archive, storage: Repository["storage"], { signal }: Adopting): Promise<boolean> {
  const file = await storage.open(pathOf(fingerprint));
  if (file === undefined) return false;
  try {
    const { reader } = container.input;
    if (await haveSameBytes(file, reader, signal)) return true;
    throw anotherCopy(fingerprint, { kept: file.length, given: reader.length });
  } finally {
    await file.close();
  }
}

/** What was missed is there again, unless a mark names it. */
async function clearGone(repository: Repository, fingerprint: Uint8Array): Promise<void> {
  const hex = toHex(fingerprint);
  if (!repository.doomed.has(hex)) return;
  const marked = doomedBy(await readMarks(repository.storage, repository.archives.limits));
  if (!marked.has(hex)) repository.doomed = new Set([...repository.doomed].filter((name) => name !== hex));
}

function pathOf(fingerprint: Uint8Array): `adopted/${string}` {
  return `adopted/${toHex(fingerprint)}.ptar`;
}

function anotherCopy(fingerprint: Uint8Array, { kept, given }: { readonly kept: number; readonly given: number }): PtarError {
  const lengths = kept === given ? `of ${kept} bytes too, but not the same ones` : `of ${kept} bytes, this one has ${given}`;
  return new PtarError("PTAR_TARGET_EXISTS", `repository: ${pathOf(fingerprint)}: another copy of this archive is kept, ${lengths}`, {
    hint: "statements or keys were added to one of them at its end; import it without --adopt: what it holds is there",
  });
}

function refused({ fingerprint }: Archive, problem: string, hint?: string): PtarError {
  return new PtarError("PTAR_USAGE", `archive ${toHex(fingerprint)}: it ${problem}`, hint === undefined ? {} : { hint });
}
