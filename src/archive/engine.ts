// The crypto and codecs that archive work runs on: portable, or native from above.
import type { Codecs } from "../compression/codecs.js";
import { loadPortableCodecs } from "../compression/portable.js";
import type { Crypto } from "../crypto/crypto.js";
import { portableCrypto } from "../crypto/portable.js";

/** Implementations behind one archive operation. */
export interface Engine {
  readonly crypto: Crypto;
  readonly codecs: Codecs;
}

/** The engine that runs everywhere: @noble cryptography, fflate and zstd as WebAssembly. */
export async function loadPortableEngine(): Promise<Engine> {
  return { crypto: portableCrypto, codecs: await loadPortableCodecs() };
}
