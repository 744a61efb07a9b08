// The index: written sorted in pages, found by (kind, id), and refused when it lies. spec/04-object.md#index
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IndexReader } from "../../src/block/index-reader.js";
import { writeIndex } from "../../src/block/index-writer.js";
import { ObjectTable } from "../../src/block/object-table.js";
import { portableCrypto } from "../../src/crypto/portable.js";
import { frameTypes } from "../../src/format/frame.js";
import { compareKeys, encodeIndexPage, encodeIndexRoot, type IndexPageRef, type IndexRow } from "../../src/format/index-page.js";
import { limits } from "../../src/format/limits.js";
import { type Kind, kinds } from "../../src/format/object.js";
import { refusal } from "../container/refusal.js";

const kindNames = Object.keys(kinds) as Kind[];
const idOf = (number: number) => portableCrypto.sha256(new TextEncoder().encode(`object ${number}`));
const hash = (fill: number) => new Uint8Array(32).fill(fill);

/** Frames in memory, numbered from `first`. */
class Frames {
  readonly read: number[] = [];
  readonly #frames = new Map<number, { readonly type: number; readonly payload: Uint8Array }>();
  #next = 1000;

  async append(type: "indexPage" | "indexRoot", payload: Uint8Array): Promise<number> {
    this.#frames.set(this.#next, { type: frameTypes[type], payload });
    return this.#next++;
  }

  async frame(number: number) {
    this.read.push(number);
    return this.#frames.get(number) ?? { type: frameTypes.blockData, payload: new Uint8Array() };
  }
}

/** Bounds that no frame here is out of. */
const anywhere = { after: 0, before: 5000 };

async function indexOf(table: ObjectTable): Promise<{ readonly reader: IndexReader; readonly frames: Frames }> {
  const frames = new Frames();
  return { reader: await IndexReader.open(frames, [{ ...(await writeIndex(table, frames)), ...anywhere }], { limits, leftOut: "refused" }), frames };
}

async function allOf(reader: IndexReader): Promise<IndexRow[]> {
  const rows: IndexRow[] = [];
  for await (const row of reader.rows()) rows.push(row);
  return rows;
}

describe("a table of objects", () => {
  it("is as fast for ids that somebody chose to be alike", () => {
    // one after the other in one run of slots they would take ten seconds
    const ids = Array.from({ length: 20_000 }, (_, i) => Uint8Array.from({ length: 32 }, (_byte, at) => (at < 3 ? (i >> (8 * at)) & 255 : 7)));
    const table = new ObjectTable();
    expect(ids.map((id) => table.add("chunk", id))).toEqual(ids.map((_, i) => i));
    expect(ids.map((id) => table.find("chunk", id))).toEqual(ids.map((_, i) => i));
  });

  it("behaves as a map by (kind, id) that sorts", () => {
    const keys = fc.array(fc.tuple(fc.constantFrom(...kindNames), fc.nat(30), fc.nat(Number.MAX_SAFE_INTEGER), fc.nat(65535)), { maxLength: 80 });
    fc.assert(
      fc.property(keys, (added) => {
        const table = new ObjectTable();
        const model = new Map<string, IndexRow>();
        for (const [kind, number, frame, ordinal] of added) {
          const key = `${kind} ${number}`;
          const row = table.add(kind, idOf(number));
          expect(row < 0).toBe(model.has(key));
          if (row < 0) continue;
          table.place(row, frame, ordinal);
          model.set(key, { id: idOf(number), kind, frame, ordinal });
        }
        expect(table.size).toBe(model.size);
        for (const { id, kind, frame, ordinal } of model.values()) expect(table.row(table.find(kind, id))).toEqual({ id, kind, frame, ordinal });
        expect(Array.from(table.sorted(), (row) => table.row(row))).toEqual([...model.values()].toSorted(compareKeys));
        expect(table.find("chunk", idOf(99))).toBe(-1);
      }),
      { seed: 1 },
    );
  });

  it("sorts by the first bytes before the later ones, and has places of any frame", () => {
    const table = new ObjectTable();
    const ids = [Uint8Array.of(1, ...new Uint8Array(31)), new Uint8Array(32).fill(255).with(0, 0)];
    for (const id of ids) table.place(table.add("chunk", id), 2 ** 32, 0);
    expect(Array.from(table.sorted(), (row) => table.row(row))).toEqual(
      ids.toReversed().map((id) => ({ id, kind: "chunk", frame: 2 ** 32, ordinal: 0 })),
    );
  });

  it("keeps what differs in one byte apart, also when it grows", () => {
    const table = new ObjectTable();
    const ids = Array.from({ length: 32 }, (_, i) => new Uint8Array(32).with(i, 1));
    for (const id of ids) expect(table.add("page", id)).toBeGreaterThanOrEqual(0);
    expect(table.add("page", ids[0] as Uint8Array)).toBe(-1);
    for (let i = 0; i < 2100; i++) table.add("chunk", idOf(i));
    for (const [row, id] of ids.entries()) expect([table.find("page", id), table.find("list", id)]).toEqual([row, -1]);
    expect(table.find("chunk", idOf(2099))).toBe(2131);
  });

  it("always has a free slot, at which a search ends", () => {
    const table = new ObjectTable();
    for (let i = 0; i < 4096; i++) table.add("chunk", idOf(i));
    expect(table.find("chunk", idOf(4096))).toBe(-1);
    const full = new ObjectTable();
    // half of the slots, all of which are looked for in one place
    for (let i = 0; i < 2048; i++) full.add("chunk", new Uint8Array(32).with(0, i & 255).with(1, i >> 8));
    expect(full.find("chunk", hash(0).with(2, 1))).toBe(-1);
  });

  it("finds everything after it grew, also where ids collide in the bytes it looks at", () => {
    const table = new ObjectTable();
    const count = 40000;
    for (let i = 0; i < count; i++) expect(table.add("chunk", idOf(i))).toBe(i);
    for (let i = 0; i < count; i += 7) expect(table.find("chunk", idOf(i))).toBe(i);
    const same = new ObjectTable();
    for (let i = 0; i < 300; i++) same.add("page", new Uint8Array(32).with(31, i & 255).with(0, i >> 8));
    expect(same.size).toBe(300);
  });
});

describe("an index", () => {
  it.each([0, 1, 1023, 1024, 1025, 5000])("of %i objects finds each of them, and nothing else", async (count) => {
    const table = new ObjectTable();
    for (let i = 0; i < count; i++) table.place(table.add(kindNames[i % 7] as Kind, idOf(i)), 1 + (i % 900), i % 50);
    const { reader } = await indexOf(table);
    expect(reader.size).toBe(count);
    for (let i = 0; i < count; i += 13) {
      const kind = kindNames[i % 7] as Kind;
      expect(await reader.find(kind, idOf(i))).toEqual({ kind, id: idOf(i), frame: 1 + (i % 900), ordinal: i % 50 });
      expect(await reader.find(kindNames[(i + 1) % 7] as Kind, idOf(i))).toBeUndefined();
    }
    expect(await reader.find("chunk", idOf(-1))).toBeUndefined();
    expect([await reader.find("chunk", hash(0)), await reader.find("chunk", hash(255))]).toEqual([undefined, undefined]);
    const rows = await allOf(reader);
    expect(rows).toHaveLength(count);
    expect(rows.toSorted(compareKeys)).toEqual(rows);
  });

  it("reads a page once, as long as it remembers it, and no more than 64 of them", async () => {
    const table = new ObjectTable();
    for (let i = 0; i < 70 * 1024; i++) table.place(table.add("chunk", idOf(i)), 5, 1);
    const { reader, frames } = await indexOf(table);
    frames.read.length = 0;
    await reader.find("chunk", idOf(3));
    await reader.find("chunk", idOf(3));
    expect(frames.read).toHaveLength(1);
    await allOf(reader);
    await allOf(reader);
    expect(frames.read.length).toBeGreaterThan(70);
  });

  it("of several roots is their union, the lowest place first", async () => {
    const frames = new Frames();
    const roots = [];
    for (const [frame, numbers] of [
      [3, [1, 2]],
      [9, [2, 3]],
    ] as const) {
      const table = new ObjectTable();
      for (const number of numbers) table.place(table.add("chunk", idOf(number)), frame, 0);
      roots.push({ ...(await writeIndex(table, frames)), ...anywhere });
    }
    const reader = await IndexReader.open(frames, roots, { limits, leftOut: "refused" });
    expect((await reader.find("chunk", idOf(2)))?.frame).toBe(3);
    expect((await reader.find("chunk", idOf(3)))?.frame).toBe(9);
    expect(reader.size).toBe(4);
  });

  describe("is refused", () => {
    const row = (fill: number): IndexRow => ({ id: hash(fill), kind: "chunk", frame: 3, ordinal: 0 });

    /** An index of two pages whose references are changed. */
    async function open(
      change: (pages: readonly IndexPageRef[]) => readonly IndexPageRef[],
      rows = 4,
      second = [row(3), row(4)],
    ): Promise<IndexReader> {
      const frames = new Frames();
      const pages: IndexPageRef[] = [];
      for (const run of [[row(1), row(2)], second])
        pages.push({
          firstId: run[0]?.id ?? hash(0),
          firstKind: "chunk",
          frame: await frames.append("indexPage", encodeIndexPage(run)),
          rowCount: run.length,
        });
      const root = await frames.append("indexRoot", encodeIndexRoot(change(pages)));
      return IndexReader.open(frames, [{ frame: root, rows, ...anywhere }], { limits, leftOut: "refused" });
    }
    const first = (change: Partial<IndexPageRef>) => (pages: readonly IndexPageRef[]) => pages.with(0, { ...(pages[0] as IndexPageRef), ...change });

    it("when the manifest counts other rows", async () => {
      expect(await refusal(() => open((pages) => pages, 5))).toBe("PTAR_INDEX_INVALID: index (frame 1002): has 4 rows, the manifest says 5");
    });

    it("when it, a page or an object stands outside of the generations that it covers", async () => {
      const opened = async (bounds: { readonly after: number; readonly before: number }) => {
        const frames = new Frames();
        const table = new ObjectTable();
        for (const number of [1, 2]) table.place(table.add("chunk", idOf(number)), 997 + number, 0);
        const reader = await IndexReader.open(frames, [{ ...(await writeIndex(table, frames)), ...bounds }], { limits, leftOut: "refused" });
        return (await allOf(reader)).length;
      };
      expect(await opened({ after: 997, before: 1002 })).toBe(2);
      const outside = "PTAR_INDEX_INVALID: index (frame 1001): stands outside of the generations that it covers";
      expect(await refusal(() => opened({ after: 997, before: 1001 }))).toBe(outside);
      expect(await refusal(() => opened({ after: 1001, before: 1002 }))).toBe(outside);
      expect(await refusal(() => opened({ after: 1000, before: 1002 }))).toBe(
        "PTAR_INDEX_INVALID: index (frame 1001): a page of 2 rows in frame 1000",
      );
      expect(await refusal(() => opened({ after: 998, before: 1002 }))).toContain("a row names frame 998, ordinal 0");
    });

    it("when its root is no root", async () => {
      expect(await refusal(() => IndexReader.open(new Frames(), [{ frame: 7, rows: 0, ...anywhere }], { limits, leftOut: "refused" }))).toBe(
        "PTAR_INDEX_INVALID: index (frame 7): is no index root",
      );
    });

    it.each([
      ["is another than the root names", first({ firstId: hash(0) }), "index (frame 1000): is not the page that the root names"],
      ["starts with another kind", first({ firstKind: "list" }), "index (frame 1000): is not the page that the root names"],
      [
        "has other rows than the root says",
        (pages: readonly IndexPageRef[]) => [{ ...first({ rowCount: 1 })(pages)[0] }, { ...pages[1], rowCount: 3 }] as IndexPageRef[],
        "index (frame 1000): is not the page that the root names",
      ],
      ["is no index page", first({ frame: 500 }), "index (frame 500): is no index page"],
    ])("when a page %s", async (_what, change, sentence) => {
      const reader = await open(change);
      expect(await refusal(() => allOf(reader))).toBe(`PTAR_INDEX_INVALID: ${sentence}`);
    });

    it("not when the page after it goes on with the next kind of an id", async () => {
      const reader = await open((pages) => pages.with(1, { ...(pages[1] as IndexPageRef), firstKind: "list" }), 4, [
        { ...row(2), kind: "list" },
        row(4),
      ]);
      expect(await allOf(reader)).toHaveLength(4);
      expect(await reader.rowBytes()).toHaveLength(4 * 48);
    });

    it("when a page reaches into the page after it", async () => {
      const reader = await open((pages) => pages, 4, [row(2), row(4)]);
      expect(await refusal(() => allOf(reader))).toBe("PTAR_INDEX_INVALID: index (frame 1000): reaches into the page after it");
      expect(await refusal(() => reader.find("chunk", hash(1)))).toContain("reaches into the page after it");
    });
  });
});
