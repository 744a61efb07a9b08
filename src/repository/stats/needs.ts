// What snapshots need, which of it only one of them, and how long it is. spec/04-object.md#kinds
import type { OnProgress } from "../../archive/progress.js";
import { ObjectTable } from "../../block/object-table.js";
import { equalBytes } from "../../bytes/compare.js";
import { mustHex } from "../../bytes/hex.js";
import type { Kind } from "../../format/object.js";
import { decodeContent } from "../../format/snapshot.js";
import type { Repository } from "../repository.js";
import type { StoredSnapshot } from "../snapshot-files.js";
import { contentBytes, type LargeFile, type Needs, walkNeeds } from "./walk.js";

const keptFiles = 10;
/** Owner of what several snapshots need. */
const shared = 0xffffffff;

/** Objects that snapshots need: about 70 bytes each. */
export class NeededBySnapshots implements Needs {
  readonly table = new ObjectTable();
  readonly largest: LargeFile[] = [];
  readonly #repository: Repository;
  readonly #options: { readonly onProgress?: OnProgress; readonly signal?: AbortSignal | undefined };
  /** Number of the only snapshot that needs the object of a row. */
  #owners = new Uint32Array(1 << 12);
  /** Bytes before compression. */
  #lengths = new Float64Array(1 << 12);
  #snapshots = 0;

  constructor(repository: Repository, options: { readonly onProgress?: OnProgress; readonly signal?: AbortSignal | undefined }) {
    this.#repository = repository;
    this.#options = options;
  }

  /** Adds what a snapshot needs; logical bytes of its files. @throws what reading objects and decoding them throws */
  async add(stored: StoredSnapshot): Promise<number> {
    const id = mustHex(stored.snapshot.content);
    await walkNeeds(this, stored, this.#repository);
    this.#snapshots++;
    const { root } = decodeContent(await this.#repository.objects.get("content", id));
    return root === null ? 0 : contentBytes(this.#repository, mustHex(root));
  }

  /**
   * Notes that the snapshot under way needs an object. `enter`: what is below has to be looked at, since it is new, or nobody but one other snapshot
   * was known to need it. What several need, they need with all below it.
   */
  need(kind: Kind, id: Uint8Array): "new" | "enter" | "pass" {
    this.#options.signal?.throwIfAborted();
    const known = this.table.find(kind, id);
    if (known < 0) {
      const row = this.table.add(kind, id);
      this.#grow(row);
      this.#owners[row] = this.#snapshots;
      return "new";
    }
    const owner = this.#owners[known];
    if (owner === this.#snapshots || owner === shared) return "pass";
    this.#owners[known] = shared;
    return "enter";
  }

  /** Notes the length of an object that was noted. */
  setLength(kind: Kind, id: Uint8Array, length: number): void {
    this.#lengths[this.table.find(kind, id)] = length;
  }

  /** Notes a file of a page that was not seen before. */
  file(file: LargeFile): void {
    this.#options.onProgress?.({ phase: "list", entries: this.table.size, bytes: 0, errors: 0, path: file.path });
    const last = this.largest.at(-1);
    if (this.largest.length === keptFiles && last !== undefined && last.size >= file.size) return;
    // a page that changed holds the files again that did not
    const same = this.largest.findIndex(({ path }) => equalBytes(path, file.path));
    if (same >= 0 && (this.largest[same] as LargeFile).size >= file.size) return;
    if (same >= 0) this.largest.splice(same, 1);
    const at = this.largest.findIndex(({ size }) => size < file.size);
    this.largest.splice(at < 0 ? this.largest.length : at, 0, file);
    this.largest.length = Math.min(this.largest.length, keptFiles);
  }

  /** Bytes that only one snapshot needs, by its number. */
  uniqueBytes(): readonly number[] {
    const unique = new Array<number>(this.#snapshots).fill(0);
    for (let row = 0; row < this.table.size; row++) {
      const owner = this.#owners[row] as number;
      if (owner !== shared) unique[owner] = (unique[owner] as number) + (this.#lengths[row] as number);
    }
    return unique;
  }

  /** How many objects of each kind are needed, and their bytes. */
  byKind(): ReadonlyMap<Kind, { readonly needed: number; readonly neededBytes: number }> {
    const kinds = new Map<Kind, { needed: number; neededBytes: number }>();
    for (let row = 0; row < this.table.size; row++) {
      const { kind } = this.table.row(row);
      const sum = kinds.get(kind) ?? { needed: 0, neededBytes: 0 };
      kinds.set(kind, { needed: sum.needed + 1, neededBytes: sum.neededBytes + (this.#lengths[row] as number) });
    }
    return kinds;
  }

  #grow(row: number): void {
    if (row < this.#owners.length) return;
    const [owners, lengths] = [new Uint32Array(2 * this.#owners.length), new Float64Array(2 * this.#owners.length)];
    owners.set(this.#owners);
    lengths.set(this.#lengths);
    this.#owners = owners;
    this.#lengths = lengths;
  }
}
