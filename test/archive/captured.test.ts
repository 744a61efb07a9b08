// Which facts of an item are kept, by profile and classes. spec/06-snapshot.md#captured
import { describe, expect, it } from "vitest";
import { capturedBy, captureItem } from "../../src/archive/captured.js";
import { captureClasses } from "../../src/format/snapshot.js";
import type { SourceItem } from "../../src/tree/source.js";

const unread = { code: "EACCES", operation: "open" } as const;
const noXattrs = { code: "EIO", operation: "xattr" } as const;
const item: SourceItem = {
  type: "file",
  size: 3,
  mode: 0o644,
  mtime: "1",
  atime: "2",
  ctime: "3",
  birthtime: "4",
  uid: 5,
  gid: 6,
  owner: "a",
  group: "b",
  dev: "7",
  inode: "8",
  nlink: 1,
  xattrs: [{ name: "user.a", value: "" }],
  holes: [{ offset: 0, length: 1 }],
  attributes: [{ name: "n", value: "v" }],
  errors: [unread, noXattrs],
};
const evidence = capturedBy("evidence", captureClasses, "no digests");
const portable = capturedBy("portable", captureClasses, "no digests");
const without = (...names: readonly string[]) => ({ ...evidence, classes: evidence.classes.filter((name) => !names.includes(name)) });

describe("the facts of an item", () => {
  it("are all kept where all are captured", () => {
    expect(captureItem(item, evidence)).toEqual(item);
  });

  it("are those of its path and contents in the profile portable", () => {
    expect(captureItem(item, portable)).toEqual({ type: "file", size: 3, mode: 0o644, mtime: "1", errors: [unread] });
  });

  it.each([
    ["mode", ["mode"]],
    ["mtime", ["mtime"]],
    ["atime", ["atime"]],
    ["ctime", ["ctime"]],
    ["birthtime", ["birthtime"]],
    ["owner", ["uid", "gid"]],
    ["owner-names", ["owner", "group"]],
    ["inode", ["inode", "dev", "nlink"]],
    ["holes", ["holes"]],
  ])("lack those of the class %s where it is not captured", (name, members) => {
    const rest = Object.fromEntries(Object.entries(item).filter(([member]) => !members.includes(member)));
    expect(captureItem(item, without(name))).toEqual(rest);
  });

  it("lack extended attributes and errors of them together", () => {
    const { xattrs: _, ...rest } = item;
    expect(captureItem(item, without("xattrs"))).toEqual({ ...rest, errors: [unread] });
    expect(captureItem({ type: "fifo", errors: [noXattrs] }, without("xattrs")).errors).toBeUndefined();
    expect(captureItem({ type: "fifo", errors: [noXattrs] }, evidence).errors).toEqual([noXattrs]);
  });

  it("of one snapshot do not depend on what another captured", () => {
    expect([captureItem(item, portable).uid, captureItem(item, evidence).uid, captureItem(item, portable).uid]).toEqual([undefined, 5, undefined]);
  });

  it("are left as they were in the item of the source", () => {
    const before = structuredClone(item);
    captureItem(item, portable);
    expect(item).toEqual(before);
  });
});
