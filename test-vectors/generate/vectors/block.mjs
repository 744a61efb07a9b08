// Blocks and codecs that must be refused. spec/03-block.md
import { one } from "../archive.mjs";
import { patched, u32 } from "../bytes.mjs";
import * as plans from "../plans.mjs";
import { frozen, plainDeflate, plainZstd, text, zstdBlock, zstdMagic } from "../stored.mjs";
import { file } from "../tree.mjs";

const { tiny } = plans;
const limits = { code: "PTAR_BLOCK_LENGTH", spec: "03-block.md#block", plan: tiny };
const kind = { code: "PTAR_BLOCK_KIND", spec: "03-block.md#block", plan: tiny };
const codecs = { code: "PTAR_BLOCK_DECODE", spec: "03-block.md#codecs" };
const deflated = one([file("text.txt", text)], { pack: frozen.deflate });
const zstd = one([file("text.txt", text)], { pack: frozen.zstd });

/** Changes the payload of the data block. */
const data = (change) => ({ blockBytes: (payload, holds) => (holds === "data" ? change(payload) : payload) });
const meta = (change) => ({ blockBytes: (payload, holds) => (holds === "meta" ? change(payload) : payload) });
const at = (offset, patch) => data((payload) => patched(payload, offset, patch));
/** Changes the stored run of the data block. */
const run = (change) => ({ block: (parts, holds) => (holds === "data" ? { ...parts, stored: change(parts.stored) } : parts) });
/** Declares another length for the only chunk, consistently. */
const declared = (by) => ({
  block: (parts, holds) =>
    holds === "data" ? { ...parts, rawLength: parts.rawLength + by, items: [{ kind: "chunk", length: parts.rawLength + by }] } : parts,
});
const flags = (name) => ({ flags: [name] });

export const block = [
  ...[
    { name: "block_length_raw-small", comment: "raw length one less than the objects", tamper: at(8, u32(5)) },
    { name: "block_length_raw-large", comment: "raw length one more than the objects", tamper: at(8, u32(7)) },
    { name: "block_length_raw-over-limit", comment: "raw length 2^32 - 1", tamper: at(8, u32(0xffffffff)) },
    { name: "block_length_stored-over-payload", comment: "stored length runs over the payload", tamper: at(12, u32(7)) },
    { name: "block_length_count-0", comment: "no object", tamper: data((payload) => patched(payload.subarray(0, 16), 4, Buffer.alloc(12))) },
    { name: "block_length_count-2-to-32", comment: "2^32 - 1 objects", tamper: at(4, u32(0xffffffff)) },
    {
      name: "block_length_object-empty",
      comment: "an object of length 0",
      tamper: { block: (parts, holds) => (holds === "data" ? { ...parts, items: [...parts.items, { kind: "chunk", length: 0 }] } : parts) },
    },
    { name: "block_length_short", comment: "a payload of 15 bytes", tamper: data((payload) => payload.subarray(0, 15)) },
  ].map((row) => ({ ...limits, ...row })),
  {
    name: "block_length_store-differs",
    code: "PTAR_BLOCK_LENGTH",
    spec: "03-block.md#codecs",
    comment: "codec store with a stored length one less than raw",
    plan: tiny,
    tamper: at(12, u32(5)),
  },
  ...[
    { name: "block_kind_unknown", comment: "kind 12", tamper: at(19, 12) },
    { name: "block_kind_0", comment: "kind 0", tamper: at(19, 0) },
    { name: "block_kind_page-in-data", comment: "a page in a block of chunks", tamper: at(19, 3) },
    { name: "block_kind_chunk-in-meta", comment: "a chunk in a block of metadata", tamper: meta((payload) => patched(payload, 19, 1)) },
  ].map((row) => ({ ...kind, ...row })),
  ...[
    {
      name: "block_length_before-kind",
      comment: "an object of unknown kind, and behind it one of length 0: lengths come first",
      tamper: {
        block: (parts, holds) => (holds === "data" ? { ...parts, items: [...parts.items, { kind: "chunk", length: 0 }] } : parts),
        ...at(19, 12),
      },
    },
    {
      name: "block_length_before-reserved",
      comment: "a reserved byte, and behind it a raw length one less than the objects: lengths come first",
      tamper: at(1, Buffer.concat([Uint8Array.of(1, 0, 0), u32(1), u32(5)])),
    },
  ].map((row) => ({ ...limits, spec: "10-verify.md#order", ...row })),
  {
    name: "block_reserved_not-zero",
    code: "PTAR_BLOCK_RESERVED",
    spec: "03-block.md#block",
    comment: "a reserved byte",
    plan: tiny,
    tamper: at(3, 1),
  },
  {
    name: "block_reserved_padding",
    code: "PTAR_BLOCK_RESERVED",
    spec: "03-block.md#block",
    comment: "padding that is not zero",
    plan: tiny,
    tamper: data((payload) => Buffer.concat([payload, Buffer.from([0, 1])])),
  },
  { name: "block_codec_3", code: "PTAR_UNSUPPORTED_CODEC", spec: "03-block.md#codecs", comment: "codec 3", plan: tiny, tamper: at(0, 3) },
  { name: "block_codec_255", code: "PTAR_UNSUPPORTED_CODEC", spec: "03-block.md#codecs", comment: "codec 255", plan: tiny, tamper: at(0, 255) },
  ...[
    { name: "deflate_length_too-small", comment: "one byte more comes out than was declared", tamper: declared(-1) },
    { name: "deflate_length_too-large", comment: "one byte less comes out than was declared", tamper: declared(1) },
    { name: "deflate_bomb_declared-10", comment: "2,330 bytes come out of a block that declares ten", tamper: declared(10 - text.length) },
    { name: "deflate_stream_cut", comment: "the last stored byte is missing", tamper: run((stored) => stored.subarray(0, -1)) },
    { name: "deflate_stream_empty", comment: "no stored byte", tamper: run(() => Buffer.alloc(0)) },
    { name: "deflate_block_reserved-type", comment: "block type 3", tamper: run((stored) => patched(stored, 0, stored[0] | 6)) },
  ].map((row) => ({ code: "PTAR_BLOCK_DECODE", spec: "03-block.md#block", plan: deflated, ...flags("deflate"), ...row })),
  ...[
    {
      name: "deflate_trailing_byte",
      comment: "a zero byte after the stream",
      plan: deflated,
      tamper: run((stored) => Buffer.concat([stored, Buffer.alloc(1)])),
      ...flags("deflate"),
    },
    {
      name: "zstd_trailing_byte",
      comment: "a zero byte after the frame",
      plan: zstd,
      tamper: run((stored) => Buffer.concat([stored, Buffer.alloc(1)])),
      ...flags("zstd"),
    },
    {
      name: "zstd_frames_two",
      comment: "two frames that together give the raw bytes",
      plan: zstd,
      tamper: run(() => Buffer.concat([text.subarray(0, 1000), text.subarray(1000)].map((part) => plainZstd(part).stored))),
      ...flags("zstd"),
    },
    {
      name: "zstd_frame_skippable",
      comment: "a skippable frame after the frame",
      plan: zstd,
      tamper: run((stored) => Buffer.concat([stored, Buffer.from("502a4d1800000000", "hex")])),
      ...flags("zstd"),
    },
    {
      name: "zstd_content-size_missing",
      comment: "no content size",
      plan: zstd,
      tamper: run(() => Buffer.concat([zstdMagic, Buffer.from([0x00, 0x58]), zstdBlock(0, text.length), text])),
      ...flags("zstd"),
    },
    {
      name: "zstd_window_16-mib",
      comment: "a window of 16 MiB",
      plan: zstd,
      tamper: run(() => Buffer.concat([zstdMagic, Buffer.from([0x80, 0x70]), u32(text.length), zstdBlock(0, text.length), text])),
      ...flags("zstd"),
    },
    {
      name: "zstd_dictionary_asked-for",
      comment: "dictionary 7",
      plan: zstd,
      tamper: run(() => Buffer.concat([zstdMagic, Buffer.from([0xa1, 7]), u32(text.length), zstdBlock(0, text.length), text])),
      ...flags("zstd"),
    },
    {
      name: "zstd_frame_cut",
      comment: "the last stored byte is missing",
      plan: zstd,
      tamper: run((stored) => stored.subarray(0, -1)),
      ...flags("zstd"),
    },
  ].map((row) => ({ ...codecs, ...row })),
  {
    name: "zstd_content-size_other",
    code: "PTAR_BLOCK_DECODE",
    spec: "03-block.md#block",
    comment: "a content size that is not the raw length",
    plan: one([file("hello.txt", "hello\n")], { pack: plainZstd }),
    tamper: declared(1),
    ...flags("zstd"),
  },
  {
    name: "deflate_stored-block_lengths-differ",
    code: "PTAR_BLOCK_DECODE",
    spec: "03-block.md#block",
    comment: "length and its complement do not agree",
    plan: one([file("hello.txt", "hello\n")], { pack: plainDeflate }),
    tamper: run((stored) => patched(stored, 3, stored[3] ^ 1)),
    ...flags("deflate"),
  },
];
