// A stream without end: its reading waits for the sink, and ends when the sink fails or on request.
import { describe, expect, it } from "vitest";
import { createArchive } from "../../src/archive/create.js";
import type { ByteSink } from "../../src/container/bytes-io.js";
import type { Source } from "../../src/tree/source.js";
import { threadsOf } from "../native/threads/threaded.js";
import { native, noise } from "./engines.js";

const mebi = 1 << 20;

/** Ends the tests of a writer that reads on: as good as no end. */
const farBehind = 300 * mebi;

/** One file that does not end while the tests look, and never repeats itself. */
function endless(watch: { read: number }): Source {
  const content = {
    kind: "stream",
    size: undefined,
    open: () => ({
      read(buffer: Uint8Array) {
        const count = watch.read > farBehind ? 0 : Math.min(buffer.length, mebi);
        buffer.set(noise(count, watch.read + 1));
        watch.read += count;
        return count;
      },
      skip: () => 0,
      close: () => undefined,
    }),
  } as const;
  return {
    sources: [{ kind: "stream", label: "x" }],
    captures: ["name", "type", "content"],
    *walk() {
      yield [{ kind: "entry", name: Buffer.from("x"), item: { type: "file" }, content }] as const;
    },
    open: () => {
      throw new Error("there are no paths");
    },
  };
}

describe.each([0, 2])("with %i threads, a stream without end", (count) => {
  const engine = () => (count === 0 ? native : { ...native, threads: threadsOf(count) });
  const create = (watch: { read: number }, sink: ByteSink, signal?: AbortSignal) =>
    createArchive({ source: endless(watch), sink, engine: engine(), signers: [], codec: "store", ...(signal && { signal }) });

  it("is read no further than a few segments ahead of its sink, and not at all when that fails", async () => {
    const watch = { read: 0 };
    let written = 0;
    let furthest = 0;
    const sink = {
      async write(bytes: Uint8Array) {
        furthest = Math.max(furthest, watch.read - written);
        // as slow as a disk that others use
        await new Promise((resolve) => setTimeout(resolve, 2));
        if (written > 24 * mebi) throw new Error("the disk is full");
        written += bytes.length;
      },
    };
    await expect(create(watch, sink)).rejects.toThrow("the disk is full");
    expect(furthest).toBeLessThan(10 * mebi);
    expect(watch.read).toBeLessThan(written + 10 * mebi);
  });

  it("ends on request", async () => {
    const stop = new AbortController();
    let written = 0;
    const sink = {
      async write(bytes: Uint8Array) {
        written += bytes.length;
        if (written > 8 * mebi) stop.abort(new Error("stop"));
      },
    };
    await expect(create({ read: 0 }, sink, stop.signal)).rejects.toThrow("stop");
  });
});
