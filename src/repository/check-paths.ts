// Which snapshots and paths need what is missing. spec/15-repository.md#check
import type { ObjectTable } from "../block/object-table.js";
import { concatBytes } from "../bytes/compare.js";
import { mustHex } from "../bytes/hex.js";
import type { Entry } from "../format/generated/types.js";
import { decodeList } from "../format/list.js";
import type { Kind } from "../format/object.js";
import { decodePage } from "../format/page.js";
import { decodeContent } from "../format/snapshot.js";
import { inlineRows } from "../tree/list-writer.js";
import { type AffectedPath, keptFindings } from "./check-findings.js";
import type { Repository } from "./repository.js";
import type { StoredSnapshot } from "./snapshot-files.js";

/** What is affected by missing objects. */
export interface Affected {
  /** Ids of snapshots. */
  readonly snapshots: readonly Uint8Array[];
  readonly paths: readonly AffectedPath[];
}

const slash = Uint8Array.of(0x2f);

/** Snapshots and the first 1,000 paths that need one of the objects in `missing`. @throws what reading pages throws */
export async function affectedPaths(repository: Repository, missing: ObjectTable, signal?: AbortSignal): Promise<Affected> {
  const snapshots: Uint8Array[] = [];
  const paths: AffectedPath[] = [];
  for (const stored of repository.snapshots) {
    const found = await new Tracing(repository, missing, signal).trace(stored);
    if (found.length > 0) snapshots.push(stored.id);
    for (const path of found) if (paths.length < keptFindings) paths.push({ snapshot: stored.id, path });
  }
  return { snapshots, paths };
}

class Tracing {
  readonly #objects: Repository["objects"];
  readonly #missing: ObjectTable;
  readonly #signal: AbortSignal | undefined;
  readonly #found: Uint8Array[] = [];

  constructor({ objects }: Repository, missing: ObjectTable, signal: AbortSignal | undefined) {
    this.#objects = objects;
    this.#missing = missing;
    this.#signal = signal;
  }

  /** Paths in the order of the tree; the empty one stands for all of it. */
  async trace({ snapshot }: StoredSnapshot): Promise<readonly Uint8Array[]> {
    const everything = new Uint8Array();
    if (this.#lacks("content", mustHex(snapshot.content))) return [everything];
    const { root, links } = decodeContent(await this.#objects.get("content", mustHex(snapshot.content)));
    if (links?.pages.some((page) => this.#lacks("links", mustHex(page)))) return [everything];
    if (root !== null) await this.#page(mustHex(root), everything);
    return this.#found;
  }

  async #page(id: Uint8Array, directory: Uint8Array): Promise<void> {
    this.#signal?.throwIfAborted();
    if (this.#lacks("page", id)) {
      this.#found.push(directory);
      return;
    }
    const page = decodePage(await this.#objects.get("page", id), this.#objects.limits);
    if (!("entries" in page)) for (const { id: child } of page.pages) await this.#page(mustHex(child), directory);
    else {
      for (const [i, entry] of page.entries.entries()) {
        const name = page.names[i] as Uint8Array;
        await this.#entry(entry, directory.length === 0 ? name : concatBytes(directory, slash, name));
      }
    }
  }

  async #entry({ item, store }: Entry, path: Uint8Array): Promise<void> {
    if (item.type === "directory" && store.page !== undefined) return this.#page(mustHex(store.page), path);
    if (item.type !== "file") return;
    const rows = inlineRows(item, store);
    const lacks =
      rows === undefined ? await this.#lacksList(mustHex(store.list as string)) : rows.some(({ id }) => this.#lacks("chunk", mustHex(id)));
    if (lacks) this.#found.push(path);
  }

  async #lacksList(id: Uint8Array): Promise<boolean> {
    if (this.#lacks("list", id)) return true;
    const { level, rows } = decodeList(await this.#objects.get("list", id), this.#objects.limits);
    for (const row of rows) if (level === 0 ? this.#lacks("chunk", row.id) : await this.#lacksList(row.id)) return true;
    return false;
  }

  #lacks(kind: Kind, id: Uint8Array): boolean {
    return this.#missing.find(kind, id) >= 0;
  }
}
