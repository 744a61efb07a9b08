// A target that writes nothing: everything is read and vetted as an extraction would. spec/10-verify.md#codes
import { PtarError } from "../../errors/ptar-error.js";
import type { Item } from "../../format/generated/types.js";
import type { Target, Unrestored } from "../../tree/target.js";
import { type Loss, lossAtSource, lossOfSpecial } from "../losses.js";
import { shown } from "./io-error.js";
import { type Platform, presentPlatform, unsafeName } from "./safe-name.js";

/** A target for a dry run on this system, or as if on `platform`. What only a file system can tell, collisions among it, is not found. */
export function dryRunTarget(platform: Platform = presentPlatform()): Target {
  return new DryRunTarget(platform);
}

class DryRunTarget implements Target {
  readonly #platform: Platform;
  readonly #names: Uint8Array[] = [];
  readonly #unrestored: Unrestored[] = [];

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  async enter(name: Uint8Array, item: Item): Promise<void> {
    this.#vet(name);
    this.#lose(name, lossAtSource(item));
    this.#names.push(name);
  }

  async leave(): Promise<void> {
    if (this.#names.pop() === undefined) throw new TypeError("there is no directory to leave");
  }

  async file(name: Uint8Array, item: Item, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    this.#vet(name);
    // contents are verified while they are read
    if (!(content instanceof Uint8Array)) for await (const _bytes of content);
    this.#lose(name, lossAtSource(item));
  }

  async link(name: Uint8Array): Promise<void> {
    this.#vet(name);
  }

  async symlink(name: Uint8Array): Promise<void> {
    this.#vet(name);
  }

  async other(name: Uint8Array, item: Item): Promise<void> {
    this.#lose(name, lossOfSpecial(item));
  }

  async finish(): Promise<readonly Unrestored[]> {
    return this.#unrestored;
  }

  async abort(): Promise<void> {}

  #vet(name: Uint8Array): void {
    const problem = unsafeName(name, this.#platform);
    if (problem !== undefined) throw new PtarError("PTAR_TARGET_UNSAFE", `${shown(...this.#names, name)}: the name ${problem}`);
  }

  #lose(name: Uint8Array, loss: Loss | undefined): void {
    if (loss === undefined) return;
    const path = [...this.#names, name].flatMap((part, i) => (i === 0 ? [part] : [Buffer.from("/"), part]));
    this.#unrestored.push({ path: new Uint8Array(Buffer.concat(path)), ...loss });
  }
}
