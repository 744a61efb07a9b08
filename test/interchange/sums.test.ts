// SHA256SUMS and MD5SUMS, read by the real sha256sum and md5sum. spec/13-interchange.md#sums
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { toUtf8 } from "../../src/bytes/utf8.js";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import { type SumDigest, sumLine, sumRows } from "../../src/interchange/sums.js";
import { below, folderOf, listOf, without } from "./lists.js";

const rawName = Buffer.from([0x72, 0xff, 0x9b, 0x0a, 0x5c]);
const hostile: MemoryTree = [
  ["-", "a dash alone is standard input to these programs"],
  ["back\\slash", "1"],
  ["\\n", "2"],
  ["line\nfeed", "3"],
  ["carriage\rreturn", "4"],
  ["\r", "5"],
  [" leading", "6"],
  ["*star", "7"],
  ["# comment", "8"],
  ["--check", "9"],
  ["\u202egpj.exe\u001b[31m", "10"],
  ["é", "11"],
  [rawName, "12"],
  ["empty", ""],
  ["same as é", "11"],
  ["link", { type: "symlink", destination: "empty" }],
  ["folder", { type: "directory", children: { "in\nner": "13", none: { type: "directory", children: {} } } }],
];
const files = 16;

function check(program: string, cwd: Buffer): { readonly status: number | null; readonly stdout: Buffer } {
  // Node takes no bytes for a folder
  return spawnSync(program, ["--check", "--strict", "../SUMS"], { cwd: cwd.toString(), env: { ...process.env, LC_ALL: "C" }, input: "" });
}

describe.skipIf(without("sha256sum", "md5sum"))("sums of files with hostile names", () => {
  it.each<[SumDigest, string]>([
    ["sha256", "sha256sum"],
    ["md5", "md5sum"],
  ])("%s are found right by %s, and a changed file is found", async (digest, program) => {
    const { folder, tree } = folderOf(hostile);
    const { bytes, losses } = await listOf(hostile, (entries) => sumRows(entries, digest), { alsoHash: ["md5"] });
    expect(losses).toEqual([]);
    writeFileSync(join(folder, "SUMS"), bytes);
    const right = check(program, tree);
    expect(right.stdout.toString("latin1").match(/: OK\n/g)?.length).toBe(files);
    expect(right.status).toBe(0);
    writeFileSync(below(tree, rawName), "13");
    const wrong = check(program, tree);
    expect(wrong.status).toBe(1);
    expect(wrong.stdout.toString("latin1").match(/^.*: FAILED$/gm)).toEqual(["\\r\xff\x9b\\n\\\\: FAILED"]);
  });

  it("have the very lines that sha256sum writes", async () => {
    const { tree } = folderOf(hostile);
    const { bytes } = await listOf(hostile, (entries) => sumRows(entries, "sha256"));
    const own = spawnSync("sh", ["-c", "find . -type f -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 sha256sum --"], { cwd: tree.toString() });
    const lines = (list: Buffer) => list.toString("latin1").replace("  ./-\n", "  -\n").split("\n").sort();
    // `-` is standard input here too
    const foreign = lines(own.stdout).filter((line) => !line.endsWith("  -"));
    expect(lines(bytes).filter((line) => !line.endsWith("  -"))).toEqual(foreign);
    expect(foreign.length).toBe(files);
  });
});

describe("a sum", () => {
  it.each([
    ["plain", "plain"],
    ["-", "./-"],
    ["a/-", "a/-"],
    ["tab\tquote\"'", "tab\tquote\"'"],
  ])("of %j stands as %j", (path, shown) => {
    expect(Buffer.from(sumLine("00", toUtf8(path))).toString()).toBe(`00  ${shown}\n`);
  });

  it.each([
    ["a\\b", "a\\\\b"],
    ["a\nb", "a\\nb"],
    ["a\rb", "a\\rb"],
  ])("of %j starts with a backslash and has %j", (path, shown) => {
    expect(Buffer.from(sumLine("00", toUtf8(path))).toString()).toBe(`\\00  ${shown}\n`);
  });
});

describe("what has no sum", () => {
  it("is said: contents and directories that could not be read, vanished entries", async () => {
    const tree: MemoryTree = {
      ranged: {
        type: "file",
        content: new Uint8Array(65_536).fill(7),
        faults: [
          { offset: 0, length: 4096, errno: "EIO" },
          { offset: 32_768, length: 4096, errno: "EIO" },
        ],
      },
      closed: { type: "file", content: "x", openFault: "EACCES" },
      unlisted: { type: "directory", children: {}, facts: { errors: [{ code: "EACCES", operation: "list" }] } },
      vanished: { type: "unknown", facts: { errors: [{ code: "ENOENT", operation: "stat" }] } },
      fine: "y",
    };
    const { bytes, losses } = await listOf(tree, (entries) => sumRows(entries, "sha256"));
    expect(losses).toEqual([
      "closed: could not be read wholly at the source (open: EACCES)",
      "ranged: could not be read wholly at the source (read: EIO, and 1 more)",
      "unlisted: could not be read wholly at the source (list: EACCES)",
      "vanished: could not be read wholly at the source (stat: ENOENT)",
    ]);
    expect(bytes.toString()).toMatch(/^[0-9a-f]{64} {2}fine\n$/);
  });

  it("is not an extended attribute that could not be read", async () => {
    const errors = [{ code: "EPERM", operation: "xattr" }] as const;
    const tree: MemoryTree = { file: { type: "file", content: "x", facts: { errors } } };
    expect((await listOf(tree, (entries) => sumRows(entries, "sha256"), { profile: "evidence" })).losses).toEqual([]);
  });

  it("is a file without the digest that others have", async () => {
    const entries = async function* () {
      const item = { type: "file", size: 1, sha256: "00", name: "x" } as const;
      yield { path: toUtf8("a"), names: [toUtf8("a")], index: 0, item: { ...item, digests: { md5: "11" } } };
      yield { path: toUtf8("b"), names: [toUtf8("b")], index: 1, item };
    };
    const rows: unknown[] = [];
    for await (const { line, loss } of sumRows(entries(), "md5")) rows.push([line && Buffer.from(line).toString(), loss]);
    expect(rows).toEqual([
      ["11  a\n", undefined],
      [undefined, "has no md5"],
    ]);
  });

  it("makes a list of MD5 impossible when nobody asked for MD5", async () => {
    await expect(listOf({ a: "x" }, (entries) => sumRows(entries, "md5"), { alsoHash: ["sha1"] })).rejects.toMatchObject({
      code: "PTAR_USAGE",
      message: "archive: it has no md5 of its files, only what its maker asked for",
      hint: expect.stringContaining("ptar create --also-hash md5"),
    });
  });
});
