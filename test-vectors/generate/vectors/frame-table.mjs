// Container trees, frame tables, trailers and generations that must be refused. spec/02-container.md#frame-table
import { frameTypes } from "../../../dist/format/frame.js";
import { encodeTrailer } from "../../../dist/format/trailer.js";
import { nodeHash } from "../../../dist/merkle/tree.js";
import { buildArchive, one } from "../archive.mjs";
import { crypto, patched, sha256, u64, utf8 } from "../bytes.mjs";
import { keys } from "../keys.mjs";
import * as plans from "../plans.mjs";
import { file } from "../tree.mjs";
import { sealFrame, sealHeader } from "../units.mjs";

const { grown, paged, pagedTwice, tiny, witnessed } = plans;
const table = { spec: "02-container.md#frame-table", code: "PTAR_TABLE_INVALID" };
const trailer = { spec: "02-container.md#trailer", code: "PTAR_TRAILER_INVALID" };
const zip = Buffer.from("504b0506000000000000000000000000000000000000", "hex");
const nineUnits = one([file("a", "a")], { extra: { data: [["padding", Buffer.alloc(8)]] } });

/** Changes the frames of one type. */
const on = (type, change) => ({ frame: (frame) => (frame.type === frameTypes[type] ? { ...frame, ...change(frame) } : frame) });
const whole = (bytes) => ({ plan: tiny, tamper: { bytes } });

export const frameTable = [
  ...[
    { name: "merkle_root_odd-leaf-doubled", comment: "odd leaves paired with themselves (CVE-2012-2459)", tamper: { manifestRoot: rootOfDoubled } },
    { name: "merkle_root_no-prefixes", comment: "leaves and nodes hashed without 00 and 01", tamper: { manifestRoot: rootWithoutPrefixes } },
    {
      name: "merkle_root_one-unit-less",
      comment: "the root of all units but the last",
      tamper: { manifestRoot: (units) => rootOf(units.slice(0, -1)) },
    },
  ].map((row) => ({ code: "PTAR_TABLE_ROOT", spec: "02-container.md#merkle", plan: nineUnits, ...row })),
  {
    name: "table_root_row-altered",
    code: "PTAR_TABLE_ROOT",
    spec: "02-container.md#frame-table",
    comment: "the leaf hash of a row is another",
    plan: tiny,
    tamper: { table: (t) => ({ ...t, rows: t.rows.map((row, i) => (i === 2 ? { ...row, leaf: sha256(utf8("x")) } : row)) }) },
  },
  {
    name: "table_root_rows-exchanged",
    code: "PTAR_TABLE_ROOT",
    spec: "02-container.md#frame-table",
    comment: "the leaf hashes of two rows changed places",
    plan: tiny,
    tamper: { table: exchangeLeaves },
  },

  ...[
    {
      name: "table_rows_too-few",
      comment: "one row less than the unit count",
      plan: tiny,
      tamper: { tableBytes: (bytes) => bytes.subarray(0, -40) },
    },
    {
      name: "table_rows_not-whole",
      comment: "a byte after the last row",
      plan: tiny,
      tamper: { tableBytes: (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]) },
    },
    { name: "table_count_2-to-53", comment: "unit count 2^53", plan: tiny, tamper: { tableBytes: (bytes) => patched(bytes, 8, u64(2n ** 53n)) } },
    {
      name: "table_ends_not-increasing",
      comment: "two rows end at one offset",
      plan: tiny,
      tamper: { table: (t) => ({ ...t, rows: t.rows.map((row, i) => (i === 2 ? { ...row, end: t.rows[1].end } : row)) }) },
    },
    {
      name: "table_header_end",
      comment: "the header's row ends at 63",
      plan: tiny,
      tamper: { table: (t) => ({ ...t, rows: t.rows.map((row, i) => (i === 0 ? { ...row, end: 63 } : row)) }) },
    },
    {
      name: "table_page_other-rows",
      comment: "a page has other leaf hashes than its nodes",
      plan: paged,
      tamper: { pageRows: (rows) => rows.map((row, i) => (i === 1 ? { ...row, leaf: sha256(utf8("x")) } : row)) },
    },
    {
      name: "table_page_in-itself",
      comment: "a page reference names a frame that the page itself covers",
      plan: paged,
      tamper: { table: (t) => ({ ...t, pages: t.pages.map((page, i) => (i === 0 ? { ...page, frame: 1 } : page)) }) },
    },
    {
      name: "table_nodes_missing",
      comment: "no nodes of the units before a second generation",
      plan: grown,
      tamper: { table: (t) => ({ ...t, nodes: [] }) },
    },
  ].map((row) => ({ ...table, ...row })),

  ...[
    { name: "trailer_missing_cut-1", comment: "the last byte is missing", ...whole((bytes) => bytes.subarray(0, -1)) },
    { name: "trailer_missing_cut-104", comment: "the trailer is missing", ...whole((bytes) => bytes.subarray(0, -104)) },
    { name: "trailer_missing_cut-half", comment: "the second half is missing", ...whole((bytes) => bytes.subarray(0, bytes.length >> 1)) },
    { name: "trailer_missing_header-only", comment: "64 bytes", ...whole((bytes) => bytes.subarray(0, 64)) },
    { name: "trailer_missing_cut-in-header", comment: "63 bytes", ...whole((bytes) => bytes.subarray(0, 63)) },
    { name: "trailer_missing_extended-1", comment: "a zero byte at the end", ...whole((bytes) => Buffer.concat([bytes, Buffer.alloc(1)])) },
    { name: "trailer_missing_extended-zip", comment: "a zip at the end", ...whole((bytes) => Buffer.concat([bytes, zip])) },
    {
      name: "trailer_missing_torn-append",
      comment: "an append that stopped inside a frame",
      plan: grown,
      tamper: { bytes: (bytes) => bytes.subarray(0, -300) },
    },
  ].map((row) => ({ code: "PTAR_TRAILER_MISSING", spec: "02-container.md#trailer", ...row })),
  ...[
    {
      name: "trailer_length_shorter",
      comment: "total length one byte too small",
      plan: tiny,
      tamper: { trailer: (t) => ({ totalLength: t.totalLength - 1 }) },
    },
    { name: "trailer_offset_2-to-53", comment: "manifest offset 2^53", plan: tiny, tamper: trailerBytes(0, u64(2n ** 53n)) },
    { name: "trailer_offset_2-to-64", comment: "frame table offset 2^64 - 1", plan: tiny, tamper: trailerBytes(8, Buffer.alloc(8, 255)) },
    {
      name: "trailer_previous_itself",
      comment: "the trailer before is the trailer itself",
      plan: tiny,
      tamper: { trailer: (_, units) => ({ previousTrailerOffset: units.offset }) },
    },
    {
      name: "trailer_generation_2",
      comment: "the first generation says it is the second",
      plan: tiny,
      tamper: { trailer: () => ({ generation: 2 }) },
    },
    { name: "trailer_sequence_1", comment: "a generation says it is a tail", plan: tiny, tamper: { trailer: () => ({ sequence: 1 }) } },
    { name: "trailer_reserved_not-zero", comment: "a reserved byte", plan: tiny, tamper: trailerBytes(71, Buffer.from([1])) },
    {
      name: "trailer_manifest_in-block",
      comment: "the manifest offset leads to a manifest that a file's contents spell",
      plan: one([file("fake", fakeManifest())]),
      tamper: { trailer: (_, units) => ({ manifestOffset: placeOfFake(units) }) },
    },
  ].map((row) => ({ ...trailer, ...row })),
  {
    name: "trailer_sequence_tail-2",
    code: "PTAR_TRAILER_INVALID",
    spec: "02-container.md#grammar",
    comment: "the first tail has sequence 2",
    plan: witnessed,
    tamper: { tailTrailer: () => ({ sequence: 2 }) },
  },

  ...[
    {
      name: "generation_chain_prev-null",
      comment: "the second generation names none before it",
      plan: grown,
      tamper: { manifest: (doc) => ({ ...doc, prev: null }) },
    },
    {
      name: "generation_chain_prev-in-first",
      comment: "the first generation names one before it",
      plan: tiny,
      tamper: { manifest: (doc) => ({ ...doc, prev: { manifest: "00".repeat(32), root: "00".repeat(32), size: 5 } }) },
    },
    {
      name: "generation_chain_other-manifest",
      comment: "prev has another manifest digest",
      plan: grown,
      tamper: { manifest: (doc) => ({ ...doc, prev: { ...doc.prev, manifest: "11".repeat(32) } }) },
    },
    {
      name: "generation_chain_other-root",
      comment: "prev has another root",
      plan: grown,
      tamper: { manifest: (doc) => ({ ...doc, prev: { ...doc.prev, root: "11".repeat(32) } }) },
    },
    {
      name: "generation_chain_snapshot-removed",
      comment: "the second manifest does not list the first snapshot",
      plan: grown,
      tamper: { manifest: (doc) => ({ ...doc, snapshots: doc.snapshots.slice(1) }) },
    },
    {
      name: "generation_chain_snapshots-reordered",
      comment: "the new snapshot stands before the earlier one",
      plan: grown,
      tamper: { manifest: (doc) => ({ ...doc, snapshots: doc.snapshots.toReversed() }) },
    },
  ].map((row) => ({ code: "PTAR_GENERATION_CHAIN", spec: "08-manifest.md#manifest", ...row })),
  {
    name: "generation_table_other-nodes",
    code: "PTAR_TABLE_INVALID",
    spec: "02-container.md#merkle",
    comment: "the nodes before the second generation hash to another root",
    plan: grown,
    tamper: { table: (t) => ({ ...t, nodes: t.nodes.map(() => sha256(utf8("x"))) }) },
  },
  ...[
    {
      name: "table_page_is-first-inline",
      comment: "one page covers all units before it, so that its own frame is the first inline unit",
      plan: one([file("hello.txt", "hello\n")], { unitsPerPage: 7 }),
      tamper: { pageEverything: true },
    },
    {
      name: "table_ends_2-to-53-before-page",
      comment: "the row before that of a page ends at 2^53 - 1, where no file has bytes",
      plan: paged,
      tamper: { table: (t) => ({ ...t, rows: t.rows.map((row) => (row.end === pageStart(t) ? { ...row, end: 2 ** 53 - 1 } : row)) }) },
    },
    {
      name: "table_ends_inline-before-page",
      comment: "the first inline row ends where the header does, before the rows of the last page",
      plan: pagedTwice,
      tamper: { table: (t) => ({ ...t, rows: t.rows.with(0, { ...t.rows[0], end: 64 }) }) },
    },
    {
      name: "table_page_is-index-root",
      comment: "a page reference leads to the frame of an index root",
      plan: pagedTwice,
      tamper: { table: (t) => ({ ...t, pages: t.pages.with(-1, { ...t.pages.at(-1), frame: t.pages[0].frame - 1 }) }) },
    },
    {
      name: "table_page_before-next-page",
      comment: "the end offsets of a page do not go on from those before, and the next page has an unknown type",
      plan: paged,
      tamper: {
        pageRows: (rows) => (rows[0].end === 64 ? rows : rows.map((row, i) => ({ ...row, end: 65 + i }))),
        frame: (frame) => (frame.type === frameTypes.frameTablePage && frame.payload[0] === 6 ? { ...frame, type: 0x42 } : frame),
      },
    },
    {
      name: "table_page_before-statement",
      comment: "a page with flags, and a statement of an unknown type behind the manifest",
      code: "PTAR_FRAME_RESERVED",
      plan: paged,
      tamper: {
        frame: (frame) => {
          if (frame.type === frameTypes.frameTablePage) return { ...frame, flags: 1 };
          return frame.type === frameTypes.statement ? { ...frame, type: 0x42 } : frame;
        },
      },
    },
    { name: "table_header_other-minor", comment: "the first row is not that of the header", plan: tiny, tamper: { bytes: otherHeader } },
  ].map((row) => ({ ...table, spec: "02-container.md", level: "standard", ...row })),
  ...[
    { name: "trailer_previous_about", comment: "the trailer before is ABOUT", tamper: { trailer: () => ({ previousTrailerOffset: 64 }) } },
    {
      name: "trailer_previous_in-payload",
      comment: "the trailer before is in the middle of a frame",
      tamper: { trailer: (t) => ({ previousTrailerOffset: t.previousTrailerOffset + 8 }) },
    },
  ].map((row) => ({ code: "PTAR_TRAILER_MISSING", spec: "02-container.md", level: "standard", plan: grown, ...row })),
  ...[
    {
      name: "trailer_manifest_is-table",
      comment: "the manifest offset leads to the frame table",
      tamper: { trailer: manifestAt(frameTypes.frameTable) },
    },
    {
      name: "trailer_manifest_is-statement",
      comment: "the manifest offset leads to a statement",
      tamper: { trailer: manifestAt(frameTypes.statement) },
    },
    { name: "trailer_table_is-about", comment: "the frame table offset leads to ABOUT", tamper: { trailer: () => ({ frameTableOffset: 64 }) } },
    {
      name: "trailer_table_in-header",
      comment: "the frame table offset leads into the header",
      tamper: { trailer: () => ({ frameTableOffset: 63 }) },
    },
    { name: "trailer_manifest_is-itself", comment: "a trailer alone after the header, which leads to itself", tamper: { bytes: trailerAlone } },
  ].map((row) => ({ ...trailer, spec: "02-container.md", level: "standard", plan: tiny, ...row })),
];

/** Where the first page of a table starts. */
function pageStart({ firstUnit, unitCount, rows, pages: [page] }) {
  return rows[page.frame - 1 - (firstUnit + unitCount - rows.length)].end;
}

/** Leads the manifest offset to the frame of another type. */
function manifestAt(wanted) {
  return (_, units) => ({ manifestOffset: units.list.find(({ type }) => type === wanted).offset });
}

function trailerAlone(bytes) {
  const place = { manifestOffset: 64, frameTableOffset: 64, previousTrailerOffset: 0, totalLength: 168, generation: 1, sequence: 0 };
  const payload = encodeTrailer(place);
  const { bytes: frame } = sealFrame({ type: frameTypes.trailer, flags: 0, reserved: 0, length: payload.length, number: 1, payload });
  return Buffer.concat([bytes.subarray(0, 64), frame]);
}

/** The header of a later minor version in place of the one that the table was made over. */
function otherHeader(bytes) {
  return Buffer.concat([sealHeader(patched(bytes.subarray(0, 64), 10, 1)), bytes.subarray(64)]);
}

function exchangeLeaves(t) {
  const rows = [...t.rows];
  [rows[1], rows[2]] = [
    { ...rows[1], leaf: rows[2].leaf },
    { ...rows[2], leaf: rows[1].leaf },
  ];
  return { ...t, rows };
}

/** Writes `change` over a trailer's payload at `offset`. */
function trailerBytes(offset, change) {
  return on("trailer", ({ payload }) => ({ payload: patched(payload, offset, change) }));
}

function rootOf(units) {
  const leaves = units.map(({ leaf }) => leaf);
  return rootWith(leaves, (left, right) => nodeHash(crypto, left, right));
}

function rootWithoutPrefixes(units) {
  const leaves = units.map(({ bytes, number }) => sha256(number === undefined ? bytes : bytes.subarray(0, -8)));
  return rootWith(leaves, (left, right) => sha256(left, right));
}

/** The root of a tree in which every row is filled up with its last hash to an even number. */
function rootOfDoubled(units) {
  let row = units.map(({ leaf }) => leaf);
  while (row.length > 1) row = pairs(row.length % 2 === 1 ? [...row, row.at(-1)] : row, (left, right) => nodeHash(crypto, left, right));
  return row[0];
}

/** The root of the RFC 9162 tree over `leaves` with other hashes. */
function rootWith(leaves, node) {
  if (leaves.length === 1) return leaves[0];
  const half = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return node(rootWith(leaves.slice(0, half), node), rootWith(leaves.slice(half), node));
}

function pairs(row, node) {
  return Array.from({ length: row.length / 2 }, (_, i) => node(row[2 * i], row[2 * i + 1]));
}

/** The manifest frame of another archive. */
function fakeManifest() {
  const other = buildArchive(one([file("other", "other")], { signers: [[keys.mallory, "author"]] }));
  const at = Number(other.readBigUInt64LE(other.length - 80));
  return other.subarray(at, at + 32 + Number(other.readBigUInt64LE(at + 8)));
}

function placeOfFake(units) {
  return units.bytes().indexOf(fakeManifest());
}
