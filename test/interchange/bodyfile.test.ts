// Body files, of which the real mactime makes a timeline. spec/13-interchange.md#bodyfile
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import type { CreateOptions } from "../../src/archive/create.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import type { Item } from "../../src/format/generated/types.js";
import { captureClasses } from "../../src/format/snapshot.js";
import { bodyLine, bodyRows, missingFacts } from "../../src/interchange/bodyfile.js";
import { listOf, without } from "./lists.js";

const second = "000000000";
const times = { atime: `1000000003${second}`, mtime: "1000000001999999999", ctime: `1000000002${second}`, birthtime: `1000000000${second}` };
const facts = { uid: 1000, gid: 100, inode: "77", ...times };

const tree: MemoryTree = [
  ["a|b%41%", { type: "file", content: "hello", facts: { ...facts, mode: 0o644 } }],
  ["line\nfeed", { type: "file", content: "", facts }],
  ["line^feed", { type: "file", content: "12", facts }],
  ["back\\x0a", { type: "file", content: "123", facts }],
  [Buffer.from([0x72, 0xff]), { type: "file", content: "", facts }],
  ["hard", { type: "file", content: "hello", group: "g", facts: { ...facts, nlink: 2 } }],
  ["harder", { type: "file", content: "hello", group: "g", facts: { ...facts, nlink: 2 } }],
  ["link", { type: "symlink", destination: "a|b", facts }],
  ["folder", { type: "directory", children: { é: { type: "file", content: "x", facts } }, facts: { ...facts, mode: 0o1777 } }],
];

async function bodyOf(of: MemoryTree, options: Partial<CreateOptions> = {}) {
  const { bytes, losses } = await listOf(of, bodyRows, { profile: "evidence", alsoHash: ["md5"], ...options });
  return { text: bytes.toString(), losses };
}

/** Rows of the timeline: date, size, types of times, mode, owner, inode, name. */
function timeline(text: string): readonly (readonly string[])[] {
  const { stdout } = spawnSync("mactime", ["-d", "-y"], { input: text, encoding: "utf8" });
  return stdout
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((row) => (/^([^,]*),([^,]*),([^,]*),([^,]*),([^,]*),([^,]*),([^,]*),"(.*)"$/.exec(row) ?? []).slice(1));
}

describe.skipIf(without("mactime"))("a timeline of mactime", () => {
  it("has each time of a file in its own column, and its other facts", async () => {
    const rows = timeline((await bodyOf(tree)).text).filter((row) => row.at(-1) === "a|b%41%");
    expect(rows.map(([date, , kind]) => [date, kind])).toEqual([
      ["2001-09-09T01:46:40Z", "...b"],
      ["2001-09-09T01:46:41Z", "m..."],
      ["2001-09-09T01:46:42Z", "..c."],
      ["2001-09-09T01:46:43Z", ".a.."],
    ]);
    expect(rows[0]?.slice(3, 7)).toEqual(["r/rrw-r--r--", "1000", "100", "77"]);
    expect(rows[0]?.[1]).toBe("5");
  });

  it("has every entry, distinct names apart", async () => {
    const names = new Set(timeline((await bodyOf(tree)).text).map((row) => row.at(-1)));
    expect([...names].sort()).toEqual(
      ["a|b%41%", "back\\\\x0a", "folder", "folder/é", "hard", "harder", "line\\x0afeed", "line^feed", "link -> a|b", "r\\xff"].sort(),
    );
  });

  it("keeps sizes of names that are nearly the same apart", async () => {
    const sizes = new Map(timeline((await bodyOf(tree)).text).map((row) => [row.at(-1), row[1]]));
    expect([sizes.get("line\\x0afeed"), sizes.get("line^feed"), sizes.get("back\\\\x0a")]).toEqual(["0", "2", "3"]);
  });
});

/** The line of an item with a name. */
function lineOf(item: Partial<Item> & Pick<Item, "type">, ...names: readonly (string | Uint8Array)[]): string {
  const bytes = names.map((name) => (typeof name === "string" ? toUtf8(name) : name));
  return bodyLine({ path: new Uint8Array(), names: bytes, index: 0, item });
}

describe("a line of a body file", () => {
  it("has eleven fields", () => {
    const item = { type: "file", size: 5, sha256: "00", digests: { md5: "5d41" }, mode: 0o644, ...facts } as const;
    expect(lineOf(item, "dir", "name")).toBe("5d41|dir/name|77|r/rrw-r--r--|1000|100|5|1000000003|1000000001|1000000002|1000000000");
  });

  it("has 0 for what is missing or unknown", () => {
    expect(lineOf({ type: "unknown", birthtime: null }, "x")).toBe("0|x|0|-/----------|0|0|0|0|0|0|0");
  });

  it.each<[Item["type"], number, string]>([
    ["file", 0o7777, "r/rrwsrwsrwt"],
    ["file", 0o7000, "r/r--S--S--T"],
    ["directory", 0o750, "d/drwxr-x---"],
    ["symlink", 0o777, "l/lrwxrwxrwx"],
    ["fifo", 0, "p/p---------"],
    ["socket", 0o421, "s/sr---w---x"],
    ["block", 0o640, "b/brw-r-----"],
    ["character", 0o600, "c/crw-------"],
  ])("shows a %s of mode %o as %s", (type, mode, shown) => {
    expect(lineOf({ type, mode }, "x").split("|")[3]).toBe(shown);
  });

  it.each([
    ["-1", "-1"],
    ["-1000000000", "-1"],
    ["-1000000001", "-2"],
    ["999999999", "0"],
    ["1999999999", "1"],
  ])("rounds %s ns down to %s s", (mtime, seconds) => {
    expect(lineOf({ type: "file", mtime }, "x").split("|")[8]).toBe(seconds);
  });

  it.each<[string | Uint8Array, string]>([
    ["a|b", "a%7Cb"],
    ["a%7Cb", "a%257Cb"],
    ["a\\b", "a\\\\b"],
    ["\u0000\u001b\u007f", "\\x00\\x1b\\x7f"],
    ["\u009b", "\\xc2\\x9b"],
    ["\u2028\u2029", "\\xe2\\x80\\xa8\\xe2\\x80\\xa9"],
    ["\u202egpj.exe\u200b", "\\xe2\\x80\\xaegpj.exe\\xe2\\x80\\x8b"],
    ["é ü", "é ü"],
    [Buffer.from([0x61, 0xff, 0x7c, 0x0a]), "a\\xff%7C\\x0a"],
  ])("shows the name %j as %s", (name, shown) => {
    expect(lineOf({ type: "fifo" }, name).split("|")[1]).toBe(shown);
  });

  it("shows the target of a symlink, its length as size", () => {
    expect(lineOf({ type: "symlink", target: "é|" }, "x").split("|").slice(1, 7)).toEqual(["x -> é%7C", "0", "l/l---------", "0", "0", "3"]);
    expect(lineOf({ type: "symlink", targetRaw: "_w" }, "x").split("|")[1]).toBe("x -> \\xff");
  });
});

describe("a body file", () => {
  it("has a line for what could not be read, and says so", async () => {
    const { text, losses } = await bodyOf({
      closed: { type: "file", content: "abc", openFault: "EACCES", facts },
      unlisted: { type: "directory", children: {}, facts: { errors: [{ code: "EACCES", operation: "list" }] } },
    });
    expect(text.split("\n").map((line) => line.split("|").slice(0, 2))).toEqual([["0", "closed"], ["0", "unlisted"], [""]]);
    expect(losses).toEqual([
      "closed: could not be read wholly at the source (open: EACCES)",
      "unlisted: could not be read wholly at the source (list: EACCES)",
    ]);
  });

  it("lacks facts that the snapshot did not capture", () => {
    expect(missingFacts(captureClasses)).toEqual([]);
    expect(missingFacts(["name", "type", "content", "links", "mode", "mtime"])).toEqual(["digests", "inode", "owner", "atime", "ctime", "birthtime"]);
  });
});
