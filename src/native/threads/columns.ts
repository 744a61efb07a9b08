// Pieces and what came of them as columns: a message of few long arrays crosses threads several times faster than one of many objects.
import type { DigestedBatch } from "../../archive/batch-reader.js";
import type { FileEnd, Piece, PieceResult } from "../../archive/lanes.js";
import type { PathContent } from "../../tree/source.js";

const digestBytes = 32;

/** Pieces of contents of kind `path`. */
export interface PieceColumns {
  readonly files: Float64Array;
  /** 1 where a piece goes on. */
  readonly next: Uint8Array;
  readonly limits: Float64Array;
  readonly sizes: Float64Array;
  readonly paths: Uint8Array;
  readonly pathEnds: Uint32Array;
  readonly ctimes: readonly string[];
  readonly mtimes: readonly string[];
  readonly folders: readonly (string | undefined)[];
  readonly keys: readonly (string | undefined)[];
}

/** A {@link DigestedBatch}; `ends` are rare members of file ends, by piece. */
export interface DigestColumns {
  /** Number of chunks of each piece. */
  readonly counts: Uint32Array;
  readonly ids: Uint8Array;
  /** Of the chunks, in the buffer. */
  readonly offsets: Uint32Array;
  readonly lengths: Uint32Array;
  /** 0: the file goes on; else 1, plus 2 when its access time was kept, plus 4 when that was refused. */
  readonly flags: Uint8Array;
  readonly stored: Float64Array;
  readonly sha256: Uint8Array;
  readonly others: readonly (readonly [piece: number, Pick<FileEnd, "errors" | "unstable" | "digests">])[];
}

/** Columns of `pieces`, all of whose contents have kind `path`. */
export function pieceColumns(pieces: readonly Piece[]): PieceColumns {
  const contents = pieces.map(({ content }) => content as PathContent);
  const paths = new Uint8Array(contents.reduce((sum, { path }) => sum + path.length, 0));
  const pathEnds = new Uint32Array(pieces.length);
  let at = 0;
  for (const [i, { path }] of contents.entries()) {
    paths.set(path, at);
    at += path.length;
    pathEnds[i] = at;
  }
  return {
    files: Float64Array.from(pieces, ({ file }) => file),
    next: Uint8Array.from(pieces, ({ part }) => (part === "next" ? 1 : 0)),
    limits: Float64Array.from(pieces, ({ limit }) => limit),
    sizes: Float64Array.from(contents, ({ size }) => size),
    paths,
    pathEnds,
    ctimes: contents.map(({ ctime }) => ctime),
    mtimes: contents.map(({ mtime }) => mtime),
    folders: contents.map(({ folder }) => folder),
    keys: contents.map(({ file }) => file),
  };
}

/** The pieces of columns. */
export function piecesOf(columns: PieceColumns): readonly Piece[] {
  return Array.from(columns.pathEnds, (end, i): Piece => {
    const content: { -readonly [Member in keyof PathContent]: PathContent[Member] } = {
      kind: "path",
      path: columns.paths.subarray(columns.pathEnds[i - 1] ?? 0, end),
      size: columns.sizes[i] as number,
      ctime: columns.ctimes[i] as string,
      mtime: columns.mtimes[i] as string,
    };
    const [folder, file] = [columns.folders[i], columns.keys[i]];
    if (folder !== undefined) content.folder = folder;
    if (file !== undefined) content.file = file;
    return { file: columns.files[i] as number, part: columns.next[i] === 1 ? "next" : "first", content, limit: columns.limits[i] as number };
  });
}

/** Columns of a batch that was read into one buffer. */
export function digestColumns({ results, chunks }: DigestedBatch): DigestColumns {
  const count = results.length;
  const ids = new Uint8Array(chunks.length * digestBytes);
  const [flags, stored, sha256] = [new Uint8Array(count), new Float64Array(count), new Uint8Array(count * digestBytes)];
  const others: [number, Pick<FileEnd, "errors" | "unstable" | "digests">][] = [];
  let at = 0;
  for (const [i, result] of results.entries()) {
    for (const { id } of result.chunks) ids.set(id, digestBytes * at++);
    const { end } = result;
    if (end === undefined) continue;
    flags[i] = flagsOf(end);
    stored[i] = end.stored;
    sha256.set(end.sha256, i * digestBytes);
    const { errors, unstable, digests } = end;
    if (errors.length > 0 || unstable !== undefined || digests !== undefined) others.push([i, { errors, unstable, digests }]);
  }
  return {
    counts: Uint32Array.from(results, (result) => result.chunks.length),
    ids,
    offsets: Uint32Array.from(chunks, ({ byteOffset }) => byteOffset),
    lengths: Uint32Array.from(chunks, ({ length }) => length),
    flags,
    stored,
    sha256,
    others,
  };
}

/** What columns say; the chunks are views of `buffer`. */
export function digestOf(columns: DigestColumns, buffer: Uint8Array): DigestedBatch {
  const others = new Map(columns.others);
  let at = 0;
  const results = Array.from(columns.counts, (count, i): PieceResult => {
    const chunks = Array.from({ length: count }, () => {
      const row = { id: columns.ids.subarray(at * digestBytes, (at + 1) * digestBytes), length: columns.lengths[at] as number };
      at++;
      return row;
    });
    return { chunks, end: endOf(columns, i, others.get(i)) };
  });
  const chunks = Array.from(columns.offsets, (offset, i) => buffer.subarray(offset, offset + (columns.lengths[i] as number)));
  return { results, chunks };
}

function flagsOf({ noatime }: FileEnd): number {
  return 1 + (noatime === "kept" ? 2 : 0) + (noatime === "refused" ? 4 : 0);
}

function endOf(
  { flags, stored, sha256 }: DigestColumns,
  i: number,
  others: Pick<FileEnd, "errors" | "unstable" | "digests"> | undefined,
): FileEnd | undefined {
  const flag = flags[i] as number;
  if (flag === 0) return undefined;
  return {
    stored: stored[i] as number,
    sha256: sha256.subarray(i * digestBytes, (i + 1) * digestBytes),
    errors: others?.errors ?? [],
    unstable: others?.unstable,
    digests: others?.digests,
    noatime: (flag & 2) !== 0 ? "kept" : (flag & 4) !== 0 ? "refused" : undefined,
  };
}
