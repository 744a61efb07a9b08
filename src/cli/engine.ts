// The engine that commands run on.
import type { Engine } from "../archive/engine.js";
import type { NativeEngineOptions } from "../native/engine.js";

/** The engine of this machine; without a wish it uses no threads. */
export async function loadEngine(options: NativeEngineOptions = {}): Promise<Engine> {
  const { loadNativeEngine } = await import("../native/engine.js");
  return loadNativeEngine(options);
}
