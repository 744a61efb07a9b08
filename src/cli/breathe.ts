// Lets Ctrl-C in: files are read by synchronous calls, during which no signal is delivered.
import { setImmediate } from "node:timers/promises";
import type { ByteReader } from "../container/bytes-io.js";
import type { EventRun, Source } from "../tree/source.js";

/** To be called often; now and then it is a promise that lets the event loop turn. @throws the reason of the signal */
export type Breathe = () => Promise<void> | undefined;

const intervalMilliseconds = 50;

/** One for a run; `signal` is the one that Ctrl-C aborts. */
export function createBreathe(signal: AbortSignal): Breathe {
  let last = performance.now();
  return () => {
    if (performance.now() - last < intervalMilliseconds) return undefined;
    return breatheNow(signal).finally(() => {
      last = performance.now();
    });
  };
}

/** Lets the event loop turn once. @throws the reason of the signal */
export async function breatheNow(signal: AbortSignal): Promise<void> {
  await setImmediate();
  signal.throwIfAborted();
}

/** `reader`, with breath before its reads. */
export function breathingReader(reader: ByteReader, breathe: Breathe): ByteReader {
  return {
    length: reader.length,
    async read(offset, length) {
      const breath = breathe();
      if (breath !== undefined) await breath;
      return reader.read(offset, length);
    },
  };
}

/** `source`, with breath in its walk and its contents: a tree of directories alone reads no file, a large file is one event. */
export function breathingSource(source: Source, breathe: Breathe): Source {
  return {
    sources: source.sources,
    captures: source.captures,
    ...(source.attributes === undefined ? {} : { attributes: source.attributes }),
    walk: (signal, recognize) => breathingWalk(source.walk(signal, recognize), breathe),
    open(content) {
      const reader = source.open(content);
      return {
        read(buffer) {
          const breath = breathe();
          return breath === undefined ? reader.read(buffer) : breath.then(() => reader.read(buffer));
        },
        ...(reader.noatime === undefined ? {} : { noatime: reader.noatime }),
        skip: (length) => reader.skip(length),
        close: () => reader.close(),
      };
    },
  };
}

async function* breathingWalk(runs: AsyncIterable<EventRun> | Iterable<EventRun>, breathe: Breathe): AsyncGenerator<EventRun> {
  for await (const events of runs) {
    const breath = breathe();
    if (breath !== undefined) await breath;
    yield events;
  }
}
