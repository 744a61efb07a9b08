// Which snapshots and paths need what is missing. spec/15-repository.md#check
import { ObjectTable } from "../../block/object-table.js";
import { concatBytes } from "../../bytes/compare.js";
import { mustHex } from "../../bytes/hex.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { Entry } from "../../format/generated/types.js";
import { decodeList } from "../../format/list.js";
import type { Kind } from "../../format/object.js";
import { decodePage } from "../../format/page.js";
import { decodeContent } from "../../format/snapshot.js";
import { inlineRows } from "../../tree/list-writer.js";
import { isFinding } from "../files/finding.js";
import type { Repository } from "../repository.js";
import type { StoredSnapshot } from "../snapshot-files.js";
import { type AffectedPath, keptFindings } from "./findings.js";

/** What is affected by missing objects. */
export interface Affected {
  /** Ids of snapshots. */
  readonly snapshots: readonly Uint8Array[];
  /** The first 1,000. */
  readonly paths: readonly AffectedPath[];
  /** How many there are, as often as they stand in snapshots; never more than 2^53 - 1. */
  readonly pathCount: number;
}

const slash = Uint8Array.of(0x2f);
const everything = new Uint8Array();

/** Snapshots and paths that need one of the objects in `missing`; one that cannot be walked is affected as a whole. @throws PTAR_IO_*, and the reason of `signal` */
export async function affectedPaths(repository: Repository, missing: ObjectTable, signal?: AbortSignal): Promise<Affected> {
  const snapshots: Uint8Array[] = [];
  const paths: AffectedPath[] = [];
  let pathCount = 0;
  const tracing = new Tracing(repository, missing, signal);
  for (const stored of repository.snapshots) {
    const keep = (path: Uint8Array) => {
      if (paths.length < keptFindings) paths.push({ snapshot: stored.id, path });
      return paths.length < keptFindings ? "more" : "enough";
    };
    const count = await tracing.trace(stored, keep);
    if (count > 0) snapshots.push(stored.id);
    pathCount = atMost(pathCount + count);
  }
  return { snapshots, paths, pathCount };
}

/** Takes a path; whether more are wanted. */
type Keep = (path: Uint8Array) => "more" | "enough";

/** Where a page stands. */
interface Place {
  readonly directory: Uint8Array;
  readonly depth: number;
}

class Tracing {
  readonly #objects: Repository["objects"];
  readonly #missing: ObjectTable;
  readonly #signal: AbortSignal | undefined;
  /** Pages and lists that were walked, and the paths that each has below it. */
  readonly #walked = new ObjectTable();
  readonly #counts: number[] = [];
  #keep: Keep = () => "enough";
  #wants: "more" | "enough" = "more";

  constructor({ objects }: Repository, missing: ObjectTable, signal: AbortSignal | undefined) {
    this.#objects = objects;
    this.#missing = missing;
    this.#signal = signal;
  }

  /** Gives `keep` paths in the order of the tree, while it wants more; the empty one stands for all of it. How many there are. */
  async trace(stored: StoredSnapshot, keep: Keep): Promise<number> {
    this.#keep = keep;
    try {
      return await this.#snapshot(stored);
    } catch (error) {
      if (!isFinding(error)) throw error;
      return this.#found(everything);
    }
  }

  async #snapshot({ snapshot }: StoredSnapshot): Promise<number> {
    if (this.#lacks("content", mustHex(snapshot.content))) return this.#found(everything);
    const { root, links } = decodeContent(await this.#objects.get("content", mustHex(snapshot.content)));
    if (links?.pages.some((page) => this.#lacks("links", mustHex(page)))) return this.#found(everything);
    return root === null ? 0 : this.#page(mustHex(root), { directory: everything, depth: 0 });
  }

  /** How many paths of a page are affected. Few pages may describe trees without end: each is walked once, and again while its paths are wanted. */
  async #page(id: Uint8Array, place: Place): Promise<number> {
    this.#signal?.throwIfAborted();
    if (this.#lacks("page", id)) return this.#found(place.directory);
    const known = this.#countOf("page", id);
    if (known === 0 || (known !== undefined && this.#wants === "enough")) return known;
    const { pathDepth, treeLevels } = this.#objects.limits;
    const most = pathDepth * treeLevels;
    if (place.depth > most) throw new PtarError("PTAR_LIMIT_EXCEEDED", `tree: pages ${place.depth} deep, limit ${most}`);
    const page = decodePage(await this.#objects.get("page", id), this.#objects.limits);
    let count = 0;
    if (!("entries" in page)) for (const { id: child } of page.pages) count += await this.#page(mustHex(child), { ...place, depth: place.depth + 1 });
    else for (const [i, entry] of page.entries.entries()) count += await this.#entry(entry, page.names[i] as Uint8Array, place);
    return this.#note("page", id, atMost(count));
  }

  async #entry({ item, store }: Entry, name: Uint8Array, { directory, depth }: Place): Promise<number> {
    if (item.type !== "directory" && item.type !== "file") return 0;
    const path = directory.length === 0 ? name : concatBytes(directory, slash, name);
    if (item.type === "directory") return store.page === undefined ? 0 : this.#page(mustHex(store.page), { directory: path, depth: depth + 1 });
    const rows = inlineRows(item, store);
    const lacks =
      rows === undefined ? (await this.#list(mustHex(store.list as string))) > 0 : rows.some(({ id }) => this.#lacks("chunk", mustHex(id)));
    return lacks ? this.#found(path) : 0;
  }

  /** 1 when something of a list is missing. */
  async #list(id: Uint8Array, above?: number): Promise<number> {
    this.#signal?.throwIfAborted();
    if (this.#lacks("list", id)) return 1;
    const known = this.#countOf("list", id);
    if (known !== undefined) return known;
    const { level, rows } = decodeList(await this.#objects.get("list", id), this.#objects.limits);
    if (above !== undefined && level !== above - 1) throw new PtarError("PTAR_LIST_INVALID", `list: level ${level}, expected ${above - 1}`);
    for (const row of rows) if (level === 0 ? this.#lacks("chunk", row.id) : (await this.#list(row.id, level)) > 0) return this.#note("list", id, 1);
    return this.#note("list", id, 0);
  }

  #found(path: Uint8Array): number {
    this.#wants = this.#keep(path);
    return 1;
  }

  #countOf(kind: Kind, id: Uint8Array): number | undefined {
    return this.#counts[this.#walked.find(kind, id)];
  }

  #note(kind: Kind, id: Uint8Array, count: number): number {
    const row = this.#walked.add(kind, id);
    if (row >= 0) this.#counts[row] = count;
    return count;
  }

  #lacks(kind: Kind, id: Uint8Array): boolean {
    return this.#missing.find(kind, id) >= 0;
  }
}

function atMost(count: number): number {
  return Math.min(count, Number.MAX_SAFE_INTEGER);
}
