// Threads for an engine of Node.
import type { Threads } from "../../archive/engine.js";
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

/** Worker threads, started when there is work for them. */
export function createThreads({ count, encoders, entry, worthBytes = usuallyWorth }: ThreadsOptions): Threads {
  const pool = new Pool({ count, encoders, entry });
  let runs = 0;
  return {
    count,
    worthBytes,
    lanes: (plan, { engine, open }) => new WorkerLanes(pool, runs++, { plan, engine, open }),
    openBlock: (payload, { frame, holds, limits }, want) => {
      // the payload may be a view of bytes that belong to somebody else; not slice(): of a Buffer that is a view
      const own = new Uint8Array(payload);
      const needs = { payload: own, frame, holds, limits: limits === formatLimits ? undefined : limits, want };
      return pool.run("openBlock", needs, { transfer: [own.buffer] });
    },
    close: () => pool.close(),
  };
}
