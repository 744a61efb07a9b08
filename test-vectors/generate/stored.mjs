// Stored runs of the codecs, made without a compressor: what compressors give differs between versions. spec/03-block.md#codecs
import { u32 } from "./bytes.mjs";

/** The text behind the frozen runs. */
export const text = Buffer.from(Array.from({ length: 60 }, (_, i) => `line ${i} of a text that compresses well\n`).join(""));

const frozenDeflate =
  "jdXNTQMxFIXRPVW4BPx+ICknQo5AGkiUGQnKR1TA2X+re2S/7eNrjedxu47LONbPMY73yzHebp/3x9r3tY/vtW1P2181qQqqkqqiqql6oeqVqhNVZ1sVx7f1p80/bf9pANMEphFMM5iGME0hTCHwDZhCmEKYQphCmEKYQphCmEKaQppC4ldkCmkKaQppCmkKaQppCmUKZQplCoUXwRTKFMoUyhTKFMoU2hTaFNoU2hQaD7MptCm0KbQp9L8Kvw==";
const frozenZstd =
  "KLUv/WAaCO0DACKGEhGgb6hsQ2uD/wuBtSmV67cVCmeMMcYYY4z/////f3d3d3f37u7u7m5mZmZm5mMKGe/NwDllA1WUqilfTKEiVkO9qgYUVgwiKNhcPKgR8LP/Z7AzSgcRJAT//wmBP3ff+3u/vT8nJiIP17AWknAHW5CBC0gACus4AbYK";

/** Packs {@link text} and nothing else: what zlib and zstd once gave for it. */
export const frozen = {
  deflate: (raw) => ({ codec: 1, stored: frozenRun(raw, frozenDeflate) }),
  zstd: (raw) => ({ codec: 2, stored: frozenRun(raw, frozenZstd) }),
};

function frozenRun(raw, base64) {
  if (!text.equals(raw)) throw new Error("the frozen runs are those of one text");
  return Buffer.from(base64, "base64");
}

/** A deflate stream of one stored block. RFC 1951 §3.2.4 */
export function plainDeflate(raw) {
  const head = Buffer.alloc(5);
  head[0] = 1;
  head.writeUInt16LE(raw.length, 1);
  head.writeUInt16LE(raw.length ^ 0xffff, 3);
  return { codec: 1, stored: Buffer.concat([head, raw]) };
}

/** A zstd frame of one raw block, content size in four bytes. RFC 8878 §3.1.1 */
export function plainZstd(raw) {
  const head = Buffer.concat([zstdMagic, Uint8Array.of(0xa0), u32(raw.length)]);
  return { codec: 2, stored: Buffer.concat([head, zstdBlock(0, raw.length), raw]) };
}

/** A zstd frame of one run-length block, for a run of one byte. */
export function runZstd(raw) {
  const head = Buffer.concat([zstdMagic, Uint8Array.of(0xa0), u32(raw.length)]);
  return { codec: 2, stored: Buffer.concat([head, zstdBlock(1, raw.length), raw.subarray(0, 1)]) };
}

export const zstdMagic = Buffer.from("28b52ffd", "hex");

/** Header of a last block: type 0 raw, 1 run. */
export function zstdBlock(type, length) {
  return u32(((length << 3) | (type << 1) | 1) >>> 0).subarray(0, 3);
}
