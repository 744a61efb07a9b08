// The same bytes whatever the number of lanes and their timing: streams, which this thread reads. spec/03-block.md#cutting-blocks
import { describe, it } from "vitest";
import { MemorySource } from "../../src/connectors/memory/source.js";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import type { ContentReader, EventRun, Source, SourceEvent } from "../../src/tree/source.js";
import { laneFolder } from "../native/threads/lane-folder.js";
import { enginesWithThreads, expectSame, framesMade } from "../native/threads/same-bytes.js";
import { native, noise, rereading } from "./engines.js";

const mebi = 1 << 20;
const engines = enginesWithThreads();

describe("an archive of streams has the same bytes whatever the number of lanes and their timing", () => {
  const long = noise(9 * mebi + 5);
  const streams: MemoryTree = { a: long, b: "text ".repeat(1000), c: long.subarray(3 * mebi), d: "", e: long.subarray(0, 4 * mebi) };
  const source = () => rereading(new MemorySource(streams), hesitant);

  it("of known length", async () => {
    await expectSame(engines, (engine) => framesMade(engine === native ? new MemorySource(streams) : source(), engine));
  });

  it("of unknown length", async () => {
    await expectSame(engines, (engine) => framesMade(withoutSizes(source()), engine));
  });

  it("among files", async () => {
    const files = laneFolder();
    await expectSame(engines, (engine) => framesMade(mixed(files(), source()), engine));
  });
});

/** Contents that come late, a part at a time. */
function hesitant(reader: ContentReader): ContentReader {
  return {
    async read(buffer) {
      await new Promise(setImmediate);
      return reader.read(buffer.subarray(0, mebi));
    },
    skip: (length) => reader.skip(length),
    close: () => reader.close(),
  };
}

function withoutSizes(source: Source): Source {
  return {
    ...source,
    sources: source.sources,
    captures: source.captures,
    open: (content) => source.open(content),
    walk: (signal) => unsizedEvents(source.walk(signal)),
  };
}

async function* unsizedEvents(walk: ReturnType<Source["walk"]>): AsyncGenerator<EventRun> {
  for await (const events of walk) yield events.map(unsized);
}

function unsized(event: SourceEvent): SourceEvent {
  if (event.kind !== "entry" || event.content?.kind !== "stream") return event;
  return { ...event, content: { ...event.content, size: undefined } };
}

/** Streams and files in turns. */
function mixed(files: Source, streams: Source): Source {
  return { ...files, walk: () => mixedEvents(files, streams) };
}

async function* mixedEvents(files: Source, streams: Source): AsyncGenerator<EventRun> {
  const [entries, others] = await Promise.all([fileEvents(files), fileEvents(streams)]);
  let name = 0;
  for (const [i, event] of entries.entries()) {
    for (const each of [event, others[i]]) {
      // a group has its first name where it was
      if (each !== undefined) yield [{ ...each, name: Buffer.from(String(1000 + name++)) }];
    }
  }
}

async function fileEvents(source: Source) {
  const entries: Extract<SourceEvent, { readonly kind: "entry" }>[] = [];
  for await (const run of source.walk()) for (const event of run) if (event.kind === "entry" && event.content !== undefined) entries.push(event);
  return entries;
}
