// What archive work runs on: crypto, codecs, chunker, threads; portable, or native from above.
import type { BlockPlace, OpenedBlock } from "../block/unpack.js";
import type { Chunker } from "../chunking/chunker.js";
import { loadWasmChunker } from "../chunking/gear-wasm.js";
import type { Codecs } from "../compression/codecs.js";
import { loadPortableCodecs } from "../compression/portable.js";
import type { Crypto } from "../crypto/crypto.js";
import { portableCrypto } from "../crypto/portable.js";
import type { LanePlan, Lanes, OpenContent } from "./lanes.js";

/** Implementations behind one archive operation. */
export interface Engine {
  readonly crypto: Crypto;
  readonly codecs: Codecs;
  readonly chunker: Chunker;
  /** Threads that work beside this one; absent: everything is done here. */
  readonly threads?: Threads;
}

/** Threads with engines of their own, whose output is that of this thread. */
export interface Threads {
  /** How many. */
  readonly count: number;
  /** Archives shorter than this, in bytes, are read without them: to start them would take longer. */
  readonly worthBytes: number;
  /** Lanes for one run. `open` is for what is done in this thread: the threads open contents of kind `path` by themselves. */
  lanes(plan: LanePlan, local: { readonly engine: Engine; readonly open: OpenContent }): Lanes;
  /** Decodes and identifies a block; without `raw` when only ids are wanted. The payload is given away: its memory may go to a thread. @throws PTAR_BLOCK_*, PTAR_UNSUPPORTED_CODEC */
  openBlock(payload: Uint8Array, place: BlockPlace, want: "objects" | "ids"): Promise<OpenedBlock>;
  /** Ends the threads, whatever they do. Never throws. */
  close(): void;
}

/** The engine that runs everywhere: @noble cryptography, fflate, zstd and chunker as WebAssembly. */
export async function loadPortableEngine(): Promise<Engine> {
  return { crypto: portableCrypto, codecs: await loadPortableCodecs(), chunker: loadWasmChunker() };
}
