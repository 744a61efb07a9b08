// Pages that are decoded in one pass: never otherwise than as JSON. spec/05-page.md
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalText, type JsonValue, parseCanonical } from "../../src/bytes/canonical-json.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { checkEntry, emptyDigest } from "../../src/format/entry.js";
import type { Entry, Item, LeafPage, Store } from "../../src/format/generated/types.js";
import { validatePage } from "../../src/format/generated/validators.js";
import { limits } from "../../src/format/limits.js";
import { ordinaryEntries } from "../../src/format/ordinary-page.js";
import { decodePage } from "../../src/format/page.js";

const hex = "0123456789abcdef".repeat(4);
const facts = {
  atime: "1700000000123456789",
  birthtime: null,
  ctime: "-1",
  dev: "65024",
  gid: 4294967295,
  inode: "18446744073709551615",
  mode: 4095,
  mtime: "0",
  nlink: 1,
  uid: 0,
} satisfies Partial<Item>;
const counters = { bytes: 9007199254740, entries: 2, failed: 0, newest: "1700000000123456789", unstable: 0 };
const chunks = Array.from({ length: 16 }, (_, i) => ({ id: hex, length: i + 1 }));
const file: Item = { ...facts, name: "a file", sha256: hex, size: 136, type: "file" };

const ordinary: readonly (readonly [string, Item, Store?])[] = [
  ["a file of one chunk", file],
  ["a file of many chunks", file, { chunks }],
  ["a file with a list", { name: "ü\u{10000}\u2028", sha256: hex, size: 999_999_999_999_999, type: "file" }, { list: hex }],
  ["an empty file", { ...file, size: 0, sha256: emptyDigest }],
  ["a file with names of its owners", { ...file, owner: "ada", group: "staff" }],
  ["an empty directory", { ...facts, name: "d", type: "directory" }],
  ["a directory", { name: "d", type: "directory" }, { counters, page: hex }],
  ["a symlink", { ...facts, name: "s", target: "../ü", type: "symlink" }],
  ["a name of the longest ASCII", { name: "x".repeat(1024), type: "directory" }],
];

const encode = (...rows: readonly string[]) => toUtf8(`{"entries":[${rows.join(",")}],"level":0}`);
const rowOf = (item: Item, store: Store = {}) => canonicalText({ item, store } as unknown as JsonValue);

/** The entries, decoded and checked as JSON. */
function asJson(bytes: Uint8Array): readonly Entry[] {
  const page = parseCanonical(bytes, "page") as unknown as LeafPage;
  if (!validatePage(page)) throw new TypeError("not a page");
  for (const entry of page.entries) checkEntry(entry, limits);
  return page.entries;
}

function refusedAsJson(bytes: Uint8Array): boolean {
  try {
    asJson(bytes);
    return false;
  } catch {
    return true;
  }
}

describe("ordinary entries", () => {
  it.each(ordinary.map(([what, item, store = {}]) => ({ what, item, store })))("$what", ({ item, store }) => {
    const bytes = encode(rowOf(item, store));
    expect(ordinaryEntries(bytes, limits)).toEqual(asJson(bytes));
  });

  it("come out in their order, with the same members in the same order", () => {
    const bytes = encode(...ordinary.map(([, item, store]) => rowOf(item, store)));
    expect(JSON.stringify(ordinaryEntries(bytes, limits))).toBe(JSON.stringify(asJson(bytes)));
  });

  it("are as many as a page may have", () => {
    const row = rowOf({ name: "d", type: "directory" });
    expect(ordinaryEntries(encode(...Array.from({ length: 1024 }, () => row)), limits)).toHaveLength(1024);
    expect(ordinaryEntries(encode(...Array.from({ length: 1025 }, () => row)), limits)).toBeUndefined();
    expect(ordinaryEntries(encode(row, row, row), { ...limits, pageEntries: 2 })).toBeUndefined();
  });
});

describe("what is not ordinary is left to JSON", () => {
  const row = rowOf(file, { chunks });
  const directory = rowOf({ name: "d", type: "directory" }, { counters, page: hex });
  const symlink = rowOf({ name: "s", target: "t", type: "symlink" });
  const change = (from: string, to: string, text = row) => {
    expect(text).toContain(from);
    return encode(text.replace(from, to));
  };

  it.each([
    ["a number with a leading zero", change('"nlink":1', '"nlink":01')],
    ["a number that is not safe", change('"nlink":1', '"nlink":9007199254740993')],
    ["a number without digits", change('"nlink":1', '"nlink":')],
    ["a negative number", change('"nlink":1', '"nlink":-1')],
    ["a fraction", change('"nlink":1', '"nlink":1.5')],
    ["a user of more than 32 bits", change('"uid":0', '"uid":4294967296')],
    ["a group of more than 32 bits", change('"gid":4294967295', '"gid":4294967296')],
    ["a mode of more than 12 bits", change('"mode":4095', '"mode":4096')],
    ["a time of minus zero", change('"ctime":"-1"', '"ctime":"-0"')],
    ["a time of minus a leading zero", change('"ctime":"-1"', '"ctime":"-01"')],
    ["a time with a leading zero", change('"ctime":"-1"', '"ctime":"01"')],
    ["a time of 31 digits", change('"ctime":"-1"', `"ctime":"${"1".repeat(31)}"`)],
    ["a time without digits", change('"ctime":"-1"', '"ctime":"-"')],
    ["a time without quotes", change('"ctime":"-1"', '"ctime":1')],
    ["an inode of 21 digits", change('"inode":"18446744073709551615"', `"inode":"${"1".repeat(21)}"`)],
    ["an inode of null", change('"inode":"18446744073709551615"', '"inode":null')],
    ["a digest in capital letters", change('"sha256":"0123456789abc', '"sha256":"0123456789ABC')],
    ["a short digest", change('"sha256":"0', '"sha256":"')],
    ["a long digest", change('"sha256":"0', '"sha256":"00')],
    ["a letter after f", change('"sha256":"0123456789abcdef', '"sha256":"0123456789abcdeg')],
    ["white space", change('"nlink":1', '"nlink": 1')],
    ["members out of order", change('"gid":4294967295,"inode":"18446744073709551615"', '"inode":"18446744073709551615","gid":4294967295')],
    ["a member twice", change('"nlink":1', '"nlink":1,"nlink":1')],
    ["a file with a target", change('"type":"file"', '"target":"x","type":"file"')],
    ["a file without a size", change('"size":136,', "")],
    ["an unknown type", change('"type":"file"', '"type":"folder"')],
    ["an empty file with another digest", change('"size":136', '"size":0', rowOf(file))],
    ["an empty file with chunks", encode(rowOf({ ...file, size: 0, sha256: emptyDigest }, { chunks }))],
    ["an empty file with a list", encode(rowOf({ ...file, size: 0, sha256: emptyDigest }, { list: hex }))],
    ["one chunk", encode(rowOf(file, { chunks: chunks.slice(0, 1) }))],
    ["17 chunks", encode(rowOf(file, { chunks: [...chunks, { id: hex, length: 1 }] }))],
    ["an empty chunk", change('"length":2}', '"length":0}')],
    ["chunks that do not end", change("]}", "}")],
    ["a directory with chunks", encode(rowOf({ name: "d", type: "directory" }, { chunks }))],
    ["a directory with a page and no counters", encode(rowOf({ name: "d", type: "directory" }, { page: hex }))],
    ["a directory with counters and no page", encode(rowOf({ name: "d", type: "directory" }, { counters }))],
    ["counters of 16 digits", change('"entries":2', '"entries":9999999999999999', directory)],
    ["counters without a time", change('"newest":"1700000000123456789",', "", directory)],
    ["a symlink without target", change('"target":"t"', '"target":""', symlink)],
    ["a symlink with a size", change('"target":"t"', '"size":1,"target":"t"', symlink)],
    ["a symlink with a page", encode(rowOf({ name: "s", target: "t", type: "symlink" }, { counters, page: hex }))],
    ["a name with an escape that none needs", change('"a file"', '"\\u0061 file"')],
    ["a name with a control character", change('"a file"', '"a\u0001file"')],
    ["no name of JSON", change('"a file"', '"a file')],
    ["a name that is not UTF-8", encode(row).map((byte) => (byte === 0x66 ? 0xff : byte))],
    ["no entries", encode()],
    ["a comma too many", encode(row, "")],
    ["something after the page", toUtf8(`${new TextDecoder().decode(encode(row))} `)],
    ["another level", toUtf8(`{"entries":[${row}],"level":1}`)],
    ["no end", encode(row).subarray(0, -1)],
    ["nothing", new Uint8Array()],
  ])("%s, which JSON refuses too", (_what, bytes) => {
    expect(ordinaryEntries(bytes, limits)).toBeUndefined();
    expect(refusedAsJson(bytes)).toBe(true);
  });

  it.each<readonly [string, Item]>([
    ["a name with a quote", { ...file, name: 'a"b' }],
    ["a name with a backslash", { ...file, name: "a\\b" }],
    ["a name with a line feed", { ...file, name: "a\nb" }],
    ["a name of other bytes", { nameRaw: "_w", type: "directory" }],
    ["a number of 16 digits", { ...file, nlink: 9007199254740991 }],
    ["extended attributes", { ...file, xattrs: [{ name: "user.a", value: "" }] }],
    ["a hole", { ...file, holes: [{ offset: 0, length: 1 }] }],
    ["a pipe", { name: "p", type: "fifo" }],
    ["a file that could not be read", { errors: [{ code: "EACCES", operation: "open" }], name: "f", sha256: null, size: 1, type: "file" }],
  ])("%s, which JSON takes", (_what, item) => {
    const bytes = encode(rowOf(item));
    expect(ordinaryEntries(bytes, limits)).toBeUndefined();
    expect(decodePage(bytes, limits)).toMatchObject({ entries: asJson(bytes) });
  });

  it("what limits may refuse", () => {
    const bytes = encode(symlink);
    expect(ordinaryEntries(bytes, { ...limits, targetBytes: 3 })).toBeDefined();
    expect(ordinaryEntries(bytes, { ...limits, targetBytes: 2 })).toBeUndefined();
    expect(ordinaryEntries(bytes, { ...limits, entryBytes: 3 * symlink.length })).toBeDefined();
    expect(ordinaryEntries(bytes, { ...limits, entryBytes: 3 * symlink.length - 1 })).toBeUndefined();
  });

  it("pages of pages", () => {
    expect(ordinaryEntries(toUtf8(canonicalText({ level: 1, pages: [{ id: hex, name: "a" }] })), limits)).toBeUndefined();
  });
});

describe("a page that is changed anywhere", () => {
  const bytes = encode(...ordinary.map(([, item, store]) => rowOf(item, store)));
  const agrees = (changed: Uint8Array) => {
    const entries = ordinaryEntries(changed, limits);
    if (entries !== undefined) expect(entries).toEqual(asJson(changed));
    return entries !== undefined;
  };

  it("is never taken otherwise than by JSON", () => {
    const place = fc.nat(bytes.length - 1);
    const sign = fc.oneof(fc.constantFrom(...toUtf8('0123456789abcdefg"\\,:{}[]-. nul')), fc.nat(255));
    let taken = 0;
    fc.assert(
      fc.property(place, sign, fc.constantFrom(0, 1, 2), fc.constantFrom(0, 1), (at, byte, dropped, added) => {
        const changed = Uint8Array.of(...bytes.subarray(0, at), ...[byte].slice(0, added), ...bytes.subarray(at + dropped));
        if (agrees(changed)) taken++;
      }),
      { seed: 5, numRuns: 4000 },
    );
    // both ways were gone
    expect(taken).toBeGreaterThan(100);
  });
});
