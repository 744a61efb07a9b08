// Decoded blocks are kept up to a number of bytes, those that were used last; archives share the room. spec/03-block.md#block
import { describe, expect, it } from "vitest";
import { BlockCache, type KeptBlock } from "../../src/archive/block-cache.js";
import { ArchiveBlocks } from "../../src/archive/blocks.js";
import type { Engine, Threads } from "../../src/archive/engine.js";
import { openArchive } from "../../src/archive/open.js";
import { openBlock } from "../../src/block/unpack.js";
import { toHex } from "../../src/bytes/hex.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import type { IndexRow } from "../../src/format/index-page.js";
import { archiveOf, native, noise } from "./engines.js";

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

describe("room for what is opened ahead", () => {
  it("is half of the cache for all together, and comes back", () => {
    const cache = new BlockCache(10);
    expect([cache.takesAhead(3), cache.takesAhead(3), cache.takesAhead(2), cache.takesAhead(1)]).toEqual([true, false, true, false]);
    cache.gaveAhead(3);
    expect([cache.takesAhead(4), cache.takesAhead(3)]).toEqual([false, true]);
  });
});

/** The native engine with threads that are this one, and the frames that they were asked to open. */
function counting(ahead: number): { readonly engine: Engine; readonly opened: number[] } {
  const opened: number[] = [];
  const open: Threads["openBlock"] = async (payload, place) => {
    opened.push(place.frame);
    return openBlock(payload, native, place);
  };
  const threads = { count: (ahead - 1) / 2, worthBytes: 0, openBlock: open, close: () => undefined } as unknown as Threads;
  return { engine: { ...native, threads }, opened };
}

describe("blocks that are opened ahead", () => {
  async function packed() {
    const tree = { a: { type: "file", content: noise(8 << 20) } } as const;
    const { container, objects } = await openArchive(new MemoryReader(await archiveOf(tree)), { engine: native, trust: "any-signer" });
    const rows: IndexRow[] = [];
    for await (const row of objects.index.rows()) if (row.kind === "chunk") rows.push(row);
    return { container, rows: rows.sort((a, b) => a.frame - b.frame || a.ordinal - b.ordinal) };
  }

  it("are opened once, by archives that are read in turn and share a cache", async () => {
    const archive = await packed();
    const frames = new Set(archive.rows.map(({ frame }) => frame)).size;
    expect(frames).toBeGreaterThan(3);
    const { engine, opened } = counting(5);
    // as many as would fill the cache ahead alone, were each given what one may have
    const cache = new BlockCache(40 << 20);
    const readers = Array.from({ length: 6 }, () => new ArchiveBlocks(archive.container, { engine, cache }));
    for (const row of archive.rows) for (const reader of readers) await reader.object("chunk", row.id, row);
    await new Promise((resolve) => setImmediate(resolve));
    expect(opened.length).toBeLessThanOrEqual(readers.length * (frames + 2));
    for (const reader of readers) reader.close();
    expect([cache.bytes, cache.takesAhead(20 << 20)]).toEqual([0, true]);
  });

  it("give their room back when they are none, or damaged, or the archive is closed", async () => {
    const { container, rows } = await packed();
    const { engine } = counting(64 * 2 + 1);
    const cache = new BlockCache(1 << 30);
    const blocks = new ArchiveBlocks(container, { engine, cache });
    const [first] = rows as [IndexRow];
    // the frames behind the last block are the index and what else closes an archive
    await blocks.object("chunk", first.id, first);
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const row of rows) await blocks.object("chunk", row.id, row);
    for (let frame = 1; frame <= container.lastFrame; frame++) await blocks.block("page", frame).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(cache.takesAhead(1 << 29)).toBe(true);
    cache.gaveAhead(1 << 29);
    blocks.close();
    expect(cache.takesAhead(1 << 29)).toBe(true);
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
