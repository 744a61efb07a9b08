// The crypto and codecs that commands run on.
import type { Engine } from "../archive/engine.js";

/** The fast engine of this machine; `portable` has the one encoder whose output is the same everywhere. */
// spec/06-snapshot.md#reproducible
export async function loadEngine(encoders: "native" | "portable" = "native"): Promise<Engine> {
  const { nativeCrypto } = await import("../native/crypto.js");
  if (encoders === "portable") {
    const { loadPortableCodecs } = await import("../compression/portable.js");
    return { crypto: nativeCrypto, codecs: await loadPortableCodecs() };
  }
  const { loadNativeCodecs } = await import("../native/codecs.js");
  return { crypto: nativeCrypto, codecs: await loadNativeCodecs() };
}
