// Copies objects from the blocks of an archive into a writer: whole blocks as they are, where all that is in them is needed. spec/03-block.md#cutting-blocks
import { type BlockObject, dataTarget, fillBlocks, isStored } from "../block/pack.js";
import type { OpenedBlock } from "../block/unpack.js";
import type { Container } from "../container/container.js";
import type { Frame } from "../container/frame-reader.js";
import { PtarError } from "../errors/ptar-error.js";
import { type Kind, kindName } from "../format/object.js";
import { type BlockOpener, blockOpenerOf } from "./block-opening.js";
import type { BlockWriter } from "./block-writer.js";
import type { Engine } from "./engine.js";
import type { LanePlan, Lanes, PackedBlock } from "./lanes.js";
import { lanesOf } from "./local-lanes.js";
import type { NeededObjects } from "./needed-objects.js";
import type { OnProgress } from "./progress.js";
import { Room, Sequence } from "./stages.js";

/** Where objects are copied to, and how. */
export interface CopyOptions {
  readonly engine: Engine;
  readonly writer: BlockWriter;
  readonly plan: LanePlan;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A block with the objects in it. */
interface Opened {
  readonly frame: Frame;
  readonly block: OpenedBlock;
}

/** One copy, from any number of archives. `end` is to be called when nothing more comes, `close` in any case. */
export class Copy {
  readonly #options: CopyOptions;
  readonly #lanes: Lanes;
  readonly #room: Room;
  readonly #appends: Sequence;
  /** Chunks that wait for others to fill a block. */
  #rest: Uint8Array[] = [];
  #restBytes = 0;
  /** Rows of chunks whose blocks are still to be appended. */
  readonly #rows: number[] = [];
  /** Bytes of blocks that were looked at, and that are still to be, as far as that is known. */
  #done = 0;
  #expected: number | undefined;

  constructor(options: CopyOptions) {
    this.#options = options;
    this.#lanes = lanesOf(options.engine, options.plan, () => {
      throw new TypeError("a copy opens no files");
    });
    this.#room = new Room(2 * this.#lanes.depth);
    this.#appends = new Sequence((error) => this.#room.fail(error));
  }

  /** Says how many bytes of blocks are still to be looked at. An estimate will do: it only shows how far the copy is. */
  expect(bytes: number): void {
    this.#expected = bytes;
  }

  /**
   * Takes from the blocks in `frames` of an archive what is needed, and notes it as taken.
   * @throws PTAR_BLOCK_*, PTAR_FRAME_*, PTAR_INDEX_INVALID for a frame that is no block, PTAR_IO_FAILED, PTAR_IO_NO_SPACE
   */
  async take(container: Container, frames: Iterable<number>, needed: NeededObjects): Promise<void> {
    const opener = blockOpenerOf(container, this.#options.engine);
    for await (const opened of openedBlocks(container, opener, frames)) {
      this.#options.signal?.throwIfAborted();
      await this.#block(opened, needed);
      this.#progress(opened.frame.payload.length);
    }
  }

  /** Writes what waits. @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE */
  async end(): Promise<void> {
    if (this.#rest.length > 0) await this.#packRest(this.#rest);
    this.#rest = [];
    for (const { objects, rows } of this.#options.writer.takeFull())
      await this.#append(this.#lanes.packObjects(objects), ({ payload }) => this.#options.writer.addMeta(payload, rows));
    await this.#appends.end;
    if (this.#expected === undefined) return;
    this.#expected = 0;
    this.#progress(0);
  }

  /** Waits for what is under way, whatever comes of it. Never throws. */
  async close(): Promise<void> {
    await this.#appends.end.catch(() => undefined);
    this.#lanes.close();
  }

  #progress(bytes: number): void {
    this.#done += bytes;
    if (this.#expected !== undefined) this.#expected = Math.max(0, this.#expected - bytes);
    const total = this.#expected === undefined ? {} : { totalBytes: this.#done + this.#expected };
    this.#options.onProgress?.({ phase: "pack", entries: 0, bytes: this.#done, errors: 0, ...total });
  }

  async #block({ frame, block }: Opened, needed: NeededObjects): Promise<void> {
    const { writer, plan } = this.#options;
    const objects = objectsIn(block);
    const wanted = objects.filter(({ kind, id }) => needed.take(kind, id));
    // the blocks of sealed archives have lengths of their own. spec/14-encryption.md#padding
    if (wanted.length < objects.length || plan.fill !== undefined) return this.#pieces(wanted);
    const rows = wanted.map(({ kind, id }) => claimed(writer, kind, id));
    const { payload } = frame;
    this.#appends.add(() => (wanted[0]?.kind === "chunk" ? writer.addBlock(payload, rows) : writer.addMeta(payload, rows)));
    // one block at a time is enough: nothing has to be packed
    await this.#appends.end;
  }

  async #pieces(wanted: readonly FoundObject[]): Promise<void> {
    const { writer } = this.#options;
    for (const { kind, id, bytes } of wanted) {
      if (kind !== "chunk") {
        writer.put(kind, bytes);
        continue;
      }
      this.#rows.push(claimed(writer, kind, id));
      // not a view: it would keep the whole block
      this.#rest.push(bytes.slice());
      this.#restBytes += bytes.length;
    }
    for (const { objects, rows } of writer.takeFull())
      await this.#append(this.#lanes.packObjects(objects), ({ payload }) => writer.addMeta(payload, rows));
    await this.#packFull();
  }

  async #packFull(): Promise<void> {
    const { fill } = this.#options.plan;
    if (this.#restBytes < (fill ?? dataTarget)) return;
    const { full, rest } = fill === undefined ? { full: [this.#rest], rest: [] } : fillBlocks(this.#rest, fill);
    this.#rest = [...rest];
    this.#restBytes = rest.reduce((sum, { length }) => sum + length, 0);
    for (const run of full) await this.#packRest(run, fill);
  }

  #packRest(run: readonly Uint8Array[], fill?: number): Promise<void> {
    const block = this.#lanes.packObjects(run.map((bytes): BlockObject => ({ kind: "chunk", bytes })));
    return this.#append(block, ({ payload, objects }) => {
      // spec/14-encryption.md#padding
      const padTo = fill !== undefined && isStored(payload) && payload.length <= fill - 4 ? fill : undefined;
      return this.#options.writer.addBlock(payload, this.#rows.splice(0, objects), padTo);
    });
  }

  async #append(block: Promise<PackedBlock>, add: (packed: PackedBlock) => Promise<void>): Promise<void> {
    block.catch(() => undefined);
    await this.#room.take();
    this.#appends.add(async () => {
      await add(await block);
      this.#room.give();
    });
  }
}

/** An object of an opened block. */
interface FoundObject {
  readonly kind: Kind;
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
}

function objectsIn({ kinds, lengths, ids, raw }: OpenedBlock): readonly FoundObject[] {
  let at = 0;
  return Array.from(kinds, (kind, ordinal) => {
    const bytes = raw.subarray(at, at + (lengths[ordinal] as number));
    at += bytes.length;
    return { kind: kindName(kind) as Kind, id: ids.subarray(32 * ordinal, 32 * ordinal + 32), bytes };
  });
}

function claimed(writer: BlockWriter, kind: Kind, id: Uint8Array): number {
  const row = writer.claim(kind, id);
  if (row < 0) throw new TypeError(`a ${kind} was needed that is there`);
  return row;
}

/** Blocks in the order of `frames`, several opened ahead. */
async function* openedBlocks(container: Container, opener: BlockOpener, frames: Iterable<number>): AsyncGenerator<Opened> {
  const ahead: Promise<Opened>[] = [];
  try {
    for (const number of frames) {
      const opening = openFrame(container, opener, number);
      // who takes it hears of it
      opening.catch(() => undefined);
      ahead.push(opening);
      if (ahead.length > opener.ahead) yield await (ahead.shift() as Promise<Opened>);
    }
    for (let next = ahead.shift(); next !== undefined; next = ahead.shift()) yield await next;
  } finally {
    await Promise.allSettled(ahead);
  }
}

async function openFrame(container: Container, opener: BlockOpener, number: number): Promise<Opened> {
  const frame = await container.frame(number);
  // a thread may take the payload away, and a whole block is written as it is; not slice(): of a Buffer that is a view
  const block = await opener.open({ ...frame, payload: new Uint8Array(frame.payload) }, "objects");
  if (block === undefined)
    throw new PtarError("PTAR_INDEX_INVALID", `index: a row names frame ${number}, which is no block`, { details: { frame: number } });
  return { frame, block };
}
