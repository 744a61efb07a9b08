// A tree in memory that a snapshot is extracted to. spec/05-page.md
import { concatBytes } from "../../bytes/compare.js";
import { toUtf8 } from "../../bytes/utf8.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { Item } from "../../format/generated/types.js";
import type { FirstName, Losses, Target } from "../../tree/target.js";
import { LossList, lossesAtSource, lossOfSpecial } from "../losses.js";

/** One path that was made. */
export interface MemoryEntry {
  readonly path: Uint8Array;
  readonly kind: "directory" | "file" | "link" | "symlink";
  readonly item: Item;
  /** Contents of a file; of a link, those of the file it links to. */
  readonly content?: Uint8Array;
  /** Where a symlink points. */
  readonly destination?: Uint8Array;
}

const slash = toUtf8("/");

/** Keeps an extracted tree in memory, under the same rules as a target on disk. */
export class MemoryTarget implements Target {
  readonly #made = new Map<string, MemoryEntry>();
  readonly #symlinks: MemoryEntry[] = [];
  readonly #losses = new LossList();
  readonly #names: Uint8Array[] = [];

  /** What was made, in the order in which it was made; symlinks come last, in `finish`. */
  get entries(): readonly MemoryEntry[] {
    return [...this.#made.values()];
  }

  /** The entry at `path`, names joined by `/`. */
  get(path: string | Uint8Array): MemoryEntry | undefined {
    return this.#made.get(keyOf(typeof path === "string" ? toUtf8(path) : path));
  }

  async enter(name: Uint8Array, item: Item): Promise<void> {
    this.#make({ path: this.#path(name), kind: "directory", item });
    this.#names.push(name);
    this.#losses.add(this.#names, lossesAtSource(item));
  }

  async leave(): Promise<void> {
    if (this.#names.pop() === undefined) throw new TypeError("there is no directory to leave");
  }

  async file(name: Uint8Array, item: Item, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    const path = this.#path(name);
    this.#refuseExisting(path);
    const bytes = content instanceof Uint8Array ? new Uint8Array(content) : await gather(content);
    this.#make({ path, kind: "file", item, content: bytes });
    this.#losses.add([...this.#names, name], lossesAtSource(item));
  }

  async link(name: Uint8Array, item: Item, first: FirstName): Promise<void> {
    const made = this.get(joined(first.names));
    if (made?.content === undefined) throw new PtarError("PTAR_TARGET_UNSAFE", "hard link: the first file of its group was not made");
    this.#make({ path: this.#path(name), kind: "link", item, content: made.content });
    this.#losses.add([...this.#names, name], lossesAtSource(item));
  }

  async symlink(name: Uint8Array, item: Item, destination: Uint8Array): Promise<void> {
    this.#symlinks.push({ path: this.#path(name), kind: "symlink", item, destination: new Uint8Array(destination) });
  }

  async other(name: Uint8Array, item: Item): Promise<void> {
    this.#losses.add([...this.#names, name], [lossOfSpecial(item)]);
  }

  async finish(): Promise<Losses> {
    for (const symlink of this.#symlinks.splice(0)) this.#make(symlink);
    return this.#losses.all;
  }

  async abort(): Promise<void> {
    this.#symlinks.length = 0;
  }

  #path(name?: Uint8Array): Uint8Array {
    return joined(name === undefined ? this.#names : [...this.#names, name]);
  }

  #make(entry: MemoryEntry): void {
    this.#refuseExisting(entry.path);
    this.#made.set(keyOf(entry.path), entry);
  }

  #refuseExisting(path: Uint8Array): void {
    if (this.#made.has(keyOf(path))) throw new PtarError("PTAR_TARGET_EXISTS", "target: two entries give one name");
  }
}

async function gather(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of content) parts.push(new Uint8Array(part));
  return concatBytes(...parts);
}

function joined(names: readonly Uint8Array[]): Uint8Array {
  return concatBytes(...names.flatMap((name, i) => (i === 0 ? [name] : [slash, name])));
}

/** Names are bytes: one character per byte makes a key that no two byte strings share. */
function keyOf(path: Uint8Array): string {
  let key = "";
  for (const byte of path) key += String.fromCharCode(byte);
  return key;
}
