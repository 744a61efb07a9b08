// Trees written, walked and checked: items, counters, links, limits. spec/05-page.md, spec/07-item.md
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { objectId } from "../../src/block/object-id.js";
import { concatBytes } from "../../src/bytes/compare.js";
import { mustHex, toHex } from "../../src/bytes/hex.js";
import { label } from "../../src/bytes/label.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import type { Content, Counters, Item, Snapshot, Store } from "../../src/format/generated/types.js";
import type { Limits } from "../../src/format/limits.js";
import { itemText } from "../../src/format/page.js";
import { nativeCrypto as crypto } from "../../src/native/crypto.js";
import { checkTree } from "../../src/tree/check-tree.js";
import { sameCounters, Tally } from "../../src/tree/counters.js";
import { fileContent } from "../../src/tree/file-content.js";
import { itemLeaf, itemSalt } from "../../src/tree/item-tree.js";
import { TreeWriter, type WrittenTree } from "../../src/tree/tree-writer.js";
import { walkTree } from "../../src/tree/walk.js";
import { refusal } from "../container/refusal.js";
import { samples } from "../format/samples.js";
import { ObjectStore } from "./store.js";

const salt = new Uint8Array(32).fill(4);
const name = (text: string) => toUtf8(text);
const directory = (text: string): Item => ({ name: text, type: "directory" });
const fifo = (text: string, more: Partial<Item> = {}): Item => ({ name: text, type: "fifo", ...more });

/** A file of one chunk, which is stored. */
function file(store: ObjectStore, text: string, bytes: Uint8Array): readonly [Uint8Array, Item, Store] {
  const sha256 = toHex(store.put("chunk", bytes));
  return [name(text), { name: text, type: "file", size: bytes.length, sha256 }, {}];
}

function checked(
  store: ObjectStore,
  written: WrittenTree,
  change: { snapshot?: Partial<Snapshot>; content?: Partial<Content> } = {},
  level: "standard" | "full" | "deep" = "deep",
): Promise<number> {
  const { counters, itemCount, itemRoot, root, links } = written;
  const sample = samples.find(([found]) => found === "snapshot")?.[2] as Snapshot;
  const { entries, failed, unstable } = counters;
  const snapshot: Snapshot = {
    ...sample,
    completeness: { excluded: 0, failed, seen: entries, stored: entries - failed, unstable },
    items: { count: itemCount, hiding: true, root: itemRoot === undefined ? null : toHex(itemRoot), rule: "ptar1/item" },
    ...change.snapshot,
  };
  const content: Content = { type: "content", root: root === undefined ? null : toHex(root), salt: toHex(salt), links, ext: [], ...change.content };
  return checkTree(
    {
      objects: store,
      idOf: (kind, bytes) => objectId(crypto, kind, bytes),
      chunk: async (id) => (store.has("chunk", id) ? { length: (await store.get("chunk", id)).length } : undefined),
      level,
    },
    snapshot,
    content,
  );
}

describe("a tree", () => {
  it("is walked as it was written, in pre-order, whatever its shape", async () => {
    const { tree } = fc.letrec<{ tree: unknown; node: unknown }>((tie) => ({
      tree: fc.dictionary(fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom("a", "b", "é", "-") }), tie("node"), { maxKeys: 4 }),
      node: fc.oneof({ depthSize: "small" }, fc.constant(null), tie("tree")),
    }));
    await fc.assert(
      fc.asyncProperty(tree, async (shape) => {
        const store = new ObjectStore();
        const writer = new TreeWriter(crypto, store, salt);
        const expected: string[] = [];
        const visit = (node: object, above: string) => {
          for (const [key, child] of Object.entries(node).toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
            expected.push(`${above}${key}`);
            if (child === null) writer.add(name(key), fifo(key), {});
            else {
              writer.enter(name(key), directory(key));
              visit(child, `${above}${key}/`);
              writer.leave();
              expected.push(`leave ${above}${key}`);
            }
          }
        };
        visit(shape as object, "");
        const written = writer.finish();
        const found: string[] = [];
        for await (const step of walkTree(store, written.root))
          found.push(step.kind === "entry" ? new TextDecoder().decode(step.path) : `leave ${new TextDecoder().decode(step.directory.path)}`);
        expect(found).toEqual(expected);
        for (const level of ["standard", "full", "deep"] as const) expect(await checked(store, written, {}, level)).toBe(written.itemCount);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it("has the item tree of the specification", () => {
    const path = name("d/a");
    const text = itemText(fifo("a"));
    const salt16 = crypto.sha256(label("ptar1/salt"), salt, path).subarray(0, 16);
    expect(itemSalt(crypto, salt, path)).toEqual(new Uint8Array(salt16));
    const leaf = crypto.sha256(Uint8Array.of(0), label("ptar1/item"), salt16, Uint8Array.of(3, 0, 0, 0), path, toUtf8(text));
    expect(itemLeaf(crypto, salt, { path, text: toUtf8(text) })).toEqual(leaf);
    const writer = new TreeWriter(crypto, new ObjectStore(), salt);
    writer.enter(name("d"), directory("d"));
    writer.add(name("a"), fifo("a"), {});
    writer.leave();
    const first = itemLeaf(crypto, salt, { path: name("d"), text: toUtf8(itemText(directory("d"))) });
    expect(writer.finish().itemRoot).toEqual(crypto.sha256(Uint8Array.of(1), first, leaf));
  });

  it("without entries has no root of either kind", () => {
    expect(new TreeWriter(crypto, new ObjectStore(), salt).finish()).toMatchObject({
      root: undefined,
      itemRoot: undefined,
      itemCount: 0,
      links: null,
    });
  });

  it("counts what it holds, at every directory", () => {
    const stats = { ctime: null, mtime: null, size: 1 };
    const unstable = { after: stats, before: { ...stats, size: 0 } };
    const tally = new Tally();
    tally.add({ name: "a", type: "file", size: 5, mtime: "-3" });
    tally.add(fifo("b", { mtime: null, errors: [{ code: "EIO", operation: "stat" }], unstable }));
    tally.add({ name: "c", type: "file", size: 1, mtime: "-1763712131000000001", unstable });
    const counters: Counters = { bytes: 6, entries: 3, failed: 1, newest: "-3", unstable: 1 };
    expect(tally.counters).toEqual(counters);
    tally.addAll({ bytes: 10, entries: 2, failed: 1, newest: "1763712131000000001", unstable: 0 });
    tally.addAll({ bytes: 0, entries: 0, failed: 0, newest: null, unstable: 0 });
    expect(tally.counters).toEqual({ bytes: 16, entries: 5, failed: 2, newest: "1763712131000000001", unstable: 1 });
    for (const member of ["bytes", "entries", "failed", "unstable"] as const)
      expect(sameCounters(counters, { ...counters, [member]: 9 })).toBe(false);
    const newestOf = (...times: readonly string[]) => {
      const seen = new Tally();
      for (const mtime of times) seen.add({ name: "a", type: "file", mtime });
      return seen.counters.newest;
    };
    expect(newestOf("9", "10", "8")).toBe("10");
    expect(newestOf("-9", "-10", "-9")).toBe("-9");
    expect(newestOf("-1", "0")).toBe("0");
    expect(newestOf("0", "-1")).toBe("0");
    expect(newestOf("1700000000000000001", "1700000000000000000")).toBe("1700000000000000001");
    expect(newestOf("-100", "-99", "-98")).toBe("-98");
    expect([sameCounters(counters, { ...counters, newest: null }), sameCounters(counters, { ...counters })]).toEqual([false, true]);
  });

  it("is misused when a directory is left or kept open by mistake", () => {
    const writer = new TreeWriter(crypto, new ObjectStore(), salt);
    expect(() => writer.leave()).toThrow(TypeError);
    const open = new TreeWriter(crypto, new ObjectStore(), salt);
    open.enter(name("d"), directory("d"));
    expect(() => open.finish()).toThrow(TypeError);
  });

  it.each<readonly [string, (writer: TreeWriter) => void, string]>([
    [
      "of 257 names",
      (writer) => Array.from({ length: 257 }, () => writer.enter(name("d"), directory("d"))),
      "PTAR_LIMIT_EXCEEDED: tree: item 256 has a path of 257 names",
    ],
    [
      "of 32,768 bytes",
      (writer) => Array.from({ length: 40 }, () => writer.enter(name("d".repeat(1000)), directory("d".repeat(1000)))),
      "PTAR_LIMIT_EXCEEDED: tree: item 32 has a path of 33 names and 33032 bytes",
    ],
    [
      "with a name of 1,025 bytes",
      (writer) => writer.add(name("n".repeat(1025)), fifo("n".repeat(1025)), {}),
      "PTAR_ENTRY_NAME: tree: a name has 1025 bytes, limit 1024",
    ],
    ["with a slash in a name", (writer) => writer.add(name("a/b"), fifo("a/b"), {}), 'PTAR_ENTRY_NAME: tree: a name contains "/"'],
    [
      "with a long entry",
      (writer) => writer.add(name("a"), fifo("a", { owner: "o".repeat(262144) }), {}),
      "PTAR_LIMIT_EXCEEDED: tree: an entry of 262",
    ],
  ])("with a path %s is not written", async (_what, write, sentence) => {
    expect(await refusal(() => write(new TreeWriter(crypto, new ObjectStore(), salt)))).toContain(sentence);
  });
});

describe("a walk", () => {
  function nested(store: ObjectStore, depth: number): WrittenTree {
    const writer = new TreeWriter(crypto, store, salt);
    for (let i = 0; i < depth; i++) writer.enter(name("dir"), directory("dir"));
    writer.add(name("leaf"), fifo("leaf"), {});
    for (let i = 0; i < depth; i++) writer.leave();
    return writer.finish();
  }

  it.each<readonly [Partial<Limits>, string]>([
    [{ pathDepth: 3 }, "tree: item 3 has a path of 4 names and 15 bytes"],
    [{ pathBytes: 14 }, "tree: item 3 has a path of 4 names and 15 bytes"],
    [{ items: 4 }, "tree: item 0 has a path of 1 names and 3 bytes, and entries up to 4"],
  ])("with limits %j stops", async (lower, sentence) => {
    const store = new ObjectStore(lower);
    const { root } = nested(store, 4);
    const walk = async () => {
      for await (const _ of walkTree(store, root));
    };
    expect(await refusal(walk)).toContain(`PTAR_LIMIT_EXCEEDED: ${sentence}`);
  });

  it("passes over a directory without reading it, and numbers on", async () => {
    const store = new ObjectStore();
    const writer = new TreeWriter(crypto, store, salt);
    writer.enter(name("a"), directory("a"));
    writer.add(name("x"), fifo("x"), {});
    writer.add(name("y"), fifo("y"), {});
    writer.leave();
    writer.add(name("b"), fifo("b"), {});
    const found: unknown[] = [];
    for await (const step of walkTree(store, writer.finish().root, () => "pass")) if (step.kind === "entry") found.push(step.index);
    expect(found).toEqual([0, 3]);
    expect(store.reads).toHaveLength(1);
  });

  it("through few pages that describe entries without end stops at once", async () => {
    const store = new ObjectStore();
    const page = (entries: string) => toHex(store.put("page", toUtf8(`{"entries":[${entries}],"level":0}`)));
    let id = page('{"item":{"name":"f","type":"fifo"},"store":{}}');
    let entries = 1;
    const entry = (claimed: number, child: string, i: number) =>
      `{"item":{"name":"d${i}","type":"directory"},"store":{"counters":{"bytes":0,"entries":${claimed},"failed":0,"newest":null,"unstable":0},"page":"${child}"}}`;
    const honest = (child: string, below: number) => page(Array.from({ length: 10 }, (_, i) => entry(below, child, i)).join(","));
    let few = id;
    for (let level = 0; level < 10; level++) {
      if (level === 7) few = id;
      id = honest(id, entries);
      entries = 10 * (entries + 1);
    }
    store.reads.length = 0;
    const written = {
      root: mustHex(id),
      counters: { bytes: 0, entries, failed: 0, newest: null, unstable: 0 },
      itemCount: entries,
      itemRoot: new Uint8Array(32),
      links: null,
    };
    expect(await refusal(() => checked(store, written))).toBe(`PTAR_LIMIT_EXCEEDED: snapshot: ${entries} items, limit 268435456`);
    expect(store.reads).toHaveLength(0);
    const modest = { ...written, itemCount: 100 };
    expect(await refusal(() => checked(store, modest))).toBe("PTAR_SNAPSHOT_ITEMS: snapshot: 100 items, the pages have more");
    // counters that tell of too many entries are believed by whoever does not compare them
    const listed = async () => {
      for await (const _ of walkTree(store, modest.root));
    };
    store.reads.length = 0;
    expect(await refusal(listed)).toContain("PTAR_LIMIT_EXCEEDED: tree: item 0");
    expect(store.reads).toHaveLength(1);
    // a counter that hides it is found out as soon as one entry more is seen
    const liar = { ...modest, root: mustHex(page(entry(3, few, 0))) };
    store.reads.length = 0;
    expect(await refusal(() => checked(store, liar))).toContain("PTAR_TREE_COUNTERS: directory: item 0 has counters of 3 entries");
    expect(store.reads.length).toBeLessThan(4);
  });
});

describe("checking a tree", () => {
  /** a, d/b, d/c = a hard link of d/b. */
  function sound(store: ObjectStore, counters?: (own: Counters) => Counters): WrittenTree {
    const put = (kind: Parameters<ObjectStore["put"]>[0], bytes: Uint8Array) => {
      const text = new TextDecoder().decode(bytes);
      if (counters === undefined || !text.includes('"counters"')) return store.put(kind, bytes);
      const page = JSON.parse(text);
      for (const entry of page.entries) if (entry.store.counters) entry.store.counters = counters(entry.store.counters);
      return store.put(kind, toUtf8(JSON.stringify(page)));
    };
    const writer = new TreeWriter(crypto, { put }, salt);
    writer.add(...file(store, "a", toUtf8("aaa")));
    writer.enter(name("d"), { ...directory("d"), mtime: "9" });
    const first = writer.add(...file(store, "b", toUtf8("bb")));
    writer.link(writer.add(...file(store, "c", toUtf8("bb"))), first);
    writer.add(name("e"), fifo("e", { mtime: "7" }), {});
    writer.leave();
    return writer.finish();
  }

  it.each(["standard", "full", "deep"] as const)("accepts a sound one at level %s", async (level) => {
    const store = new ObjectStore();
    expect(await checked(store, sound(store), {}, level)).toBe(5);
  });

  it.each([
    ["bytes", 1],
    ["entries", 1],
    ["entries", -1],
    ["failed", 1],
    ["unstable", 1],
  ] as const)("refuses a directory whose counter of %s is off by %i", async (member, off) => {
    const store = new ObjectStore();
    const written = sound(store, (own) => ({ ...own, [member]: own[member] + off }));
    for (const level of ["standard", "full"] as const)
      expect(await refusal(() => checked(store, written, {}, level))).toMatch(/^PTAR_TREE_COUNTERS: directory: item 1 has counters of/);
  });

  it("refuses a directory whose newest time is another", async () => {
    const store = new ObjectStore();
    for (const newest of ["8", null])
      expect(
        await refusal(() =>
          checked(
            store,
            sound(store, (own) => ({ ...own, newest })),
            {},
            "standard",
          ),
        ),
      ).toMatch(/^PTAR_TREE_COUNTERS/);
  });

  const completeness = { excluded: 0, failed: 0, seen: 5, stored: 5, unstable: 0 };

  it.each<readonly [string, Partial<Snapshot>, string]>([
    [
      "another number of stored entries",
      { completeness: { ...completeness, stored: 4 } },
      "PTAR_SNAPSHOT_COUNTERS: snapshot: stored 4, failed 0, unstable 0; the pages have 5, 0, 0",
    ],
    ["failures that are not there", { completeness: { ...completeness, failed: 1 } }, "PTAR_SNAPSHOT_COUNTERS: snapshot: stored 5, failed 1"],
    [
      "unstable entries that are not there",
      { completeness: { ...completeness, unstable: 1 } },
      "PTAR_SNAPSHOT_COUNTERS: snapshot: stored 5, failed 0, unstable 1",
    ],
    [
      "another number of items",
      { items: { count: 6, hiding: true, root: "ab".repeat(32), rule: "ptar1/item" } },
      "PTAR_SNAPSHOT_ITEMS: snapshot: 6 items, the pages have 5",
    ],
    [
      "another item root",
      { items: { count: 5, hiding: true, root: "ab".repeat(32), rule: "ptar1/item" } },
      "PTAR_SNAPSHOT_ITEMS: snapshot: the item tree of 5 items has another root",
    ],
    ["no item root", { items: { count: 5, hiding: true, root: null, rule: "ptar1/item" } }, "PTAR_SNAPSHOT_ITEMS"],
  ])("refuses a snapshot with %s", async (_what, snapshot, sentence) => {
    const store = new ObjectStore();
    expect(await refusal(() => checked(store, sound(store), { snapshot }, "full"))).toContain(sentence);
  });

  it("refuses another salt at full, and does not look at standard", async () => {
    const store = new ObjectStore();
    const content = { salt: "00".repeat(32) };
    expect(await refusal(() => checked(store, sound(store), { content }, "full"))).toMatch(/^PTAR_SNAPSHOT_ITEMS/);
    expect(await checked(store, sound(store), { content }, "standard")).toBe(5);
  });

  it("refuses a file whose chunk is missing or of another length", async () => {
    const store = new ObjectStore();
    const written = sound(store);
    store.objects.delete(`chunk ${toHex(crypto.sha256(toUtf8("aaa")))}`);
    expect(await refusal(() => checked(store, written, {}, "standard"))).toBe("PTAR_OBJECT_MISSING: file: one of its chunks is not in the archive");
    const longer = new ObjectStore();
    const writer = new TreeWriter(crypto, longer, salt);
    const [text, item] = file(longer, "a", toUtf8("aaa"));
    writer.add(text, { ...item, size: 4 }, {});
    expect(await refusal(() => checked(longer, writer.finish(), {}, "full"))).toBe("PTAR_TREE_SIZE: file: a chunk of 3 bytes, expected 4");
  });

  it.each<readonly [string, readonly (readonly [number, number])[], string]>([
    ["of a directory", [[1, 0]], "link table: item 1 is a directory"],
    ["to a directory", [[2, 1]], "link table: item 1 is a directory"],
    ["to another file", [[3, 0]], "link table: item 3 differs from item 0"],
    [
      "to another link",
      [
        [3, 2],
        [4, 3],
      ],
      "link table: item 3 is both a link and a first item",
    ],
    ["of an item that is not there", [[9, 2]], "link table: item 9 of 5"],
    ["of a fifo", [[4, 2]], "link table: item 4 is a fifo"],
  ])("refuses a link %s", async (_what, rows, sentence) => {
    const store = new ObjectStore();
    const { links: _, ...written } = sound(store);
    const writer = new TreeWriter(crypto, store, salt);
    for (const [index, first] of rows) writer.link(index, first);
    const { links } = writer.finish();
    expect(await refusal(() => checked(store, { ...written, links }, {}, "full"))).toBe(`PTAR_LINKS_INVALID: ${sentence}`);
  });

  it("refuses a link table that is not as long as it says", async () => {
    const store = new ObjectStore();
    const written = sound(store);
    const links = { count: 2, pages: written.links?.pages ?? [] };
    expect(await refusal(() => checked(store, written, { content: { links } }))).toBe("PTAR_LINKS_INVALID: link table: 1 rows, expected 2");
  });

  it("reads links in many pages, in order over all of them", async () => {
    const store = new ObjectStore();
    const writer = new TreeWriter(crypto, store, salt);
    const count = 5000;
    const at = (i: number) => `f${String(i).padStart(5, "0")}`;
    const first = writer.add(...file(store, at(0), toUtf8("x")));
    for (let i = 1; i <= count; i++) writer.link(writer.add(...file(store, at(i), toUtf8("x"))), first);
    const written = writer.finish();
    expect(written.links).toMatchObject({ count });
    expect(written.links?.pages).toHaveLength(2);
    expect(await checked(store, written, {}, "full")).toBe(count + 1);
    const links = { count, pages: written.links?.pages.toReversed() ?? [] };
    expect(await refusal(() => checked(store, written, { content: { links } }, "full"))).toMatch(
      /^PTAR_LINKS_INVALID: link table: item \d+ is not after item \d+/,
    );
  });

  it("sees other page cuts, list cuts and digests at deep only", async () => {
    const store = new ObjectStore();
    const written = sound(store);
    const page = await store.get("page", written.root as Uint8Array);
    const child = { level: 1, pages: [{ id: toHex(store.put("page", page)), name: "a" }] };
    const content = {
      root: toHex(store.put("page", toUtf8(JSON.stringify({ level: 1, pages: child.pages.map(({ id, name: text }) => ({ id, name: text })) })))),
    };
    expect(await checked(store, written, { content }, "full")).toBe(5);
    expect(await refusal(() => checked(store, written, { content }, "deep"))).toBe(
      "PTAR_PAGE_SPLIT: directory: its entries are cut into pages in another way than the rule says",
    );
  });

  it("stops on request", async () => {
    const store = new ObjectStore();
    const written = sound(store);
    const signal = AbortSignal.abort(new Error("enough"));
    const check = { objects: store, idOf: () => new Uint8Array(), chunk: async () => undefined, level: "standard", signal } as const;
    const content: Content = { type: "content", root: toHex(written.root as Uint8Array), salt: toHex(salt), links: null, ext: [] };
    await expect(checkTree(check, samples.find(([found]) => found === "snapshot")?.[2] as Snapshot, content)).rejects.toThrow("enough");
  });
});

describe("the contents of a file", () => {
  const read = (offset: number, length: number) => ({ code: "EIO", operation: "read", offset, length }) as const;

  it("have zeros where the source could not be read, and are checked at the end", async () => {
    const ranges = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(ranges, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 7 }), async (gaps, tail, cut) => {
        const store = new ObjectStore();
        const errors: ReturnType<typeof read>[] = [];
        const whole: number[] = [];
        for (const [run, gap] of gaps) {
          whole.push(...Array.from({ length: run }, (_, i) => i + 1));
          errors.push(read(whole.length, gap));
          whole.push(...Array.from({ length: gap }, () => 0));
        }
        whole.push(...Array.from({ length: tail }, () => 5));
        const stored = Uint8Array.from(whole.filter((byte) => byte !== 0));
        const chunks = [];
        for (let at = 0; at < stored.length; at += cut) {
          const bytes = stored.subarray(at, at + cut);
          chunks.push({ id: toHex(store.put("chunk", bytes)), length: bytes.length });
        }
        const sha256 = toHex(crypto.sha256(stored));
        const digest = errors.length === 0 ? { sha256 } : { sha256: null, sha256Stored: sha256, errors };
        const item: Item = { name: "f", type: "file", size: whole.length, ...digest };
        store.put("chunk", stored);
        const parts: Uint8Array[] = [];
        const entry = { item, store: chunks.length > 1 ? { chunks } : {} };
        for await (const part of fileContent(store, entry)) parts.push(new Uint8Array(part));
        expect(Array.from(concatBytes(...parts))).toEqual(whole);
        const other = {
          item: { ...item, ...(errors.length === 0 ? { sha256: "ab".repeat(32) } : { sha256Stored: "ab".repeat(32) }) },
          store: { chunks },
        };
        const drain = async () => {
          for await (const _ of fileContent(store, other));
        };
        if (chunks.length > 1)
          expect(await refusal(drain)).toContain(`PTAR_FILE_DIGEST: file: its ${stored.length} bytes do not have the digest abab`);
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  it("of a file that did not open are zeros of its size", async () => {
    const item: Item = { name: "f", type: "file", size: 70000, sha256: null, errors: [{ code: "EACCES", operation: "open" }] };
    const parts: Uint8Array[] = [];
    for await (const part of fileContent(new ObjectStore(), { item, store: {} })) parts.push(part);
    expect(concatBytes(...parts).length).toBe(0);
  });
});
