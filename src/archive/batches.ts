// Collects the events of a walk into batches. spec/03-block.md#cutting-blocks
import type { EventRun, SourceEvent } from "../tree/source.js";
import type { Piece } from "./lanes.js";

/** An event of the walk; for contents that are read, the number of the file. */
export interface PlannedEvent {
  readonly event: SourceEvent;
  readonly file: number | undefined;
}

/** Events in order, and the contents to read for them. An event stands in the batch of its file's last piece. */
export interface EventBatch {
  readonly number: number;
  readonly events: readonly PlannedEvent[];
  readonly pieces: readonly Piece[];
}

/** Most bytes of contents in one batch, as far as their sizes are known. */
export const batchBytes = 4 << 20;
/** Most events of one batch. */
export const batchEvents = 4096;
/** A file is read in segments of this length, each in a batch of its own but the last; contents of unknown size go on as long as they last. */
export const segmentBytes = batchBytes;

/** Batches of a walk. Batch rules are part of the output, so they depend on sizes and order alone. */
export async function* collectBatches(walk: AsyncIterable<EventRun> | Iterable<EventRun>): AsyncGenerator<EventBatch> {
  const collector = new Collector();
  for await (const events of walk) {
    for (const event of events) {
      if (!collector.takeShort(event)) yield* collector.take(event);
    }
    yield* collector.flushSame();
  }
  yield* collector.flush();
}

class Collector {
  #batch = 0;
  #files = 0;
  #bytes = 0;
  /** Length of what the events hold beside ordinary facts. */
  #factBytes = 0;
  #events: PlannedEvent[] = [];
  /** Those among them of which everything is as it was. */
  #same = 0;
  #pieces: Piece[] = [];
  readonly #groups = new Set<string>();

  /** Takes an event that begins no batch and ends none, as most do in a tree that did not change; a generator for each would cost more. */
  takeShort(event: SourceEvent): boolean {
    if (!("same" in event) || this.#events.length + 1 >= batchEvents) return false;
    this.#events.push({ event, file: undefined });
    this.#same++;
    return true;
  }

  *take(event: SourceEvent): Generator<EventBatch> {
    const file = this.#wants(event) ? this.#files++ : undefined;
    if (file !== undefined && event.kind === "entry" && event.content !== undefined) {
      const { content } = event;
      // the last segment reads to the end, wherever that turns out to be
      let left = content.size ?? segmentBytes;
      let part: Piece["part"] = "first";
      for (; left > segmentBytes; left -= segmentBytes) {
        yield* this.#add({ file, part, content, limit: segmentBytes }, segmentBytes);
        part = "next";
      }
      // one byte more than is expected, so that the end is seen
      yield* this.#add({ file, part, content, limit: segmentBytes + 1 }, left);
    }
    this.#events.push({ event, file });
    this.#factBytes += factBytes(event);
    if (this.#full) yield* this.flush();
  }

  *flush(): Generator<EventBatch> {
    if (this.#events.length === 0 && this.#pieces.length === 0) return;
    yield { number: this.#batch++, events: this.#events, pieces: this.#pieces };
    this.#events = [];
    this.#pieces = [];
    this.#bytes = 0;
    this.#factBytes = 0;
    this.#same = 0;
  }

  /** What is the same waits for no contents. Events that are kept for long cost more than batches. */
  *flushSame(): Generator<EventBatch> {
    if (this.#same > 0 && this.#pieces.length === 0) yield* this.flush();
  }

  /** Only the first of several hard links is read. */
  #wants(event: SourceEvent): boolean {
    if (event.kind !== "entry" || event.content === undefined || event.known !== undefined || event.same !== undefined) return false;
    if (event.group === undefined) return true;
    if (this.#groups.has(event.group)) return false;
    this.#groups.add(event.group);
    return true;
  }

  /** A piece that would make the batch too long starts the next one. So does a stream behind paths or a path behind streams: threads open paths alone. */
  *#add(piece: Piece, bytes: number): Generator<EventBatch> {
    const last = this.#pieces.at(-1);
    if (this.#bytes + bytes > batchBytes || (last !== undefined && last.content.kind !== piece.content.kind)) yield* this.flush();
    this.#pieces.push(piece);
    this.#bytes += bytes;
  }

  get #full(): boolean {
    return this.#factBytes >= batchBytes || this.#events.length >= batchEvents;
  }
}

function factBytes(event: SourceEvent): number {
  if (event.kind !== "enter" && event.kind !== "entry") return 0;
  return (event.item.xattrs ?? []).reduce((sum, { value }) => sum + value.length, 0);
}
