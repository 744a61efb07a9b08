// The objects of an opened archive, by (kind, id). spec/04-object.md

import type { IndexReader } from "../block/index-reader.js";
import type { OpenedBlock } from "../block/unpack.js";
import { equalBytes } from "../bytes/compare.js";
import { toHex } from "../bytes/hex.js";
import type { Container } from "../container/container.js";
import type { Crypto } from "../crypto/crypto.js";
import { PtarError } from "../errors/ptar-error.js";
import { isLeftOut } from "../format/index-page.js";
import type { Limits } from "../format/limits.js";
import { type Kind, kinds } from "../format/object.js";
import { Breath } from "../tree/breath.js";
import type { ObjectReader } from "../tree/object-io.js";
import { type BlockOpener, blockOpenerOf } from "./block-opening.js";
import type { Engine } from "./engine.js";

interface CachedBlock {
  readonly number: number;
  readonly opened: OpenedBlock;
  /** Where each object begins in the raw bytes, and where the last one ends. */
  readonly starts: Uint32Array;
  readonly bytes: number;
}

/** An object in a cached block. */
interface Near {
  readonly block: CachedBlock;
  readonly ordinal: number;
}

/** Decoded blocks that are kept, raw bytes. */
const cacheBytes = 32 << 20;
/** Memory that one object and its key take beside its bytes. */
const objectOverhead = 512;
/** Of these, so many may have been opened ahead. */
const aheadBytes = cacheBytes / 2;
/** What a block may take before any was seen. */
const usualBytes = 4 << 20;
/** Frames that may lie between two blocks that are read one after the other. */
const smallStep = 4;

/** How objects are read. */
export interface ObjectsOptions {
  /** Decoded blocks that are kept, bytes; default 32 MiB. One that reads each object once needs none. */
  readonly cacheBytes?: number;
}

/** Reads objects through index and blocks; decoded blocks are kept while they are used. */
export class ArchiveObjects implements ObjectReader {
  readonly crypto: Crypto;
  readonly limits: Limits;
  readonly index: IndexReader;
  readonly #container: Container;
  /** Least recently used first. */
  readonly #cache = new Map<number, CachedBlock>();
  /**
   * Chunks of the cached blocks by their own ids: neighbours in a tree are neighbours in a block, and need no look at the index, whose pages
   * they would read in random order. What structures an archive is looked up all the same, so that a wrong row shows. Of two ids with one key one
   * is found through the index.
   */
  readonly #near = new Map<number, Near>();
  readonly #friends = new WeakSet<CachedBlock>();
  #cached = 0;
  readonly #cacheBytes: number;
  readonly #opener: BlockOpener;
  /** Blocks that are being opened. */
  readonly #opening = new Map<number, Promise<CachedBlock | undefined>>();
  /** The blocks that were read last: of chunks, and of what structures an archive. */
  readonly #last = { data: 0, meta: 0 };
  /** Of the blocks so far, as the cache counts them. */
  #longest = 0;
  readonly #breath = new Breath();

  constructor(container: Container, index: IndexReader, engine: Engine, options: ObjectsOptions = {}) {
    this.#cacheBytes = options.cacheBytes ?? cacheBytes;
    this.crypto = engine.crypto;
    this.limits = container.input.limits;
    this.index = index;
    this.#container = container;
    this.#opener = blockOpenerOf(container, engine);
  }

  async get(kind: Kind, id: Uint8Array): Promise<Uint8Array> {
    const breath = this.#breath.take();
    if (breath !== undefined) await breath;
    const near = kind === "chunk" ? this.#near.get(keyOf(id, 0)) : undefined;
    if (near !== undefined && isAt(near, id)) {
      this.#touch(near.block);
      this.#reach(near.block.number, "data");
      return bytesOf(near.block, near.ordinal);
    }
    const row = await this.index.find(kind, id);
    if (row === undefined) {
      throw new PtarError("PTAR_OBJECT_MISSING", `object: ${kind} ${toHex(id)} is referenced but not in the archive`, {
        details: { kind, id: toHex(id) },
      });
    }
    if (isLeftOut(row)) throw leftOut(kind, id);
    this.#reach(row.frame, kind === "chunk" ? "data" : "meta");
    const block = await this.#block(row.frame);
    const { kinds: found } = block.opened;
    // spec/04-object.md#index
    if (row.ordinal >= found.length) {
      throw new PtarError(
        "PTAR_INDEX_INVALID",
        `index: a row names ordinal ${row.ordinal} of frame ${row.frame}, which has ${found.length} objects`,
        {
          details: { frame: row.frame, ordinal: row.ordinal },
        },
      );
    }
    // spec/04-object.md#kinds
    if (found[row.ordinal] !== kinds[kind] || !isAt({ block, ordinal: row.ordinal }, id)) {
      throw new PtarError("PTAR_OBJECT_ID", `object: ${kind} ${toHex(id)} is not at frame ${row.frame}, ordinal ${row.ordinal}`, {
        details: { kind, id: toHex(id), frame: row.frame, ordinal: row.ordinal },
      });
    }
    return bytesOf(block, row.ordinal);
  }

  async #block(number: number): Promise<CachedBlock> {
    const cached = this.#cache.get(number);
    if (cached !== undefined) {
      this.#touch(cached);
      this.#befriend(cached);
      return cached;
    }
    const block = await this.#open(number);
    if (block === undefined)
      throw new PtarError("PTAR_INDEX_INVALID", `index: a row names frame ${number}, which is no block`, { details: { frame: number } });
    this.#befriend(block);
    return block;
  }

  /** Who reads blocks in their order will want the next ones too. */
  #reach(number: number, holds: "data" | "meta"): void {
    const step = number - this.#last[holds];
    if (step === 0 || this.#opener.ahead === 0) return;
    this.#last[holds] = number;
    if (step < 0 || step > smallStep) return;
    const ahead = Math.min(this.#opener.ahead, Math.floor(aheadBytes / (this.#longest || usualBytes)));
    const end = Math.min(number + ahead, this.#container.lastFrame);
    // whoever wants one of them hears of what is wrong with it
    for (let next = number; next <= end; next++) if (!this.#cache.has(next)) this.#open(next).catch(() => undefined);
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
    const block = { number, opened, starts, bytes: opened.raw.length + opened.lengths.length * objectOverhead };
    this.#keep(block);
    return block;
  }

  #touch(block: CachedBlock): void {
    this.#cache.delete(block.number);
    this.#cache.set(block.number, block);
  }

  #keep(block: CachedBlock): void {
    this.#cache.set(block.number, block);
    this.#cached += block.bytes;
    this.#longest = Math.max(this.#longest, block.bytes);
    for (const oldest of this.#cache.values()) {
      if (this.#cached <= this.#cacheBytes || oldest === block) return;
      this.#drop(oldest);
    }
  }

  /** Notes the chunks of a block that the index led to; one that was only opened ahead must not stand in for rows that are missing. */
  #befriend(block: CachedBlock): void {
    // one that others have pushed out meanwhile would come back uncounted
    if (this.#friends.has(block) || this.#cache.get(block.number) !== block) return;
    this.#friends.add(block);
    forEachChunk(block, (key, ordinal) => this.#near.set(key, { block, ordinal }));
  }

  #drop(block: CachedBlock): void {
    this.#cache.delete(block.number);
    this.#cached -= block.bytes;
    forEachChunk(block, (key) => {
      if (this.#near.get(key)?.block === block) this.#near.delete(key);
    });
  }
}

// spec/16-transfer.md#thin
function leftOut(kind: Kind, id: Uint8Array): PtarError {
  const details = { kind, id: toHex(id) };
  // what is listed and signed is what an archive is for: without it there is nothing to import
  if (kind === "snapshot" || kind === "statement")
    return new PtarError("PTAR_OBJECT_MISSING", `object: ${kind} ${toHex(id)} is left out, which a thin archive must not do with it`, { details });
  return new PtarError("PTAR_PREREQUISITE_MISSING", `object: ${kind} ${toHex(id)} is left out of this thin archive`, {
    hint: "import it into a repository that has the rest: `ptar repo import`",
    details,
  });
}

function forEachChunk({ opened: { kinds: found, ids } }: CachedBlock, use: (key: number, ordinal: number) => void): void {
  for (let ordinal = 0; ordinal < found.length; ordinal++) if (found[ordinal] === kinds.chunk) use(keyOf(ids, 32 * ordinal), ordinal);
}

function isAt({ block, ordinal }: Near, id: Uint8Array): boolean {
  return equalBytes(block.opened.ids.subarray(32 * ordinal, 32 * ordinal + 32), id);
}

function bytesOf({ opened: { raw }, starts }: CachedBlock, ordinal: number): Uint8Array {
  return raw.subarray(starts[ordinal], starts[ordinal + 1]);
}

/** The first 30 bits of an id: a small integer is several times faster as a key than a string. */
function keyOf(ids: Uint8Array, at: number): number {
  return (((ids[at] as number) & 0x3f) << 24) | ((ids[at + 1] as number) << 16) | ((ids[at + 2] as number) << 8) | (ids[at + 3] as number);
}
