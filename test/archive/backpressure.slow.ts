// A slow sink holds the reading back, a broken one ends it, and so does a signal: with any number of threads.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { batchBytes } from "../../src/archive/batches.js";
import { createArchive } from "../../src/archive/create.js";
import type { Engine, Threads } from "../../src/archive/engine.js";
import type { Lanes } from "../../src/archive/lanes.js";
import { LocalLanes } from "../../src/archive/local-lanes.js";
import { profiles } from "../../src/chunking/gear.js";
import { MemorySource } from "../../src/connectors/memory/source.js";
import { filesSource } from "../../src/connectors/node/source/files-source.js";
import type { ByteSink } from "../../src/container/bytes-io.js";
import type { ContentReader, Source, SourceEvent } from "../../src/tree/source.js";
import { author } from "../container/build.js";
import { threadsOf } from "../native/threads/threaded.js";
import { native, noise, rereading } from "./engines.js";

const mebi = 1 << 20;
/** A chunk that goes on in the next segment stays with its file; headers and pages come on top. */
const carried = profiles.default.max + 65536;

/** Contents of which no two chunks are equal. */
function contentsOf(count: number): Record<string, Uint8Array> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${10 + i}`, noise(3 * mebi + 7 * i, i + 1)]));
}

/** The same as files on disk, which threads read by themselves. */
function newFiles(count: number): Source {
  const folder = mkdtempSync(join(tmpdir(), "ptar-backpressure-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, bytes] of Object.entries(contentsOf(count))) writeFileSync(join(folder, name), bytes);
  return filesSource(["."], { cwd: folder, facts: "listing" });
}

/** What a run did so far. */
class Watch {
  /** Bytes whose reading was asked for. */
  asked = 0;
  written = 0;
  furthest = 0;
  open = 0;
  closings = 0;
  depth = 0;

  ask(bytes: number): void {
    this.asked += bytes;
    this.furthest = Math.max(this.furthest, this.asked - this.written);
  }

  /** The lanes of `count` threads, or of this one, watched. */
  engine(count: number): Engine {
    const threads = count === 0 ? undefined : threadsOf(count);
    const lanes: Threads["lanes"] = (plan, local) => this.#watched(threads?.lanes(plan, local) ?? new LocalLanes(native, plan, local.open));
    const none: Omit<Threads, "lanes"> = {
      count: 0,
      worthBytes: 0,
      openBlock: () => Promise.reject(new Error("nothing is read")),
      close: () => undefined,
    };
    return { ...native, threads: { ...(threads ?? none), lanes } };
  }

  /** Streams that count who reads them. */
  streams(count: number): Source {
    return rereading(new MemorySource(contentsOf(count)), (reader) => {
      this.open++;
      return {
        read: async (buffer) => {
          // others have their turn between two reads, as with a pipe
          await new Promise(setImmediate);
          return reader.read(buffer.subarray(0, mebi));
        },
        skip: (length) => reader.skip(length),
        close: () => {
          this.open--;
          return reader.close();
        },
      };
    });
  }

  /** One stream of unknown length, whose bytes are never the same; it ends before it could fill the memory of a run that does not stop. */
  endless(): Source {
    const bytes = noise(mebi);
    const words = new Uint32Array(bytes.buffer);
    let turn = 0;
    const open = (): ContentReader => {
      this.open++;
      return {
        read: async (buffer) => {
          await new Promise(setImmediate);
          if (this.asked > 300 * mebi) return 0;
          for (let i = 0; i < words.length; i += 64) words[i] = ++turn;
          buffer.set(bytes.subarray(0, buffer.length));
          return Math.min(buffer.length, bytes.length);
        },
        skip: () => 0,
        close: () => {
          this.open--;
          return undefined;
        },
      };
    };
    const event: SourceEvent = { kind: "entry", name: Buffer.from("x"), item: { type: "file" }, content: { kind: "stream", size: undefined, open } };
    return {
      sources: [{ kind: "stream", label: "x" }],
      captures: ["name", "type", "content"],
      walk: () => [[event]],
      open: () => expect.unreachable(),
    };
  }

  /** Takes its time; `refuse` may throw when so many bytes were written. */
  sink(refuse: (written: number) => void = () => undefined): ByteSink {
    return {
      write: async (bytes) => {
        await new Promise((resolve) => setTimeout(resolve, 3));
        refuse(this.written);
        this.written += bytes.length;
      },
    };
  }

  #watched(lanes: Lanes): Lanes {
    this.depth = lanes.depth;
    return {
      depth: lanes.depth,
      digest: (batch) => {
        this.ask(batch.pieces.reduce((sum, { content, limit }) => sum + Math.min(content.size ?? limit, limit), 0));
        return lanes.digest(batch);
      },
      pack: (...wanted) => lanes.pack(...wanted),
      packObjects: (objects) => lanes.packObjects(objects),
      close: () => {
        this.closings++;
        lanes.close();
      },
    };
  }
}

describe.each([0, 2])("with %i threads", (count) => {
  it("streams are read no further ahead of a slow sink than the batches under way", async () => {
    const watch = new Watch();
    await createArchive({ source: watch.streams(12), sink: watch.sink(), engine: watch.engine(count), signers: [], codec: "store" });
    expect(watch.depth).toBe(Math.max(1, 3 * count));
    expect(watch.furthest).toBeGreaterThan(2 * mebi);
    expect(watch.furthest).toBeLessThanOrEqual(watch.depth * batchBytes + carried);
    expect(watch).toMatchObject({ open: 0, closings: 1 });
  });

  it("files are read no further ahead than that", async () => {
    const watch = new Watch();
    await createArchive({ source: newFiles(12), sink: watch.sink(), engine: watch.engine(count), signers: [], codec: "store" });
    expect(watch.asked).toBeGreaterThan(36 * mebi);
    expect(watch.furthest).toBeLessThanOrEqual(watch.depth * batchBytes + carried);
  });

  it("a stream without end is read no further ahead than twice that, until the sink fails", async () => {
    const watch = new Watch();
    const refuse = (written: number) => {
      if (written >= 60 * mebi) throw new Error("no space");
    };
    const run = createArchive({ source: watch.endless(), sink: watch.sink(refuse), engine: watch.engine(count), signers: [], codec: "store" });
    await expect(run).rejects.toThrow("no space");
    expect(watch.furthest).toBeLessThanOrEqual(2 * watch.depth * batchBytes + carried);
    await expect.poll(() => watch.open).toBe(0);
  });

  it("a stream without end is read until the signal", async () => {
    const watch = new Watch();
    const controller = new AbortController();
    const stop = (written: number) => {
      if (written >= 9 * mebi) controller.abort(new Error("enough"));
    };
    const { signal } = controller;
    const run = createArchive({ source: watch.endless(), sink: watch.sink(stop), engine: watch.engine(count), signers: [], codec: "store", signal });
    await expect(run).rejects.toThrow("enough");
    expect(watch.asked).toBeLessThanOrEqual(9 * mebi + 2 * watch.depth * batchBytes + carried);
    await expect.poll(() => watch.open).toBe(0);
  });

  it.each([0, 1000, 9 * mebi])("a sink that fails after %i bytes ends the run with its error", async (most) => {
    const watch = new Watch();
    const refuse = (written: number) => {
      if (written >= most) throw new Error(`no space behind ${most}`);
    };
    const run = createArchive({
      source: watch.streams(14),
      sink: watch.sink(refuse),
      engine: watch.engine(count),
      signers: [author],
      codec: "store",
    });
    await expect(run).rejects.toThrow(`no space behind ${most}`);
    await expect.poll(() => watch.open).toBe(0);
    // no lanes are made before the header was written
    expect(watch.closings).toBe(most === 0 ? 0 : 1);
    expect(watch.asked).toBeLessThanOrEqual(most + watch.depth * batchBytes + carried);
  });

  it.each([0, 5 * mebi])("a signal after %i bytes ends the run with its reason", async (most) => {
    const watch = new Watch();
    const controller = new AbortController();
    const stop = (written: number) => {
      if (written >= most) controller.abort(new Error("enough"));
    };
    const { signal } = controller;
    const run = createArchive({
      source: watch.streams(14),
      sink: watch.sink(stop),
      engine: watch.engine(count),
      signers: [author],
      codec: "store",
      signal,
    });
    await expect(run).rejects.toThrow(/enough|stopped on request/);
    await expect.poll(() => watch.open).toBe(0);
    expect(watch.asked).toBeLessThanOrEqual(most + watch.depth * batchBytes + carried);
  });
});
