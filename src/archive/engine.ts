// The crypto and codecs that archive work runs on: portable, or native from above.
import type { Codecs } from "../compression/codecs.js";
import type { Crypto } from "../crypto/crypto.js";

/** Implementations behind one archive operation. */
export interface Engine {
  readonly crypto: Crypto;
  readonly codecs: Codecs;
}
