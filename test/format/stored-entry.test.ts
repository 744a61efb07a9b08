// What is said of a stored entry without decoding it. spec/06-snapshot.md#unchanged
import { describe, expect, it } from "vitest";
import { objectEnd } from "../../src/bytes/stored-json.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import type { CaptureClass, Counters, Item, Store } from "../../src/format/generated/types.js";
import { limits } from "../../src/format/limits.js";
import { nameMembers } from "../../src/format/name.js";
import { decodePage, entryText, itemText, pageEnds, storedItemEnd } from "../../src/format/page.js";
import { EntryMatcher, hasCounters, type SeenFacts } from "../../src/format/stored-entry.js";

const classes: readonly CaptureClass[] = ["name", "type", "content", "links", "mode", "mtime", "ctime", "birthtime", "owner", "inode", "xattrs"];
const digest = "0744a644180777ca81f63eaed8e21feaed3889b8125b320ba24a0e0d57c152b2";
const emptyDigest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const common = {
  mode: 0o644,
  uid: 0,
  gid: 1000,
  atime: "-7",
  mtime: "1793988916000000000",
  ctime: "1795299986230158904",
  birthtime: null,
  dev: "65024",
  inode: "10141838",
  nlink: 1,
};
const file: SeenFacts = { type: "file", ...common, size: 3049 };
const folder: SeenFacts = { type: "directory", ...common };
const counters = { bytes: 7, entries: 1, failed: 0, newest: null, unstable: 0 };

/** Stored bytes of an entry about what was seen. */
function stored({ atime: _atime, ...seen }: SeenFacts, store: Store = {}, more: Partial<Item> = {}, name: Uint8Array = toUtf8("a.c")): Uint8Array {
  const digests = seen.type === "file" ? { sha256: digest } : {};
  return toUtf8(entryText(itemText({ ...seen, ...nameMembers(name), ...digests, ...more } as Item), store));
}

/** The text of the stored item when it says what was seen. */
function matched(
  bytes: Uint8Array,
  item: SeenFacts,
  { name = toUtf8("a.c"), matcher = EntryMatcher.of(classes) as EntryMatcher } = {},
): string | undefined {
  const page = Buffer.concat([toUtf8("before"), bytes, toUtf8("],")]);
  if (!matcher.matches(page, 6, { name, item })) return undefined;
  expect(matcher.parts.end).toBe(6 + bytes.length);
  expect(matcher.parts.itemEnd).toBe(6 + storedItemEnd(bytes, JSON.parse(Buffer.from(bytes).toString()).store));
  return page.toString("utf8", 6 + '{"item":'.length, matcher.parts.itemEnd);
}

const chunks = (...lengths: readonly number[]) => ({ chunks: lengths.map((length) => ({ id: digest, length })) });

describe("a stored entry that says what was seen", () => {
  it.each<[string, SeenFacts, Store]>([
    ["a file of one chunk", file, {}],
    ["a file of more chunks", file, chunks(3000, 49)],
    ["a file of many chunks", file, { list: digest }],
    ["a directory without entries", folder, {}],
    ["a directory", folder, { counters, page: digest }],
    ["a symlink", { type: "symlink", ...common, target: "../b c" }, {}],
    ["a fifo", { type: "fifo", ...common }, {}],
  ])("is known: %s", (_, seen, store) => {
    const bytes = stored(seen, store);
    expect(JSON.parse(matched(bytes, seen) as string)).toEqual(JSON.parse(Buffer.from(bytes).toString()).item);
  });

  it("is known by any name that is UTF-8 and needs no escapes", () => {
    for (const text of ["ä.txt", "\u{10000}", "a b", "\x7f"])
      expect(matched(stored(file, {}, {}, toUtf8(text)), file, { name: toUtf8(text) })).toBeDefined();
    for (const name of [toUtf8('a"b'), toUtf8("a\\b"), toUtf8("a\nb"), Uint8Array.of(0x61, 0xff)])
      expect(matched(stored(file, {}, {}, name), file, { name })).toBeUndefined();
    // what a writer would not have written: not even where it spells the name
    const forged = Buffer.from(stored(file)).toString("latin1").replace("a.c", "a\xff");
    expect(matched(Buffer.from(forged, "latin1"), file, { name: Uint8Array.of(0x61, 0xff) })).toBeUndefined();
  });

  it("is known by numbers as well, and by a name in ASCII", () => {
    const numbers = { ...file, mtime: 1793988916000000000n, ctime: 1795299986230158904n, dev: 65024n, inode: 10141838n };
    const matcher = EntryMatcher.of(classes) as EntryMatcher;
    const matches = (name: string, item: SeenFacts, bytes = stored(file)) => matcher.matches(bytes, 0, { name, item });
    expect(matches("a.c", numbers)).toBe(true);
    for (const name of ["a.d", "a.", "a.cc"]) expect(matches(name, numbers), name).toBe(false);
    for (const member of ["mtime", "ctime", "dev", "inode"] as const)
      expect(matches("a.c", { ...numbers, [member]: numbers[member] + 1n }), member).toBe(false);
    expect(matches("a.c", { ...numbers, birthtime: 0n })).toBe(false);
    const born = stored({ ...file, birthtime: "12" });
    expect([
      matches("a.c", { ...numbers, birthtime: 12n }, born),
      matches("a.c", { ...numbers, birthtime: 13n }, born),
      matches("a.c", numbers, born),
    ]).toEqual([true, false, false]);
  });

  it("tells where its chunks and its page are", () => {
    const matcher = EntryMatcher.of(classes) as EntryMatcher;
    const at = (bytes: Uint8Array, places: readonly number[]) => places.map((place) => Buffer.from(bytes).toString("utf8", place, place + 64));
    const name = toUtf8("a.c");
    const expectParts = (seen: SeenFacts, store: Store, ids: readonly string[], more: Partial<Item> = {}) => {
      const bytes = stored(seen, store, more);
      expect(matcher.matches(bytes, 0, { name, item: seen })).toBe(true);
      expect(at(bytes, matcher.parts.chunks)).toEqual(ids);
      return { bytes, page: matcher.parts.page };
    };
    expectParts(file, {}, [digest]);
    expectParts(file, chunks(49, 3000), [digest, digest]);
    expectParts({ ...file, size: 0 }, {}, [], { sha256: emptyDigest });
    expectParts({ type: "symlink", ...common, target: "b" }, {}, []);
    const { bytes, page } = expectParts(folder, { counters, page: digest }, []);
    expect(at(bytes, [page])).toEqual([digest]);
    expect(expectParts(folder, {}, []).page).toBe(-1);
    expect(matcher.parts.list).toBe(-1);
    const long = expectParts(file, { list: digest }, []);
    expect(at(long.bytes, [matcher.parts.list])).toEqual([digest]);
    expectParts(file, {}, [digest]);
    expect(matcher.parts.list).toBe(-1);
  });

  it("may have the extended attributes of a neighbour", () => {
    const xattrs = [{ name: "security.x", value: "AA" }];
    const bytes = stored(file, {}, { xattrs });
    const matcher = EntryMatcher.of(classes) as EntryMatcher;
    expect(matched(bytes, file, { matcher })).toBeUndefined();
    matcher.expectXattrs(xattrs);
    expect(matched(bytes, file, { matcher })).toBeDefined();
    expect(matched(stored(file), file, { matcher })).toBeDefined();
    expect(matched(stored(file, {}, { xattrs: [{ name: "security.x", value: "AQ" }] }), file, { matcher })).toBeUndefined();
    const without = EntryMatcher.of(classes.filter((name) => name !== "xattrs")) as EntryMatcher;
    without.expectXattrs(xattrs);
    expect(matched(bytes, file, { matcher: without })).toBeUndefined();
  });

  it("has its access time where that is captured", () => {
    const matcher = EntryMatcher.of([...classes, "atime"]) as EntryMatcher;
    const bytes = stored(file, {}, { atime: "-7" });
    expect(matched(bytes, file, { matcher })).toBeDefined();
    expect(matched(bytes, { ...file, atime: "-8" }, { matcher })).toBeUndefined();
    expect(matched(bytes, file)).toBeUndefined();
  });
});

describe("a stored entry is not known", () => {
  it("when one fact is another", () => {
    const others: Partial<Item> = { mode: 0o600, uid: 1, gid: 1, mtime: "1", ctime: "1", birthtime: "1", dev: "1", inode: "1", nlink: 2, size: 1 };
    for (const [member, value] of Object.entries(others)) {
      expect(matched(stored(file), { ...file, [member]: value }), member).toBeUndefined();
      expect(matched(stored(file), { ...file, [member]: undefined }), member).toBeUndefined();
    }
    expect(matched(stored(file), { ...file, type: "fifo" })).toBeUndefined();
    expect(matched(stored(file), file, { name: toUtf8("a.d") })).toBeUndefined();
    expect(matched(stored(file), file, { name: toUtf8("a.") })).toBeUndefined();
    // a writer escapes the one, and spells the other in UTF-8
    for (const target of ['a"b', "a\\b", "a\nb", "\xe9"]) {
      const bytes = Buffer.from(
        Buffer.from(stored({ type: "symlink", ...common, target: "T" }))
          .toString()
          .replace('"T"', `"${target}"`),
        "latin1",
      );
      expect(matched(bytes, { type: "symlink", ...common, target })).toBeUndefined();
    }
    const link = { type: "symlink", ...common, target: "a" } as const;
    expect(matched(stored(link), { ...link, target: "b" })).toBeUndefined();
  });

  it("when more was seen of it than ordinary entries have", () => {
    const more: Partial<Item> = {
      errors: [{ code: "EACCES", operation: "list" }],
      attributes: [{ name: "mount-point", value: "not entered" }],
      rdev: { major: 1, minor: 2 },
      targetRaw: "_w",
      owner: "root",
      group: "root",
      xattrs: [{ name: "user.a", value: "" }],
      holes: [{ length: 1, offset: 0 }],
      ext: [{ critical: false, data: "", id: "x" }],
    };
    for (const [member, value] of Object.entries(more)) expect(matched(stored(file), { ...file, [member]: value }), member).toBeUndefined();
    expect(matched(stored({ ...folder, size: 1 }), { ...folder, size: 1 })).toBeUndefined();
    expect(matched(stored({ ...common, type: "unknown" }), { ...common, type: "unknown" })).toBeUndefined();
  });

  it("when it says more than was seen", () => {
    const unstable = { after: { ctime: "1", mtime: "1", size: 1 }, before: { ctime: "1", mtime: "1", size: 1 } };
    for (const more of [
      { unstable },
      { sha256: null },
      { errors: [] },
      { digests: { md5: "00" } },
      { holes: [{ length: 1, offset: 0 }] },
      { owner: "x" },
    ])
      expect(matched(stored(file, {}, more), file)).toBeUndefined();
  });

  it("when its chunks cannot be those of the file", () => {
    expect(matched(stored(file, chunks(3000, 48)), file)).toBeUndefined();
    expect(matched(stored(file, chunks(3049)), file)).toBeUndefined();
    expect(matched(stored(file, chunks(3049, 0)), file), "a chunk of no bytes").toBeUndefined();
    expect(matched(stored({ ...file, size: 17 }, chunks(...Array.from({ length: 17 }, () => 1))), { ...file, size: 17 })).toBeUndefined();
    expect(matched(stored({ ...file, size: 16 }, chunks(...Array.from({ length: 16 }, () => 1))), { ...file, size: 16 })).toBeDefined();
    expect(matched(stored({ ...file, size: 0 }), { ...file, size: 0 })).toBeUndefined();
    expect(matched(stored({ ...file, size: 0 }, { list: digest }), { ...file, size: 0 })).toBeUndefined();
  });

  it("when the snapshot does not capture all that is seen", () => {
    for (const left of ["mode", "mtime", "ctime", "birthtime", "owner", "inode"] as const)
      expect(EntryMatcher.of(classes.filter((name) => name !== left))).toBeUndefined();
  });

  // whatever is taken over is signed anew: it must be what a writer would write
  it("when any byte of it is one that no writer would have written", () => {
    const { head, tail } = pageEnds(0);
    for (const [seen, store] of [
      [file, {}],
      [file, chunks(3000, 49)],
      [folder, { counters, page: digest }],
    ] as const) {
      const good = stored(seen, store);
      // the store of a directory is written anew
      const end = seen === folder ? Buffer.from(good).indexOf(',"store"') : good.length;
      for (let at = 0; at < end; at++) {
        for (const byte of [0x20, 0x22, 0x2c, 0x30, 0x47, 0x61, 0x7d]) {
          const bytes = good.slice();
          bytes[at] = byte;
          if (matched(bytes, seen) === undefined) continue;
          const page = decodePage(Buffer.concat([toUtf8(head), bytes, toUtf8(tail)]), limits);
          expect("entries" in page && page.entries[0]?.item.ctime).toBe(seen.ctime);
        }
      }
    }
    const zeros = Buffer.from(stored(file)).toString().replace('"uid":0', '"uid":00');
    expect(matched(toUtf8(zeros), file)).toBeUndefined();
  });
});

describe("the end of an entry", () => {
  it("is told by its braces outside of strings", () => {
    const entry = String.raw`{"item":{"name":"a}\"}{\\","type":"fifo"},"store":{}}`;
    const bytes = toUtf8(`[${entry},${entry}]`);
    expect(objectEnd(bytes, 1, bytes.length)).toBe(1 + entry.length);
    expect(objectEnd(bytes, 1, entry.length)).toBe(entry.length);
    expect(objectEnd(toUtf8('{"a'), 0, 3)).toBe(3);
  });
});

describe("the store of a directory", () => {
  const item = itemText({ ...folder, name: "d" } as Item);
  const has = (store: Store, wanted: Counters) => hasCounters(toUtf8(entryText(item, store)), 8 + item.length, wanted);

  it("has these counters, or others", () => {
    expect(has({ counters, page: digest }, counters)).toBe(true);
    expect(has({ counters: { ...counters, newest: "-1" }, page: digest }, { ...counters, newest: "-1" })).toBe(true);
    for (const other of [{ bytes: 8 }, { entries: 2 }, { failed: 1 }, { newest: "1" }, { unstable: 1 }])
      expect(has({ counters, page: digest }, { ...counters, ...other })).toBe(false);
    expect(has({}, counters)).toBe(false);
  });
});
