// How much of the blocks of a repository its snapshots need. spec/15-repository.md#index
import type { ObjectTable } from "../../block/object-table.js";
import { equalBytes } from "../../bytes/compare.js";
import { toHex } from "../../bytes/hex.js";
import type { Container } from "../../container/container.js";
import { indexRowLength } from "../../format/index-row.js";
import { type Kind, kindName, kinds } from "../../format/object.js";
import type { PackedArchive } from "../files/archives.js";
import type { PackIndex } from "../index/pack-index.js";
import { openPacked } from "../packs/objects.js";
import type { Repository } from "../repository.js";
import { packRowLength } from "../rows/row.js";

/** Of the kind in a row of the index in memory. */
const kindAt = 40;

/** Parts of blocks, bytes as they are stored. */
export interface BlockUsage {
  readonly neededStoredBytes: number;
  readonly duplicateBytes: number;
  readonly garbageBytes: number;
}

/** Objects of one block. */
interface BlockRows {
  rows: number;
  needed: number;
  duplicates: number;
}

/** Distinct objects of each kind, in the order of the kinds. */
export function objectCounts(index: PackIndex): ReadonlyMap<Kind, number> {
  const counts = new Map<Kind, number>();
  let last: Uint8Array | undefined;
  for (const { bytes } of index.segments()) {
    for (let at = 0; at < bytes.length; at += packRowLength) {
      const row = bytes.subarray(at, at + packRowLength);
      const isCopy = last !== undefined && row[kindAt] === last[kindAt] && equalBytes(row.subarray(0, 32), last.subarray(0, 32));
      last = row;
      const kind = kindName(row[kindAt] as number);
      if (!isCopy && kind !== undefined) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
  }
  return new Map([...counts].sort(([a], [b]) => kinds[a] - kinds[b]));
}

/** Which part of all blocks holds objects in `needed`, a further copy of one, or what nobody needs. @throws PTAR_PACK_MISSING, and what opening an archive throws */
export async function blockUsage(repository: Repository, needed: ObjectTable, signal?: AbortSignal): Promise<BlockUsage> {
  const { index } = repository;
  const seen = new Uint8Array(Math.ceil(needed.size / 8));
  const sum = { neededStoredBytes: 0, duplicateBytes: 0, garbageBytes: 0 };
  const archives = index.archives();
  let open: { readonly archive: PackedArchive; readonly blocks: Map<number, BlockRows> } | undefined;
  const end = async () => {
    if (open !== undefined) await addArchive(sum, repository, open);
  };
  for (const { archive, rows } of index.sections(archives.map(({ name }) => name))) {
    signal?.throwIfAborted();
    if (open === undefined || toHex(open.archive.name) !== toHex(archive.name)) {
      await end();
      open = { archive, blocks: new Map() };
    }
    countRows(open.blocks, rows, { needed, seen });
  }
  await end();
  return {
    neededStoredBytes: Math.round(sum.neededStoredBytes),
    duplicateBytes: Math.round(sum.duplicateBytes),
    garbageBytes: Math.round(sum.garbageBytes),
  };
}

interface Counting {
  readonly needed: ObjectTable;
  /** A bit for each row of `needed`: a copy of it was counted. */
  readonly seen: Uint8Array;
}

function countRows(blocks: Map<number, BlockRows>, rows: Uint8Array, { needed, seen }: Counting): void {
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
  for (let at = 0; at < rows.length; at += indexRowLength) {
    const kind = kindName(rows[at + 44] as number) as Kind;
    // an adopted archive has them for itself
    if (kind === "snapshot" || kind === "statement") continue;
    const frame = view.getUint32(at + 32, true) + 2 ** 32 * view.getUint32(at + 36, true);
    const block = blocks.get(frame) ?? { rows: 0, needed: 0, duplicates: 0 };
    blocks.set(frame, block);
    block.rows++;
    const row = needed.find(kind, rows.subarray(at, at + 32));
    if (row < 0) continue;
    const bit = 1 << (row & 7);
    if (((seen[row >> 3] as number) & bit) !== 0) block.duplicates++;
    else block.needed++;
    seen[row >> 3] = (seen[row >> 3] as number) | bit;
  }
}

type Sum = { -readonly [name in keyof BlockUsage]: number };

async function addArchive(
  sum: Sum,
  { archives }: Pick<Repository, "archives">,
  { archive, blocks }: { readonly archive: PackedArchive; readonly blocks: ReadonlyMap<number, BlockRows> },
): Promise<void> {
  const opened = await openPacked(archives, archive);
  try {
    for (const [frame, { rows, needed, duplicates }] of blocks) {
      const length = await frameLength(opened.container, frame);
      sum.neededStoredBytes += (length * needed) / rows;
      sum.duplicateBytes += (length * duplicates) / rows;
      sum.garbageBytes += (length * (rows - needed - duplicates)) / rows;
    }
  } finally {
    await opened.close();
  }
}

async function frameLength({ generations }: Container, frame: number): Promise<number> {
  for (const { table } of generations) {
    const place = await table.place(frame);
    if (place !== undefined) return place.end - place.offset;
  }
  return 0;
}
