// The objects of an opened archive, by (kind, id). spec/04-object.md

import type { IndexReader } from "../block/index-reader.js";
import { objectId } from "../block/object-id.js";
import { blockHolds, type RawObject, unpackBlock } from "../block/unpack.js";
import { toHex } from "../bytes/hex.js";
import type { Container } from "../container/container.js";
import type { Crypto } from "../crypto/crypto.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Limits } from "../format/limits.js";
import type { Kind } from "../format/object.js";
import { Breath } from "../tree/breath.js";
import type { ObjectReader } from "../tree/object-io.js";
import type { Engine } from "./engine.js";

interface CachedBlock {
  readonly number: number;
  readonly objects: readonly RawObject[];
  /** Kind and id of each object, computed from its bytes. */
  readonly keys: readonly string[];
  readonly bytes: number;
}

/** Decoded blocks that are kept, raw bytes. */
const cacheBytes = 32 << 20;
/** Memory that one object and its key take beside its bytes. */
const objectOverhead = 512;

/** Reads objects through index and blocks; decoded blocks are kept while they are used. */
export class ArchiveObjects implements ObjectReader {
  readonly crypto: Crypto;
  readonly limits: Limits;
  readonly index: IndexReader;
  readonly #container: Container;
  readonly #engine: Engine;
  /** Least recently used first. */
  readonly #cache = new Map<number, CachedBlock>();
  /**
   * Chunks of the cached blocks by their own ids: neighbours in a tree are neighbours in a block, and need no look at the index, whose pages
   * they would read in random order. What structures an archive is looked up all the same, so that a wrong row shows.
   */
  readonly #near = new Map<string, { readonly object: RawObject; readonly block: CachedBlock }>();
  #cached = 0;
  readonly #breath = new Breath();

  constructor(container: Container, index: IndexReader, engine: Engine) {
    this.crypto = engine.crypto;
    this.limits = container.input.limits;
    this.index = index;
    this.#container = container;
    this.#engine = engine;
  }

  async get(kind: Kind, id: Uint8Array): Promise<Uint8Array> {
    const breath = this.#breath.take();
    if (breath !== undefined) await breath;
    const key = keyOf(kind, id);
    const near = kind === "chunk" ? this.#near.get(key) : undefined;
    if (near !== undefined) {
      this.#touch(near.block);
      return near.object.bytes;
    }
    const row = await this.index.find(kind, id);
    if (row === undefined) {
      throw new PtarError("PTAR_OBJECT_MISSING", `object: ${kind} ${toHex(id)} is referenced but not in the archive`, {
        details: { kind, id: toHex(id) },
      });
    }
    const { objects, keys } = await this.#block(row.frame);
    const object = objects[row.ordinal];
    // spec/04-object.md#index
    if (object === undefined) {
      throw new PtarError(
        "PTAR_INDEX_INVALID",
        `index: a row names ordinal ${row.ordinal} of frame ${row.frame}, which has ${objects.length} objects`,
        {
          details: { frame: row.frame, ordinal: row.ordinal },
        },
      );
    }
    // spec/04-object.md#kinds
    if (keys[row.ordinal] !== key) {
      throw new PtarError("PTAR_OBJECT_ID", `object: ${kind} ${toHex(id)} is not at frame ${row.frame}, ordinal ${row.ordinal}`, {
        details: { kind, id: toHex(id), frame: row.frame, ordinal: row.ordinal },
      });
    }
    return object.bytes;
  }

  async #block(number: number): Promise<CachedBlock> {
    const cached = this.#cache.get(number);
    if (cached !== undefined) {
      this.#touch(cached);
      return cached;
    }
    const frame = await this.#container.frame(number);
    const holds = blockHolds(frame.type);
    if (holds === undefined)
      throw new PtarError("PTAR_INDEX_INVALID", `index: a row names frame ${number}, which is no block`, { details: { frame: number } });
    const objects = unpackBlock(frame.payload, this.#engine.codecs, { frame: number, holds, limits: this.limits });
    const keys = objects.map(({ kind, bytes }) => keyOf(kind, objectId(this.crypto, kind, bytes)));
    // a block of tiny objects costs more than their bytes
    const block = { number, objects, keys, bytes: objects.reduce((sum, { bytes }) => sum + bytes.length + objectOverhead, 0) };
    this.#keep(block);
    return block;
  }

  #touch(block: CachedBlock): void {
    this.#cache.delete(block.number);
    this.#cache.set(block.number, block);
  }

  #keep(block: CachedBlock): void {
    // two reads at once decode a block twice
    const twin = this.#cache.get(block.number);
    if (twin !== undefined) this.#drop(twin);
    this.#cache.set(block.number, block);
    this.#cached += block.bytes;
    for (const [i, object] of block.objects.entries()) if (object.kind === "chunk") this.#near.set(block.keys[i] as string, { object, block });
    for (const oldest of this.#cache.values()) {
      if (this.#cached <= cacheBytes || oldest === block) return;
      this.#drop(oldest);
    }
  }

  #drop(block: CachedBlock): void {
    this.#cache.delete(block.number);
    this.#cached -= block.bytes;
    for (const key of block.keys) if (this.#near.get(key)?.block === block) this.#near.delete(key);
  }
}

/** Kind and id as one short string. */
function keyOf(kind: Kind, id: Uint8Array): string {
  return kind + String.fromCharCode(...id);
}
