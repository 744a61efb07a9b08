// Threads for an engine of Node.
import type { Threads } from "../../archive/engine.js";
import { frameOverhead } from "../../format/frame.js";
import { limits as formatLimits } from "../../format/limits.js";
import { Pool } from "./pool.js";
import type { Encoders } from "./tasks.js";
import { WorkerLanes } from "./worker-lanes.js";

/** How many threads, and what they run. */
export interface ThreadsOptions {
  /** At least 1. */
  readonly count: number;
  readonly encoders: Encoders;
  /** URL of the module node-worker.js of this package. */
  readonly entry: URL;
  /** Default 8 MiB. See {@link Threads.worthBytes}. */
  readonly worthBytes?: number;
}

const usuallyWorth = 8 << 20;

/** The payload in memory that a thread may be given: its own where it was read with its frame and nothing else, otherwise a copy. */
function movable(payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = payload;
  // a longer buffer holds what belongs to somebody else; not slice(): of a Buffer that is a view
  return buffer instanceof ArrayBuffer && buffer.byteLength <= byteLength + frameOverhead
    ? (payload as Uint8Array<ArrayBuffer>)
    : new Uint8Array(payload);
}

/** Worker threads, started when there is work for them. */
export function createThreads({ count, encoders, entry, worthBytes = usuallyWorth }: ThreadsOptions): Threads {
  const pool = new Pool({ count, encoders, entry });
  let runs = 0;
  return {
    count,
    worthBytes,
    lanes: (plan, { engine, open }) => new WorkerLanes(pool, runs++, { plan, engine, open }),
    openBlock: (payload, { frame, holds, limits }, want) => {
      const own = movable(payload);
      const needs = { payload: own, frame, holds, limits: limits === formatLimits ? undefined : limits, want };
      return pool.run("openBlock", needs, { transfer: [own.buffer] });
    },
    close: () => pool.close(),
  };
}
