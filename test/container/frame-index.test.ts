// Frame tables in pages: any page size is read, and no page can lie or send a reader in circles. spec/02-container.md#frame-table
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { MemorySink } from "../../src/connectors/memory/sink.js";
import { Container } from "../../src/container/container.js";
import { finishGeneration, startGeneration } from "../../src/container/generation-writer.js";
import { scanFrames } from "../../src/container/scan.js";
import { portableCrypto } from "../../src/crypto/portable.js";
import { decodeFrameTable, type FrameRow, type FrameTable } from "../../src/format/frame-table.js";
import { limits } from "../../src/format/limits.js";
import { nativeCrypto } from "../../src/native/crypto.js";
import { ArchiveBuilder, chunk, type GenerationPlan } from "./build.js";
import { refusal } from "./refusal.js";

const open = (bytes: Uint8Array) => Container.open(new MemoryReader(bytes), portableCrypto, limits);

const openWhole = (bytes: Uint8Array) => Container.open(new MemoryReader(bytes), portableCrypto, limits, "all");

async function scanned(bytes: Uint8Array): Promise<number> {
  let frames = 0;
  for await (const _ of scanFrames(await open(bytes))) frames++;
  return frames;
}

/** Blocks of one chunk each. */
const blocks = (count: number) => Array.from({ length: count }, (_, i) => [chunk(`chunk ${i}`)]);
const paged = (plan: GenerationPlan = {}) => new ArchiveBuilder().generation({ blocks: blocks(7), pageUnits: 3, ...plan }).bytes();
const altered = (change: (table: FrameTable) => Partial<FrameTable>) => paged({ table: (table) => ({ ...table, ...change(table) }) });
const page = ({ pages }: FrameTable, i: number) => pages[i] as FrameTable["pages"][number];

describe("pages", () => {
  it("of any number of units, in several generations, are read", async () => {
    const shapes = fc.array(fc.record({ pageUnits: fc.integer({ min: 1, max: 9 }), count: fc.integer({ min: 1, max: 12 }) }), {
      minLength: 1,
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(shapes, async (generations) => {
        const builder = new ArchiveBuilder();
        for (const { pageUnits, count } of generations) builder.generation({ blocks: blocks(count), pageUnits, signers: [] });
        const container = await open(builder.bytes());
        for (const { table } of container.generations) await table.checkPages();
        expect(await scanned(builder.bytes())).toBe(container.lastFrame);
        expect(container.lastFrame).toBe(builder.next - 1);
        const tables = container.generations.map(({ manifest }) => manifest.frameTable);
        for (let number = container.newest.manifest.frameTable - 1; number > 0; number--)
          if (!tables.includes(number)) expect((await container.frame(number)).end).toBe(builder.rows[number]?.end);
      }),
      { seed: 3, numRuns: 40 },
    );
  });

  it.each<readonly [string, (table: FrameTable) => Partial<FrameTable>, string]>([
    ["with a node too few", (table) => ({ pages: table.pages.with(0, { ...page(table, 0), nodes: [] }) }), "0 nodes for a page, expected 2"],
    ["of no units", (table) => ({ pages: table.pages.with(0, { ...page(table, 0), unitCount: 0 }) }), "a page of 0 units"],
    ["of too many units", (table) => ({ pages: table.pages.with(0, { ...page(table, 0), unitCount: 65537 }) }), "a page of 65537 units"],
    ["behind the table", (table) => ({ pages: table.pages.with(0, { ...page(table, 0), frame: 99 }) }), "a page in frame 99"],
    [
      "that is its own first unit",
      (table) => ({ pages: table.pages.with(0, { ...page(table, 0), frame: 2 }) }),
      "frame 2 is not among the inline rows",
    ],
    [
      "that is the first inline unit",
      (table) => ({ pages: table.pages.with(0, { ...page(table, 0), frame: 9 }) }),
      "frame 9 is not among the inline rows",
    ],
  ])("%s are refused on opening", async (_what, change, sentence) => {
    const answer = await refusal(() => open(altered(change)));
    expect(answer).toContain("PTAR_TABLE_INVALID: frame table (frame ");
    expect(answer).toContain(sentence);
  });

  it("with other nodes give another root", async () => {
    const nodes = (table: FrameTable) => ({
      pages: table.pages.with(1, { ...page(table, 1), nodes: page(table, 1).nodes.with(0, new Uint8Array(32)) }),
    });
    expect(await refusal(() => open(altered(nodes)))).toMatch(/^PTAR_TABLE_ROOT/);
  });

  it("that are another frame than the table says are refused when they are loaded", async () => {
    const other = (table: FrameTable) => ({ pages: table.pages.with(1, { ...page(table, 1), frame: page(table, 0).frame }) });
    const container = await open(altered(other));
    expect(await refusal(() => container.newest.table.checkPages())).toContain("covers 3 units from 0, expected 3 from 3");
    const root = (table: FrameTable) => ({ pages: table.pages.with(1, { ...page(table, 1), frame: 11 }) });
    expect(await refusal(async () => (await open(altered(root))).newest.table.checkPages())).toContain(
      "PTAR_TABLE_INVALID: frame table (frame 15): frame 11 is no page of it, but indexRoot",
    );
    // the first inline row is that of unit 9, the pages are frames 12 to 14
    const hash = (table: FrameTable) => ({ rows: table.rows.with(4, { ...table.rows[4], leaf: new Uint8Array(32) } as never) });
    expect(await refusal(() => openWhole(altered(hash)))).toContain("PTAR_FRAME_HASH: frame 13 at offset");
  });

  it("whose rows do not give their nodes are refused when they are loaded", async () => {
    const bytes = paged({ page: (rows) => rows.with(1, { ...rows[1], leaf: new Uint8Array(32) } as never) });
    expect(await refusal(() => scanned(bytes))).toContain("PTAR_TABLE_INVALID: frame table (frame 15): its page in frame 12 has other rows");
    const later = paged({ page: (rows) => (rows[0]?.end === 64 ? rows : rows.with(1, { ...rows[1], leaf: new Uint8Array(32) } as never)) });
    expect(await refusal(async () => (await open(later)).newest.table.checkPages())).toContain("has other rows");
  });

  it("whose rows end before the page before, or behind the table, are refused when they are loaded", async () => {
    const back = paged({ page: (rows) => (rows[0]?.end === 64 ? rows : rows.map((row, i) => ({ ...row, end: 65 + i }))) });
    expect(await refusal(async () => (await open(back)).newest.table.checkPages())).toContain("unit 3 ends at 65, not after");
    const { rows: honest } = new ArchiveBuilder().generation({ blocks: blocks(7), pageUnits: 3 });
    const end = (honest[2] as FrameRow).end;
    const nothing = paged({ page: (rows) => (rows[0]?.end === 64 ? rows : rows.with(0, { ...rows[0], end } as never)) });
    expect(await refusal(async () => (await open(nothing)).newest.table.checkPages())).toContain(`unit 3 ends at ${end}, not after ${end}`);
    const far = paged({ page: (rows) => (rows[0]?.end === 64 ? rows : rows.with(-1, { ...rows.at(-1), end: 2 ** 50 } as never)) });
    expect(await refusal(async () => (await open(far)).newest.table.checkPages())).toContain(`ends at ${2 ** 50}, after the table starts`);
    const inline = (table: FrameTable) => ({ rows: table.rows.with(0, { ...table.rows[0], end: 65 } as never) });
    expect(await refusal(async () => (await open(altered(inline))).newest.table.checkPages())).toContain("unit 9 ends at 65, not after");
    // who reads one frame only sees it as well
    expect(await refusal(async () => (await open(back)).frame(3))).toContain("unit 3 ends at 65, not after");
  });

  it("of a second generation start after the manifest of the first", async () => {
    const builder = new ArchiveBuilder().generation({ blocks: blocks(1) });
    const number = builder.manifest?.frameTable ?? 0;
    const { end } = builder.rows[number] as FrameRow;
    const early = (rows: readonly FrameRow[]) => rows.with(0, { ...rows[0], end } as never);
    const refused = `unit ${number + 1} ends at ${end}, not after ${end}`;
    const again = () => new ArchiveBuilder().generation({ blocks: blocks(1) });
    const inline = again().generation({ table: (table) => ({ ...table, rows: early(table.rows) }) });
    expect(await refusal(() => openWhole(inline.bytes()))).toContain(refused);
    const page = again().generation({ pageUnits: 5, page: early });
    expect(await refusal(() => openWhole(page.bytes()))).toContain(refused);
  });

  it("are checked on opening, in order and before the frames behind the manifest, when all are wanted", async () => {
    const builder = new ArchiveBuilder().generation({ blocks: blocks(7), pageUnits: 3 });
    const honest = builder.bytes();
    expect((await openWhole(honest)).lastFrame).toBe(builder.next - 1);
    const startOf = (number: number) => (builder.rows[number - 1] as FrameRow).end;
    // flags of the second and the third page, and the type of the statement
    const broken = honest
      .with(startOf(13) + 5, 1)
      .with(startOf(14) + 4, 4)
      .with(startOf(17) + 4, 4);
    expect(await refusal(() => openWhole(broken))).toBe(
      `PTAR_FRAME_RESERVED: frame 13 at offset ${startOf(13)}: flags or reserved bytes are not zero`,
    );
    expect(await refusal(() => open(broken))).toBe(`PTAR_UNSUPPORTED_FRAME: frame 17 at offset ${startOf(17)}: unknown type 0x4`);
  });
});

describe("the writer", () => {
  it("puts 65,536 units inline and pages beyond that, which the reader finds", async () => {
    const engine = nativeCrypto;
    for (const [extra, pages] of [
      [0, 0],
      [1, 1],
    ] as const) {
      const sink = new MemorySink();
      const { frames } = await startGeneration(sink, engine, { archiveId: new Uint8Array(32) });
      // header, about and session are units too
      for (let i = 0; i < limits.framePageUnits - 3 + extra; i++) await frames.append("padding", new Uint8Array(0));
      const facts = { table: 0, size: 0 };
      await finishGeneration(frames, engine, {
        manifest: ({ frameTable, tree }) => {
          Object.assign(facts, { table: frameTable, size: tree.size });
          return new ArchiveBuilder(new Uint8Array(32)).generation({
            signers: [],
            manifest: (manifest) => ({ ...manifest, frameTable, tree: { size: tree.size, root: Buffer.from(tree.root).toString("hex") } }),
          }).payload;
        },
        statements: async () => [],
      });
      expect(facts.table).toBe(limits.framePageUnits + extra + pages);
      const container = await Container.open(new MemoryReader(sink.bytes()), engine, limits);
      await container.newest.table.checkPages();
      const { frame } = container.newest.table;
      const inPages = decodeFrameTable(frame.payload, frame.number, limits).pages.map(({ unitCount }) => unitCount);
      expect(inPages).toEqual(pages === 0 ? [] : [limits.framePageUnits]);
      for (const number of [1, 2, 65535, facts.table - 1]) expect((await container.frame(number)).number).toBe(number);
    }
  });
});
