// Walks what a content references, object by object, each as often as the caller likes. spec/04-object.md#kinds
import { mustHex } from "../bytes/hex.js";
import { PtarError } from "../errors/ptar-error.js";
import type { BranchPage, Entry } from "../format/generated/types.js";
import { decodeLinks } from "../format/links.js";
import { decodeList } from "../format/list.js";
import type { Kind } from "../format/object.js";
import { decodePage } from "../format/page.js";
import { decodeContent } from "../format/snapshot.js";
import { checkPlace, type PagePlace } from "./directory-reader.js";
import { inlineRows } from "./list-writer.js";
import type { ObjectReader } from "./object-io.js";

/** What to do with an object that something references: read it and go on below it, or leave it at that. Of chunks nothing is read. */
export type Visit = (kind: Kind, id: Uint8Array) => "enter" | "pass" | Promise<"enter" | "pass">;

/**
 * Visits the content `id` and all that it references, in pre-order and in the order of the tree. An object that is referenced often is
 * visited as often: who enters everything does as much work as the tree is large, who enters each object once as much as there is stored.
 * @throws PTAR_OBJECT_*, PTAR_DOCUMENT_*, PTAR_PAGE_ORDER, PTAR_ENTRY_*, PTAR_LIST_INVALID, PTAR_LINKS_INVALID, PTAR_LIMIT_EXCEEDED
 */
export async function walkReferences(objects: ObjectReader, content: Uint8Array, visit: Visit): Promise<void> {
  if ((await visit("content", content)) === "pass") return;
  const { root, links } = decodeContent(await objects.get("content", content));
  const walk = new ReferenceWalk(objects, visit);
  for (const page of links?.pages ?? []) await walk.links(mustHex(page));
  if (root !== null) await walk.page(mustHex(root), undefined, 0);
}

/** Visits an object and all that it references, as {@link walkReferences} does below a content. @throws as `walkReferences` */
export async function walkBelow(objects: ObjectReader, { kind, id }: { readonly kind: Kind; readonly id: Uint8Array }, visit: Visit): Promise<void> {
  const walk = new ReferenceWalk(objects, visit);
  if (kind === "content") await walkReferences(objects, id, visit);
  else if (kind === "page") await walk.page(id, undefined, 0);
  else if (kind === "list") await walk.list(id, undefined);
  else if (kind === "links") await walk.links(id);
  else await visit(kind, id);
}

class ReferenceWalk {
  readonly #objects: ObjectReader;
  readonly #visit: Visit;

  constructor(objects: ObjectReader, visit: Visit) {
    this.#objects = objects;
    this.#visit = visit;
  }

  async links(id: Uint8Array): Promise<void> {
    if ((await this.#visit("links", id)) === "pass") return;
    decodeLinks(await this.#objects.get("links", id), -1, this.#objects.limits);
  }

  async page(id: Uint8Array, place: PagePlace | undefined, depth: number): Promise<void> {
    if ((await this.#visit("page", id)) === "pass") return;
    const page = decodePage(await this.#objects.get("page", id), this.#objects.limits);
    checkPlace(page, place);
    // its entries would have too many names, and a page comes before its entries. spec/10-verify.md#order-in-trees
    const { pathDepth } = this.#objects.limits;
    if (depth >= pathDepth) throw new PtarError("PTAR_LIMIT_EXCEEDED", `tree: directories ${depth + 1} deep, limit ${pathDepth}`);
    if ("entries" in page) for (const entry of page.entries) await this.#entry(entry, depth);
    else await this.#branch(page, depth);
  }

  async #branch(
    { level, names, pages }: { readonly level: number; readonly names: readonly Uint8Array[]; readonly pages: BranchPage["pages"] },
    depth: number,
  ) {
    for (const [i, { id }] of pages.entries()) await this.page(mustHex(id), { level: level - 1, first: names[i] as Uint8Array }, depth);
  }

  /** Only where something is to be waited for: most entries are files of one chunk. */
  #entry({ item, store }: Entry, depth: number): Promise<void> | undefined {
    if (item.type === "directory") return store.page === undefined ? undefined : this.page(mustHex(store.page), undefined, depth + 1);
    if (item.type !== "file") return undefined;
    const rows = inlineRows(item, store);
    if (rows === undefined) return this.list(mustHex(store.list as string), undefined);
    return this.#chunks(rows.map(({ id }) => mustHex(id)));
  }

  async list(id: Uint8Array, expected: number | undefined): Promise<void> {
    if ((await this.#visit("list", id)) === "pass") return;
    const { level, rows } = decodeList(await this.#objects.get("list", id), this.#objects.limits);
    // spec/05-page.md#list
    if (expected !== undefined && level !== expected) throw new PtarError("PTAR_LIST_INVALID", `list: level ${level}, expected ${expected}`);
    if (level === 0) await this.#chunks(rows.map((row) => row.id));
    else for (const row of rows) await this.list(row.id, level - 1);
  }

  #chunks(ids: readonly Uint8Array[]): Promise<void> | undefined {
    for (const [i, id] of ids.entries()) {
      const visited = this.#visit("chunk", id);
      if (visited instanceof Promise) return visited.then(() => this.#chunks(ids.slice(i + 1)));
    }
    return undefined;
  }
}
