// The engine of Node: its own crypto and codecs where it has them.
import type { Engine } from "../archive/engine.js";
import { loadWasmChunker } from "../chunking/gear-wasm.js";
import type { Codecs } from "../compression/codecs.js";
import { nativeCrypto } from "./crypto.js";

/** How the engine is made. */
export interface NativeEngineOptions {
  /** `portable`: the one encoder whose output is the same everywhere, for reproducible archives. Default `native`. */
  // spec/06-snapshot.md#reproducible
  readonly encoders?: "native" | "portable";
  /** Worker threads to use, 0 (default) to 64: as many as there are processors is best. `close` of the engine's `threads` ends them. */
  readonly workers?: number;
}

/** The fast engine of Node: node:crypto, node:zlib, and zstd from node:zlib or as WebAssembly. */
export async function loadNativeEngine({ encoders = "native", workers = 0 }: NativeEngineOptions = {}): Promise<Engine> {
  const engine = { crypto: nativeCrypto, codecs: await loadCodecs(encoders), chunker: loadWasmChunker() };
  if (workers === 0) return engine;
  const { createThreads } = await import("./threads/threads.js");
  return { ...engine, threads: createThreads({ count: workers, encoders, entry: new URL("../node-worker.js", import.meta.url) }) };
}

async function loadCodecs(encoders: "native" | "portable"): Promise<Codecs> {
  if (encoders === "native") return (await import("./codecs.js")).loadNativeCodecs();
  return (await import("../compression/portable.js")).loadPortableCodecs();
}
