// Opening, listing, reading and extracting: what is asked for, checked on every read, within limits. spec/10-verify.md#order, spec/12-extract.md#rules
import { describe, expect, it } from "vitest";
import { readFile } from "../../src/archive/cat.js";
import { extractArchive } from "../../src/archive/extract.js";
import { archiveInfo } from "../../src/archive/info.js";
import { listArchive } from "../../src/archive/list.js";
import { type Archive, openArchive } from "../../src/archive/open.js";
import { concatBytes } from "../../src/bytes/compare.js";
import { toHex } from "../../src/bytes/hex.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { MemoryTarget } from "../../src/connectors/memory/target.js";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import { dryRunTarget } from "../../src/connectors/node/target/dry-run-target.js";
import { encodeBlock } from "../../src/format/block.js";
import { type Limits, limits } from "../../src/format/limits.js";
import { author, signerOf, type TestSigner } from "../container/build.js";
import { refusal } from "../container/refusal.js";
import { archiveOf, codesOf, linesOf, native, portable, trusting, verifyBytes } from "./engines.js";
import { forge, forged, without } from "./forge.js";

const tree: MemoryTree = {
  a: "file a",
  ab: { type: "directory", children: { c: "c", d: { type: "directory", children: { e: "e" } } } },
  "ab-": "between",
  g: { type: "file", content: "group", group: "1" },
  h: { type: "file", content: "group", group: "1" },
  s: { type: "symlink", destination: "ab" },
};

/** Counts what is read. */
class CountingReader extends MemoryReader {
  reads: number[] = [];

  override read(offset: number, length: number): Promise<Uint8Array> {
    this.reads.push(offset);
    return super.read(offset, length);
  }
}

const open = (bytes: Uint8Array, lower: Partial<Limits> = {}): Promise<Archive> =>
  openArchive(new MemoryReader(bytes), { engine: native, trust: "any-signer", limits: { ...limits, ...lower } });

async function listed(archive: Archive, path?: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const entry of listArchive(archive, path === undefined ? {} : { path: toUtf8(path) })) paths.push(new TextDecoder().decode(entry.path));
  return paths;
}

async function text(archive: Archive, path: string): Promise<string> {
  const { content } = await readFile(archive, toUtf8(path));
  const parts: Uint8Array[] = [];
  for await (const part of content) parts.push(part);
  return new TextDecoder().decode(concatBytes(...parts));
}

describe("a list", () => {
  it.each([
    [undefined, ["a", "ab", "ab/c", "ab/d", "ab/d/e", "ab-", "g", "h", "s"]],
    ["", ["a", "ab", "ab/c", "ab/d", "ab/d/e", "ab-", "g", "h", "s"]],
    [".", ["a", "ab", "ab/c", "ab/d", "ab/d/e", "ab-", "g", "h", "s"]],
    ["/", ["a", "ab", "ab/c", "ab/d", "ab/d/e", "ab-", "g", "h", "s"]],
    ["ab", ["ab", "ab/c", "ab/d", "ab/d/e"]],
    ["./ab/", ["ab", "ab/c", "ab/d", "ab/d/e"]],
    ["ab/d", ["ab/d", "ab/d/e"]],
    ["ab/d/e", ["ab/d/e"]],
    ["ab-", ["ab-"]],
    ["a", ["a"]],
  ])("of %j has it and everything below it", async (path, expected) => {
    expect((await listed(await open(await archiveOf(tree)), path)).toSorted()).toEqual(expected.toSorted());
  });

  it.each(["x", "a/b", "ab/x", "ab/c/x", "aa", "ab/d/e/f", "..", "A"])("of %j, which is not there, fails", async (path) => {
    const archive = await open(await archiveOf(tree));
    expect(await refusal(() => listed(archive, path))).toBe(`PTAR_PATH_NOT_FOUND: archive: no entry ${path}`);
  });

  it("does not read what it passes over", async () => {
    const many: MemoryTree = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`d${i}`, { type: "directory", children: { f: `${i}` } }]));
    const pages = async (path?: string) => {
      const archive = await open(await archiveOf(many));
      const kinds: string[] = [];
      const { get } = archive.objects;
      archive.objects.get = (kind, id) => {
        kinds.push(kind);
        return get.call(archive.objects, kind, id);
      };
      await listed(archive, path);
      return kinds.filter((kind) => kind === "page").length;
    };
    expect([await pages(), await pages("d7")]).toEqual([31, 2]);
  });

  it("stops on request", async () => {
    const archive = await open(await archiveOf(tree));
    const entries = listArchive(archive, { signal: AbortSignal.abort(new Error("enough")) });
    await expect(entries.next()).rejects.toThrow("enough");
  });
});

describe("a file that is read", () => {
  it.each([
    ["a", "file a"],
    ["/ab/d/e", "e"],
    ["h", "group"],
  ])("at %s has its bytes", async (path, expected) => {
    expect(await text(await open(await archiveOf(tree)), path)).toBe(expected);
  });

  it.each([
    ["ab", "archive: ab is a directory, not a file"],
    ["s", "archive: s is a symlink, not a file"],
    ["x", "archive: no entry x"],
    ["", "archive: its root is no file"],
    [".", "archive: its root is no file"],
    ["./", "archive: its root is no file"],
  ])("is not found at %j", async (path, sentence) => {
    const archive = await open(await archiveOf(tree));
    expect(await refusal(() => text(archive, path))).toBe(`PTAR_PATH_NOT_FOUND: ${sentence}`);
  });

  it("is checked as a whole at its end", async () => {
    const archive = await open(await forged({ write: (made) => void made.file("m", ["x", "y"], { sha256: "ab".repeat(32) }) }));
    expect(await refusal(() => text(archive, "m"))).toMatch(/^PTAR_FILE_DIGEST: file: its 2 bytes do not have the digest abab/);
  });
});

describe("a snapshot", () => {
  it("is chosen by the beginning of its id", async () => {
    const builder = await forge({ write: (made) => void made.file("old", ["1"]) });
    await forge({ write: (made) => void made.file("new", ["2"]) }, builder);
    const archive = await open(builder.bytes());
    const [first, second] = archive.snapshotIds.map(toHex) as [string, string];
    expect((await archive.snapshot()).id).toEqual(archive.snapshotIds[1]);
    expect((await archive.snapshot(first.slice(0, 12).toUpperCase())).id).toEqual(archive.snapshotIds[0]);
    expect((await archive.snapshot(second)).id).toEqual(archive.snapshotIds[1]);
    expect(await refusal(() => archive.snapshot("zz"))).toBe("PTAR_SNAPSHOT_NOT_FOUND: archive: no snapshot zz");
    expect(await refusal(() => archive.snapshot(""))).toBe("PTAR_SNAPSHOT_NOT_FOUND: archive: 2 snapshots start with ");
    const paths: string[] = [];
    for await (const { path } of listArchive(archive, { snapshot: first })) paths.push(new TextDecoder().decode(path));
    expect(paths).toEqual(["old"]);
  });

  it("is not found where there is none", async () => {
    const archive = await open(await forged({ plan: { manifest: (own) => ({ ...own, snapshots: [] }) } }));
    expect(await refusal(() => archive.snapshot())).toBe("PTAR_SNAPSHOT_NOT_FOUND: archive: no snapshot latest");
  });
});

describe("opening", () => {
  const withTrust = (bytes: Uint8Array, ...signers: readonly TestSigner[]) =>
    openArchive(new MemoryReader(bytes), { engine: native, trust: trusting(...signers) });

  it("with keys refuses what none of them signed", async () => {
    const bytes = await archiveOf(tree);
    expect((await withTrust(bytes, author)).generations).toMatchObject([{ statements: [{ status: "trusted", name: "signer 0" }] }]);
    expect(await refusal(() => withTrust(bytes, signerOf(2)))).toMatch(
      /^PTAR_SIGNER_UNTRUSTED: archive: generation 1 is signed by [0-9a-f]{64}, which is not trusted here$/,
    );
    expect(await refusal(() => withTrust(bytes))).toMatch(/^PTAR_SIGNER_UNTRUSTED/);
    expect(await refusal(async () => withTrust(await archiveOf(tree, { signers: [] }), author))).toBe(
      "PTAR_SIGNATURE_MISSING: archive: it is not signed",
    );
  });

  it("with keys refuses contents that nobody trusted vouches for", async () => {
    const archive = await withTrust(await forged({ role: "carrier" }), author);
    expect(await refusal(() => archive.snapshot())).toMatch(/^PTAR_SIGNER_UNTRUSTED: snapshot [0-9a-f]{64}: no trusted key vouches for its contents/);
    expect(await refusal(() => extractArchive(archive, new MemoryTarget()))).toMatch(/^PTAR_SIGNER_UNTRUSTED/);
  });

  it("with any signer still refuses signatures that are missing or wrong, and can name keys", async () => {
    expect(await refusal(async () => open(await forged({ plan: { statements: () => [] } })))).toMatch(
      /^PTAR_SIGNATURE_MISSING: generation 1: declares the signer/,
    );
    const named = await openArchive(new MemoryReader(await archiveOf(tree)), { engine: native, trust: "any-signer", knownKeys: trusting(author) });
    expect(named.generations[0]?.statements).toMatchObject([{ name: "signer 0" }]);
  });

  it("tells what the archive is", async () => {
    const bytes = await archiveOf(tree);
    const archive = await open(bytes);
    const info = await archiveInfo(archive, native, archive);
    expect(info).toMatchObject({
      version: "1.0",
      features: [],
      bytes: bytes.length,
      writer: { name: "ptar" },
      snapshots: [{ snapshot: { items: { count: 9 } } }],
    });
    expect(info.engine.crypto).toBe(native.crypto.name);
    expect(info.objects).toBeGreaterThan(8);
  });
});

describe("extraction", () => {
  async function extracted(bytes: Uint8Array, ...paths: string[]): Promise<string[]> {
    const target = new MemoryTarget();
    await extractArchive(await open(bytes), target, { paths: paths.map(toUtf8) });
    return target.entries.map(({ kind, path }) => `${kind} ${new TextDecoder().decode(path)}`);
  }

  it("makes what was asked for and the directories that lead there", async () => {
    const bytes = await archiveOf(tree);
    expect(await extracted(bytes)).toHaveLength(9);
    expect(await extracted(bytes, "ab/d/e", "a")).toEqual(["file a", "directory ab", "directory ab/d", "file ab/d/e"]);
    expect(await extracted(bytes, "ab/d")).toEqual(["directory ab", "directory ab/d", "file ab/d/e"]);
    expect(await refusal(() => extracted(bytes, "a", "nothing"))).toBe("PTAR_PATH_NOT_FOUND: archive: no entry nothing");
  });

  it("makes a hard link of what it wrote, or the file itself when its first name was not asked for", async () => {
    const bytes = await archiveOf(tree);
    expect(await extracted(bytes, "g", "h")).toEqual(["file g", "link h"]);
    expect(await extracted(bytes, "h")).toEqual(["file h"]);
  });

  it("never links files whose contents differ, whatever the link table says", async () => {
    const bytes = await forged({
      write: (made) => {
        const first = made.file("a", ["one"]);
        made.tree.link(made.file("b", ["two"]), first);
      },
    });
    expect(await refusal(() => extracted(bytes))).toBe("PTAR_LINKS_INVALID: link table: item 1 is not a hard link of item 0: its contents differ");
    expect(await extracted(bytes, "b")).toEqual(["file b"]);
  });

  it("says where the item of a hard link gives other facts than that of the first name", async () => {
    const bytes = await forged({
      write: (made) => {
        const first = made.file("a", ["x"], { mode: 0o640, mtime: "5" });
        made.tree.link(made.file("b", ["x"], { mode: 0o640, mtime: "5" }), first);
        made.tree.link(made.file("c", ["x"], { mode: 0o600, mtime: "5", xattrs: [{ name: "user.a", value: "QQ" }] }), first);
      },
    });
    const { unrestored } = await extractArchive(await open(bytes), dryRunTarget("linux"));
    expect(unrestored).toEqual([{ path: toUtf8("c"), what: "facts of a hard link", reason: "xattrs, mode: as of the first name" }]);
  });

  it("aborts the target when contents are wrong or missing", async () => {
    for (const bytes of [
      await forged({ write: (made) => void made.file("m", ["x", "y"], { sha256: "ab".repeat(32) }) }),
      await forged({ objects: without("chunk", "aaa") }),
    ]) {
      const target = new MemoryTarget();
      const aborted: string[] = [];
      const abort = target.abort.bind(target);
      target.abort = async () => {
        aborted.push("abort");
        await abort();
      };
      expect(await refusal(async () => extractArchive(await open(bytes), target))).toMatch(/^PTAR_FILE_DIGEST|^PTAR_OBJECT_MISSING/);
      expect([aborted, target.entries]).toEqual([["abort"], []]);
    }
  });

  it("refuses chunks of other lengths than the entry says", async () => {
    const bytes = await forged({
      write: ({ tree: made, put }) => {
        const [one, two] = ["one", "two"].map((part) => toHex(put("chunk", toUtf8(part)))) as [string, string];
        const sha256 = toHex(native.crypto.sha256(toUtf8("onetwo")));
        const chunks = [
          { id: one, length: 2 },
          { id: two, length: 4 },
        ];
        made.add(toUtf8("f"), { name: "f", type: "file", size: 6, sha256 }, { chunks });
      },
    });
    expect(await refusal(() => extracted(bytes))).toBe("PTAR_TREE_SIZE: file: a chunk of 3 bytes, expected 2");
  });

  it("gives long files as streams that fail at their end when the whole is wrong", async () => {
    const part = "x".repeat(700000);
    const bytes = await forged({ write: (made) => void made.file("m", [part, `${part}y`], { sha256: "ab".repeat(32) }) });
    expect(await refusal(async () => extractArchive(await open(bytes), new MemoryTarget()))).toMatch(/^PTAR_FILE_DIGEST/);
  });

  it("reports what it made, what it could not, and stops on request", async () => {
    const bytes = await archiveOf({
      ...tree,
      bad: { type: "file", content: "12345", faults: [{ offset: 1, length: 1, errno: "EIO" }] },
      pipe: { type: "fifo" },
    });
    const seen: number[] = [];
    const report = await extractArchive(await open(bytes), new MemoryTarget(), { onProgress: ({ entries }) => seen.push(entries) });
    expect(report).toMatchObject({ entries: 11, files: 7, incomplete: 1 });
    expect(report.unrestored.map(({ what }) => what).toSorted()).toEqual(["contents", "special file"]);
    expect(seen).toEqual(Array.from({ length: 11 }, (_, i) => i + 1));
    const stopped = extractArchive(await open(bytes), new MemoryTarget(), { signal: AbortSignal.abort(new Error("enough")) });
    await expect(stopped).rejects.toThrow("enough");
  });
});

describe("limits", () => {
  const deep: MemoryTree = { d: { type: "directory", children: { d: { type: "directory", children: { "long name": "x" } } } } };

  it.each<readonly [Partial<Limits>, string]>([
    [{ pathDepth: 2 }, "PTAR_LIMIT_EXCEEDED"],
    [{ pathBytes: 12 }, "PTAR_LIMIT_EXCEEDED"],
    [{ nameBytes: 8 }, "PTAR_ENTRY_NAME"],
    [{ items: 2 }, "PTAR_LIMIT_EXCEEDED"],
    [{ entryBytes: 50 }, "PTAR_LIMIT_EXCEEDED"],
    [{ objectBytes: 100 }, "PTAR_BLOCK_LENGTH"],
    [{ blockRawBytes: 100 }, "PTAR_BLOCK_LENGTH"],
    [{ blockObjects: 1 }, "PTAR_BLOCK_LENGTH"],
    [{ blockBytes: 100 }, "PTAR_FRAME_LENGTH"],
    [{ manifestBytes: 100 }, "PTAR_FRAME_LENGTH"],
    [{ framePageBytes: 100 }, "PTAR_FRAME_LENGTH"],
    [{ indexPageRows: 2 }, "PTAR_INDEX_INVALID"],
    [{ statementBytes: 100 }, "PTAR_FRAME_LENGTH"],
    [{ statements: 0 }, "PTAR_LIMIT_EXCEEDED"],
    [{ generations: 0 }, "PTAR_LIMIT_EXCEEDED"],
  ])("that are lowered to %j are kept", async (lower, code) => {
    const bytes = await archiveOf(deep);
    expect(await codesOf(bytes)).toEqual([]);
    expect(await codesOf(bytes, { limits: { ...limits, ...lower } })).toEqual([code]);
  });

  it("are for all snapshots together, and for the link table before it is loaded", async () => {
    const twice = (await forge({ write: (made) => void made.file("n", ["new"]) }, await forge())).bytes();
    expect(await codesOf(twice, { limits: { ...limits, items: 7 } })).toEqual([]);
    const { integrity } = await verifyBytes(twice, { limits: { ...limits, items: 6 } });
    expect(integrity.problems).toMatchObject([{ code: "PTAR_LIMIT_EXCEEDED", message: "archive: its snapshots have 7 items or more, limit 6" }]);
    expect(await codesOf(twice, { limits: { ...limits, links: 0 } })).toEqual(["PTAR_LINKS_INVALID"]);
    expect(await refusal(async () => extractArchive(await open(await forged(), { links: 0 }), new MemoryTarget()))).toBe(
      "PTAR_LINKS_INVALID: link table: 1 rows, limit 0",
    );
  });

  it("keep a block that expands without end from filling memory", async () => {
    const raw = 16 << 20;
    const stored = native.codecs.compress("deflate", new Uint8Array(raw), 9);
    const bomb = (rawLength: number) => encodeBlock({ codec: 1, items: [{ kind: "chunk", length: rawLength }], rawLength, stored });
    const bytes = await forged({ plan: { frames: Array.from({ length: 20 }, () => ["blockData", bomb(1000)] as const) } });
    for (const engine of [portable, native]) {
      const before = process.memoryUsage().arrayBuffers;
      expect(await codesOf(bytes, { engine })).toEqual(["PTAR_BLOCK_DECODE"]);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(48 << 20);
    }
  });

  it("let a file name one chunk a million times at the price of its lists", async () => {
    const bytes = await forged({
      write: ({ tree: made, put }) => {
        const id = put("chunk", toUtf8("x"));
        const rows = (of: Uint8Array, length: number) => {
          const list = new Uint8Array(8 + 40 * 4096);
          const view = new DataView(list.buffer);
          view.setUint32(4, 4096, true);
          for (let i = 0; i < 4096; i++) {
            list.set(of, 8 + 40 * i);
            view.setBigUint64(40 + 40 * i, BigInt(length), true);
          }
          return list;
        };
        let list = put("list", rows(id, 1));
        for (let level = 1; level < 4; level++) list = put("list", rows(list, 4096 ** level).with(0, level));
        made.add(toUtf8("f"), { name: "f", type: "file", size: 4096 ** 4, sha256: "ab".repeat(32) }, { list: toHex(list) });
      },
    });
    for (const level of ["standard", "full"] as const) expect(await verifyBytes(bytes, { level })).toMatchObject({ exitCode: 0 });
  });
});

describe("memory", () => {
  it("keeps blocks while they are used, and no more than 32 MiB of them", async () => {
    const size = 1 << 20;
    const files = Array.from({ length: 40 }, (_, i) => [
      `f${String(i).padStart(2, "0")}`,
      new Uint8Array(size).map((_byte, at) => (Math.imul(at + 1, i + 77) >>> 7) & 255),
    ]);
    const bytes = await archiveOf(Object.fromEntries(files), { codec: "store" });
    const reader = new CountingReader(bytes);
    const archive = await openArchive(reader, { engine: native, trust: "any-signer" });
    const drain = async (name: string) => {
      reader.reads = [];
      const { content } = await readFile(archive, toUtf8(name));
      for await (const _ of content);
      return reader.reads.length;
    };
    expect(await drain("f00")).toBeGreaterThan(0);
    expect(await drain("f00")).toBe(0);
    for (const [name] of files) await drain(name as string);
    expect(await drain("f39")).toBe(0);
    expect(await drain("f00")).toBeGreaterThan(0);
    const target = new MemoryTarget();
    await extractArchive(archive, target);
    expect(linesOf(target)).toHaveLength(40);
  });
});
