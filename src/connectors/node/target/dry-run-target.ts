// A target that writes nothing: everything is read and vetted as an extraction would. spec/12-extract.md#rules
import { PtarError } from "../../../errors/ptar-error.js";
import type { Item } from "../../../format/generated/types.js";
import type { FirstName, Losses, Target } from "../../../tree/target.js";
import { type Loss, LossList, lossesAtSource, lossesOfLink, lossOfSpecial } from "../../losses.js";
import { shown } from "../io-error.js";
import { directorySpecialBits, specialBits, withheld } from "./restore.js";
import { type Platform, presentPlatform, unsafeName } from "./safe-name.js";
import { withheldXattrs } from "./xattrs.js";

/**
 * A target for a dry run on this system, or as if on `platform`. What only a file system can tell, collisions and what it does
 * not keep among it, is not found.
 */
export function dryRunTarget(platform: Platform = presentPlatform()): Target {
  return new DryRunTarget(platform);
}

class DryRunTarget implements Target {
  readonly #platform: Platform;
  readonly #names: Uint8Array[] = [];
  readonly #losses = new LossList();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  async enter(name: Uint8Array, item: Item): Promise<void> {
    this.#vet(name);
    this.#lose(name, [...lossesAtSource(item), ...neverSet(item, directorySpecialBits)]);
    this.#names.push(name);
  }

  async leave(): Promise<void> {
    if (this.#names.pop() === undefined) throw new TypeError("there is no directory to leave");
  }

  async file(name: Uint8Array, item: Item, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    this.#vet(name);
    // contents are verified while they are read
    if (!(content instanceof Uint8Array)) for await (const _bytes of content);
    this.#lose(name, [...neverSet(item, specialBits), ...lossesAtSource(item)]);
  }

  async link(name: Uint8Array, item: Item, { differing }: FirstName): Promise<void> {
    this.#vet(name);
    // whether owners are restored is not known here
    this.#lose(name, [...lossesOfLink(differing.filter((fact) => fact !== "owner")), ...lossesAtSource(item)]);
  }

  async symlink(name: Uint8Array, item: Item): Promise<void> {
    this.#vet(name);
    this.#lose(name, [...lossesAtSource(item), ...neverSet(item, 0)]);
  }

  async other(name: Uint8Array, item: Item): Promise<void> {
    this.#lose(name, [lossOfSpecial(item)]);
  }

  async finish(): Promise<Losses> {
    return this.#losses.all;
  }

  async abort(): Promise<void> {}

  #vet(name: Uint8Array): void {
    const problem = unsafeName(name, this.#platform);
    if (problem !== undefined) throw new PtarError("PTAR_TARGET_UNSAFE", `${shown(...this.#names, name)}: the name ${problem}`);
  }

  #lose(name: Uint8Array, losses: readonly Loss[]): void {
    this.#losses.add([...this.#names, name], losses);
  }
}

function neverSet(item: Item, bits: number): readonly Loss[] {
  return [...withheld(item, bits), ...withheldXattrs(item)];
}
