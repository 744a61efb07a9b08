// Every lie that an archive can be signed with has its own code, at the level that looks for it. spec/10-verify.md
import { describe, expect, it } from "vitest";
import { canonicalBytes } from "../../src/bytes/canonical-json.js";
import { toHex } from "../../src/bytes/hex.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { encodeBlock } from "../../src/format/block.js";
import type { Entry, Manifest, Snapshot } from "../../src/format/generated/types.js";
import type { IndexRow } from "../../src/format/index-page.js";
import { limits } from "../../src/format/limits.js";
import { decodeLinks, encodeLinks } from "../../src/format/links.js";
import { encodeList } from "../../src/format/list.js";
import type { Kind } from "../../src/format/object.js";
import { signSnapshot } from "../../src/statement/sign.js";
import { ArchiveBuilder, author, chunk, signerOf } from "../container/build.js";
import { codesOf, extractedOf, native, portable, verifyBytes } from "./engines.js";
import { claim, type Forgery, forge, forged, isChunk, without } from "./forge.js";

type Change = (kind: Kind, bytes: Uint8Array) => Uint8Array;

const levels = ["standard", "full", "deep"] as const;
type Level = (typeof levels)[number];
const other = "ab".repeat(32);

/** Changes the entries of pages that hold an entry of this name. */
function entry(name: string, change: (entry: { item: Record<string, unknown>; store: Record<string, unknown> }) => unknown): Change {
  return (kind, bytes) => {
    if (kind !== "page") return bytes;
    const page = JSON.parse(new TextDecoder().decode(bytes));
    if (!page.entries?.some(({ item }: Entry) => item.name === name)) return bytes;
    page.entries = page.entries.map((own: Entry) => (own.item.name === name ? change(structuredClone(own) as never) : own));
    return toUtf8(JSON.stringify(page));
  };
}

/** Changes the text of objects of one kind. */
const text =
  (kind: Kind, change: (own: string) => string): Change =>
  (own, bytes) =>
    own === kind ? toUtf8(change(new TextDecoder().decode(bytes))) : bytes;

const item = (change: Record<string, unknown>) => (own: { item: Record<string, unknown> }) => ({ ...own, item: sorted({ ...own.item, ...change }) });
const sorted = (object: Record<string, unknown>) => Object.fromEntries(Object.entries(object).toSorted(([a], [b]) => (a < b ? -1 : 1)));
const snapshot = (change: (own: Snapshot) => Partial<Snapshot>): Forgery => ({ snapshot: (own) => ({ ...own, ...change(own) }) });
const manifest = (change: (own: Manifest) => Partial<Manifest>): Forgery => ({ plan: { manifest: (own) => ({ ...own, ...change(own) }) } });
const data = (bytes: Uint8Array): Forgery => ({ plan: { frames: [["blockData", bytes]] } });
const block = encodeBlock({ codec: 0, items: [{ kind: "chunk", length: 2 }], rawLength: 2, stored: toUtf8("zz") });
/** An object that nothing references, and what its row becomes. */
const spare = (change: (row: IndexRow) => readonly IndexRow[]): Forgery => ({
  objects: (objects) => [...objects, chunk("spare")],
  plan: { index: (rows) => rows.flatMap((row) => (isChunk(row, "spare") ? change(row) : [row])) },
});

describe("an archive without a lie", () => {
  it.each(levels)("is ok at level %s, by any engine", async (level) => {
    for (const engine of [portable, native]) {
      const report = await verifyBytes(await forged(), { level, engine });
      expect(report.integrity).toMatchObject({ status: "ok", problems: [], warnings: [], entries: 6, unreferenced: 0 });
      expect(report).toMatchObject({
        exitCode: 0,
        signature: { status: "trusted" },
        completeness: { status: "complete" },
        custody: { status: "none" },
      });
      expect(report.snapshots).toMatchObject([{ vouched: true, statements: [{ status: "trusted", name: "signer 0" }] }]);
    }
    expect(await extractedOf(await forged())).toHaveLength(6);
  });

  it("may hold objects that nothing references, and counts them", async () => {
    const bytes = await forged({ objects: (objects) => [...objects, chunk("nobody wants me")] });
    expect((await verifyBytes(bytes)).integrity).toMatchObject({ status: "ok", unreferenced: 1 });
  });

  it("may hold an object twice, indexed at its lowest place", async () => {
    const again = encodeBlock({ codec: 0, items: [{ kind: "chunk", length: 3 }], rawLength: 3, stored: toUtf8("aaa") });
    const twice = { frames: [["blockData", again]] } as const;
    expect(await codesOf(await forged({ plan: twice }))).toEqual([]);
    const highest: Forgery = {
      plan: { ...twice, index: (rows) => rows.map((row) => (isChunk(row, "aaa") ? { ...row, frame: 5, ordinal: 0 } : row)) },
    };
    expect(await codesOf(await forged(highest), { level: "standard" })).toEqual([]);
    expect(await codesOf(await forged(highest))).toEqual(["PTAR_OBJECT_ID"]);
  });

  it("may have another ABOUT, with a warning", async () => {
    const { integrity } = await verifyBytes((await forge({}, new ArchiveBuilder(undefined, "hello"))).bytes());
    expect(integrity).toMatchObject({ status: "ok", warnings: ["the ABOUT text is not the registered one"] });
  });
});

const lies: readonly (readonly [lie: string, from: Level, code: string, forgery: Forgery])[] = [
  // blocks
  ["a block of an unknown codec", "full", "PTAR_UNSUPPORTED_CODEC", data(block.with(0, 9))],
  ["a block whose lengths do not add up", "full", "PTAR_BLOCK_LENGTH", data(block.with(8, 3))],
  ["a page in a block of data", "full", "PTAR_BLOCK_KIND", data(block.with(19, 3))],
  ["padding that is not zero", "full", "PTAR_BLOCK_RESERVED", data(Uint8Array.of(...block, 1))],
  ["a block that does not decode", "full", "PTAR_BLOCK_DECODE", data(block.with(0, 2))],
  // index and objects
  ["an object that no row names", "full", "PTAR_INDEX_MISSING", spare(() => [])],
  [
    "a row for an object that is nowhere",
    "full",
    "PTAR_OBJECT_ID",
    { plan: { index: (rows) => [{ id: new Uint8Array(32), kind: "chunk", frame: 3, ordinal: 0 }, ...rows] } },
  ],
  ["a row that names a frame without objects", "full", "PTAR_INDEX_INVALID", spare((row) => [{ ...row, frame: 2 }])],
  ["a row that names an object behind the last of its block", "full", "PTAR_INDEX_INVALID", spare((row) => [{ ...row, ordinal: 999 }])],
  ["a row that names another object", "full", "PTAR_OBJECT_ID", spare((row) => [{ ...row, ordinal: 0 }])],
  [
    "pages that lead to each other's objects",
    "standard",
    "PTAR_OBJECT_ID",
    {
      plan: {
        index: (rows) =>
          rows.map((row) =>
            row.kind === "page" ? { ...row, ordinal: rows.find((own) => own.kind === "page" && own.ordinal !== row.ordinal)?.ordinal ?? 0 } : row,
          ),
      },
    },
  ],
  [
    "a row of a content that names a frame without objects",
    "standard",
    "PTAR_INDEX_INVALID",
    { plan: { index: (rows) => rows.map((row) => (row.kind === "content" ? { ...row, frame: 2 } : row)) } },
  ],
  [
    "a row of a content that names no object of its block",
    "standard",
    "PTAR_INDEX_INVALID",
    { plan: { index: (rows) => rows.map((row) => (row.kind === "content" ? { ...row, ordinal: 999 } : row)) } },
  ],
  [
    "a chunk that stands in for a page",
    "standard",
    "PTAR_OBJECT_MISSING",
    { objects: (objects) => objects.map((object) => (object.kind === "page" ? { kind: "chunk", bytes: object.bytes } : object)) },
  ],
  ["a chunk that is missing", "standard", "PTAR_OBJECT_MISSING", { objects: without("chunk", "aaa") }],
  ["a list that is missing", "standard", "PTAR_OBJECT_MISSING", { objects: without("list") }],
  ["a page that is missing", "standard", "PTAR_OBJECT_MISSING", { objects: without("page") }],
  ["a content that is missing", "standard", "PTAR_OBJECT_MISSING", { objects: without("content") }],
  ["a snapshot that is missing", "standard", "PTAR_OBJECT_MISSING", { objects: without("snapshot") }],
  ["a statement that is missing", "standard", "PTAR_OBJECT_MISSING", { objects: without("statement") }],
  ["a link table that is missing", "standard", "PTAR_OBJECT_MISSING", { objects: without("links") }],
  // documents
  ["a page with a space", "standard", "PTAR_DOCUMENT_NOT_CANONICAL", { object: text("page", (own) => own.replace(":", ": ")) }],
  [
    "a content with a foreign member",
    "standard",
    "PTAR_DOCUMENT_INVALID",
    { object: text("content", (own) => own.replace('"ext"', '"also":1,"ext"')) },
  ],
  [
    "a snapshot with a critical extension",
    "standard",
    "PTAR_UNSUPPORTED_EXTENSION",
    snapshot(() => ({ ext: [{ critical: true, data: "", id: "x" }] })),
  ],
  // trees
  ["a name with a slash", "standard", "PTAR_ENTRY_NAME", { object: text("page", (own) => own.replace('"name":"s"', '"name":"s/t"')) }],
  ["a member of another type", "standard", "PTAR_ENTRY_INVALID", { object: entry("s", item({ size: 3 })) }],
  ["entries out of order", "standard", "PTAR_PAGE_ORDER", { object: text("page", (own) => own.replace('"name":"s"', '"name":"d"')) }],
  [
    "a counter of bytes",
    "standard",
    "PTAR_TREE_COUNTERS",
    { object: text("page", (own) => own.replace('"counters":{"bytes":10', '"counters":{"bytes":11')) },
  ],
  ["a counter of entries", "standard", "PTAR_TREE_COUNTERS", { object: text("page", (own) => own.replace('"entries":2,', '"entries":1,')) }],
  ["chunks that do not give the size", "standard", "PTAR_TREE_SIZE", { object: entry("m", item({ size: 171 })) }],
  [
    "chunks of other lengths than it says",
    "full",
    "PTAR_TREE_SIZE",
    {
      write: ({ tree, put }) => {
        const [one, two] = ["one", "two"].map((part) => toHex(put("chunk", toUtf8(part)))) as [string, string];
        tree.add(
          toUtf8("f"),
          { name: "f", type: "file", size: 6, sha256: toHex(native.crypto.sha256(toUtf8("onetwo"))) },
          {
            chunks: [
              { id: one, length: 4 },
              { id: two, length: 2 },
            ],
          },
        );
      },
    },
  ],
  ["a list with reserved bytes", "standard", "PTAR_LIST_INVALID", { object: (kind, bytes) => (kind === "list" ? bytes.with(1, 1) : bytes) }],
  [
    "a link to another file",
    "standard",
    "PTAR_LINKS_INVALID",
    { object: (kind, bytes) => (kind === "links" ? encodeLinks(decodeLinks(bytes, -1, limits).map((row) => ({ ...row, first: 0 }))) : bytes) },
  ],
  [
    "a link of a file that differs",
    "standard",
    "PTAR_LINKS_INVALID",
    {
      write: (tree) => {
        const first = tree.file("a", ["one"]);
        tree.tree.link(tree.file("b", ["two"]), first);
      },
    },
  ],
  ["fewer links than it says", "standard", "PTAR_LINKS_INVALID", { content: (own) => ({ ...own, links: own.links && { ...own.links, count: 2 } }) }],
  // snapshots
  [
    "completeness that does not add up",
    "standard",
    "PTAR_SNAPSHOT_COUNTERS",
    snapshot(({ completeness }) => ({ completeness: { ...completeness, seen: 9 } })),
  ],
  [
    "a failure that the pages do not have",
    "standard",
    "PTAR_SNAPSHOT_COUNTERS",
    snapshot(({ completeness }) => ({ completeness: { ...completeness, failed: 1, stored: 5 } })),
  ],
  ["another number of items", "standard", "PTAR_SNAPSHOT_ITEMS", snapshot(({ items }) => ({ items: { ...items, count: 7 } }))],
  ["another item root", "full", "PTAR_SNAPSHOT_ITEMS", snapshot(({ items }) => ({ items: { ...items, root: other } }))],
  ["more items than the limit", "standard", "PTAR_LIMIT_EXCEEDED", snapshot(({ items }) => ({ items: { ...items, count: limits.items + 1 } }))],
  // files and cuts
  [
    "a digest of a file of many chunks",
    "deep",
    "PTAR_FILE_DIGEST",
    {
      write: (tree) => {
        tree.file("m", ["x", "y", "z"], { sha256: other });
      },
    },
  ],
  [
    "a digest of an empty file",
    "standard",
    "PTAR_ENTRY_INVALID",
    {
      write: (tree) => {
        tree.file("m", [], { sha256: other });
      },
    },
  ],
  [
    "a page above the one page of a directory",
    "deep",
    "PTAR_PAGE_SPLIT",
    { content: (own, put) => ({ ...own, root: toHex(put("page", canonicalBytes({ level: 1, pages: [{ id: own.root as string, name: "a" }] }))) }) },
  ],
  [
    "a list of two chunks",
    "deep",
    "PTAR_PAGE_SPLIT",
    {
      write: ({ tree, put }) => {
        const rows = ["one", "two"].map((part) => ({ id: put("chunk", toUtf8(part)), length: 3 }));
        tree.add(
          toUtf8("f"),
          { name: "f", type: "file", size: 6, sha256: toHex(native.crypto.sha256(toUtf8("onetwo"))) },
          { list: toHex(put("list", encodeList({ level: 0, rows }))) },
        );
      },
    },
  ],
  [
    "a list above the one list of a file",
    "deep",
    "PTAR_PAGE_SPLIT",
    {
      write: ({ tree, put }) => {
        const parts = Array.from({ length: 20 }, (_, i) => toUtf8(`part ${i + 10}`));
        const list = put("list", encodeList({ level: 0, rows: parts.map((part) => ({ id: put("chunk", part), length: 7 })) }));
        const above = put("list", encodeList({ level: 1, rows: [{ id: list, length: 140 }] }));
        tree.add(toUtf8("f"), { name: "f", type: "file", size: 140, sha256: toHex(native.crypto.sha256(...parts)) }, { list: toHex(above) });
      },
    },
  ],
  // manifests
  [
    "complete although something failed",
    "standard",
    "PTAR_MANIFEST_MISMATCH",
    {
      write: (tree) => {
        tree.tree.add(toUtf8("f"), { name: "f", type: "file", size: 1, sha256: null, errors: [{ code: "EIO", operation: "open" }] }, {});
      },
      ...manifest(() => ({ complete: true })),
    },
  ],
  [
    "complete although something was unstable",
    "standard",
    "PTAR_MANIFEST_MISMATCH",
    {
      write: (tree) => {
        tree.file("f", ["x"], { unstable: { after: { ctime: null, mtime: null, size: 2 }, before: { ctime: null, mtime: null, size: 1 } } });
      },
      ...manifest(() => ({ complete: true })),
    },
  ],
  ["incomplete although nothing failed", "standard", "PTAR_MANIFEST_MISMATCH", manifest(() => ({ complete: false }))],
  [
    "another number of index rows",
    "standard",
    "PTAR_INDEX_INVALID",
    manifest(({ index }) => ({ index: index.map((root) => ({ ...root, rows: root.rows + 1 })) })),
  ],
  ["a snapshot that is no snapshot", "standard", "PTAR_OBJECT_MISSING", manifest(() => ({ snapshots: [{ id: other, statements: [] }] }))],
  ["a feature that is required", "standard", "PTAR_UNSUPPORTED_FEATURE", manifest(() => ({ requires: ["wings"] }))],
  // statements about the snapshot
  [
    "a statement about another snapshot",
    "standard",
    "PTAR_STATEMENT_MISMATCH",
    { about: async (subject) => [await signSnapshot(author, { ...subject, id: new Uint8Array(32) }, claim())] },
  ],
  [
    "a statement about other items",
    "standard",
    "PTAR_STATEMENT_MISMATCH",
    { about: async ({ id, items }) => [await signSnapshot(author, { id, items: { ...items, count: items.count + 1 } }, claim())] },
  ],
  [
    "a statement with a broken signature",
    "standard",
    "PTAR_SIGNATURE_INVALID",
    {
      about: async (subject) => {
        const statement = await signSnapshot(author, subject, claim());
        return [statement.with(3, (statement[3] as number) ^ 1)];
      },
    },
  ],
  ["a statement over the limit", "standard", "PTAR_LIMIT_EXCEEDED", { about: async () => [new Uint8Array(65537)] }],
  [
    "two statements of one key",
    "standard",
    "PTAR_STATEMENT_MISMATCH",
    { about: async (subject) => [await signSnapshot(author, subject, claim()), await signSnapshot(author, subject, claim("witness"))] },
  ],
  // statements about the archive
  ["no statement of a declared signer", "standard", "PTAR_SIGNATURE_MISSING", { plan: { statements: () => [] } }],
  ["a statement too many", "standard", "PTAR_STATEMENT_MISMATCH", { plan: { statements: (own) => [...own, ...own] } }],
  [
    "statements in another order",
    "standard",
    "PTAR_STATEMENT_MISMATCH",
    { plan: { signers: [author, signerOf(2)], statements: (own) => own.toReversed() } },
  ],
  ["a statement about another archive", "standard", "PTAR_STATEMENT_MISMATCH", { plan: { statement: (own) => ({ ...own, archiveId: other }) } }],
  ["a statement about another generation", "standard", "PTAR_STATEMENT_MISMATCH", { plan: { statement: (own) => ({ ...own, generation: 2 }) } }],
  ["a statement about another manifest", "standard", "PTAR_STATEMENT_MISMATCH", { plan: { statement: (own) => ({ ...own, manifest: other }) } }],
  [
    "a statement about another tree",
    "standard",
    "PTAR_STATEMENT_MISMATCH",
    { plan: { statement: (own) => ({ ...own, tree: { ...own.tree, root: other } }) } },
  ],
  [
    "a statement of receipt in a generation",
    "standard",
    "PTAR_STATEMENT_MISMATCH",
    { plan: { statement: (own) => ({ ...own, action: "received" }) } },
  ],
  [
    "a statement whose body names another key",
    "standard",
    "PTAR_SIGNATURE_INVALID",
    { plan: { statement: (own) => ({ ...own, publicKey: toHex(signerOf(2).publicKey) }) } },
  ],
];

describe("a lie", () => {
  it.each(lies)("%s: from level %s on it is %s", async (_lie, from, code, forgery) => {
    const bytes = await forged(forgery);
    for (const level of levels) {
      const found = await codesOf(bytes, { level });
      expect([level, ...found]).toEqual(levels.indexOf(level) < levels.indexOf(from) ? [level] : [level, code]);
    }
  });
});
