// The engine of Node: its own crypto and codecs where it has them.
import type { Engine } from "../archive/engine.js";
import { loadNativeCodecs } from "./codecs.js";
import { nativeCrypto } from "./crypto.js";

/** The fast engine of Node: node:crypto, node:zlib, and zstd from node:zlib or as WebAssembly. */
export async function loadNativeEngine(): Promise<Engine> {
  return { crypto: nativeCrypto, codecs: await loadNativeCodecs() };
}
