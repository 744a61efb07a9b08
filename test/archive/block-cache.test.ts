// Decoded blocks are kept up to a number of bytes, those that were used last; archives share the room. spec/03-block.md#block
import { describe, expect, it } from "vitest";
import { BlockCache, type KeptBlock } from "../../src/archive/block-cache.js";
import { ArchiveBlocks } from "../../src/archive/blocks.js";
import { openArchive } from "../../src/archive/open.js";
import { toHex } from "../../src/bytes/hex.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import type { IndexRow } from "../../src/format/index-page.js";
import { archiveOf, native } from "./engines.js";

function keptIn(cache: BlockCache, bytes: number, forgotten: KeptBlock[]): KeptBlock {
  const block: KeptBlock = { bytes, forget: () => forgotten.push(block) };
  cache.keep(block);
  return block;
}

describe("a cache of blocks", () => {
  it("forgets those that were not used for longest, and no more than it has to", () => {
    const forgotten: KeptBlock[] = [];
    const cache = new BlockCache(10);
    const [a, b, c] = [keptIn(cache, 4, forgotten), keptIn(cache, 4, forgotten), keptIn(cache, 2, forgotten)];
    expect([cache.bytes, forgotten]).toEqual([10, []]);
    cache.touch(a);
    keptIn(cache, 1, forgotten);
    expect([cache.bytes, forgotten]).toEqual([7, [b]]);
    keptIn(cache, 5, forgotten);
    expect([cache.bytes, forgotten]).toEqual([10, [b, c]]);
  });

  it("keeps a block that is longer than all of its room until the next one", () => {
    const forgotten: KeptBlock[] = [];
    const cache = new BlockCache(10);
    const long = keptIn(cache, 11, forgotten);
    expect([cache.bytes, forgotten]).toEqual([11, []]);
    keptIn(cache, 1, forgotten);
    expect([cache.bytes, forgotten]).toEqual([1, [long]]);
  });

  it("takes back nothing that it forgot", () => {
    const forgotten: KeptBlock[] = [];
    const cache = new BlockCache(10);
    const block = keptIn(cache, 3, forgotten);
    cache.drop(block);
    cache.drop(block);
    cache.touch(block);
    expect([cache.bytes, forgotten]).toEqual([0, [block]]);
  });
});

describe("blocks of an archive", () => {
  it("leave a cache that others use as well when the archive is closed, and come back to it no more", async () => {
    const { container, objects } = await openArchive(new MemoryReader(await archiveOf({ a: "aaa" })), { engine: native, trust: "any-signer" });
    const cache = new BlockCache();
    const forgotten: KeptBlock[] = [];
    const other = keptIn(cache, 5, forgotten);
    const blocks = new ArchiveBlocks(container, { engine: native, cache });
    const rows: IndexRow[] = [];
    for await (const row of objects.index.rows()) rows.push(row);
    const readAll = async () => {
      for (const row of rows) {
        const bytes = await blocks.object(row.kind, row.id, row);
        expect(toHex(bytes)).toBe(toHex(await objects.get(row.kind, row.id)));
      }
    };
    await readAll();
    expect(cache.bytes).toBeGreaterThan(5);
    blocks.close();
    expect([cache.bytes, forgotten]).toEqual([5, []]);
    await readAll();
    expect(cache.bytes).toBe(5);
    cache.drop(other);
  });
});
