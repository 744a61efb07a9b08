// Chunk lists: inline, one list, several levels; cut by ids alone. spec/05-page.md#list
import { describe, expect, it } from "vitest";
import { toHex } from "../../src/bytes/hex.js";
import type { Entry, Store } from "../../src/format/generated/types.js";
import { encodeList, type ListRow } from "../../src/format/list.js";
import { nativeCrypto } from "../../src/native/crypto.js";
import { fileRows, type SeenLists } from "../../src/tree/file-content.js";
import { ListWriter } from "../../src/tree/list-writer.js";
import { refusal } from "../container/refusal.js";
import { ObjectStore } from "./store.js";

const hex = "ab".repeat(32);
/** A row whose id does not end a list. */
const plain = (number: number, length = 10): ListRow => ({
  id: nativeCrypto.sha256(Uint8Array.of(number & 255, number >> 8, number >> 16)).with(0, 1),
  length,
});
const ending = (number: number): ListRow => ({ ...plain(number), id: plain(number).id.with(0, 0).with(1, 4) });

const sizeOf = (rows: readonly ListRow[]) => rows.reduce((sum, { length }) => sum + length, 0);
const entryOf = (store: Store, size: number): Entry => ({ item: { name: "f", type: "file", size, sha256: hex }, store });

function write(store: ObjectStore, rows: readonly ListRow[]): Store {
  const writer = new ListWriter(store);
  for (const row of rows) writer.add(row);
  return writer.finish();
}

async function rowsOf(store: ObjectStore, entry: Entry, seen?: SeenLists): Promise<ListRow[]> {
  const rows: ListRow[] = [];
  for await (const row of fileRows(store, entry, seen)) rows.push(row);
  return rows;
}

/** Rows as text: comparing thousands of arrays takes seconds. */
const lines = (rows: readonly ListRow[]) => rows.map(({ id, length }) => `${toHex(id)} ${length}`);

describe("a file", () => {
  it("of no chunk or one says nothing about chunks", async () => {
    const store = new ObjectStore();
    expect([write(store, []), write(store, [plain(1)])]).toEqual([{}, {}]);
    expect(await rowsOf(store, entryOf({}, 10))).toEqual([{ id: new Uint8Array(32).fill(0xab), length: 10 }]);
    expect(await rowsOf(store, entryOf({}, 0))).toEqual([]);
  });

  it.each([2, 16])("of %i chunks has them inline", async (count) => {
    const store = new ObjectStore();
    const rows = Array.from({ length: count }, (_, i) => plain(i));
    const kept = write(store, rows);
    expect(kept.chunks).toEqual(rows.map(({ id, length }) => ({ id: toHex(id), length })));
    expect(await rowsOf(store, entryOf(kept, sizeOf(rows)))).toEqual(rows);
    expect(store.count("list")).toBe(0);
  });

  it.each([
    ["17 chunks, one list", 17, [], 1],
    ["511 chunks and one that would end a list later", 511, [510], 1],
    ["512 chunks, cut exactly at its end", 512, [511], 1],
    ["513 chunks, cut before the last", 513, [511], 3],
    ["an early ending id, which counts only from 512 on", 600, [100], 1],
    ["4,096 chunks, cut at its end by number", 4096, [], 1],
    ["4,097 chunks", 4097, [], 3],
    ["8,192 chunks, cut twice exactly", 8192, [], 3],
    ["three lists of other lengths", 9000, [600, 4000], 5],
  ] as const)("of %s", async (_what, count, ends, lists) => {
    const store = new ObjectStore();
    const rows = Array.from({ length: count }, (_, i) => ((ends as readonly number[]).includes(i) ? ending(i) : plain(i)));
    const kept = write(store, rows);
    expect(lines(await rowsOf(store, entryOf(kept, sizeOf(rows))))).toEqual(lines(rows));
    expect(store.count("list")).toBe(lists);
  });

  it("of very many chunks has three levels, and memory for one list of each", async () => {
    const store = new ObjectStore();
    // every 512th id ends a list, and so do the ids of no list: the level above is cut at 4,096
    const rows = Array.from({ length: 512 * 520 }, (_, i) => (i % 512 === 511 ? ending(i) : plain(i)));
    const kept = write(store, rows);
    const found = await rowsOf(store, entryOf(kept, sizeOf(rows)));
    expect(lines(found).join("\n") === lines(rows).join("\n")).toBe(true);
    expect(store.count("list")).toBeGreaterThanOrEqual(521);
  });
});

describe("lists", () => {
  const leaf = { level: 0, rows: [plain(1), plain(2)] };

  it("whose lengths do not give the size of the file are refused", async () => {
    const store = new ObjectStore();
    const list = toHex(store.put("list", encodeList(leaf)));
    expect(await refusal(() => rowsOf(store, entryOf({ list }, 21)))).toBe("PTAR_TREE_SIZE: file: chunks of 20 bytes, expected 21");
    const chunks = [plain(1), plain(2)].map(({ id, length }) => ({ id: toHex(id), length }));
    expect(await refusal(() => rowsOf(store, entryOf({ chunks }, 19)))).toBe("PTAR_TREE_SIZE: file: chunks of 20 bytes, expected 19");
  });

  it("that do not add up to what the list above says, or are of another level, are refused", async () => {
    const store = new ObjectStore();
    const id = store.put("list", encodeList(leaf));
    const above = (level: number, length: number) => toHex(store.put("list", encodeList({ level, rows: [{ id, length }] })));
    expect(await refusal(() => rowsOf(store, entryOf({ list: above(1, 21) }, 21)))).toBe(
      "PTAR_LIST_INVALID: list: level 0 and 20 bytes, expected level 0 and 21 bytes",
    );
    expect(await refusal(() => rowsOf(store, entryOf({ list: above(2, 20) }, 20)))).toBe(
      "PTAR_LIST_INVALID: list: level 0 and 20 bytes, expected level 1 and 20 bytes",
    );
    expect(await rowsOf(store, entryOf({ list: above(1, 20) }, 20))).toEqual(leaf.rows);
  });

  it("that name each other many times cost no more than they are long", async () => {
    const store = new ObjectStore();
    let ref: ListRow = { id: store.put("list", encodeList({ level: 0, rows: Array.from({ length: 4096 }, () => plain(1, 1)) })), length: 4096 };
    for (let level = 1; level < 4; level++) {
      const row = ref;
      ref = { id: store.put("list", encodeList({ level, rows: Array.from({ length: 4096 }, () => row) })), length: 4096 * row.length };
    }
    const seen: SeenLists = new Map();
    expect(await rowsOf(store, entryOf({ list: toHex(ref.id) }, ref.length), seen)).toHaveLength(4096);
    expect(store.reads).toHaveLength(4);
    expect(await rowsOf(store, entryOf({ list: toHex(ref.id) }, ref.length), seen)).toEqual([]);
    expect(await refusal(() => rowsOf(store, entryOf({ list: toHex(ref.id) }, ref.length - 1), seen))).toMatch(/^PTAR_TREE_SIZE/);
  });
});
