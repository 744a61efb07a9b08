// Lists that the real hashdeep audits folders with. spec/13-interchange.md#hashdeep
import { spawnSync } from "node:child_process";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { toUtf8 } from "../../src/bytes/utf8.js";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import type { ListedHash } from "../../src/crypto/crypto.js";
import { hashdeepRows } from "../../src/interchange/hashdeep.js";
import { below, folderOf, listOf, without } from "./lists.js";

const rawName = Buffer.from([0x72, 0xff, 0x9b]);
const tree: MemoryTree = [
  ["-", "1"],
  ["## comment", "2"],
  ["%%%% HASHDEEP-1.0", "3"],
  ["comma, quote \" and 'other'", "4"],
  ["back\\slash", "5"],
  ["carriage\rreturn", "6"],
  [" leading", "7"],
  [rawName, "8"],
  ["empty", ""],
  ["same", "1"],
  ["link", { type: "symlink", destination: "empty" }],
  ["folder", { type: "directory", children: { same: "1", é: "9", empty: "", ".hidden": "10" } }],
];
const about = { fingerprint: new Uint8Array(32).fill(0xab), snapshot: new Uint8Array(32) };

async function hashdeepOf(
  of: MemoryTree,
  alsoHash: readonly ListedHash[] = [],
): Promise<{ readonly bytes: Buffer; readonly losses: readonly string[] }> {
  return listOf(of, (entries) => hashdeepRows(entries, about), { alsoHash });
}

/** What the audit says, line by line, and its exit code. */
function audit(folder: string): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync("hashdeep", ["-a", "-v", "-k", "../list", "-o", "f", "-r", "-l", "."], {
    cwd: join(folder, "tree"),
    encoding: "latin1",
    timeout: 20_000,
  });
  return { status, said: stdout + stderr };
}

describe.skipIf(without("hashdeep"))("an audit with hashdeep", () => {
  it.each<[readonly ListedHash[], string]>([
    [[], "size,sha256,filename"],
    [["md5"], "size,md5,sha256,filename"],
    [["md5", "sha1", "sha512"], "size,md5,sha1,sha256,filename"],
  ])("passes with %j and fails when something changed", async (alsoHash, columns) => {
    const { folder, tree: root } = folderOf(tree);
    const { bytes, losses } = await hashdeepOf(tree, alsoHash);
    expect(losses).toEqual([]);
    expect(bytes.toString("latin1").split("\n").slice(0, 2)).toEqual(["%%%% HASHDEEP-1.0", `%%%% ${columns}`]);
    writeFileSync(join(folder, "list"), bytes);
    const passed = audit(folder);
    expect(passed.said).toContain("Audit passed");
    for (const count of ["Files matched: 14", "Files moved: 0", "New files found: 0", "Known files not found: 0"])
      expect(passed.said).toContain(`${count}\n`);
    expect(passed.status).toBe(0);
    writeFileSync(below(root, rawName), "changed");
    const failed = audit(folder);
    expect(failed.said).toContain("Audit failed");
    expect(failed.status).not.toBe(0);
  });

  it("fails when a file was added, moved or taken away", async () => {
    for (const change of [
      (root: string) => writeFileSync(join(root, "new"), "new"),
      (root: string) => renameSync(join(root, "folder/é"), join(root, "é")),
      (root: string) => rmSync(join(root, "empty")),
    ]) {
      const { folder, tree: root } = folderOf(tree);
      writeFileSync(join(folder, "list"), (await hashdeepOf(tree)).bytes);
      change(root.toString());
      expect(audit(folder).said).toContain("Audit failed");
    }
  });
});

describe("a list for hashdeep", () => {
  it("says what it is of, and that legacy digests prove nothing", async () => {
    const comments = (bytes: Buffer) => bytes.toString().match(/^##.*$/gm);
    expect(comments((await hashdeepOf({ a: "x" }, ["md5"])).bytes)).toEqual([
      `## archive ptar1${" abab".repeat(16)}`,
      `## snapshot ${"00".repeat(32)}`,
      "## MD5 and SHA-1 are here to find files in other lists; they prove nothing",
      "## in a folder with the extracted archive and nothing else:",
      "## $ hashdeep -a -k LIST -o f -r -l .",
      "##",
    ]);
    expect(comments((await hashdeepOf({ a: "x" })).bytes)?.length).toBe(5);
  });

  it("has a head also when it has no file", async () => {
    expect((await hashdeepOf({ d: { type: "directory", children: {} } })).bytes.toString()).toMatch(
      /^%%%% HASHDEEP-1\.0\n%%%% size,sha256,filename\n##/,
    );
  });

  it("leaves out, and says so, names that it cannot hold", async () => {
    const { bytes, losses } = await hashdeepOf({ "a\nb": "1", "c\r": "2", "c\rd": "3", d: { type: "directory", children: { "\n": "4" } } });
    expect(losses).toEqual([
      "a\nb: a list of hashdeep cannot hold a line feed in a name",
      "c\r: a list of hashdeep cannot hold a carriage return at the end of a name",
      "d/\n: a list of hashdeep cannot hold a line feed in a name",
    ]);
    expect(bytes.toString().match(/^\d.*$/gm)).toEqual([expect.stringMatching(/^1,[0-9a-f]{64},\.\/c$/)]);
  });

  it("leaves out, and says so, what could not be read and what lacks a digest", async () => {
    const unread = await hashdeepOf({ closed: { type: "file", content: "x", openFault: "EACCES" }, fine: "y" });
    expect(unread.losses).toEqual(["closed: could not be read wholly at the source (open: EACCES)"]);
    const entries = async function* () {
      const item = { type: "file", size: 1, sha256: "00", name: "x" } as const;
      yield { path: toUtf8("a"), names: [toUtf8("a")], index: 0, item: { ...item, digests: { md5: "11" } } };
      yield { path: toUtf8("b"), names: [toUtf8("b")], index: 1, item };
    };
    const rows: unknown[] = [];
    for await (const { line, loss } of hashdeepRows(entries(), about)) rows.push(loss ?? Buffer.from(line ?? []).toString());
    expect(rows.slice(1)).toEqual(["1,11,00,./a\n", "has no md5"]);
  });
});
