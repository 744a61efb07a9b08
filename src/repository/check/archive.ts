// Checks one archive of a repository, frame by frame: damage in one does not hide that in others. spec/15-repository.md#check
import { blockOpenerOf } from "../../archive/block-opening.js";
import type { Level } from "../../archive/results.js";
import { equalBytes } from "../../bytes/compare.js";
import { scanFrames } from "../../container/scan.js";
import { PtarError } from "../../errors/ptar-error.js";
import { indexRowLength } from "../../format/index-row.js";
import { kindName } from "../../format/object.js";
import type { OpenedArchive, PackedArchive, RepositoryArchives } from "../files/archives.js";
import { fileOf } from "../files/finding.js";
import { objectsOf, sortedRowsOf } from "../files/own-objects.js";
import type { PackIndex } from "../index/pack-index.js";
import { mayBePruned, rereadIndex } from "../index/reread.js";
import { openPacked } from "../packs/objects.js";
import type { CheckFindings } from "./findings.js";

/** What is wrong with an archive: all of it is lost, or these frames. */
export type Lost = "all" | ReadonlySet<number>;

/** How archives are checked. */
export interface ArchiveCheck {
  readonly archives: RepositoryArchives;
  readonly index: PackIndex;
  readonly level: Level;
  readonly findings: CheckFindings;
  readonly onBytes: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Checks an archive that the index names; what of it is lost. @throws PTAR_IO_*, and the reason of `signal` */
export async function checkPacked(packed: PackedArchive, check: ArchiveCheck): Promise<Lost> {
  const { archives, findings } = check;
  const file = fileOf(packed.place, packed.name);
  let opened: OpenedArchive;
  try {
    opened = await openPacked(archives, packed);
  } catch (error) {
    if (await isPruned(error, packed, check)) return new Set();
    findings.note(error, { file });
    return "all";
  }
  try {
    if (check.level === "standard") return new Set();
    await checkRows(opened, packed, check);
    return await checkFrames(opened, file, check);
  } finally {
    await opened.close();
  }
}

/** Whether an archive is gone because the index names it no longer. */
// spec/15-repository.md#publishing
async function isPruned(error: unknown, { name }: PackedArchive, { archives, index }: ArchiveCheck): Promise<boolean> {
  if (!mayBePruned(error)) return false;
  await rereadIndex(archives, index);
  return index.table.get(name) === undefined;
}

/** Checks the bytes of an archive that is there for itself: of an index, or of a snapshot. @throws PTAR_IO_*, and the reason of `signal` */
export async function checkOwn(opened: OpenedArchive, file: string, check: ArchiveCheck): Promise<void> {
  if (check.level !== "standard") await checkFrames(opened, file, check);
}

/** The rows that the repository has of an archive are those of its own index. */
async function checkRows(opened: OpenedArchive, { name, place }: PackedArchive, { archives, index, findings }: ArchiveCheck): Promise<void> {
  const file = fileOf(place, name);
  try {
    const own = await sortedRowsOf(await objectsOf(opened, archives.engine));
    const parts = [...index.rowsOf(name)];
    let at = 0;
    for (const rows of parts) {
      if (!equalBytes(rows, own.subarray(at, at + rows.length))) break;
      at += rows.length;
    }
    if (at !== own.length || parts.reduce((sum, { length }) => sum + length, 0) !== own.length)
      throw new PtarError("PTAR_CATALOGUE_INVALID", `repository: the index says something else of ${file} than the archive itself`, {
        hint: "`ptar repo prune` writes the index anew",
      });
  } catch (error) {
    findings.note(error, { file });
  }
}

/** Every frame, and at level deep every block; damaged frames. */
async function checkFrames({ container }: OpenedArchive, file: string, check: ArchiveCheck): Promise<ReadonlySet<number>> {
  const { findings, level, onBytes, signal } = check;
  const lost = new Set<number>();
  const opener = blockOpenerOf(container, check.archives.engine);
  try {
    for await (const frame of scanFrames(container, signal)) {
      const { length } = frame.payload;
      if (level === "deep") await opener.open(frame, "ids");
      onBytes(length);
    }
  } catch (error) {
    findings.note(error, { file });
    for (const number of await damagedFrames(container, check)) lost.add(number);
  }
  return lost;
}

/** Looks at each frame by itself: after damage the others may be sound. */
async function damagedFrames(container: OpenedArchive["container"], { archives, level }: ArchiveCheck): Promise<readonly number[]> {
  const opener = blockOpenerOf(container, archives.engine);
  const damaged: number[] = [];
  for (let number = 1; number <= container.newest.manifest.frameTable; number++) {
    try {
      const frame = await container.frame(number);
      if (level === "deep") await opener.open(frame, "ids");
    } catch (error) {
      if (!(error instanceof PtarError && error.exitCode === 4)) throw error;
      damaged.push(number);
    }
  }
  return damaged;
}

/** Objects of an archive that stand in lost frames. */
export function* lostRows(index: PackIndex, { name }: PackedArchive, lost: Lost) {
  for (const rows of index.rowsOf(name)) {
    const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
    for (let at = 0; at < rows.length; at += indexRowLength) {
      const frame = view.getUint32(at + 32, true) + 2 ** 32 * view.getUint32(at + 36, true);
      const kind = kindName(rows[at + 44] as number);
      if (kind !== undefined && (lost === "all" || lost.has(frame))) yield { kind, id: rows.slice(at, at + 32), frame };
    }
  }
}
