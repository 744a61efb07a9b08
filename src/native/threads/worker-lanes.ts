// Lanes in worker threads over shared buffers. spec/03-block.md#cutting-blocks
import { BatchReader, batchCapacity, type DigestedBatch } from "../../archive/batch-reader.js";
import { chunkRuns, packObjects, packRun } from "../../archive/chunk-packing.js";
import type { Engine } from "../../archive/engine.js";
import type { Batch, LanePlan, Lanes, OpenContent, Packed, PackedBlock, Piece, PieceResult } from "../../archive/lanes.js";
import type { BlockObject } from "../../block/pack.js";
import { digestOf, pieceColumns } from "./columns.js";
import type { Pool } from "./pool.js";
import { SharedBuffers } from "./shared-buffers.js";

/** Where a file is read from its first piece to its last. */
type Reader = number | "here";

interface Digested {
  readonly buffer: number;
  readonly chunks: readonly Uint8Array[];
}

/** Batches for each thread: one in work, one that waits, and one that is being packed. */
const batchesPerThread = 3;
/** What comes first is read, and packed, here up to this many bytes: starting threads costs as much. */
const fewBytes = 1 << 20;

/**
 * Each batch is read, cut and hashed by one thread; its blocks may be packed by another, because all see the same buffers. A file is read by one
 * thread from its first piece to its last, for the digest of the whole.
 */
export class WorkerLanes implements Lanes {
  readonly depth: number;
  readonly #pool: Pool;
  readonly #run: number;
  readonly #plan: LanePlan;
  readonly #engine: Engine;
  readonly #reader: BatchReader;
  readonly #buffers: SharedBuffers;
  readonly #digested = new Map<number, Digested>();
  /** The buffer of chunks that wait for others to fill a sealed block. */
  #waiting: number | undefined;
  /** Of files that go on. */
  readonly #readers = new Map<number, Reader>();
  #started = false;
  /** Bytes that were packed before threads were started. */
  #packed = 0;

  constructor(pool: Pool, run: number, work: { readonly plan: LanePlan; readonly engine: Engine; readonly open: OpenContent }) {
    this.depth = batchesPerThread * pool.count;
    this.#pool = pool;
    this.#run = run;
    this.#plan = work.plan;
    this.#engine = work.engine;
    this.#reader = new BatchReader(work.engine, work.plan, work.open);
    // beside the batches under way: a file that is read on while they wait, and chunks that wait for others
    const count = this.depth + (work.plan.fill === undefined ? 1 : 2);
    this.#buffers = new SharedBuffers(count, batchCapacity(work.plan.chunker));
  }

  async digest(batch: Batch): Promise<readonly PieceResult[]> {
    const reader = this.#readerOf(batch);
    // only the last piece can be one of a file that goes on
    const last = batch.pieces.at(-1);
    if (last !== undefined) this.#readers.set(last.file, reader);
    // those of a long stream come faster than its blocks are packed
    const buffer = await this.#buffers.take();
    const { results, chunks } = await this.#read(batch, reader, buffer);
    for (const [i, { end }] of results.entries()) {
      const { file } = batch.pieces[i] as Piece;
      if (end === undefined) this.#readers.set(file, reader);
      else this.#readers.delete(file);
    }
    this.#digested.set(batch.number, { buffer, chunks });
    return results;
  }

  pack(batch: number, wanted: readonly boolean[], before: readonly Uint8Array[]): Packed {
    const digested = this.#digested.get(batch);
    if (digested === undefined) throw new TypeError(`batch ${batch} was not digested here`);
    this.#digested.delete(batch);
    const { buffer, chunks } = digested;
    const { runs, rest } = chunkRuns([...before, ...chunks.filter((_, i) => wanted[i])], this.#plan);
    const blocks = runs.map((run) => this.#packShared(run));
    // what waits stays in its buffer, and is copied only when it waits again: one buffer is held, however little the batches give
    const left = rest.map((bytes) => (this.#buffers.numberOf(bytes) === buffer ? bytes : bytes.slice()));
    if (this.#waiting !== undefined) this.#buffers.release(this.#waiting);
    this.#waiting = left.some((bytes) => this.#buffers.numberOf(bytes) === buffer) ? buffer : undefined;
    if (this.#waiting === undefined) this.#buffers.release(buffer);
    return { blocks, rest: left };
  }

  async packObjects(objects: readonly BlockObject[]): Promise<PackedBlock> {
    if (this.#isLittle(objects.map(({ bytes }) => bytes))) return packObjects(objects, this.#engine, this.#plan);
    this.#start();
    return this.#pool.run("packObjects", { run: this.#run, objects });
  }

  close(): void {
    this.#buffers.fail(new Error("the lanes were closed"));
    this.#reader.close();
    if (this.#started) this.#pool.tellAll("close", { run: this.#run });
  }

  #readerOf({ number, pieces }: Batch): Reader {
    const [first] = pieces;
    const known = first?.part === "next" ? this.#readers.get(first.file) : undefined;
    if (known !== undefined) return known;
    if (pieces.some(({ content }) => content.kind === "stream")) return "here";
    const isSmall = pieces.reduce((sum, { content }) => sum + (content.size ?? 0), 0) < fewBytes;
    return number === 0 && isSmall ? "here" : this.#pool.idlest;
  }

  async #read(batch: Batch, reader: Reader, buffer: number): Promise<DigestedBatch> {
    const bytes = this.#buffers.all[buffer] as Uint8Array;
    if (reader === "here") return this.#reader.digest(batch, bytes);
    this.#start();
    const pieces = pieceColumns(batch.pieces);
    return digestOf(await this.#pool.run("digest", { run: this.#run, buffer, batch: batch.number, pieces }, { thread: reader }), bytes);
  }

  /** Packs a run, whose buffers stay as they are until it is done. */
  #packShared(run: readonly Uint8Array[]): Promise<PackedBlock> {
    const numbers = run.map((bytes) => this.#buffers.numberOf(bytes));
    const used = [...new Set(numbers)].filter((number) => number !== undefined);
    for (const number of used) this.#buffers.share(number);
    const block = this.#pack(run, numbers);
    const done = () => {
      for (const number of used) this.#buffers.release(number);
    };
    block.then(done, done);
    return block;
  }

  async #pack(run: readonly Uint8Array[], numbers: readonly (number | undefined)[]): Promise<PackedBlock> {
    if (this.#isLittle(run)) return packRun(run, this.#engine, this.#plan);
    this.#start();
    return this.#pool.run("pack", {
      run: this.#run,
      apart: run.filter((_, i) => numbers[i] === undefined),
      buffers: Int32Array.from(numbers, (number) => number ?? -1),
      offsets: Uint32Array.from(run, ({ byteOffset }) => byteOffset),
      lengths: Uint32Array.from(run, ({ length }) => length),
    });
  }

  /** Whether all so far is too little for threads. */
  #isLittle(parts: readonly Uint8Array[]): boolean {
    if (this.#started) return false;
    this.#packed += parts.reduce((sum, { length }) => sum + length, 0);
    return this.#packed < fewBytes;
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    const buffers = this.#buffers.all.map(({ buffer }) => buffer as SharedArrayBuffer);
    this.#pool.tellAll("open", { run: this.#run, plan: this.#plan, buffers });
  }
}
