// Time and memory that an archive may cost.
import { join } from "node:path";
import { Worker } from "node:worker_threads";

/** An archive that takes so long for all readers together is a defect; one that takes as long again is a hang. */
const longest = 20;
const room = 1 << 20;

/** Looks on while archives are looked at. */
export class Watch {
  readonly #shared = new SharedArrayBuffer(8 + room);
  readonly #state = new Int32Array(this.#shared, 0, 2);
  readonly #bytes = new Uint8Array(this.#shared, 8);
  readonly #worker = new Worker(join(import.meta.dirname, "watchdog.mjs"), { workerData: { shared: this.#shared, seconds: longest } });
  #count = 0;

  /** What `look` gives for `bytes`, or that it took too long. */
  async over(bytes: Uint8Array, look: () => Promise<string | undefined>): Promise<string | undefined> {
    const length = Math.min(bytes.length, room);
    this.#bytes.set(bytes.subarray(0, length));
    Atomics.store(this.#state, 1, length);
    Atomics.store(this.#state, 0, ++this.#count);
    const begun = performance.now();
    try {
      const wrong = await look();
      const seconds = (performance.now() - begun) / 1000;
      return seconds > longest ? `it took ${Math.round(seconds)} seconds` : wrong;
    } finally {
      Atomics.store(this.#state, 0, 0);
    }
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
