// Compression of Node's own zlib and, where it has one, zstd. spec/03-block.md#codecs
import * as zlib from "node:zlib";
import type { Codecs } from "../compression/codecs.js";
import { decodeError } from "../compression/decode-error.js";
import { cappedZstdLevel, checkZstdFrame, maxZstdWindow } from "../compression/zstd-frame.js";

const minChunkSize = 64;
/** Output is made in parts of this length, bytes: with Node's own 16 KiB compression is a tenth slower. */
const outputPart = 256 * 1024;

const usualWindow = 2 << 20;

/** zstd of node:zlib, in Node 22.15 and later; the types of Node 20 do not know it. */
interface NodeZstd {
  readonly constants: { readonly ZSTD_c_compressionLevel: number; readonly ZSTD_c_windowLog: number };
  zstdCompressSync(
    raw: Uint8Array,
    options: { readonly params: Record<number, number>; readonly pledgedSrcSize: number; readonly chunkSize: number },
  ): Buffer;
  zstdDecompressSync(stored: Uint8Array, options: { readonly maxOutputLength: number; readonly chunkSize: number }): Buffer;
}

/** {@link Codecs} of node:zlib; zstd comes from WebAssembly in versions of Node that have none. */
export async function loadNativeCodecs(): Promise<Codecs> {
  const zstd = "zstdCompressSync" in zlib ? nodeZstd(zlib as unknown as NodeZstd) : await loadWasmZstd();
  return {
    name: `zlib ${process.versions.zlib}, ${zstd.name}`,
    compress: (codec, raw, level) =>
      codec === "zstd" ? zstd.compress(codec, raw, level) : plain(zlib.deflateRawSync(raw, { level: Math.min(9, Math.max(0, Math.round(level))) })),
    decompress: (codec, stored, rawLength) => (codec === "zstd" ? zstd.decompress(codec, stored, rawLength) : inflate(stored, rawLength)),
  };
}

/** Loaded where it is needed only: it is a hundred kilobytes. */
async function loadWasmZstd(): Promise<Codecs> {
  const { loadPortableCodecs } = await import("../compression/portable.js");
  return loadPortableCodecs((deflated) => zlib.inflateRawSync(deflated));
}

function inflate(stored: Uint8Array, rawLength: number): Uint8Array {
  const { buffer, engine } = decoding("deflate", () => inflateRawWithInfo(stored, outputLimits(rawLength)));
  // spec/03-block.md#codecs
  if (engine.bytesWritten !== stored.length) throw decodeError("deflate", `the stream ends at byte ${engine.bytesWritten} of ${stored.length}`);
  return exactly("deflate", plain(buffer), rawLength);
}

/** With `info`, Node also returns the engine, whose `bytesWritten` counts the input it used; the types do not say so. */
function inflateRawWithInfo(stored: Uint8Array, options: zlib.ZlibOptions) {
  return zlib.inflateRawSync(stored, { ...options, info: true }) as unknown as { readonly buffer: Buffer; readonly engine: zlib.InflateRaw };
}

function nodeZstd(node: NodeZstd): Pick<Codecs, "name" | "compress" | "decompress"> {
  return {
    name: `zstd ${process.versions.zstd ?? "of Node"}`,
    compress: (_, raw, level) => {
      const { ZSTD_c_compressionLevel, ZSTD_c_windowLog } = node.constants;
      const params = { [ZSTD_c_compressionLevel]: cappedZstdLevel(raw.length, level), ...windowFor(raw.length, ZSTD_c_windowLog) };
      return plain(node.zstdCompressSync(raw, { params, pledgedSrcSize: raw.length, chunkSize: outputPart }));
    },
    decompress: (_, stored, rawLength) => {
      checkZstdFrame(stored, rawLength);
      return exactly("zstd", plain(decoding("zstd", () => node.zstdDecompressSync(stored, outputLimits(rawLength)))), rawLength);
    },
  };
}

/** Low levels look back 2 MiB. In longer blocks, those of sealed archives, a window over all of it is faster and finds more. */
function windowFor(rawLength: number, parameter: number): Record<number, number> {
  return rawLength > usualWindow && rawLength <= maxZstdWindow ? { [parameter]: Math.ceil(Math.log2(rawLength)) } : {};
}

/** Output in one piece of the declared length, and never more. */
function outputLimits(rawLength: number): { readonly maxOutputLength: number; readonly chunkSize: number } {
  return { maxOutputLength: Math.max(1, rawLength), chunkSize: Math.max(minChunkSize, rawLength) };
}

function decoding<T>(codec: "deflate" | "zstd", decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    throw decodeError(codec, `the stream does not decode: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

function exactly(codec: "deflate" | "zstd", raw: Uint8Array, rawLength: number): Uint8Array {
  // spec/03-block.md#codecs
  if (raw.length !== rawLength) throw decodeError(codec, `${rawLength} bytes expected, ${raw.length} found`);
  return raw;
}

/** The same bytes as a plain Uint8Array: a Buffer slices and prints differently. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
