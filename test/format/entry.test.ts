// Facts of evidence in an entry: extended attributes and errors about them, holes, digests. spec/05-page.md#errors
import { describe, expect, it } from "vitest";
import { canonicalBytes, type JsonValue } from "../../src/bytes/canonical-json.js";
import { contentErrors, storedSize, unreadBytes } from "../../src/format/entry.js";
import type { EntryError, Hole, Item } from "../../src/format/generated/types.js";
import { limits } from "../../src/format/limits.js";
import { decodePage } from "../../src/format/page.js";
import { refusal } from "../container/refusal.js";

const hex = "ab".repeat(32);
const digests = { md5: "ab".repeat(16) };
const xattr = { code: "EIO", operation: "xattr" } as const;
const read = (offset: number, length: number): EntryError => ({ code: "EIO", operation: "read", offset, length });
const file: Item = { name: "a", type: "file", size: 10, sha256: hex };
const failed = (...errors: readonly EntryError[]): Item => ({ name: "a", type: "file", size: 10, sha256: null, errors });
const refused = (item: JsonValue | Item) =>
  refusal(() => decodePage(canonicalBytes({ entries: [{ item, store: {} }], level: 0 } as unknown as JsonValue), limits));

const others: Readonly<Record<Exclude<Item["type"], "file" | "unknown">, Item>> = {
  directory: { name: "d", type: "directory" },
  symlink: { name: "s", type: "symlink", target: "t" },
  fifo: { name: "f", type: "fifo" },
  socket: { name: "s", type: "socket" },
  block: { name: "b", type: "block", rdev: { major: 8, minor: 1 } },
  character: { name: "c", type: "character", rdev: { major: 1, minor: 3 } },
};

describe("extended attributes", () => {
  it.each(Object.values({ file, ...others }))("may be those of $type", async (item) => {
    expect(await refused({ ...item, xattrs: [{ name: "user.a", value: "AA" }] })).toBe("nothing was refused");
    expect(await refused({ ...item, xattrs: [{ name: "", value: "AA" }] })).toMatch(/^PTAR_ENTRY_NAME: page: the name of an extended attribute/);
  });

  it("are 1 to 1,024 with values of base64url digits", async () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => ({ name: `user.${String(i).padStart(4, "0")}`, value: "" }));
    expect(await refused({ ...file, xattrs: many(1024) })).toBe("nothing was refused");
    for (const xattrs of [[], many(1025), [{ name: "a" }], [{ name: "a", value: "AA==" }]])
      expect(await refused({ ...file, xattrs } as unknown as JsonValue)).toMatch(/^PTAR_DOCUMENT_INVALID/);
  });
});

describe("an error of operation xattr", () => {
  it.each<readonly [string, Item]>([
    ["a file with its digest", { ...file, errors: [xattr] }],
    ["a file that could not be opened", failed({ code: "EACCES", operation: "open" }, xattr)],
    ["a file that could be read in part", { ...failed(read(0, 4), xattr), sha256Stored: hex }],
    ["a file that could not be read at all", failed(read(0, 10), xattr)],
    ["a directory that could not be listed", { ...others.directory, errors: [{ code: "EACCES", operation: "list" }, xattr] }],
    ["a symlink that could not be read", { name: "s", type: "symlink", errors: [{ code: "EIO", operation: "readlink" }, xattr] }],
    ...Object.values(others).map((item): [string, Item] => [`a ${item.type}`, { ...item, errors: [xattr] }]),
  ])("may be the last of %s", async (_what, item) => {
    expect(await refused(item)).toBe("nothing was refused");
  });

  it.each<readonly [string, JsonValue | Item, string]>([
    ["before another", { ...failed(xattr, read(0, 4)), sha256Stored: hex }, "an error of operation xattr is not the last"],
    ["twice", { ...file, errors: [xattr, xattr] }, "an error of operation xattr is not the last"],
    ["with a range", { ...file, errors: [{ ...xattr, offset: 0, length: 1 }] }, "an error of operation xattr with a range"],
    [
      "of an unknown type",
      { name: "u", type: "unknown", errors: [{ code: "ENOENT", operation: "stat" }, xattr] },
      "a unknown with an error of operation xattr",
    ],
    [
      "in place of a reason why there is no digest",
      { ...failed(xattr), sha256Stored: hex },
      "a file has sha256 exactly when its contents could be read",
    ],
    [
      "as a reason to have a digest in spite of another error",
      { ...failed(read(0, 4), xattr), sha256: hex },
      "a file has sha256 exactly when its contents could be read",
    ],
    ["in place of a target", { name: "s", type: "symlink", errors: [xattr] }, "a symlink without target"],
    ["after a range behind the file", { ...failed(read(20, 5), xattr), sha256Stored: hex }, "an unread range ends at 25 in a file of 10 bytes"],
    [
      "beside an open error that is not alone",
      failed({ code: "EIO", operation: "open" }, read(0, 1), xattr),
      "a file that could not be opened has more than one error",
    ],
  ])("may not stand %s", async (_what, item, sentence) => {
    expect(await refused(item)).toBe(`PTAR_ENTRY_INVALID: page: ${sentence}`);
  });

  it("does not count as contents that are missing", () => {
    expect(contentErrors({ errors: [read(0, 4), xattr] })).toEqual([read(0, 4)]);
    expect(contentErrors({})).toEqual([]);
    expect([unreadBytes({ ...file, errors: [xattr] }), storedSize({ ...file, errors: [xattr] })]).toEqual([0, 10]);
    expect([unreadBytes(failed(read(0, 4), xattr)), storedSize(failed(read(0, 4), xattr))]).toEqual([4, 6]);
    expect(storedSize(failed({ code: "EIO", operation: "open" }, xattr))).toBe(0);
  });
});

describe("holes", () => {
  const holed = (...list: readonly (readonly [number, number])[]): Item => ({
    ...file,
    holes: list.map(([offset, length]): Hole => ({ offset, length })),
  });

  it.each([
    ["one that is the file", holed([0, 10])],
    ["two with a byte between them", holed([0, 4], [5, 5])],
    ["one of a file that could be read in part", { ...failed(read(0, 4)), sha256Stored: hex, holes: [{ offset: 2, length: 4 }] }],
  ])("may be %s", async (_what, item) => {
    expect(await refused(item)).toBe("nothing was refused");
  });

  it.each([
    ["out of order", holed([5, 5], [0, 4]), "holes are not sorted or touch"],
    ["repeated", holed([0, 4], [0, 4]), "holes are not sorted or touch"],
    ["overlapping", holed([0, 4], [3, 4]), "holes are not sorted or touch"],
    ["touching", holed([0, 4], [4, 4]), "holes are not sorted or touch"],
    ["longer than the file", holed([0, 11]), "a hole ends at 11 in a file of 10 bytes"],
    ["behind the file", holed([0, 2], [11, 1]), "a hole ends at 12 in a file of 10 bytes"],
  ])("may not be %s", async (_what, item, sentence) => {
    expect(await refused(item)).toBe(`PTAR_ENTRY_INVALID: page: ${sentence}`);
  });

  it("are 1 to 1,024, none of them empty", async () => {
    const many = (count: number) => ({ ...holed(...Array.from({ length: count }, (_, i) => [2 * i, 1] as const)), size: 4096 });
    expect(await refused(many(1024))).toBe("nothing was refused");
    for (const item of [holed(), holed([0, 0]), many(1025)]) expect(await refused(item)).toMatch(/^PTAR_DOCUMENT_INVALID/);
  });
});

describe("other digests", () => {
  const all = { ...digests, sha1: "ab".repeat(20), sha512: "ab".repeat(64) };

  it("may be any of three, also beside an error of operation xattr", async () => {
    for (const some of [digests, { sha1: all.sha1 }, { sha512: all.sha512 }, all])
      expect(await refused({ ...file, digests: some })).toBe("nothing was refused");
    expect(await refused({ ...file, digests: all, errors: [xattr] })).toBe("nothing was refused");
  });

  it("may not be those of a file that could not be read", async () => {
    for (const item of [failed(read(0, 10)), failed({ code: "EACCES", operation: "open" }), { ...failed(read(0, 4), xattr), sha256Stored: hex }])
      expect(await refused({ ...item, digests })).toBe("PTAR_ENTRY_INVALID: page: digests of a file that could not be read");
  });

  it.each([
    ["none", {}],
    ["of another algorithm", { ...all, sha256: hex }],
    ["too short", { sha1: digests.md5 }],
    ["in upper case", { md5: "AB".repeat(16) }],
  ])("may not be %s", async (_what, some) => {
    expect(await refused({ ...file, digests: some } as JsonValue)).toMatch(/^PTAR_DOCUMENT_INVALID/);
  });
});
