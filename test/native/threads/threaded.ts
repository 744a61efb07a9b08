// Engines with threads, and lanes that keep people waiting.
import { onTestFinished } from "vitest";
import type { Engine, Threads } from "../../../src/archive/engine.js";
import type { Lanes } from "../../../src/archive/lanes.js";
import { createThreads } from "../../../src/native/threads/threads.js";

/** What a thread runs: Node 20 runs no TypeScript. */
export const workerEntry = new URL("../../../dist/node-worker.js", import.meta.url);

/** Threads with encoders of Node, ended after the test. */
export function threadsOf(count: number, entry = workerEntry): Threads {
  const threads = createThreads({ count, encoders: "native", entry });
  onTestFinished(() => threads.close());
  return threads;
}

/** `engine` whose lanes give everything some milliseconds later than they had it, never twice the same. */
export function delayed(engine: Engine, seed: number): Engine {
  const { threads } = engine;
  if (threads === undefined) throw new TypeError("an engine without threads");
  const later = delays(seed);
  return { ...engine, threads: { ...threads, lanes: (plan, local) => slowLanes(threads.lanes(plan, local), later) } };
}

type Later = <T>(promise: Promise<T>) => Promise<T>;

function slowLanes(lanes: Lanes, later: Later): Lanes {
  return {
    depth: lanes.depth,
    digest: (batch) => later(lanes.digest(batch)),
    pack: (...wanted) => {
      const { blocks, rest } = lanes.pack(...wanted);
      return { blocks: blocks.map(later), rest };
    },
    packObjects: (objects) => later(lanes.packObjects(objects)),
    close: () => lanes.close(),
  };
}

function delays(seed: number): Later {
  let state = seed;
  return async (promise) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const milliseconds = state % 40;
    const value = await promise;
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return value;
  };
}
