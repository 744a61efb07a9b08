// Lists for other programs: which file each format is, and how its rows are written. spec/13-interchange.md
import { listArchive } from "../archive/list.js";
import type { Archive } from "../archive/open.js";
import type { OnProgress } from "../archive/progress.js";
import type { ListedEntry } from "../archive/results.js";
import type { ByteSink } from "../container/bytes-io.js";
import type { CaptureClass } from "../format/generated/types.js";
import { bodyRows, missingFacts } from "../interchange/bodyfile.js";
import { hashdeepRows } from "../interchange/hashdeep.js";
import type { Row } from "../interchange/row.js";
import { sumRows } from "../interchange/sums.js";

/** Formats that are one list of entries. */
export type ListFormat = "sha256sums" | "md5sums" | "bodyfile" | "hashdeep";

/** Names of the files. */
export const listFiles: Readonly<Record<ListFormat, string>> = {
  sha256sums: "SHA256SUMS",
  md5sums: "MD5SUMS",
  bodyfile: "bodyfile.txt",
  hashdeep: "hashdeep.txt",
};

/** An entry that the list does not hold, or not wholly. */
export interface Loss {
  readonly path: Uint8Array;
  readonly reason: string;
}

/** What was written. */
export interface Listed {
  /** Entries looked at. */
  readonly entries: number;
  /** Entries with a line. */
  readonly lines: number;
  readonly lossCount: number;
  /** The first losses, at most 1,000. */
  readonly losses: readonly Loss[];
  /** Facts of the format that the snapshot did not capture. */
  readonly notCaptured: readonly CaptureClass[];
}

const keptLosses = 1_000;

/** What is listed. */
export interface ListWishes {
  readonly format: ListFormat;
  readonly snapshot?: string;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

/** Writes the list of one snapshot, entry by entry. @throws PTAR_USAGE, PTAR_SNAPSHOT_NOT_FOUND, PTAR_OBJECT_*, PTAR_PAGE_*, PTAR_ENTRY_* */
export async function writeList(archive: Archive, sink: ByteSink, { format, signal, onProgress, ...wanted }: ListWishes): Promise<Listed> {
  const { id, snapshot } = await archive.snapshot(wanted.snapshot);
  const rows = rowsOf(format, listArchive(archive, { ...wanted, signal }), { fingerprint: archive.fingerprint, snapshot: id });
  const losses: Loss[] = [];
  let [entries, lines, lossCount, bytes] = [0, 0, 0, 0];
  for await (const { entry, line, loss } of rows) {
    if (line !== undefined) await sink.write(line);
    if (entry === undefined) continue;
    entries++;
    bytes += entry.item.size ?? 0;
    if (line !== undefined) lines++;
    if (loss !== undefined && ++lossCount <= keptLosses) losses.push({ path: entry.path, reason: loss });
    onProgress({ phase: "list", entries, bytes, errors: lossCount, path: entry.path });
  }
  return { entries, lines, lossCount, losses, notCaptured: format === "bodyfile" ? missingFacts(snapshot.captured.classes) : [] };
}

function rowsOf(
  format: ListFormat,
  entries: AsyncIterable<ListedEntry>,
  about: { readonly fingerprint: Uint8Array; readonly snapshot: Uint8Array },
): AsyncIterable<Row> {
  switch (format) {
    case "sha256sums":
      return sumRows(entries, "sha256");
    case "md5sums":
      return sumRows(entries, "md5");
    case "bodyfile":
      return bodyRows(entries);
    case "hashdeep":
      return hashdeepRows(entries, about);
  }
}
