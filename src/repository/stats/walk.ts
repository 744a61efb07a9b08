// Walks what a snapshot needs, with paths and lengths; of what was seen before only as much as tells what is shared. spec/04-object.md#kinds
import { concatBytes } from "../../bytes/compare.js";
import { mustHex } from "../../bytes/hex.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { Entry } from "../../format/generated/types.js";
import { decodeList } from "../../format/list.js";
import type { Kind } from "../../format/object.js";
import { decodePage } from "../../format/page.js";
import { decodeContent } from "../../format/snapshot.js";
import { DirectoryReader } from "../../tree/directory-reader.js";
import { inlineRows } from "../../tree/list-writer.js";
import type { Repository } from "../repository.js";
import type { StoredSnapshot } from "../snapshot-files.js";

/** A file of a snapshot. */
export interface LargeFile {
  /** Names joined by `/`, raw bytes. */
  readonly path: Uint8Array;
  /** Logical bytes. */
  readonly size: number;
  /** Id of the earliest snapshot in which it is that large. */
  readonly snapshot: Uint8Array;
}

/** Who is told what a snapshot needs. */
export interface Needs {
  /** `enter`: it was seen, but what is below has to be looked at once more. */
  need(kind: Kind, id: Uint8Array): "new" | "enter" | "pass";
  setLength(kind: Kind, id: Uint8Array, length: number): void;
  /** A file of a page that is new. */
  file(file: LargeFile): void;
}

const slash = Uint8Array.of(0x2f);

/** Tells `needs` all that a snapshot needs. @throws PTAR_OBJECT_*, PTAR_DOCUMENT_*, PTAR_LIST_INVALID, PTAR_LIMIT_EXCEEDED */
export async function walkNeeds(needs: Needs, { id, snapshot }: StoredSnapshot, repository: Repository): Promise<void> {
  await new SnapshotWalk(needs, id, repository).content(mustHex(snapshot.content));
}

class SnapshotWalk {
  readonly #needs: Needs;
  readonly #snapshot: Uint8Array;
  readonly #objects: Repository["objects"];

  constructor(needs: Needs, snapshot: Uint8Array, { objects }: Repository) {
    this.#needs = needs;
    this.#snapshot = snapshot;
    this.#objects = objects;
  }

  async content(id: Uint8Array): Promise<void> {
    if (this.#needs.need("content", id) === "pass") return;
    const { root, links } = decodeContent(await this.#read("content", id));
    for (const page of links?.pages ?? []) if (this.#needs.need("links", mustHex(page)) === "new") await this.#read("links", mustHex(page));
    if (root !== null) await this.#page(mustHex(root), { path: new Uint8Array(), depth: 0 });
  }

  async #page(id: Uint8Array, place: { readonly path: Uint8Array; readonly depth: number }): Promise<void> {
    const need = this.#needs.need("page", id);
    if (need === "pass") return;
    // spec/11-limits.md
    const { pathDepth, treeLevels } = this.#objects.limits;
    if (place.depth >= pathDepth * treeLevels) throw new PtarError("PTAR_LIMIT_EXCEEDED", `tree: pages ${place.depth + 1} deep`);
    const page = decodePage(await this.#read("page", id), this.#objects.limits);
    const below = { path: place.path, depth: place.depth + 1 };
    if (!("entries" in page)) for (const { id: child } of page.pages) await this.#page(mustHex(child), below);
    else {
      for (const [i, entry] of page.entries.entries()) {
        const name = page.names[i] as Uint8Array;
        const path = place.path.length === 0 ? name : concatBytes(place.path, slash, name);
        await this.#entry(entry, { path, depth: place.depth + 1 }, need);
      }
    }
  }

  /** Only where something is to be waited for: most entries are files of one chunk. */
  #entry({ item, store }: Entry, place: { readonly path: Uint8Array; readonly depth: number }, page: "new" | "enter"): Promise<void> | undefined {
    if (item.type === "directory") return store.page === undefined ? undefined : this.#page(mustHex(store.page), place);
    if (item.type !== "file") return undefined;
    if (page === "new") this.#needs.file({ path: place.path, size: item.size ?? 0, snapshot: this.#snapshot });
    const rows = inlineRows(item, store);
    if (rows === undefined) return this.#list(mustHex(store.list as string), undefined);
    for (const { id, length } of rows) this.#chunk(mustHex(id), length);
    return undefined;
  }

  async #list(id: Uint8Array, expected: number | undefined): Promise<void> {
    if (this.#needs.need("list", id) === "pass") return;
    const { level, rows } = decodeList(await this.#read("list", id), this.#objects.limits);
    // spec/05-page.md#list
    if (expected !== undefined && level !== expected) throw new PtarError("PTAR_LIST_INVALID", `list: level ${level}, expected ${expected}`);
    for (const row of rows) {
      if (level === 0) this.#chunk(row.id, row.length);
      else await this.#list(row.id, level - 1);
    }
  }

  #chunk(id: Uint8Array, length: number): void {
    if (this.#needs.need("chunk", id) === "new") this.#needs.setLength("chunk", id, length);
  }

  async #read(kind: Kind, id: Uint8Array): Promise<Uint8Array> {
    const bytes = await this.#objects.get(kind, id);
    this.#needs.setLength(kind, id, bytes.length);
    return bytes;
  }
}

/** Logical bytes of all files below a root page, out of the counters of its directories. @throws what reading pages throws */
// spec/05-page.md#store
export async function contentBytes({ objects }: Repository, root: Uint8Array): Promise<number> {
  const entries = new DirectoryReader(objects, root);
  let bytes = 0;
  for (;;) {
    for (let found = entries.next(); found !== undefined; found = entries.next()) {
      const { item, store } = found.entry;
      if (item.type === "file") bytes += item.size ?? 0;
      else bytes += store.counters?.bytes ?? 0;
    }
    if (entries.ended) return bytes;
    await entries.read();
  }
}
