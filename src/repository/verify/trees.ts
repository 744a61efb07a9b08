// What snapshots need, and whether their trees are what they say. spec/10-verify.md#order
import type { OnProgress } from "../../archive/progress.js";
import type { Level } from "../../archive/results.js";
import { objectId } from "../../block/object-id.js";
import { ObjectTable } from "../../block/object-table.js";
import { mustHex, toHex } from "../../bytes/hex.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { Kind } from "../../format/object.js";
import { decodeContent } from "../../format/snapshot.js";
import { checkTree, type StoredChunk } from "../../tree/check-tree.js";
import { walkReferences } from "../../tree/references.js";
import type { Repository } from "../repository.js";
import type { StoredSnapshot } from "../snapshot-files.js";
import { chunkMissing, NeededChunks } from "./chunks.js";

/** How far it is looked. */
export interface TreeOptions {
  readonly level: Level;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal | undefined;
}

/** What snapshots need, after it was read as far as the level goes. */
export interface Needed {
  readonly objects: number;
  /** Objects of which no sound copy was found. */
  readonly missing: number;
  /** Blocks of chunks that were read, and their bytes. */
  readonly blocks: number;
  readonly bytes: number;
  readonly warnings: readonly string[];
  /** A chunk that is there; its length is known when it was read. @throws PTAR_OBJECT_MISSING, PTAR_PACK_MISSING, PTAR_BLOCK_*, PTAR_FRAME_*, PTAR_OBJECT_ID */
  readonly chunk: (id: Uint8Array) => StoredChunk;
}

/** Collects what snapshots need, each object once, and from level `full` on reads all chunks. @throws PTAR_IO_*, and the reason of `signal` */
export async function readNeeded(repository: Repository, snapshots: readonly StoredSnapshot[], options: TreeOptions): Promise<Needed> {
  const { level, signal, onProgress } = options;
  const { index } = repository;
  const chunks = new NeededChunks(repository);
  const present = level === "standard" ? await presentArchives(repository) : undefined;
  const chunk = present === undefined ? (id: Uint8Array) => chunks.chunk(id) : (id: Uint8Array) => listedChunk(index, present, id);
  const seen = new ObjectTable();
  let missing = 0;
  // not an async function: most objects are chunks, of which nothing has to be awaited
  const visit = (kind: Kind, id: Uint8Array): "enter" | "pass" | Promise<"enter" | "pass"> => {
    signal?.throwIfAborted();
    if (seen.add(kind, id) < 0) return "pass";
    if (kind !== "chunk") return enterReadable(kind, id);
    if (present === undefined) chunks.add(id);
    else if (!isPresent(index, present, id)) missing++;
    return "pass";
  };
  const enterReadable = async (kind: Kind, id: Uint8Array): Promise<"enter" | "pass"> => {
    if ((await failureOf(repository.objects.get(kind, id))) === undefined) return "enter";
    missing++;
    return "pass";
  };
  // what ends the walk ends the check of the tree too, which says so; chunks behind it were not read, so that it cannot pass
  for (const { snapshot } of snapshots) await failureOf(walkReferences(repository.objects, mustHex(snapshot.content), visit));
  let [blocks, bytes] = [0, 0];
  const onBlock = (length: number) => {
    blocks++;
    bytes += length;
    onProgress?.({ phase: "verify", entries: 0, bytes, errors: 0 });
  };
  await chunks.read({ onBlock, signal });
  const warnings = chunks.missing > 0 ? [] : Array.from(chunks.failures, ({ message }) => `${message}; another copy is sound`);
  return { objects: seen.size, missing: missing + chunks.missing, blocks, bytes, warnings: [...new Set(warnings)], chunk };
}

/** Verifies trees, one that did not change since an earlier snapshot once. */
export class TreeVerifier {
  /** Entries that were looked at. */
  entries = 0;
  readonly #repository: Repository;
  readonly #needed: Needed;
  readonly #options: TreeOptions;
  /** What each tree failed with. */
  readonly #known = new Map<string, PtarError | undefined>();

  constructor(repository: Repository, needed: Needed, options: TreeOptions) {
    this.#repository = repository;
    this.#needed = needed;
    this.#options = options;
  }

  /** The first thing that is wrong with the tree of a snapshot. @throws PTAR_IO_*, codes of exit 10, and the reason of `signal` */
  async verify(stored: StoredSnapshot): Promise<PtarError | undefined> {
    const { content, items, completeness } = stored.snapshot;
    const tree = JSON.stringify([content, items, completeness]);
    if (!this.#known.has(tree)) this.#known.set(tree, await failureOf(this.#check(stored)));
    return this.#known.get(tree);
  }

  async #check({ snapshot }: StoredSnapshot): Promise<void> {
    const { objects } = this.#repository;
    const { level, onProgress, signal } = this.#options;
    const content = decodeContent(await objects.get("content", mustHex(snapshot.content)));
    const { bytes } = this.#needed;
    const check = {
      objects,
      idOf: (kind: "page" | "list", object: Uint8Array) => objectId(objects.crypto, kind, object),
      chunk: this.#needed.chunk,
      level,
      signal,
      onEntry: (path: Uint8Array) => onProgress?.({ phase: "verify", entries: ++this.entries, bytes, errors: 0, path }),
    };
    const before = this.entries;
    this.entries = before + (await checkTree(check, snapshot, content));
  }
}

/** Numbers of the archives of the index that are there, with the length that it says. Archives are opened when they are read. */
async function presentArchives({ storage, index }: Repository): Promise<ReadonlySet<number>> {
  const lengths = new Map<string, number>();
  for (const place of ["packs", "adopted"] as const)
    for await (const { name, length } of storage.list(place)) lengths.set(`${place}/${name.slice(0, 64)}`, length);
  const present = index.table.records.filter(({ archive: { place, name, length } }) => lengths.get(`${place}/${toHex(name)}`) === length);
  return new Set(present.map(({ number }) => number));
}

function listedChunk(index: Repository["index"], present: ReadonlySet<number>, id: Uint8Array): StoredChunk {
  if (isPresent(index, present, id)) return { length: undefined };
  throw chunkMissing(id);
}

function isPresent(index: Repository["index"], present: ReadonlySet<number>, id: Uint8Array): boolean {
  return index.places("chunk", id).some(({ archive }) => present.has(archive));
}

/** The failure that concerns one snapshot and not all that is done. */
async function failureOf(work: Promise<unknown>): Promise<PtarError | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof PtarError && [4, 9].includes(error.exitCode)) return error;
    throw error;
  }
}
