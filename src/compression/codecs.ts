// The small interface behind which portable and native compressors stand. spec/03-block.md#codecs

/** Codec numbers as they stand in a block. */
export const codecs = { store: 0, deflate: 1, zstd: 2 } as const;

/** Name of a codec. */
export type CodecName = keyof typeof codecs;

/** Compression as PTAR needs it. All calls are synchronous. */
export interface Codecs {
  /** Names of the encoders, shown by `ptar info`. */
  readonly name: string;
  /** Compresses `raw`. `level` is the compressor's own scale. */
  compress(codec: "deflate" | "zstd", raw: Uint8Array, level: number): Uint8Array;
  /**
   * Decompresses `stored` to exactly `rawLength` bytes.
   * Never allocates more than about `rawLength`, and refuses truncated streams and bytes after the stream.
   * @throws PTAR_BLOCK_DECODE
   */
  decompress(codec: "deflate" | "zstd", stored: Uint8Array, rawLength: number): Uint8Array;
}
