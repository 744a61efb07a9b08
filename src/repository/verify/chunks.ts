// Chunks that snapshots need: each read once, in the order in which they are stored. spec/15-repository.md#index
import { ObjectTable } from "../../block/object-table.js";
import type { OpenedBlock } from "../../block/unpack.js";
import { toHex } from "../../bytes/hex.js";
import { PtarError } from "../../errors/ptar-error.js";
import { kinds } from "../../format/object.js";
import type { StoredChunk } from "../../tree/check-tree.js";
import type { PackedArchive } from "../files/archives.js";
import { fileOf } from "../files/finding.js";
import { openPacked } from "../packs/objects.js";
import type { Repository } from "../repository.js";
import { openBlocks, type ReadOptions } from "./opened-blocks.js";

/** Chunks that are to be verified: about 65 bytes each, whatever their length. */
export class NeededChunks {
  readonly #repository: Pick<Repository, "archives" | "index">;
  readonly #table = new ObjectTable();
  /** Of the chunk of each row; 0: no sound copy was found so far. */
  #lengths = new Uint32Array(1 << 12);
  #found = 0;
  /** Why a block could not be read, by archive and frame. */
  readonly #failures = new Map<string, PtarError>();
  readonly #tried = new Set<string>();

  constructor(repository: Pick<Repository, "archives" | "index">) {
    this.#repository = repository;
  }

  /** Chunks of which no sound copy was found. */
  get missing(): number {
    return this.#table.size - this.#found;
  }

  /** Blocks that could not be read, in whichever archive they are. */
  get failures(): Iterable<PtarError> {
    return this.#failures.values();
  }

  add(id: Uint8Array): void {
    const row = this.#table.add("chunk", id);
    if (row < this.#lengths.length) return;
    const grown = new Uint32Array(2 * this.#lengths.length);
    grown.set(this.#lengths);
    this.#lengths = grown;
  }

  /** Decodes the blocks that have what was added and recomputes its ids; of a block that is damaged another copy is read. @throws PTAR_IO_*, and the reason of `signal` */
  async read(options: ReadOptions): Promise<void> {
    for (let plan = this.#plan(); plan.size > 0; plan = this.#plan()) {
      for (const [number, frames] of plan)
        await this.#readArchive(
          number,
          [...frames].sort((a, b) => a - b),
          options,
        );
    }
  }

  /**
   * The chunk that was read.
   * @throws PTAR_OBJECT_MISSING when it is nowhere, or why it could not be read
   */
  chunk(id: Uint8Array): StoredChunk {
    const row = this.#table.find("chunk", id);
    const length = row < 0 ? 0 : (this.#lengths[row] as number);
    if (length > 0) return { length };
    for (const { archive, frame } of this.#repository.index.places("chunk", id)) {
      const failure = this.#failures.get(nameOf(archive, frame));
      if (failure !== undefined) throw failure;
    }
    throw chunkMissing(id);
  }

  /** Frames to read of each archive, by its number: of each chunk that was not found a place where it was not looked for. */
  #plan(): ReadonlyMap<number, ReadonlySet<number>> {
    const plan = new Map<number, Set<number>>();
    if (this.missing === 0) return plan;
    for (let row = 0; row < this.#table.size; row++) {
      if (this.#lengths[row] !== 0) continue;
      const places = this.#repository.index.places("chunk", this.#table.row(row).id);
      const place = places.find(({ archive, frame }) => !this.#tried.has(nameOf(archive, frame)));
      if (place === undefined) continue;
      const frames = plan.get(place.archive) ?? new Set();
      frames.add(place.frame);
      plan.set(place.archive, frames);
    }
    return plan;
  }

  async #readArchive(number: number, frames: readonly number[], options: ReadOptions): Promise<void> {
    const { archives, index } = this.#repository;
    for (const frame of frames) this.#tried.add(nameOf(number, frame));
    const fail = (frame: number, error: unknown) => this.#failures.set(nameOf(number, frame), damageOf(error));
    try {
      const opened = await openPacked(archives, index.archive(number));
      try {
        const onFailed = (frame: number, error: unknown) => fail(frame, inFile(index.archive(number), error));
        await openBlocks(opened.container, { ...options, engine: archives.engine, frames, onOpened: (block) => this.#take(block), onFailed });
      } finally {
        await opened.close();
      }
    } catch (error) {
      for (const frame of frames) fail(frame, error);
    }
  }

  #take({ kinds: found, lengths, ids }: OpenedBlock): void {
    for (let ordinal = 0; ordinal < found.length; ordinal++) {
      if (found[ordinal] !== kinds.chunk) continue;
      const row = this.#table.find("chunk", ids.subarray(32 * ordinal, 32 * ordinal + 32));
      if (row < 0 || this.#lengths[row] !== 0) continue;
      this.#lengths[row] = lengths[ordinal] as number;
      this.#found++;
    }
  }
}

/** The failure, when it says that an archive is damaged or gone. @throws any other */
function damageOf(error: unknown): PtarError {
  if (error instanceof PtarError && error.exitCode === 4) return error;
  throw error;
}

function nameOf(archive: number, frame: number): string {
  return `${archive}/${frame}`;
}

/** The same failure, of the file that has it. */
function inFile({ place, name }: PackedArchive, error: unknown): unknown {
  if (!(error instanceof PtarError)) return error;
  const { code, message, hint, details } = error;
  return new PtarError(code, `${fileOf(place, name)}: ${message}`, { details, cause: error, ...(hint !== undefined && { hint }) });
}

/** The failure of a chunk that is nowhere. */
export function chunkMissing(id: Uint8Array): PtarError {
  return new PtarError("PTAR_OBJECT_MISSING", `object: chunk ${toHex(id)} is in no pack`, {
    hint: "`ptar repo check` lists what is affected",
    details: { kind: "chunk", id: toHex(id) },
  });
}
