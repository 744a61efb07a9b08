// Compression without anything of Node or the browser. spec/03-block.md#codecs
import { deflateSync } from "fflate";
import type { Codecs } from "./codecs.js";
import { inflateExactly } from "./inflate.js";
import { cappedZstdLevel, checkZstdFrame } from "./zstd-frame.js";
import { type InflateModule, loadZstdWasm } from "./zstd-wasm.js";

/** {@link Codecs} of fflate, an inflater of our own and zstd in WebAssembly; `inflate` unpacks the module itself. */
export async function loadPortableCodecs(inflate?: InflateModule): Promise<Codecs> {
  const zstd = await loadZstdWasm(inflate);
  return {
    name: "fflate, zstd-wasm",
    compress: (codec, raw, level) =>
      codec === "zstd" ? zstd.compress(raw, cappedZstdLevel(raw.length, level)) : deflateSync(raw, { level: deflateLevel(level) }),
    decompress: (codec, stored, rawLength) => {
      if (codec === "deflate") return inflateExactly(stored, rawLength);
      checkZstdFrame(stored, rawLength);
      // libzstd itself refuses blocks that do not give the content size, which is rawLength by now
      return zstd.decompress(stored, rawLength);
    },
  };
}

/** `level` as one of fflate's, 0 to 9. */
function deflateLevel(level: number): 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 {
  return Math.min(9, Math.max(0, Math.round(level))) as 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
}
