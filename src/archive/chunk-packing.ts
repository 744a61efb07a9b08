// Cuts the new chunks of a batch into blocks, and packs them. spec/03-block.md#cutting-blocks
import { type BlockObject, cutBlocks, fillBlocks, isStored, packBlock } from "../block/pack.js";
import type { Engine } from "./engine.js";
import type { LanePlan, PackedBlock } from "./lanes.js";

/** Runs for one block each, and what does not fill a sealed one: views of what was given. */
export interface ChunkRuns {
  readonly runs: readonly (readonly Uint8Array[])[];
  readonly rest: readonly Uint8Array[];
}

/** Cuts `chunks` by their lengths alone. */
export function chunkRuns(chunks: readonly Uint8Array[], { fill }: LanePlan): ChunkRuns {
  if (fill === undefined) return { runs: cutBlocks(chunks), rest: [] };
  const { full, rest } = fillBlocks(chunks, fill);
  return { runs: full, rest };
}

/** Packs one run. */
export function packRun(run: readonly Uint8Array[], engine: Engine, { pack, fill }: LanePlan): PackedBlock {
  const payload = packBlock(
    run.map((bytes) => ({ kind: "chunk", bytes })),
    engine.codecs,
    pack,
  );
  // what is stored as it is would show the sum of its chunks: all such blocks have one length. spec/14-encryption.md#padding
  const padded = fill !== undefined && isStored(payload) && payload.length <= fill - 4;
  return { payload, objects: run.length, ...(padded ? { padTo: fill } : {}) };
}

/** Packs structured objects, or the last chunks of a sealed archive. */
export function packObjects(objects: readonly BlockObject[], { codecs }: Pick<Engine, "codecs">, { pack }: Pick<LanePlan, "pack">): PackedBlock {
  return { payload: packBlock(objects, codecs, pack), objects: objects.length };
}
