// Index and objects that must be refused. spec/04-object.md
import { label } from "../../../dist/bytes/label.js";
import { frameTypes } from "../../../dist/format/frame.js";
import { compareKeys } from "../../../dist/format/index-page.js";
import { one } from "../archive.mjs";
import { hex, patched, sha256, u32, u64, utf8 } from "../bytes.mjs";
import * as plans from "../plans.mjs";
import { directory, file } from "../tree.mjs";

const { grown, indexed, listed, small, tiny } = plans;
const index = { code: "PTAR_INDEX_INVALID", spec: "04-object.md#index" };
const missing = { code: "PTAR_OBJECT_MISSING", spec: "04-object.md#index" };
const named = { code: "PTAR_OBJECT_ID", spec: "04-object.md#index" };

const isSpare = ({ id }) => hex(id) === hex(sha256(utf8("spare")));
const isChunk = ({ kind }) => kind === "chunk";
/** Changes the row of the first object of a kind. */
const rowOf = (kind, change) => ({
  index: (rows) => rows.map((row) => (row === rows.find((other) => other.kind === kind) ? { ...row, ...change(row, rows) } : row)),
});
/** Leaves out all objects of a kind. */
const without = (kind) => ({ drop: (other) => other === kind });

/** The page of the directory `d` in {@link poison}. */
const pageText = `{"entries":[{"item":{"mode":420,"mtime":"1763712131000000001","name":"empty","sha256":"${hex(sha256(utf8("")))}","size":0,"type":"file"},"store":{}}],"level":0}`;

export const object = [
  ...[
    {
      name: "index_order_unsorted",
      comment: "two rows changed places",
      plan: tiny,
      tamper: { index: ([first, second, ...rest]) => [second, first, ...rest] },
    },
    {
      name: "index_order_repeated",
      comment: "a row stands there twice",
      plan: tiny,
      tamper: { index: ([first, ...rest]) => [first, first, ...rest] },
    },
    { name: "index_frame_no-block", comment: "a row names the SESSION frame", plan: tiny, tamper: rowOf("chunk", () => ({ frame: 2 })) },
    { name: "index_frame_later", comment: "a row names a frame after the index", plan: tiny, tamper: rowOf("chunk", () => ({ frame: 999 })) },
    {
      name: "index_frame_2-to-64",
      comment: "a row names frame 2^64 - 1",
      plan: tiny,
      tamper: { indexPage: (payload) => patched(payload, 16 + 32, Buffer.alloc(8, 255)) },
    },
    {
      name: "index_ordinal_out-of-range",
      comment: "a row names an ordinal that its block does not have",
      plan: tiny,
      tamper: rowOf("chunk", () => ({ ordinal: 1 })),
    },
    {
      name: "index_frame_own-page",
      comment: "a row names the frame of its own page",
      spec: "04-object.md",
      level: "standard",
      plan: tiny,
      tamper: rowOf("chunk", () => ({ frame: 5 })),
    },
    {
      name: "index_ordinal_65536",
      comment: "a row names an ordinal that no block may have",
      spec: "04-object.md",
      level: "standard",
      plan: tiny,
      tamper: rowOf("chunk", () => ({ ordinal: 65_536 })),
    },
    { name: "index_reserved_page", comment: "a reserved byte of a page", plan: tiny, tamper: { indexPage: (payload) => patched(payload, 15, 1) } },
    { name: "index_kind_unknown", comment: "a row of kind 12", plan: tiny, tamper: { indexPage: (payload) => patched(payload, 16 + 44, 12) } },
  ].map((row) => ({ ...index, ...row })),
  ...[
    {
      name: "index_count_one-more",
      comment: "a page says it has one row more than it has",
      plan: tiny,
      tamper: { indexPage: (payload) => patched(payload, 0, u32(payload.readUInt32LE() + 1)) },
    },
    {
      name: "index_root_first-id",
      comment: "the root gives a page another first id",
      plan: indexed,
      tamper: {
        indexPages: (pages) => pages.map((page, i) => (i === 1 ? { ...page, firstId: patched(page.firstId, 31, page.firstId[31] ^ 1) } : page)),
      },
    },
    {
      name: "index_root_pages-exchanged",
      comment: "two pages changed places in the root",
      plan: indexed,
      tamper: { indexPages: ([first, second, ...rest]) => [second, first, ...rest] },
    },
    {
      name: "index_root_row-count",
      comment: "the root counts one row more",
      plan: tiny,
      tamper: { indexRoot: (payload) => patched(payload, 8, u64(payload.readUInt32LE(8) + 1)) },
    },
    {
      name: "index_root_page-is-block",
      comment: "the root names a block as a page",
      plan: tiny,
      tamper: { indexPages: (pages) => pages.map((page) => ({ ...page, frame: 3 })) },
    },
    {
      name: "index_root_rows-in-manifest",
      comment: "the manifest counts one row more than the root",
      plan: tiny,
      tamper: { manifest: (doc) => ({ ...doc, index: doc.index.map((root) => ({ ...root, rows: root.rows + 1 })) }) },
    },
    {
      name: "index_root_is-page",
      comment: "the manifest names an index page as the root",
      plan: tiny,
      tamper: { manifest: (doc) => ({ ...doc, index: doc.index.map((root) => ({ ...root, frame: root.frame - 1 })) }) },
    },
    {
      name: "index_root_zeros-after",
      comment: "zero bytes after the last row of the root",
      plan: tiny,
      tamper: { indexRoot: (payload) => Buffer.concat([payload, Buffer.alloc(48)]) },
    },
    {
      name: "index_page_zeros-after",
      comment: "zero bytes after the last row of a page",
      plan: tiny,
      tamper: { indexPage: (payload) => Buffer.concat([payload, Buffer.alloc(48)]) },
    },
    {
      name: "index_order_repeated-between-roots",
      comment: "the second generation indexes a chunk again that it stores again",
      plan: grown,
      tamper: {
        objects: [["chunk", "spare"]],
        stored: (_, bytes) => (String(bytes) === "spare" ? utf8("one\n") : bytes),
        index: (rows) => rows.map((row) => (isSpare(row) ? { ...row, id: sha256(utf8("one\n")) } : row)).sort(compareKeys),
      },
    },
  ].map((row) => ({
    ...index,
    spec: row.name.includes("manifest") || row.name.endsWith("is-page") ? "08-manifest.md#manifest" : "02-container.md#types",
    ...row,
  })),
  {
    name: "frame_type_unknown-in-row",
    code: "PTAR_UNSUPPORTED_FRAME",
    spec: "04-object.md#index",
    comment: "the rows of a snapshot and its tree name a frame of an unknown type",
    level: "standard",
    plan: tiny,
    tamper: { frame: (frame) => (frame.type === frameTypes.blockMeta ? { ...frame, type: 0x12 } : frame) },
  },
  {
    name: "index_row_missing",
    code: "PTAR_INDEX_MISSING",
    spec: "04-object.md#index",
    comment: "no row for a chunk that is there",
    plan: tiny,
    tamper: { index: (rows) => rows.filter((row) => !isChunk(row)) },
  },
  {
    name: "index_row_missing-unreferenced",
    code: "PTAR_INDEX_MISSING",
    spec: "04-object.md#index",
    comment: "no row for a chunk that nothing references",
    plan: one([file("a", "a")], { objects: [["chunk", "hidden"]] }),
    tamper: { index: (rows) => rows.filter(({ id }) => hex(id) !== hex(sha256(utf8("hidden")))) },
  },
  ...[
    { name: "index_place_other-object", comment: "the rows of two chunks have each other's place", plan: small, tamper: { index: exchangePlaces } },
    { name: "index_kind_other", comment: "the row of a chunk says that it is a page", plan: tiny, tamper: rowOf("chunk", () => ({ kind: "page" })) },
    {
      name: "index_row_object-nowhere",
      comment: "a row for an object that is in no block",
      plan: tiny,
      tamper: { index: (rows) => [...rows, { id: Buffer.alloc(32, 255), kind: "chunk", frame: 3, ordinal: 0 }] },
    },
  ].map((row) => ({ ...named, ...row })),
  {
    name: "object_id_chunk-altered",
    code: "PTAR_OBJECT_ID",
    spec: "04-object.md#kinds",
    comment: "a chunk with other bytes than its id names",
    plan: tiny,
    tamper: { stored: (kind, bytes) => (kind === "chunk" ? utf8("jello\n") : bytes) },
  },
  {
    name: "object_id_page-altered",
    code: "PTAR_OBJECT_ID",
    spec: "04-object.md#kinds",
    comment: "a page with other bytes than its id names",
    plan: tiny,
    tamper: { stored: (kind, bytes) => (kind === "page" ? Buffer.from(String(bytes).replace("420", "511")) : bytes) },
  },
  ...[
    { name: "object_missing_chunk", comment: "the only chunk of a file", plan: tiny, tamper: without("chunk") },
    { name: "object_missing_page", comment: "a page", plan: tiny, tamper: without("page") },
    { name: "object_missing_list", comment: "a chunk list", plan: listed, tamper: without("list") },
    { name: "object_missing_content", comment: "the content", plan: tiny, tamper: without("content") },
    { name: "object_missing_snapshot", comment: "the snapshot", plan: tiny, tamper: without("snapshot") },
    { name: "object_missing_statement", comment: "the snapshot statement", plan: tiny, tamper: without("statement") },
    { name: "object_missing_links", comment: "the link table", plan: small, tamper: without("links") },
  ].map((row) => ({ ...missing, ...row })),
  {
    name: "object_kind_chunk-as-page",
    code: "PTAR_OBJECT_MISSING",
    spec: "04-object.md#kinds",
    comment: "a chunk has the id of the missing page: its bytes are the label and the page (the class of borg CVE-2023-36811)",
    plan: poison(),
    tamper: { drop: (kind, bytes) => kind === "page" && String(bytes) === pageText },
  },
];

function poison() {
  const contents = Buffer.concat([label("ptar1/page"), utf8(pageText)]);
  return one([directory("d", [file("empty", "")]), file("poison", contents)]);
}

/** Every chunk's row with the place of the next one. */
function exchangePlaces(rows) {
  const chunks = rows.filter(isChunk);
  const next = new Map(chunks.map((row, i) => [row, chunks[(i + 1) % chunks.length]]));
  return rows.map((row) => (next.has(row) ? { ...row, frame: next.get(row).frame, ordinal: next.get(row).ordinal } : row));
}
