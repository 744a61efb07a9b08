// The objects of an opened archive, by (kind, id). spec/04-object.md

import type { IndexReader } from "../block/index-reader.js";
import { objectId } from "../block/object-id.js";
import { blockHolds, type RawObject, unpackBlock } from "../block/unpack.js";
import { equalBytes } from "../bytes/compare.js";
import { toHex } from "../bytes/hex.js";
import type { Container } from "../container/container.js";
import type { Crypto } from "../crypto/crypto.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Limits } from "../format/limits.js";
import type { Kind } from "../format/object.js";
import type { ObjectReader } from "../tree/object-io.js";
import { Breath } from "./breath.js";
import type { Engine } from "./engine.js";

interface CachedBlock {
  readonly objects: readonly RawObject[];
  readonly bytes: number;
}

/** Decoded blocks that are kept, raw bytes. */
const cacheBytes = 32 << 20;
/** Memory that one object takes beside its bytes. */
const objectOverhead = 256;

/** Reads objects through index and blocks; decoded blocks are kept while they are used. */
export class ArchiveObjects implements ObjectReader {
  readonly crypto: Crypto;
  readonly limits: Limits;
  readonly index: IndexReader;
  readonly #container: Container;
  readonly #engine: Engine;
  /** Least recently used first. */
  readonly #cache = new Map<number, CachedBlock>();
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
    const row = await this.index.find(kind, id);
    if (row === undefined) {
      throw new PtarError("PTAR_OBJECT_MISSING", `object: ${kind} ${toHex(id)} is referenced but not in the archive`, {
        details: { kind, id: toHex(id) },
      });
    }
    const { objects } = await this.#block(row.frame);
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
    if (object.kind !== kind || !equalBytes(objectId(this.crypto, kind, object.bytes), id)) {
      throw new PtarError("PTAR_OBJECT_ID", `object: ${kind} ${toHex(id)} is not at frame ${row.frame}, ordinal ${row.ordinal}`, {
        details: { kind, id: toHex(id), frame: row.frame, ordinal: row.ordinal },
      });
    }
    return object.bytes;
  }

  async #block(number: number): Promise<CachedBlock> {
    const cached = this.#cache.get(number);
    if (cached !== undefined) {
      this.#cache.delete(number);
      this.#cache.set(number, cached);
      return cached;
    }
    const frame = await this.#container.frame(number);
    const holds = blockHolds(frame.type);
    if (holds === undefined)
      throw new PtarError("PTAR_INDEX_INVALID", `index: a row names frame ${number}, which is no block`, { details: { frame: number } });
    const objects = unpackBlock(frame.payload, this.#engine.codecs, { frame: number, holds, limits: this.limits });
    // a block of tiny objects costs more than their bytes
    const block = { objects, bytes: objects.reduce((sum, { bytes }) => sum + bytes.length + objectOverhead, 0) };
    this.#keep(number, block);
    return block;
  }

  #keep(number: number, block: CachedBlock): void {
    this.#cache.set(number, block);
    this.#cached += block.bytes;
    for (const [oldest, { bytes }] of this.#cache) {
      if (this.#cached <= cacheBytes || oldest === number) return;
      this.#cache.delete(oldest);
      this.#cached -= bytes;
    }
  }
}
