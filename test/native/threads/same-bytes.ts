// Archives of one source made with any number of threads, in time and late, and compared frame by frame.
import { afterAll, expect } from "vitest";
import { type CreateOptions, createArchive } from "../../../src/archive/create.js";
import type { Engine } from "../../../src/archive/engine.js";
import { toHex } from "../../../src/bytes/hex.js";
import { MemorySink } from "../../../src/connectors/memory/sink.js";
import { frameTypeName } from "../../../src/format/frame.js";
import { createThreads } from "../../../src/native/threads/threads.js";
import type { Source } from "../../../src/tree/source.js";
import { native } from "../../archive/engines.js";
import { framesOf } from "../../archive/rehashing.js";
import { author } from "../../container/build.js";
import { delayed, workerEntry } from "./threaded.js";

/** Engines with 1, 2 and 4 threads, which last for all tests of a file because starting them takes longest. */
export function enginesWithThreads(): readonly (readonly [name: string, engine: Engine])[] {
  const engines = [1, 2, 4].map((count): Engine => ({ ...native, threads: createThreads({ count, encoders: "native", entry: workerEntry }) }));
  afterAll(() => {
    for (const { threads } of engines) threads?.close();
  });
  const [one, two, four] = engines as [Engine, Engine, Engine];
  return [
    ["1 thread", one],
    ["2 threads", two],
    ["2 threads that are late", delayed(two, 1)],
    ["4 threads that are late", delayed(four, 2)],
  ];
}

/** Type, length and digest of each frame of an archive of `source`, so that a difference shows where it is. */
export async function framesMade(source: Source, engine: Engine, options: Partial<CreateOptions> = {}): Promise<readonly string[]> {
  const sink = new MemorySink();
  await createArchive({ source, sink, engine, signers: [author], ...(options.seal === undefined ? { reproducible: {} } : {}), ...options });
  return framesOf(sink.bytes()).map(({ type, payload }) => `${frameTypeName(type)} ${payload.length} ${toHex(native.crypto.sha256(payload))}`);
}

/** Makes an archive without threads and with each of `engines`: all have the same bytes. */
export async function expectSame(
  engines: ReturnType<typeof enginesWithThreads>,
  make: (engine: Engine) => Promise<readonly string[]>,
): Promise<void> {
  const expected = await make(native);
  for (const [name, engine] of engines) expect(await make(engine), name).toEqual(expected);
}
