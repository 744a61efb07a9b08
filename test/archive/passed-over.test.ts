// Entries of an earlier tree that are passed over as long as they are as they were. spec/06-snapshot.md#unchanged
import { describe, expect, it } from "vitest";
import { PassedOver } from "../../src/archive/passed-over.js";
import { toHex } from "../../src/bytes/hex.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import type { Item, Store, Xattr } from "../../src/format/generated/types.js";
import { entryText, itemText } from "../../src/format/page.js";
import { EntryMatcher } from "../../src/format/stored-entry.js";
import { EarlierDirectory } from "../../src/tree/earlier-directory.js";
import { PageWriter } from "../../src/tree/page-writer.js";
import type { SourceItem } from "../../src/tree/source.js";
import { ObjectStore } from "../tree/store.js";

const classes = ["name", "type", "content", "mode", "mtime", "ctime", "birthtime", "owner", "inode", "xattrs"] as const;
const common = { mode: 0o644, uid: 0, gid: 0, mtime: "1", ctime: "1", birthtime: null, dev: "1", inode: "1", nlink: 1 };
const file = { type: "file", ...common, size: 3 } as const;
const folder = { type: "directory", ...common } as const;
const sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const counters = { bytes: 6, entries: 2, failed: 0, newest: "1", unstable: 0 };

interface Stored {
  readonly item: Partial<Item> & Pick<Item, "type">;
  readonly store?: Store;
}

function pageOf(store: ObjectStore, entries: Readonly<Record<string, Stored>>): Uint8Array {
  const pages = new PageWriter(store.crypto, store);
  for (const [name, entry] of Object.entries(entries))
    pages.add(toUtf8(name), toUtf8(entryText(itemText({ ...entry.item, name } as Item), entry.store ?? {})));
  return pages.finish() as Uint8Array;
}

const kept = (xattrs?: readonly Xattr[]): Stored => ({ item: { ...file, sha256, ...(xattrs && { xattrs }) } });

async function over(store: ObjectStore, root: Uint8Array, { holds = true, isOlder = true } = {}): Promise<PassedOver> {
  const options = { objects: store, holds: () => holds, matcher: EntryMatcher.of(classes) };
  const passed = new PassedOver(new EarlierDirectory(root, options), {
    isOlder: () => isOlder,
    began: 2n,
    directory: (page) => new EarlierDirectory(page, options),
  });
  expect(passed.state).toBe("unread");
  await passed.read();
  expect(passed.state).toBe("open");
  return passed;
}

const entry = (name: string, item: SourceItem = file, group?: string) =>
  ({ kind: "entry", name: toUtf8(name), item, ...(group !== undefined && { group }) }) as const;
const enter = (name: string, item: SourceItem = folder) => ({ kind: "enter", name: toUtf8(name), item }) as const;

/** A directory `d` of `a` and `b` beside a file `e`, with these counters. */
async function nested(said: Store["counters"] = counters) {
  const store = new ObjectStore();
  const page = toHex(pageOf(store, { a: kept(), b: kept() }));
  const passed = await over(store, pageOf(store, { d: { item: folder, store: { counters: said, page } as Store }, e: kept() }));
  expect(passed.takes(enter("d"))).toBe(true);
  expect(passed.state).toBe("unread");
  await passed.read();
  return passed;
}

describe("a tree is passed over", () => {
  it("to its end when all is as it was", async () => {
    const passed = await nested();
    expect([passed.takes(entry("a")), passed.takes(entry("b")), passed.leaves(), passed.whole()]).toEqual([true, true, true, undefined]);
    expect(passed.takes(entry("e"))).toBe(true);
    expect(passed.whole()).toEqual({ bytes: 9, entries: 4, failed: 0, newest: "1", unstable: 0 });
    expect([passed.events, passed.entries, passed.links]).toEqual([5, 4, 0]);
  });

  it("with directories that have no entries", async () => {
    const store = new ObjectStore();
    const passed = await over(store, pageOf(store, { d: { item: folder } }));
    expect([passed.takes(enter("d")), passed.state, passed.leaves()]).toEqual([true, "open", true]);
    expect(passed.whole()?.entries).toBe(1);
  });

  it("page by page", async () => {
    const store = new ObjectStore();
    const names = Array.from({ length: 3000 }, (_, i) => `name ${String(i).padStart(5, "0")}`);
    const passed = await over(store, pageOf(store, Object.fromEntries(names.map((name) => [name, kept()]))));
    for (const name of names) {
      expect(passed.whole()).toBeUndefined();
      if (passed.state === "unread") await passed.read();
      expect(passed.takes(entry(name))).toBe(true);
    }
    expect(passed.whole()?.entries).toBe(3000);
    expect(store.reads).toHaveLength(store.count("page"));
  });

  it("with extended attributes that an entry before had, or this one alone", async () => {
    const store = new ObjectStore();
    const [one, two] = [[{ name: "user.a", value: "AA" }], [{ name: "user.a", value: "AQ" }]];
    const passed = await over(store, pageOf(store, { a: kept(one), b: kept(one), c: kept(), d: kept(two), e: kept(one) }));
    for (const name of ["a", "b", "c", "d", "e"]) expect(passed.takes(entry(name)), name).toBe(true);
  });

  it("with other names of files, which are counted and known by their events", async () => {
    const store = new ObjectStore();
    const passed = await over(store, pageOf(store, { a: kept(), b: kept(), c: kept(), d: kept() }));
    for (const [name, group] of Object.entries({ a: "x", b: "y", c: "x", d: undefined })) expect(passed.takes(entry(name, file, group))).toBe(true);
    expect(passed.links).toBe(1);
    expect([...passed.groups]).toEqual([
      [0, "x"],
      [1, "y"],
      [2, "x"],
    ]);
  });
});

describe("a file is passed over by numbers", () => {
  const numbers = { ...file, atime: 0n, mtime: 1n, ctime: 1n, birthtime: null, dev: 1n, inode: 1n };

  it("as by its event, and counted in the same way", async () => {
    const passed = await nested();
    expect([passed.takesFile("a", numbers), passed.takes(entry("b")), passed.leaves(), passed.takesFile("e", numbers)]).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(passed.whole()).toEqual({ bytes: 9, entries: 4, failed: 0, newest: "1", unstable: 0 });
    expect([passed.events, passed.entries, passed.links]).toEqual([5, 4, 0]);
  });

  it("with the newest time wherever it is", async () => {
    const store = new ObjectStore();
    const at = (mtime: string): Stored => ({ item: { ...file, sha256, mtime } });
    const passed = await over(store, pageOf(store, { a: at("-5"), b: at("1"), c: at("-7"), d: at("-6") }));
    expect(passed.takesFile("a", { ...numbers, mtime: -5n })).toBe(true);
    expect(passed.takes(entry("b", { ...file, mtime: "1" }))).toBe(true);
    for (const [name, mtime] of [
      ["c", -7n],
      ["d", -6n],
    ] as const)
      expect(passed.takesFile(name, { ...numbers, mtime })).toBe(true);
    expect(passed.whole()).toMatchObject({ newest: "1", entries: 4 });
  });

  it.each([
    ["its name is another", "b", {}],
    ["a fact is another", "a", { size: 4 }],
    ["its mtime may have changed", "a", { mtime: 2n }],
    ["its ctime may have changed", "a", { ctime: 2n }],
  ])("unless %s: then it is left to its event", async (_, name, more) => {
    const store = new ObjectStore();
    const entries = {
      a: {
        item: {
          ...file,
          ...Object.fromEntries(Object.entries(more).map(([key, value]) => [key, typeof value === "bigint" ? String(value) : 3])),
          sha256,
        },
      },
      c: kept(),
    };
    const passed = await over(store, pageOf(store, entries));
    expect(passed.takesFile(name, { ...numbers, ...more })).toBe(false);
    expect([passed.state, passed.events, passed.entries]).toEqual(["open", 0, 0]);
  });

  it("unless its chunks are not kept, or nothing is there", async () => {
    const store = new ObjectStore();
    const lost = await over(store, pageOf(store, { a: kept() }), { holds: false });
    expect([lost.takesFile("a", numbers), lost.state]).toEqual([false, "open"]);
    expect([lost.takes(entry("a")), lost.state]).toEqual([false, "over"]);
    const empty = await over(store, pageOf(store, { d: { item: folder } }));
    empty.takes(enter("d"));
    expect([empty.takesFile("a", numbers), empty.state, empty.leaves()]).toEqual([false, "open", true]);
    expect(empty.takesFile("a", numbers)).toBe(false);
  });
});

describe("it is over", () => {
  const isOver = (passed: PassedOver, taken: boolean) => {
    expect([taken, passed.state, passed.whole()]).toEqual([false, "over", undefined]);
  };

  it.each<[string, SourceItem, string]>([
    ["another name", file, "b"],
    ["another fact", { ...file, size: 4 }, "a"],
    ["something that could not be listed", { ...file, errors: [{ code: "EIO", operation: "stat" }] }, "a"],
  ])("with %s", async (_, item, name) => {
    const store = new ObjectStore();
    const passed = await over(store, pageOf(store, { a: kept([{ name: "user.a", value: "AA" }]), c: kept() }));
    isOver(passed, passed.takes(entry(name, item)));
    expect(passed.takes(entry("c"))).toBe(false);
  });

  it("with what may have changed, or is not kept", async () => {
    const store = new ObjectStore();
    const root = pageOf(store, { a: kept() });
    for (const how of [{ isOlder: false }, { holds: false }]) {
      const passed = await over(store, root, how);
      isOver(passed, passed.takes(entry("a")));
    }
  });

  it("with an entry behind the last one, or below where there were none", async () => {
    const store = new ObjectStore();
    const passed = await over(store, pageOf(store, { a: kept() }));
    passed.takes(entry("a"));
    isOver(passed, passed.takes(entry("b")));
    const empty = await over(store, pageOf(store, { d: { item: folder } }));
    empty.takes(enter("d"));
    isOver(empty, empty.takes(entry("a")));
  });

  it("where entries are gone", async () => {
    const passed = await nested();
    passed.takes(entry("a"));
    isOver(passed, passed.leaves());
    const counted = await nested({ ...counters, bytes: 3, entries: 1 });
    counted.takes(entry("a"));
    isOver(counted, counted.leaves());
    const atRoot = await nested();
    for (const name of ["a", "b"]) atRoot.takes(entry(name));
    expect([atRoot.leaves(), atRoot.state, atRoot.whole()]).toEqual([true, "open", undefined]);
    isOver(atRoot, atRoot.leaves());
  });

  it.each([{ bytes: 7 }, { entries: 3 }, { failed: 1 }, { newest: "2" }, { unstable: 1 }])("where somebody counted wrong: %o", async (wrong) => {
    const passed = await nested({ ...counters, ...wrong });
    for (const name of ["a", "b"]) passed.takes(entry(name));
    isOver(passed, passed.leaves());
  });

  it("when it was ended: the directories that are open go on from where they are", async () => {
    const passed = await nested();
    passed.takes(entry("a"));
    const open = passed.end();
    expect(passed.state).toBe("over");
    expect(open).toHaveLength(2);
    expect(open[1]?.take(entry("b"))).toBeDefined();
    expect(open[0]?.take(entry("e"))).toBeDefined();
  });
});
