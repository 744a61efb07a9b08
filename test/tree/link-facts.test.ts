// What the items of one file's names disagree in. spec/12-extract.md#links
import { describe, expect, it } from "vitest";
import { portableCrypto } from "../../src/crypto/portable.js";
import type { Item } from "../../src/format/generated/types.js";
import { differingFacts, linkFacts } from "../../src/tree/link-facts.js";

const first: Item = {
  type: "file",
  name: "first",
  mode: 0o640,
  uid: 1,
  gid: 2,
  mtime: "5",
  atime: "6",
  nlink: 2,
  xattrs: [{ name: "user.a", value: "QQ" }],
};
const differing = (change: Partial<Item>) => differingFacts(linkFacts(first, portableCrypto), linkFacts({ ...first, ...change }, portableCrypto));

describe("names of one file", () => {
  it("agree whatever their names and access times", () => {
    expect(differing({ name: "link", atime: "7", nlink: 3 })).toEqual([]);
  });

  it.each<[readonly string[], Partial<Item>]>([
    [["mode"], { mode: 0o600 }],
    [["owner"], { uid: 3 }],
    [["owner"], { gid: 3 }],
    [["mtime"], { mtime: null }],
    [["xattrs"], { xattrs: [] }],
    [["xattrs"], { xattrs: [{ name: "user.a", value: "Qg" }] }],
    [["owner", "xattrs", "mode", "mtime"], { uid: 3, xattrs: [], mode: 0, mtime: "1" }],
  ])("disagree in %j", (facts, change) => {
    expect(differing(change)).toEqual(facts);
  });
});
