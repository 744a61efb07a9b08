// What a target could not restore: counted whole, kept in part. spec/12-extract.md#losses
import { describe, expect, it } from "vitest";
import { LossList, lossesAtSource, lossOfSpecial } from "../../src/connectors/losses.js";
import type { Item } from "../../src/format/generated/types.js";
import { bytes } from "./target-conformance.js";

describe("a list of losses", () => {
  it("keeps the first thousand of a million, and counts all of them by kind", () => {
    const losses = new LossList();
    for (let i = 0; i < 1_000_000; i++) losses.add([bytes("d"), bytes(String(i))], [{ what: "owner", reason: "EPERM" }]);
    for (let i = 0; i < 10; i++) losses.add([bytes("d")], [{ what: "xattr", which: `user.${i}`, reason: "ENOSPC" }]);
    const { first, count, kinds } = losses.all;
    expect({ kept: first.length, count, kinds }).toEqual({ kept: 1000, count: 1_000_010, kinds: { owner: 1_000_000, xattr: 10 } });
    expect(first[999]).toEqual({ path: bytes("d/999"), what: "owner", reason: "EPERM" });
  });

  it("names the root by no name, and an extended attribute by its own", () => {
    const losses = new LossList();
    losses.add([], [{ what: "xattr", which: "user.a", reason: "ENOSPC" }]);
    expect(losses.all).toEqual({ first: [{ path: bytes(""), what: "xattr user.a", reason: "ENOSPC" }], count: 1, kinds: { xattr: 1 } });
  });
});

describe("losses at the source", () => {
  const both: Item["errors"] = [
    { code: "EIO", operation: "read", offset: 0, length: 1 },
    { code: "E2BIG", operation: "xattr" },
  ];

  it("are contents and extended attributes, each with its reason", () => {
    const contents = { what: "contents", reason: "EIO at the source" };
    const xattrs = { what: "xattrs", reason: "E2BIG at the source" };
    expect(lossesAtSource({ type: "file", errors: both })).toEqual([contents, xattrs]);
    expect(lossesAtSource({ type: "file", errors: both.slice(1) })).toEqual([xattrs]);
    expect(lossesAtSource({ type: "file" })).toEqual([]);
  });

  it("of a special file are not those of its extended attributes", () => {
    expect(lossOfSpecial({ type: "fifo", errors: both.slice(1) })).toEqual({ what: "special file", reason: "fifo" });
  });
});
