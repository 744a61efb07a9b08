// Headers, frames, sessions and orders of frames that must be refused. spec/02-container.md#frame
import { frameTypes } from "../../../dist/format/frame.js";
import { one } from "../archive.mjs";
import { patched, utf8 } from "../bytes.mjs";
import * as plans from "../plans.mjs";
import { file } from "../tree.mjs";
import { sealFrame, sealHeader } from "../units.mjs";

const { grown, paged, tiny, witnessed } = plans;
const order = { spec: "02-container.md#grammar", code: "PTAR_FRAME_ORDER" };
const session = { spec: "02-container.md#session", code: "PTAR_SESSION_INVALID", plan: tiny };
const zip = Buffer.from("504b0506000000000000000000000000000000000000", "hex");

/** Changes the frames of one type. */
const on = (type, change) => ({ frame: (frame) => (frame.type === frameTypes[type] ? { ...frame, ...change(frame) } : frame) });
/** Changes the header and seals it again. */
const header = (offset, patch) => ({ header: (bytes) => sealHeader(patched(bytes, offset, patch)) });
const headerOf = (offset, patch) => ({ plan: tiny, tamper: header(offset, patch) });
const whole = (bytes) => ({ plan: tiny, tamper: { bytes } });

const padded = (at) => on("padding", ({ payload }) => ({ payload: patched(payload, at, 1) }));
const withPadding = one([file("a", "a")], { extra: { data: [["padding", Buffer.alloc(100)]] } });
const noBlock = Buffer.alloc(24);

export const frame = [
  ...[
    { name: "header_magic_plakar", comment: "the magic of a Plakar archive", raw: () => Buffer.concat([utf8("_PLATAR_"), Buffer.alloc(200)]) },
    { name: "header_magic_tar", comment: "a tar file", raw: () => patched(Buffer.alloc(1024), 257, utf8("ustar\u000000")) },
    { name: "header_magic_zip", comment: "a zip file", raw: () => zip },
    { name: "header_magic_text-mode", comment: "CR LF became LF", ...whole((bytes) => Buffer.concat([bytes.subarray(0, 5), bytes.subarray(6)])) },
    { name: "header_magic_shifted", comment: "one byte before the header", ...whole((bytes) => Buffer.concat([Buffer.alloc(1), bytes])) },
    { name: "header_magic_empty-file", comment: "no byte at all", raw: () => Buffer.alloc(0) },
    { name: "header_magic_cut", comment: "the first eight bytes", ...whole((bytes) => bytes.subarray(0, 8)) },
  ].map((row) => ({ code: "PTAR_HEADER_MAGIC", spec: "02-container.md#header", ...row })),
  {
    name: "header_cut_after-magic",
    code: "PTAR_TRAILER_MISSING",
    spec: "02-container.md#header",
    comment: "the first nine bytes",
    ...whole((bytes) => bytes.subarray(0, 9)),
  },
  {
    name: "header_check_wrong",
    code: "PTAR_HEADER_CHECK",
    spec: "02-container.md#header",
    comment: "one bit of the check",
    plan: tiny,
    tamper: { header: (bytes) => patched(bytes, 56, bytes[56] ^ 1) },
  },
  {
    name: "header_check_archive-id",
    code: "PTAR_HEADER_CHECK",
    spec: "02-container.md#header",
    comment: "one bit of the archive id under the old check",
    plan: tiny,
    tamper: { header: (bytes) => patched(bytes, 16, bytes[16] ^ 1) },
  },
  { name: "header_version_major-2", code: "PTAR_UNSUPPORTED_VERSION", spec: "02-container.md#header", comment: "major version 2", ...headerOf(9, 2) },
  { name: "header_version_major-0", code: "PTAR_UNSUPPORTED_VERSION", spec: "02-container.md#header", comment: "major version 0", ...headerOf(9, 0) },
  { name: "header_reserved_length", code: "PTAR_HEADER_RESERVED", spec: "02-container.md#header", comment: "header length 65", ...headerOf(11, 65) },
  {
    name: "header_reserved_not-zero",
    code: "PTAR_HEADER_RESERVED",
    spec: "02-container.md#header",
    comment: "reserved byte 55 is 1",
    ...headerOf(55, 1),
  },
  {
    name: "header_feature_unknown",
    code: "PTAR_UNSUPPORTED_FEATURE",
    spec: "02-container.md#header",
    comment: "feature bit 31",
    ...headerOf(15, 0x80),
  },

  {
    name: "frame_sync_wrong",
    code: "PTAR_FRAME_SYNC",
    spec: "02-container.md#frame",
    comment: "a frame starts with other bytes",
    plan: tiny,
    tamper: on("blockData", () => ({ sync: utf8("PTAR") })),
  },
  {
    name: "frame_sync_gap",
    code: "PTAR_FRAME_SYNC",
    spec: "02-container.md#grammar",
    comment: "eight bytes between two frames",
    plan: tiny,
    tamper: on("blockMeta", () => ({ before: Buffer.alloc(8) })),
  },
  {
    name: "frame_reserved_flags",
    code: "PTAR_FRAME_RESERVED",
    spec: "02-container.md#frame",
    comment: "flags 1",
    plan: tiny,
    tamper: on("blockData", () => ({ flags: 1 })),
  },
  {
    name: "frame_reserved_not-zero",
    code: "PTAR_FRAME_RESERVED",
    spec: "02-container.md#frame",
    comment: "the high reserved byte is 1",
    plan: tiny,
    tamper: on("blockData", () => ({ reserved: 256 })),
  },
  {
    name: "frame_reserved_manifest",
    code: "PTAR_FRAME_RESERVED",
    spec: "02-container.md#frame",
    comment: "flags of the manifest's frame",
    plan: tiny,
    tamper: on("manifest", () => ({ flags: 128 })),
  },
  {
    name: "frame_number_repeated",
    code: "PTAR_FRAME_NUMBER",
    spec: "02-container.md#frame",
    comment: "a block has the number of the frame before it",
    plan: tiny,
    tamper: on("blockData", ({ number }) => ({ number: number - 1 })),
  },
  {
    name: "frame_number_skipped",
    code: "PTAR_FRAME_NUMBER",
    spec: "02-container.md#frame",
    comment: "a block has the number of the frame after it",
    plan: tiny,
    tamper: on("blockData", ({ number }) => ({ number: number + 1 })),
  },
  {
    name: "frame_number_2-to-63",
    code: "PTAR_FRAME_NUMBER",
    spec: "02-container.md#frame",
    comment: "frame number 2^63",
    plan: tiny,
    tamper: on("blockMeta", () => ({ number: 2n ** 63n })),
  },
  {
    name: "frame_number_trailer",
    code: "PTAR_FRAME_NUMBER",
    spec: "02-container.md#frame",
    comment: "the trailer skips a number",
    plan: tiny,
    tamper: on("trailer", ({ number }) => ({ number: number + 1 })),
  },
  {
    name: "frame_number_exchanged",
    code: "PTAR_FRAME_NUMBER",
    spec: "02-container.md#frame",
    comment: "two blocks change places with their numbers",
    plan: paged,
    tamper: { frame: exchangeBlocks },
  },
  {
    name: "frame_length_2-to-53",
    code: "PTAR_FRAME_LENGTH",
    spec: "02-container.md#frame",
    comment: "payload length 2^53",
    plan: tiny,
    tamper: on("blockData", () => ({ length: 2n ** 53n })),
  },
  {
    name: "frame_length_2-to-62",
    code: "PTAR_FRAME_LENGTH",
    spec: "02-container.md#frame",
    comment: "payload length 2^62",
    plan: tiny,
    tamper: on("blockData", () => ({ length: 2n ** 62n })),
  },
  {
    name: "frame_length_over-limit",
    code: "PTAR_FRAME_LENGTH",
    spec: "02-container.md#frame",
    comment: "an ABOUT of 4,097 bytes",
    plan: tiny,
    tamper: on("about", () => ({ length: 4097, payload: Buffer.alloc(4097, 0x61) })),
  },
  {
    name: "frame_length_over-end",
    code: "PTAR_FRAME_LENGTH",
    spec: "02-container.md#frame",
    comment: "the payload of a statement runs over the trailer",
    plan: tiny,
    tamper: on("statement", ({ length }) => ({ length: length + 200 })),
  },
  {
    name: "frame_length_other-than-table",
    code: "PTAR_FRAME_LENGTH",
    spec: "02-container.md#frame",
    comment: "one byte less than the rows of the frame table give it",
    plan: tiny,
    tamper: on("blockData", ({ length }) => ({ length: length - 1 })),
  },
  {
    name: "frame_check_block",
    code: "PTAR_FRAME_CHECK",
    spec: "02-container.md#frame",
    comment: "the check of a block",
    plan: tiny,
    tamper: on("blockData", () => ({ check: Buffer.alloc(8) })),
  },
  {
    name: "frame_check_manifest",
    code: "PTAR_FRAME_CHECK",
    spec: "02-container.md#frame",
    comment: "the check of the manifest",
    plan: tiny,
    tamper: on("manifest", () => ({ check: Buffer.alloc(8) })),
  },
  {
    name: "frame_check_trailer",
    code: "PTAR_FRAME_CHECK",
    spec: "02-container.md#frame",
    comment: "the check of the trailer",
    plan: tiny,
    tamper: on("trailer", () => ({ check: Buffer.alloc(8) })),
  },
  {
    name: "frame_type_unknown-critical",
    code: "PTAR_UNSUPPORTED_FRAME",
    spec: "02-container.md#types",
    comment: "type 0x42 among the blocks",
    plan: tiny,
    tamper: { extra: { data: [[0x42, "?"]] } },
  },
  {
    name: "frame_type_unknown-in-tail",
    code: "PTAR_UNSUPPORTED_FRAME",
    spec: "02-container.md#types",
    comment: "type 0x43 in a tail",
    plan: one([file("a", "a")], { tails: [[["note", "x"]]] }),
    tamper: on("note", () => ({ type: 0x43 })),
  },
  {
    name: "frame_type_timestamp-in-tail",
    code: "PTAR_UNSUPPORTED_FRAME",
    spec: "02-container.md#types",
    comment: "the reserved type TIMESTAMP in a tail",
    level: "standard",
    plan: witnessed,
    tamper: { tail: [["timestamp", "?"]] },
  },
  ...[
    { name: "frame_padding_first-byte", comment: "PADDING that starts with 1", tamper: padded(0) },
    { name: "frame_padding_last-byte", comment: "PADDING that ends with 1", tamper: padded(-1) },
  ].map((row) => ({ code: "PTAR_FRAME_RESERVED", spec: "02-container.md#types", plan: withPadding, ...row })),
  {
    name: "frame_hash_replaced",
    code: "PTAR_FRAME_HASH",
    spec: "02-container.md#frame-table",
    comment: "a note replaced by another of its length, check made anew",
    plan: one([file("a", "a")], { extra: { meta: [["note", "paid 100"]] } }),
    tamper: { bytes: swapNote },
  },
  {
    name: "frame_hash_second-generation",
    code: "PTAR_FRAME_HASH",
    spec: "02-container.md#frame-table",
    comment: "a note of the second generation replaced by another of its length, check made anew",
    plan: { generations: [grown.generations[0], { ...grown.generations[1], extra: { meta: [["note", "paid 100"]] } }] },
    tamper: { bytes: swapNote },
  },

  ...[
    { name: "session_length_95", comment: "95 bytes", tamper: { session: () => Buffer.alloc(95) } },
    { name: "session_key-source_1", comment: "key source KEYS in a plain archive", tamper: { session: (payload) => patched(payload, 0, 1) } },
    { name: "session_key-source_9", comment: "an unknown key source", tamper: { session: (payload) => patched(payload, 0, 9) } },
    { name: "session_salt_plain", comment: "a salt in a plain session", tamper: { session: (payload) => patched(payload, 16, 1) } },
    { name: "session_reserved_not-zero", comment: "a reserved byte", tamper: { session: (payload) => patched(payload, 1, 1) } },
  ].map((row) => ({ ...session, ...row })),

  ...[
    { name: "order_about_missing", comment: "no ABOUT", plan: tiny, tamper: { skip: "about" } },
    { name: "order_session_missing", comment: "blocks without a SESSION", plan: tiny, tamper: { skip: "session" } },
    { name: "order_about_later", comment: "ABOUT in the second generation", plan: grown, tamper: { extra: { session: [["about", "again\n"]] } } },
    {
      name: "order_note_after-index",
      comment: "an ancillary frame between index root and frame table",
      plan: tiny,
      tamper: { extra: { index: [["note", "here\n"]] } },
    },
    { name: "order_manifest_among-blocks", comment: "a manifest among the blocks", plan: tiny, tamper: { extra: { data: [["manifest", "{}"]] } } },
    {
      name: "order_note_after-statement",
      comment: "a note before the trailer of the generation",
      level: "standard",
      plan: tiny,
      tamper: { extra: { statements: [["note", "late\n"]] } },
    },
    { name: "order_tail_empty", comment: "a tail without frames", level: "standard", plan: witnessed, tamper: { tail: [] } },
    {
      name: "order_padding_in-tail",
      comment: "PADDING in a tail",
      level: "standard",
      plan: witnessed,
      tamper: { tail: [["padding", Buffer.alloc(8)]] },
    },
  ].map((row) => ({ ...order, ...row })),
  ...[
    {
      name: "order_block_before-trailer",
      comment: "a block between the statements and the trailer",
      plan: tiny,
      tamper: { extra: { statements: [["blockData", noBlock]] } },
    },
    { name: "order_block_in-tail", comment: "a block of chunks in a tail", plan: witnessed, tamper: { tail: [["blockData", noBlock]] } },
    { name: "order_block-meta_in-tail", comment: "a block of metadata in a tail", plan: witnessed, tamper: { tail: [["blockMeta", noBlock]] } },
    { name: "order_ancillary_in-tail", comment: "an unknown ancillary type in a tail", plan: witnessed, tamper: { tail: [[0xa5, "?"]] } },
    {
      name: "order_manifest_in-tail",
      comment: "a note and a second manifest in a tail",
      plan: witnessed,
      tamper: {
        tail: [
          ["note", "x"],
          ["manifest", "{}"],
        ],
      },
    },
  ].map((row) => ({ ...order, spec: "10-verify.md#levels", level: "standard", ...row })),
  {
    name: "order_note_before-manifest",
    code: "PTAR_TRAILER_INVALID",
    spec: "10-verify.md#order",
    comment: "a note between frame table and manifest: where the frames of the two are comes before what the manifest says",
    level: "standard",
    plan: tiny,
    tamper: { extra: { table: [["note", "here\n"]] } },
  },
  {
    name: "order_table-page_before-statement",
    code: "PTAR_TABLE_INVALID",
    spec: "10-verify.md#order",
    comment:
      "rows of the second frame table page do not give its nodes, and the archive statement has no valid signature: tables come before statements",
    level: "standard",
    plan: paged,
    tamper: {
      pageRows: (rows) => (rows[0].end === 64 ? rows : rows.map((row) => ({ ...row, leaf: rows[0].leaf }))),
      sign: (_message, _signer, type) => (type === "archive" ? Buffer.alloc(64) : undefined),
    },
  },
  {
    name: "order_codec_before-index",
    code: "PTAR_UNSUPPORTED_CODEC",
    spec: "10-verify.md#order",
    comment: "a block of codec 3, and an index root that is not sound: frames come before the index",
    plan: tiny,
    tamper: { blockBytes: (payload, holds) => (holds === "data" ? patched(payload, 0, 3) : payload), indexRoot: (payload) => patched(payload, 4, 1) },
  },
];

/** The note of an archive replaced after everything was signed. */
function swapNote(bytes, units) {
  const { number, offset } = units.find(({ type }) => type === frameTypes.note);
  const payload = utf8("paid 900");
  return patched(bytes, offset, sealFrame({ type: frameTypes.note, flags: 0, reserved: 0, length: payload.length, number, payload }).bytes);
}

/** Frames 3 and 4, blocks of one chunk each, with number and contents of the other. */
function exchangeBlocks(frame) {
  if (frame.number !== 3 && frame.number !== 4) return frame;
  const letter = frame.number === 3 ? "b" : "a";
  return { ...frame, number: 7 - frame.number, payload: patched(frame.payload, -1, utf8(letter)) };
}
