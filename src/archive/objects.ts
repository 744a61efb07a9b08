// The objects of an opened archive, by (kind, id). spec/04-object.md

import type { IndexReader } from "../block/index-reader.js";
import { toHex } from "../bytes/hex.js";
import type { Container } from "../container/container.js";
import type { Crypto } from "../crypto/crypto.js";
import { PtarError } from "../errors/ptar-error.js";
import { isLeftOut } from "../format/index-page.js";
import type { Limits } from "../format/limits.js";
import { type Kind, kinds } from "../format/object.js";
import { Breath } from "../tree/breath.js";
import type { ObjectReader } from "../tree/object-io.js";
import { BlockCache } from "./block-cache.js";
import { ArchiveBlocks, bytesAt, type CachedBlock, hasId, objectAt } from "./blocks.js";
import type { Engine } from "./engine.js";

/** An object in a cached block. */
interface Near {
  readonly block: CachedBlock;
  readonly ordinal: number;
}

/** How objects are read. */
export interface ObjectsOptions {
  /** Where decoded blocks are kept; default: 32 MiB of its own. One that reads each object once needs none. */
  readonly cache?: BlockCache;
}

/** Reads objects through index and blocks; decoded blocks are kept while they are used. */
export class ArchiveObjects implements ObjectReader {
  readonly crypto: Crypto;
  readonly limits: Limits;
  readonly index: IndexReader;
  readonly #blocks: ArchiveBlocks;
  /**
   * Chunks of the cached blocks by their own ids: neighbours in a tree are neighbours in a block, and need no look at the index, whose pages
   * they would read in random order. What structures an archive is looked up all the same, so that a wrong row shows. Of two ids with one key one
   * is found through the index.
   */
  readonly #near = new Map<number, Near>();
  readonly #friends = new WeakSet<CachedBlock>();
  readonly #breath = new Breath();

  constructor(container: Container, index: IndexReader, engine: Engine, { cache = new BlockCache() }: ObjectsOptions = {}) {
    this.crypto = engine.crypto;
    this.limits = container.input.limits;
    this.index = index;
    this.#blocks = new ArchiveBlocks(container, { engine, cache, onForgotten: (block) => this.#part(block) });
  }

  async get(kind: Kind, id: Uint8Array): Promise<Uint8Array> {
    const breath = this.#breath.take();
    if (breath !== undefined) await breath;
    const near = kind === "chunk" ? this.#near.get(keyOf(id, 0)) : undefined;
    if (near !== undefined && hasId(near.block, near.ordinal, id)) {
      this.#blocks.used(near.block, "chunk");
      return bytesAt(near.block, near.ordinal);
    }
    const row = await this.index.find(kind, id);
    if (row === undefined) {
      throw new PtarError("PTAR_OBJECT_MISSING", `object: ${kind} ${toHex(id)} is referenced but not in the archive`, {
        details: { kind, id: toHex(id) },
      });
    }
    if (isLeftOut(row)) throw leftOut(kind, id);
    const block = await this.#blocks.block(kind, row.frame);
    this.#befriend(block);
    return objectAt(block, kind, id, row.ordinal);
  }

  /** Keeps no blocks any more in a cache that others use as well. */
  close(): void {
    this.#blocks.close();
  }

  /** Notes the chunks of a block that the index led to; one that was only opened ahead must not stand in for rows that are missing. */
  #befriend(block: CachedBlock): void {
    // one that others have pushed out meanwhile would stay for good
    if (this.#friends.has(block) || !this.#blocks.isKept(block)) return;
    this.#friends.add(block);
    forEachChunk(block, (key, ordinal) => this.#near.set(key, { block, ordinal }));
  }

  #part(block: CachedBlock): void {
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

/** The first 30 bits of an id: a small integer is several times faster as a key than a string. */
function keyOf(ids: Uint8Array, at: number): number {
  return (((ids[at] as number) & 0x3f) << 24) | ((ids[at + 1] as number) << 16) | ((ids[at + 2] as number) << 8) | (ids[at + 3] as number);
}
