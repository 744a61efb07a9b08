// A directory of an earlier tree beside what is there now. spec/06-snapshot.md#unchanged
import { describe, expect, it } from "vitest";
import { toHex } from "../../src/bytes/hex.js";
import { fromUtf8, toUtf8 } from "../../src/bytes/utf8.js";
import type { Item } from "../../src/format/generated/types.js";
import { entryText, itemText } from "../../src/format/page.js";
import { EntryMatcher } from "../../src/format/stored-entry.js";
import { EarlierDirectory, type EarlierEntry, type SeenNow } from "../../src/tree/earlier-directory.js";
import { PageWriter } from "../../src/tree/page-writer.js";
import { ObjectStore } from "./store.js";

const classes = ["name", "type", "content", "mode", "mtime", "ctime", "birthtime", "owner", "inode"] as const;
const item = { type: "file", mode: 0o644, uid: 0, gid: 0, mtime: "1", ctime: "1", birthtime: null, dev: "1", inode: "1", nlink: 1, size: 3 } as const;
const digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/** A directory with these names, as it was stored. */
function storedDirectory(store: ObjectStore, names: readonly string[]): Uint8Array {
  const pages = new PageWriter(store.crypto, store);
  for (const name of names) pages.add(toUtf8(name), toUtf8(entryText(itemText({ ...item, name, sha256: digest }), {})));
  return pages.finish() as Uint8Array;
}

function opened(store: ObjectStore, root: Uint8Array, holds: (id: Uint8Array) => boolean = () => true): EarlierDirectory {
  return new EarlierDirectory(root, { objects: store, holds: (_kind, id) => holds(id), matcher: EntryMatcher.of(classes) });
}

const now = (name: string, more: Partial<Item> = {}): SeenNow => ({ name: toUtf8(name), item: { ...item, ...more } });
const kindOf = async (found: EarlierEntry | undefined | Promise<EarlierEntry | undefined>) => (await found)?.kind;
const names = Array.from({ length: 3000 }, (_, i) => `name ${String(i).padStart(5, "0")}`);

describe("a directory that did not change", () => {
  it("is known entry by entry, its pages read once each", async () => {
    const store = new ObjectStore();
    const root = storedDirectory(store, names);
    const directory = opened(store, root);
    for (const name of names) {
      const found = await directory.find(now(name));
      expect(found?.kind).toBe("matched");
      if (found?.kind === "matched") expect(fromUtf8(found.stored.bytes)).toBe(entryText(itemText({ ...item, name, sha256: digest }), {}));
    }
    expect(store.count("page")).toBeGreaterThan(2);
    expect(store.reads).toHaveLength(store.count("page"));
    expect(await directory.find(now("z"))).toBeUndefined();
  });

  it("asks whether each chunk will stay", async () => {
    const store = new ObjectStore();
    const asked: string[] = [];
    const directory = opened(store, storedDirectory(store, ["a", "b"]), (id) => asked.push(toHex(id)) > 1);
    expect(await directory.find(now("a"))).toMatchObject({ isHeld: false });
    expect(await directory.find(now("b"))).toMatchObject({ isHeld: true });
    expect(asked).toEqual([digest, digest]);
  });
});

describe("a directory that changed", () => {
  it("is known as far as it did not", async () => {
    const store = new ObjectStore();
    const directory = opened(store, storedDirectory(store, ["a", "c", "d", "e", "g"]));
    expect(await kindOf(directory.find(now("a", { mode: 0o600 })))).toBe("decoded");
    expect(await kindOf(directory.find(now("b"))), "a new one").toBeUndefined();
    expect(await kindOf(directory.find(now("d"))), "behind one that is gone").toBe("matched");
    expect(await kindOf(directory.find(now("e")))).toBe("matched");
    expect(await kindOf(directory.find(now("f")))).toBeUndefined();
    expect(await kindOf(directory.find(now("h")))).toBeUndefined();
  });

  it("gives a decoded entry and its stored bytes", async () => {
    const store = new ObjectStore();
    const found = await opened(store, storedDirectory(store, ["a"])).find(now("a", { size: 4 }));
    if (found?.kind !== "decoded") throw new Error("not decoded");
    expect(found.entry.item).toMatchObject({ name: "a", size: 3 });
    expect(fromUtf8(found.bytes)).toBe(entryText(itemText(found.entry.item), found.entry.store));
  });

  it("decodes entries with other names, and all without a matcher", async () => {
    const store = new ObjectStore();
    const root = storedDirectory(store, ["a", "b"]);
    expect(await kindOf(opened(store, root).find({ ...now("a"), group: "1:2" }))).toBe("decoded");
    const plain = new EarlierDirectory(root, { objects: store, holds: () => true, matcher: undefined });
    expect(await kindOf(plain.find(now("a")))).toBe("decoded");
  });
});

describe("a page that is none", () => {
  const entry = entryText(itemText({ ...item, name: "a", sha256: digest }), {});
  it.each([
    ["other text", "{}", /^PTAR_DOCUMENT_/],
    ["an entry that satisfies no schema", '{"entries":[{"item":{}}],"level":0}', /^PTAR_DOCUMENT_INVALID/],
    ["white space", `{"entries":[ ${entry}],"level":0}`, /^PTAR_DOCUMENT_/],
    ["entries that nothing stands between", `{"entries":[${entry}${entry}],"level":0}`, /^PTAR_DOCUMENT_/],
    ["entries that something else stands between", `{"entries":[${entry};${entry.replace('"a"', '"b"')}],"level":0}`, /^PTAR_DOCUMENT_/],
    ["an entry that does not end", `{"entries":[${entry.slice(0, -1)}],"level":0}`, /^PTAR_DOCUMENT_/],
    ["another end", `{"entries":[${entry}],"level":0 }`, /^PTAR_DOCUMENT_/],
  ])("is refused: %s", async (_, text, code) => {
    const store = new ObjectStore();
    const directory = opened(store, store.put("page", toUtf8(text)));
    const all = async () => {
      for (const name of ["a", "b"]) await directory.find(now(name));
    };
    await expect(all()).rejects.toMatchObject({ code: expect.stringMatching(code) });
  });
});
