// The one way a stored run fails to decode. spec/03-block.md#codecs
import { PtarError } from "../errors/ptar-error.js";

/** Error for a stored run of `codec` that is not exactly what the block declares. */
export function decodeError(codec: "deflate" | "zstd", problem: string, cause?: unknown): PtarError {
  return new PtarError("PTAR_BLOCK_DECODE", `${codec}: ${problem}`, cause === undefined ? {} : { cause });
}
