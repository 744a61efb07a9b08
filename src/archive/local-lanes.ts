// The work of lanes, done in this thread. spec/03-block.md#cutting-blocks
import type { BlockObject } from "../block/pack.js";
import { BatchReader, batchCapacity } from "./batch-reader.js";
import { chunkRuns, packObjects, packRun } from "./chunk-packing.js";
import type { Engine } from "./engine.js";
import type { Batch, LanePlan, Lanes, OpenContent, Packed, PackedBlock, PieceResult } from "./lanes.js";

/** One lane in this thread: one batch after the other, in one buffer. */
export class LocalLanes implements Lanes {
  readonly depth = 1;
  readonly #engine: Engine;
  readonly #plan: LanePlan;
  readonly #reader: BatchReader;
  #buffer: Uint8Array | undefined;
  #digested: { readonly number: number; readonly chunks: readonly Uint8Array[] } | undefined;

  constructor(engine: Engine, plan: LanePlan, open: OpenContent) {
    this.#engine = engine;
    this.#plan = plan;
    this.#reader = new BatchReader(engine, plan, open);
  }

  async digest(batch: Batch): Promise<readonly PieceResult[]> {
    if (this.#digested !== undefined) throw new TypeError(`batch ${this.#digested.number} was not packed yet`);
    this.#buffer ??= new Uint8Array(batchCapacity(this.#plan.chunker));
    const { results, chunks } = await this.#reader.digest(batch, this.#buffer);
    this.#digested = { number: batch.number, chunks };
    return results;
  }

  pack(batch: number, wanted: readonly boolean[], before: readonly Uint8Array[]): Packed {
    const digested = this.#digested;
    if (digested?.number !== batch) throw new TypeError(`batch ${batch} was not digested here`);
    this.#digested = undefined;
    const { runs, rest } = chunkRuns([...before, ...digested.chunks.filter((_, i) => wanted[i])], this.#plan);
    const blocks = runs.map((run) => Promise.resolve(packRun(run, this.#engine, this.#plan)));
    // the next batch is read into the same buffer
    return { blocks, rest: rest.map((bytes) => bytes.slice()) };
  }

  async packObjects(objects: readonly BlockObject[]): Promise<PackedBlock> {
    return packObjects(objects, this.#engine, this.#plan);
  }

  close(): void {
    this.#reader.close();
  }
}

/** Lanes of the engine's threads, or of this one. */
export function lanesOf(engine: Engine, plan: LanePlan, open: OpenContent): Lanes {
  return engine.threads?.lanes(plan, { engine, open }) ?? new LocalLanes(engine, plan, open);
}
