// Pages: names, order, and what each type of entry may hold. spec/05-page.md
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toBase64url } from "../../src/bytes/base64url.js";
import { canonicalBytes, type JsonValue } from "../../src/bytes/canonical-json.js";
import { compareBytes } from "../../src/bytes/compare.js";
import { fromUtf8, toUtf8 } from "../../src/bytes/utf8.js";
import { storedSize, unreadBytes } from "../../src/format/entry.js";
import type { Entry, EntryError, Item, Store } from "../../src/format/generated/types.js";
import { limits } from "../../src/format/limits.js";
import { nameBytes, nameMembers, targetBytes, targetMembers } from "../../src/format/name.js";
import { childText, decodePage, encodePage, entryText, itemText, pageFrameLength } from "../../src/format/page.js";
import { refusal } from "../container/refusal.js";

const hex = "ab".repeat(32);
const file: Item = { name: "a", type: "file", size: 3, sha256: hex };
const empty: Item = { name: "a", type: "file", size: 0, sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" };
const counters = { bytes: 0, entries: 1, failed: 0, newest: null, unstable: 0 };
const leaf = (...entries: readonly Entry[]) => canonicalBytes({ entries, level: 0 } as unknown as JsonValue);
const refused = (item: JsonValue | Item, store: Store = {}) => refusal(() => decodePage(leaf({ item: item as Item, store }), limits));
const bad = Uint8Array.of(0x61, 0xff);

describe("a page", () => {
  const names = fc.uniqueArray(fc.uint8Array({ minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 20, selector: String });
  const allowed = (name: Uint8Array) => !name.includes(0) && !name.includes(0x2f) && fromUtf8(name) !== "." && fromUtf8(name) !== "..";

  it("decodes to what was encoded, with the exact bytes of its names", () => {
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 16 }), (all, level) => {
        const sorted = all.filter(allowed).toSorted(compareBytes);
        fc.pre(sorted.length > 0);
        const rows = sorted.map((name) => entryText(itemText({ type: "fifo", ...nameMembers(name) }), {}));
        const page = decodePage(encodePage(0, rows), limits);
        expect(page.names).toEqual(sorted);
        expect(
          "entries" in page &&
            encodePage(
              0,
              page.entries.map(({ item, store }) => entryText(itemText(item), store)),
            ),
        ).toEqual(encodePage(0, rows));
        const children = sorted.map((name) => childText(hex, nameMembers(name)));
        expect(decodePage(encodePage(level, children), limits)).toMatchObject({ level, names: sorted });
      }),
      { seed: 1 },
    );
  });

  it("is as long as its rows and its frame", () => {
    const row = entryText(itemText({ type: "fifo", name: "x" }), {});
    for (const level of [0, 1, 16]) expect(encodePage(level, [row, row]).length).toBe(pageFrameLength(level) + 2 * row.length + 1);
  });

  it.each([
    ["twice the same name", ["a", "a"], "entry 1 is out of order"],
    ["names out of order", ["b", "a"], "entry 1 is out of order"],
    ["an order that is right in UTF-16 only", ["\u{10000}", "\uffff"], "entry 1 is out of order"],
    ["a name before its own beginning", ["a", "ab", "aa"], "entry 2 is out of order"],
  ])("with %s is refused", async (_what, order, sentence) => {
    const entries = order.map((name): Entry => ({ item: { name, type: "fifo" }, store: {} }));
    expect(await refusal(() => decodePage(leaf(...entries), limits))).toBe(`PTAR_PAGE_ORDER: page: ${sentence}`);
    const pages = order.map((name) => ({ id: hex, name }));
    expect(await refusal(() => decodePage(canonicalBytes({ level: 1, pages }), limits))).toBe(`PTAR_PAGE_ORDER: page: ${sentence}`);
  });

  it("whose order is right in UTF-8 only is accepted", () => {
    const entries = ["\uffff", "\u{10000}"].map((name): Entry => ({ item: { name, type: "fifo" }, store: {} }));
    expect(decodePage(leaf(...entries), limits)).toMatchObject({ level: 0, names: { length: 2 }, entries });
  });

  it("without entries, or of both kinds, is refused", async () => {
    for (const page of [
      { entries: [], level: 0 },
      { level: 1, pages: [] },
      { level: 0, pages: [{ id: hex, name: "a" }] },
      { level: 17, pages: [{ id: hex, name: "a" }] },
    ])
      expect(await refusal(() => decodePage(canonicalBytes(page as JsonValue), limits))).toMatch(/^PTAR_DOCUMENT_INVALID: page: /);
  });

  it("with an entry over the limit is refused", async () => {
    const item: Item = { name: "a", type: "symlink", target: "\u0001".repeat(32767) };
    expect(await refused(item)).toBe("nothing was refused");
    const short = canonicalBytes({ item: { name: "a", type: "fifo" }, store: {} }).length;
    const two = leaf(...["a", "b"].map((name): Entry => ({ item: { name, type: "fifo" }, store: {} })));
    expect(decodePage(two, { ...limits, entryBytes: short }).names).toHaveLength(2);
    expect(await refusal(() => decodePage(two, { ...limits, entryBytes: short - 1 }))).toContain(`an entry of ${short} bytes, limit ${short - 1}`);
    const attributes = [{ name: "n", value: "v".repeat(limits.entryBytes) }];
    expect(await refused({ ...file, attributes })).toMatch(/^PTAR_LIMIT_EXCEEDED: page: an entry of \d+ bytes, limit 262144/);
  });

  it("with too long an entry, or too long attributes of one, is refused for what else is wrong with it", async () => {
    const foreign: Entry = { item: { name: "b", type: "fifo", size: 1 }, store: {} };
    const long: Item = { name: "a", type: "fifo", attributes: [{ name: "n", value: "v".repeat(limits.entryBytes) }] };
    const longXattr: Item = { name: "a", type: "fifo", xattrs: [{ name: "user.a", value: "A".repeat(87384) }] };
    for (const item of [long, longXattr]) {
      expect(await refusal(() => decodePage(leaf({ item, store: {} }), limits))).toMatch("PTAR_LIMIT_EXCEEDED");
      expect(await refusal(() => decodePage(leaf({ item, store: {} }, foreign), limits))).toMatch(
        "PTAR_ENTRY_INVALID: page: a fifo has the member size",
      );
    }
  });
});

describe("a name", () => {
  it("has one form, which gives its exact bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 9 }), (bytes) => {
        fc.pre(!bytes.includes(0) && !bytes.includes(0x2f) && bytes[0] !== 0x2e);
        expect(nameBytes(nameMembers(bytes), limits)).toEqual(bytes);
        expect(targetBytes({ type: "symlink", ...targetMembers(bytes) }, limits)).toEqual(bytes);
      }),
      { seed: 1 },
    );
  });

  it.each([
    ["that is empty", { name: "" }, "a name is empty"],
    ["of one dot", { name: "." }, 'a name is "." or ".."'],
    ["of two dots", { name: ".." }, 'a name is "." or ".."'],
    ["with a slash", { name: "a/b" }, 'a name contains "/"'],
    ["with NUL", { name: "a\u0000" }, "a name contains NUL"],
    ["that begins with a slash", { name: "/a" }, 'a name contains "/"'],
    ["that begins with NUL", { name: "\u0000a" }, "a name contains NUL"],
    ["with a slash before NUL", { name: "a/\u0000" }, "a name contains NUL"],
    ["of 1025 bytes", { name: `${"é".repeat(512)}e` }, "a name has 1025 bytes, limit 1024"],
    ["in both forms", { name: "a", nameRaw: "Yf8" }, "an entry needs exactly one of name and nameRaw"],
    ["in no form", {}, "an entry needs exactly one of name and nameRaw"],
    ["that is raw although it is UTF-8", { nameRaw: toBase64url(toUtf8("a")) }, "nameRaw is not canonical base64url or spells UTF-8"],
    ["that is raw with trailing bits", { nameRaw: "Yf9" }, "nameRaw is not canonical base64url or spells UTF-8"],
    ["that is raw with a slash", { nameRaw: toBase64url(Uint8Array.of(0xff, 0x2f)) }, 'a name contains "/"'],
    ["that is raw with NUL", { nameRaw: toBase64url(Uint8Array.of(0xff, 0)) }, "a name contains NUL"],
  ])("%s is refused", async (_what, members, sentence) => {
    expect(await refused({ type: "fifo", ...members })).toBe(`PTAR_ENTRY_NAME: page: ${sentence}`);
    const pages = [{ id: hex, ...members }];
    expect(await refusal(() => decodePage(canonicalBytes({ level: 1, pages }), limits))).toBe(`PTAR_ENTRY_NAME: page: ${sentence}`);
  });

  it.each(["...", ".a", "..a", "a\\b", "C:", " ", "\u202e", "a".repeat(1024)])("%j is allowed in an archive", async (name) => {
    expect(await refused({ type: "fifo", name })).toBe("nothing was refused");
  });

  it.each([
    ["empty", { target: "" }, "a symlink target of 0 bytes"],
    ["with NUL", { target: "a\u0000" }, "a symlink target of 2 bytes, or one with NUL"],
    ["too long", { target: "a".repeat(32768) }, "a symlink target of 32768 bytes"],
    ["in both forms", { target: "a", targetRaw: toBase64url(bad) }, "an entry needs exactly one of target and targetRaw"],
    ["raw although it is UTF-8", { targetRaw: toBase64url(toUtf8("a")) }, "targetRaw is not canonical base64url or spells UTF-8"],
  ])("of a target that is %s is refused", async (_what, members, sentence) => {
    expect(await refused({ name: "s", type: "symlink", ...members })).toContain(`PTAR_ENTRY_NAME: page: ${sentence}`);
  });
});

describe("an entry", () => {
  const read = (offset: number, length: number): EntryError => ({ code: "EIO", operation: "read", offset, length });
  const failed = (...errors: readonly EntryError[]): Item => ({ name: "a", type: "file", size: 10, sha256: null, errors });
  const own: readonly (readonly [keyof Item, JsonValue, readonly Item["type"][]])[] = [
    ["size", 1, ["file"]],
    ["sha256", hex, ["file"]],
    ["sha256Stored", hex, ["file"]],
    ["digests", { md5: "ab".repeat(16) }, ["file"]],
    ["holes", [{ length: 1, offset: 0 }], ["file"]],
    ["unstable", { after: { ctime: null, mtime: null, size: 1 }, before: { ctime: "1", mtime: null, size: 1 } }, ["file"]],
    ["target", "t", ["symlink"]],
    ["targetRaw", "_w", ["symlink"]],
    ["rdev", { major: 1, minor: 2 }, ["block", "character"]],
  ];
  const types = ["file", "directory", "symlink", "fifo", "socket", "block", "character", "unknown"] as const;

  it.each(own)("has the member %s only where its type has it", async (member, value, allowed) => {
    for (const type of types.filter((other) => !allowed.includes(other)))
      expect(await refused({ name: "a", type, [member]: value })).toBe(`PTAR_ENTRY_INVALID: page: a ${type} has the member ${member}`);
  });

  it.each<readonly [string, Item, Store]>([
    ["a file", file, {}],
    ["an empty file", empty, {}],
    [
      "a file of two chunks",
      file,
      {
        chunks: [
          { id: hex, length: 1 },
          { id: hex, length: 2 },
        ],
      },
    ],
    ["a file of many chunks", file, { list: hex }],
    ["a file that changed", { ...file, unstable: { after: { ctime: "1", mtime: null, size: 9 }, before: { ctime: "0", mtime: null, size: 3 } } }, {}],
    ["a file that did not open", failed({ code: "EACCES", operation: "open" }), {}],
    ["a file that could be read in part", { ...failed(read(0, 4), read(5, 5)), sha256Stored: hex }, {}],
    ["a file that could not be read at all", failed(read(0, 10)), {}],
    ["a directory", { name: "d", type: "directory" }, {}],
    ["a directory with entries", { name: "d", type: "directory" }, { counters, page: hex }],
    ["a directory that could not be listed", { name: "d", type: "directory", errors: [{ code: "EACCES", operation: "list" }] }, {}],
    ["a symlink", { name: "s", type: "symlink", target: "t" }, {}],
    ["a symlink that could not be read", { name: "s", type: "symlink", errors: [{ code: "EIO", operation: "readlink" }] }, {}],
    ["a device", { name: "b", type: "block", rdev: { major: 8, minor: 1 } }, {}],
    ["a path that vanished", { name: "u", type: "unknown", errors: [{ code: "ENOENT", operation: "stat" }] }, {}],
  ])("may be %s", async (_what, item, store) => {
    expect(await refused(item, store)).toBe("nothing was refused");
  });

  it.each<readonly [string, JsonValue | Item, Store, string]>([
    ["a file without size", { name: "a", type: "file", sha256: hex }, {}, "a file without size or sha256"],
    ["a file without digest", { name: "a", type: "file", size: 1 }, {}, "a file without size or sha256"],
    ["a digest beside errors", { ...failed(read(0, 1)), sha256: hex }, {}, "a file has sha256 exactly when its contents could be read"],
    ["no digest and no errors", { ...file, sha256: null }, {}, "a file has sha256 exactly when its contents could be read"],
    ["a digest of the stored bytes beside one of all", { ...file, sha256Stored: hex }, {}, "sha256Stored beside sha256"],
    ["no digest of the stored bytes", failed(read(0, 4)), {}, "sha256Stored exactly when bytes are stored"],
    ["a digest of no stored bytes", { ...failed(read(0, 10)), sha256Stored: hex }, {}, "sha256Stored exactly when bytes are stored"],
    ["another digest of no bytes", { ...empty, sha256: hex }, {}, "an empty file with another digest than that of no bytes"],
    ["ranges longer than the file", failed(read(0, 5), read(6, 6)), {}, "an unread range ends at 12 in a file of 10 bytes"],
    ["a range behind the file", { ...failed(read(20, 5)), sha256Stored: hex }, {}, "an unread range ends at 25 in a file of 10 bytes"],
    ["ranges out of order", { ...failed(read(5, 1), read(0, 1)), sha256Stored: hex }, {}, "unread ranges are not sorted or touch"],
    ["ranges that overlap", { ...failed(read(0, 3), read(2, 3)), sha256Stored: hex }, {}, "unread ranges are not sorted or touch"],
    ["ranges that touch", { ...failed(read(0, 3), read(3, 3)), sha256Stored: hex }, {}, "unread ranges are not sorted or touch"],
    ["a read error without range", failed({ code: "EIO", operation: "read" }), {}, "an error of operation read without a range"],
    ["half a range", failed({ code: "EIO", operation: "read", offset: 1 }), {}, "an error of operation read without a range"],
    ["an open error with a range", failed({ ...read(0, 10), operation: "open" }), {}, "an error of operation open with a range"],
    ["an open error with half a range", failed({ code: "EIO", operation: "open", length: 1 }), {}, "an error of operation open without a range"],
    [
      "an open error beside another",
      failed({ code: "EIO", operation: "open" }, read(0, 1)),
      {},
      "a file that could not be opened has more than one error",
    ],
    ["no number of its device", { name: "b", type: "character" }, {}, "a character device without rdev"],
    ["no target", { name: "s", type: "symlink" }, {}, "a symlink without target"],
    ["an unknown type without a reason", { name: "u", type: "unknown" }, {}, "an unknown type without an error"],
    ["an empty list of extensions", { ...file, ext: [] }, {}, "ext is empty instead of absent"],
    ["chunks of a directory", { name: "d", type: "directory" }, { list: hex }, "a directory with chunks"],
    [
      "chunks of a symlink",
      { name: "s", type: "symlink", target: "t" },
      {
        chunks: [
          { id: hex, length: 1 },
          { id: hex, length: 1 },
        ],
      },
      "a symlink with chunks",
    ],
    ["a page of a file", file, { page: hex, counters }, "a file with a page"],
    ["counters of a fifo", { name: "f", type: "fifo" }, { counters }, "a fifo with a page"],
    ["a page without counters", { name: "d", type: "directory" }, { page: hex }, "page and counters stand together"],
    ["counters without a page", { name: "d", type: "directory" }, { counters }, "page and counters stand together"],
    [
      "chunks beside a list",
      file,
      {
        chunks: [
          { id: hex, length: 1 },
          { id: hex, length: 2 },
        ],
        list: hex,
      },
      "chunks beside a list",
    ],
    ["a list of an empty file", empty, { list: hex }, "chunks of a file that stores nothing"],
    ["a list of a file that did not open", failed({ code: "EIO", operation: "open" }), { list: hex }, "chunks of a file that stores nothing"],
  ])("may not have %s", async (_what, item, store, sentence) => {
    expect(await refused(item, store)).toBe(`PTAR_ENTRY_INVALID: page: ${sentence}`);
  });

  it.each<readonly [Item["type"], EntryError["operation"]]>([
    ["file", "list"],
    ["file", "stat"],
    ["directory", "open"],
    ["symlink", "open"],
    ["fifo", "stat"],
    ["unknown", "readlink"],
  ])("of type %s has no error of operation %s", async (type, operation) => {
    const errors = [{ code: "EIO", operation }];
    const own = type === "file" ? { size: 1, sha256: null } : {};
    expect(await refused({ name: "a", type, ...own, errors })).toBe(`PTAR_ENTRY_INVALID: page: a ${type} with an error of operation ${operation}`);
  });

  it("has attributes sorted by name, each once", async () => {
    const attributes = (...names: string[]) => ({ ...file, attributes: names.map((name) => ({ name, value: "v" })) });
    expect(await refused(attributes("a", "b"))).toBe("nothing was refused");
    for (const names of [
      ["b", "a"],
      ["a", "a"],
    ])
      expect(await refused(attributes(...names))).toBe("PTAR_DOCUMENT_INVALID: entry: attributes are not sorted by name");
  });

  it("refuses extensions as other documents do", async () => {
    expect(await refused({ ...file, ext: [{ critical: true, data: "", id: "x" }] })).toBe(
      "PTAR_UNSUPPORTED_EXTENSION: entry: unknown critical extension x",
    );
    expect(await refused({ ...file, ext: [{ critical: false, data: "", id: "x" }] })).toBe("nothing was refused");
  });

  it("knows how much of a file is stored", () => {
    expect([unreadBytes(file), storedSize(file)]).toEqual([0, 3]);
    expect([unreadBytes(failed(read(0, 4))), storedSize(failed(read(0, 4)))]).toEqual([4, 6]);
    expect(storedSize(failed({ code: "EIO", operation: "open" }))).toBe(0);
    expect(storedSize({ type: "fifo" })).toBe(0);
  });
});
