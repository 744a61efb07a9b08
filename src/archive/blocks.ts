// The blocks of an opened archive, decoded and kept while they are used. spec/03-block.md#block
import type { OpenedBlock } from "../block/unpack.js";
import { equalBytes } from "../bytes/compare.js";
import { toHex } from "../bytes/hex.js";
import type { Container } from "../container/container.js";
import { PtarError } from "../errors/ptar-error.js";
import { type Kind, kinds } from "../format/object.js";
import type { BlockCache, KeptBlock } from "./block-cache.js";
import { type BlockOpener, blockOpenerOf } from "./block-opening.js";
import type { Engine } from "./engine.js";

/** A decoded block that is kept, or was. */
export interface CachedBlock extends KeptBlock {
  /** Of its frame. */
  readonly number: number;
  readonly opened: OpenedBlock;
  /** Where each object begins in the raw bytes, and where the last one ends. */
  readonly starts: Uint32Array;
}

/** Where an object is said to be. */
export interface ObjectPlace {
  /** Of its block. */
  readonly frame: number;
  /** In the block. */
  readonly ordinal: number;
}

/** Memory that one object and its key take beside its bytes. */
const objectOverhead = 512;
/** What a block may take before any was seen. */
const usualBytes = 4 << 20;
/** Frames that may lie between two blocks that are read one after the other. */
const smallStep = 4;

/** Where blocks are kept, and who is told when one is not any more. */
export interface BlocksOptions {
  readonly engine: Engine;
  readonly cache: BlockCache;
  readonly onForgotten?: (block: CachedBlock) => void;
}

/** Opens blocks by the numbers of their frames, ahead of the one that is wanted where the engine has threads. */
export class ArchiveBlocks {
  readonly #container: Container;
  readonly #cache: BlockCache;
  readonly #onForgotten: BlocksOptions["onForgotten"];
  readonly #opener: BlockOpener;
  /** Those that the cache keeps. */
  readonly #kept = new Map<number, CachedBlock>();
  readonly #opening = new Map<number, Promise<CachedBlock | undefined>>();
  /** Those that were opened ahead and not wanted so far, and the room that each was given. */
  readonly #ahead = new Map<number, number>();
  /** The blocks that were read last: of chunks, and of what structures an archive. */
  readonly #last = { data: 0, meta: 0 };
  /** Of the blocks so far, as the cache counts them. */
  #longest = 0;
  #isClosed = false;

  constructor(container: Container, { engine, cache, onForgotten }: BlocksOptions) {
    this.#container = container;
    this.#cache = cache;
    this.#onForgotten = onForgotten;
    this.#opener = blockOpenerOf(container, engine);
  }

  /**
   * The object at a place that an index names. @throws PTAR_INDEX_INVALID, PTAR_OBJECT_ID when it is not there, and what reading a block throws
   */
  async object(kind: Kind, id: Uint8Array, place: ObjectPlace): Promise<Uint8Array> {
    return objectAt(await this.block(kind, place.frame), kind, id, place.ordinal);
  }

  /** The block in a frame that an index names, for an object of `kind`. @throws PTAR_INDEX_INVALID when it is none, PTAR_FRAME_*, PTAR_BLOCK_* */
  async block(kind: Kind, frame: number): Promise<CachedBlock> {
    this.#wanted(frame);
    const kept = this.#kept.get(frame);
    const opening = kept === undefined ? this.#open(frame) : undefined;
    this.#reach(frame, kind);
    if (kept !== undefined) {
      this.#cache.touch(kept);
      return kept;
    }
    const block = await opening;
    if (block === undefined)
      throw new PtarError("PTAR_INDEX_INVALID", `index: a row names frame ${frame}, which is no block`, { details: { frame } });
    return block;
  }

  /** Notes that something of a block was used without asking for it. */
  used(block: CachedBlock, kind: Kind): void {
    this.#wanted(block.number);
    this.#cache.touch(block);
    this.#reach(block.number, kind);
  }

  /** Whether a block is kept still. */
  isKept(block: CachedBlock): boolean {
    return this.#kept.get(block.number) === block;
  }

  /** Keeps none any more. */
  close(): void {
    this.#isClosed = true;
    for (const block of [...this.#kept.values()]) this.#cache.drop(block);
    for (const number of [...this.#ahead.keys()]) this.#wanted(number);
  }

  /** Who reads blocks in their order will want the next ones too. */
  #reach(number: number, kind: Kind): void {
    const holds = kind === "chunk" ? "data" : "meta";
    const step = number - this.#last[holds];
    if (step === 0 || this.#opener.ahead === 0) return;
    this.#last[holds] = number;
    if (step < 0 || step > smallStep) return;
    const end = Math.min(number + this.#opener.ahead, this.#container.lastFrame);
    for (let next = number + 1; next <= end; next++) if (!this.#openAhead(next)) return;
  }

  /** False where there is no room. */
  #openAhead(number: number): boolean {
    if (this.#kept.has(number) || this.#opening.has(number) || this.#ahead.has(number)) return true;
    const bytes = this.#longest || usualBytes;
    if (!this.#cache.takesAhead(bytes)) return false;
    this.#ahead.set(number, bytes);
    // whoever wants it hears of what is wrong with it
    this.#open(number).then(
      (block) => {
        if (block === undefined || this.#isClosed) this.#wanted(number);
      },
      () => this.#wanted(number),
    );
    return true;
  }

  /** Gives back the room of a block that was opened ahead. */
  #wanted(number: number): void {
    const bytes = this.#ahead.get(number);
    if (bytes === undefined) return;
    this.#ahead.delete(number);
    this.#cache.gaveAhead(bytes);
  }

  #open(number: number): Promise<CachedBlock | undefined> {
    const under = this.#opening.get(number);
    if (under !== undefined) return under;
    const opening = this.#openFrame(number).finally(() => this.#opening.delete(number));
    this.#opening.set(number, opening);
    return opening;
  }

  /** Opens a frame and keeps it; undefined when it is no block. */
  async #openFrame(number: number): Promise<CachedBlock | undefined> {
    const opened = await this.#opener.open(await this.#container.frame(number), "objects");
    if (opened === undefined) return undefined;
    const starts = new Uint32Array(opened.lengths.length + 1);
    for (let i = 0; i < opened.lengths.length; i++) starts[i + 1] = (starts[i] as number) + (opened.lengths[i] as number);
    // a block of tiny objects costs more than their bytes
    const bytes = opened.raw.length + opened.lengths.length * objectOverhead;
    const block: CachedBlock = { number, opened, starts, bytes, forget: () => this.#forget(block) };
    this.#longest = Math.max(this.#longest, bytes);
    if (this.#isClosed) return block;
    this.#kept.set(number, block);
    this.#cache.keep(block);
    return block;
  }

  #forget(block: CachedBlock): void {
    this.#kept.delete(block.number);
    this.#wanted(block.number);
    this.#onForgotten?.(block);
  }
}

/** The object at `ordinal` of a block that an index leads to. @throws PTAR_INDEX_INVALID, PTAR_OBJECT_ID */
export function objectAt(block: CachedBlock, kind: Kind, id: Uint8Array, ordinal: number): Uint8Array {
  const { number: frame, opened } = block;
  const { kinds: found } = opened;
  // spec/04-object.md#index
  if (ordinal >= found.length) {
    throw new PtarError("PTAR_INDEX_INVALID", `index: a row names ordinal ${ordinal} of frame ${frame}, which has ${found.length} objects`, {
      details: { frame, ordinal },
    });
  }
  // spec/04-object.md#kinds
  if (found[ordinal] !== kinds[kind] || !hasId(block, ordinal, id)) {
    throw new PtarError("PTAR_OBJECT_ID", `object: ${kind} ${toHex(id)} is not at frame ${frame}, ordinal ${ordinal}`, {
      details: { kind, id: toHex(id), frame, ordinal },
    });
  }
  return bytesAt(block, ordinal);
}

/** Whether the object at `ordinal` has this id. */
export function hasId({ opened: { ids } }: CachedBlock, ordinal: number, id: Uint8Array): boolean {
  return equalBytes(ids.subarray(32 * ordinal, 32 * ordinal + 32), id);
}

/** The bytes of the object at `ordinal`. */
export function bytesAt({ opened: { raw }, starts }: CachedBlock, ordinal: number): Uint8Array {
  return raw.subarray(starts[ordinal], starts[ordinal + 1]);
}
