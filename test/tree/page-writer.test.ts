// Directories are cut by their names and sizes alone, and read back whatever their size. spec/05-page.md#page
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareBytes } from "../../src/bytes/compare.js";
import { toHex } from "../../src/bytes/hex.js";
import { label } from "../../src/bytes/label.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { limits } from "../../src/format/limits.js";
import { nameMembers } from "../../src/format/name.js";
import { type DecodedPage, decodePage, entryText, itemText, pageBytes, pageFrameLength } from "../../src/format/page.js";
import { nativeCrypto } from "../../src/native/crypto.js";
import { directoryEntries } from "../../src/tree/directory-reader.js";
import { PageWriter } from "../../src/tree/page-writer.js";
import { ObjectStore } from "./store.js";

interface Named {
  readonly name: Uint8Array;
  readonly padding?: number;
}

const numbered = (count: number, padding = 0): Named[] =>
  Array.from({ length: count }, (_, i) => ({ name: toUtf8(`n${String(i).padStart(6, "0")}`), padding }));

function write(store: ObjectStore, entries: readonly Named[]): Uint8Array | undefined {
  const writer = new PageWriter(store.crypto, store);
  for (const { name, padding } of entries) {
    const item = { type: "fifo", ...nameMembers(name), ...(padding ? { owner: "p".repeat(padding) } : {}) } as const;
    writer.add(name, toUtf8(entryText(itemText(item), {})));
  }
  return writer.finish();
}

async function namesOf(store: ObjectStore, root: Uint8Array): Promise<Uint8Array[]> {
  const names: Uint8Array[] = [];
  for await (const { name } of directoryEntries(store, root)) names.push(name);
  return names;
}

/** Pages of each level, lowest first, found from the root. */
async function levelsOf(store: ObjectStore, root: Uint8Array): Promise<{ readonly page: DecodedPage; readonly bytes: number }[][]> {
  const levels: { page: DecodedPage; bytes: number }[][] = [];
  const visit = async (id: Uint8Array): Promise<void> => {
    const bytes = await store.get("page", id);
    const page = decodePage(bytes, limits);
    levels[page.level] = [...(levels[page.level] ?? []), { page, bytes: bytes.length }];
    if ("pages" in page) for (const child of page.pages) await visit(Buffer.from(child.id, "hex"));
  };
  await visit(root);
  return levels;
}

const splits = (level: number, name: Uint8Array) => nativeCrypto.sha256(label("ptar1/split"), Uint8Array.of(level), name)[0] === 0;

describe("a directory", () => {
  it("without entries has no page", () => {
    expect(write(new ObjectStore(), [])).toBeUndefined();
  });

  it.each([1, 63, 64, 65, 1024, 1025, 5000, 20000])("of %i entries is cut by the rule, at every level", async (count) => {
    const store = new ObjectStore();
    const entries = numbered(count);
    const root = write(store, entries) as Uint8Array;
    expect((await namesOf(store, root)).map(toHex)).toEqual(entries.map(({ name }) => toHex(name)));
    const levels = await levelsOf(store, root);
    expect(levels.at(-1)).toHaveLength(1);
    for (const [level, pages] of levels.entries()) {
      for (const [i, { page }] of pages.entries()) {
        expect(page.names.length).toBeLessThanOrEqual(limits.pageEntries);
        // no name inside a page starts a page, and each page but the first starts where the rule cuts
        for (const name of page.names.slice(64)) expect(splits(level, name)).toBe(false);
        const before = pages[i - 1]?.page.names.length;
        if (before !== undefined) expect(before === limits.pageEntries || (before >= 64 && splits(level, page.names[0] as Uint8Array))).toBe(true);
      }
    }
    if (count > 1024) expect(levels.length).toBeGreaterThan(1);
  });

  it("of long entries is cut before a page exceeds 512 KiB, not earlier", async () => {
    const store = new ObjectStore();
    const entries = numbered(40, 30000);
    const root = write(store, entries) as Uint8Array;
    const [leaves] = await levelsOf(store, root);
    const lengths = (leaves ?? []).map(({ bytes }) => bytes);
    const rowLength = 30000 + '{"item":{"name":"n000000","owner":"","type":"fifo"},"store":{}},'.length;
    expect(lengths.length).toBeGreaterThan(2);
    for (const length of lengths) expect(length).toBeLessThanOrEqual(pageBytes);
    for (const length of lengths.slice(0, -1)) expect(length + rowLength).toBeGreaterThan(pageBytes);
  });

  it.each([
    ["fills a page to the last byte", 0, [pageBytes]],
    ["would exceed it by one", 1, [expect.any(Number), expect.any(Number)]],
  ])("whose last entry %s is cut accordingly", async (_what, extra, lengths) => {
    const store = new ObjectStore();
    const empty = '{"item":{"name":"n000000","owner":"","type":"fifo"},"store":{}}'.length;
    const last = pageBytes - pageFrameLength(0) - 2 - 3 * empty - 2 * 200000 + extra;
    const root = write(store, [...numbered(2, 200000), { name: toUtf8("n000002"), padding: last }]) as Uint8Array;
    expect((await levelsOf(store, root))[0]?.map(({ bytes }) => bytes)).toEqual(lengths);
  });

  it("is cut the same way whatever its names, and shares pages with its other states", async () => {
    const names = fc.uniqueArray(fc.uint8Array({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 400, selector: toHex });
    const allowed = (name: Uint8Array) => !name.includes(0) && !name.includes(0x2f) && !name.every((byte) => byte === 0x2e);
    await fc.assert(
      fc.asyncProperty(names, async (all) => {
        const sorted = all.filter(allowed).toSorted(compareBytes);
        fc.pre(sorted.length > 0);
        const store = new ObjectStore();
        const root = write(
          store,
          sorted.map((name) => ({ name })),
        ) as Uint8Array;
        expect(await namesOf(store, root)).toEqual(sorted);
      }),
      { seed: 1, numRuns: 40 },
    );
    const store = new ObjectStore();
    const entries = numbered(20000);
    write(store, entries);
    const before = store.count("page");
    write(store, entries.toSpliced(10000, 1));
    expect(store.count("page") - before).toBeLessThan(6);
  });
});

describe("a branch", () => {
  const leafOf = (store: ObjectStore, ...names: string[]) =>
    store.put("page", toUtf8(`{"entries":[${names.map((name) => entryText(itemText({ type: "fifo", name }), {})).join(",")}],"level":0}`));
  const branch = (store: ObjectStore, level: number, ...rows: (readonly [string, Uint8Array])[]) =>
    store.put("page", toUtf8(`{"level":${level},"pages":[${rows.map(([name, id]) => `{"id":"${toHex(id)}","name":"${name}"}`).join(",")}]}`));

  it.each<readonly [string, (store: ObjectStore) => Uint8Array, string]>([
    [
      "whose child starts with another name",
      (store) => branch(store, 1, ["a", leafOf(store, "b")]),
      "page: level 0 or first name are not those that the page above names",
    ],
    [
      "whose child is of its own level",
      (store) => branch(store, 1, ["a", branch(store, 1, ["a", leafOf(store, "a")])]),
      "page: level 1 or first name",
    ],
    ["whose child is two levels below", (store) => branch(store, 2, ["a", leafOf(store, "a")]), "page: level 0 or first name"],
    [
      "whose children overlap",
      (store) => branch(store, 1, ["a", leafOf(store, "a", "c")], ["b", leafOf(store, "b")]),
      "page: its first entry is not after the last one of the page before",
    ],
    [
      "whose children repeat a name",
      (store) => branch(store, 1, ["a", leafOf(store, "a", "b")], ["b", leafOf(store, "b")]),
      "page: its first entry is not after",
    ],
  ])("%s is refused", async (_what, make, sentence) => {
    const store = new ObjectStore();
    await expect(namesOf(store, make(store))).rejects.toMatchObject({ code: "PTAR_PAGE_ORDER", message: expect.stringContaining(sentence) });
  });
});
