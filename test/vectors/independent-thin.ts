// Closure of thin archives by the letter of the spec, with nothing of src/. spec/16-transfer.md#thin
import { demand, documentOf } from "./independent-container.js";
import { linkRows, type Objects } from "./independent-tree.js";

/** Whether an object is in the archive, or left out of it; undefined: neither. */
export type Standing = (kind: number, id: string) => "there" | "left out" | undefined;

interface Content {
  readonly links: { readonly pages: readonly string[] } | null;
  readonly root: string | null;
}

interface Name {
  readonly name?: string;
  readonly nameRaw?: string;
}

interface Page {
  readonly level: number;
  readonly pages?: readonly (Name & { readonly id: string })[];
  readonly entries?: readonly {
    readonly item: Name & { readonly type: string; readonly size?: number; readonly sha256?: string | null; readonly sha256Stored?: string };
    readonly store: { readonly page?: string; readonly list?: string; readonly chunks?: readonly { readonly id: string }[] };
  }[];
}

/** Checks that everything which a content references is there, or left out, and that levels fit. */
export function checkClosure(objects: Objects, standing: Standing, id: string): void {
  if (!isThere(4, id)) return;
  const { links, root } = documentOf<Content>(objects(4, id));
  for (const table of links?.pages ?? []) if (isThere(7, table)) linkRows(objects(7, table));
  if (root !== null) page(root);

  function isThere(kind: number, object: string): boolean {
    const found = standing(kind, object);
    demand(found !== undefined, `object ${kind} ${object} there or left out`);
    return found === "there";
  }

  function page(object: string, expected?: { readonly level: number; readonly row: Name }): void {
    if (!isThere(3, object)) return;
    const { level, pages = [], entries = [] } = documentOf<Page>(objects(3, object));
    const [first] = level === 0 ? entries.map(({ item }) => item) : pages;
    demand(expected === undefined || (expected.level === level && sameName(expected.row, first as Name)), "level and first name of a page");
    for (const row of pages) page(row.id, { level: level - 1, row });
    for (const { item, store } of entries) {
      if (store.page !== undefined) page(store.page);
      if (store.list !== undefined) list(store.list);
      const single = item.type === "file" && Object.keys(store).length === 0 && (item.size ?? 0) > 0 ? [item.sha256 ?? item.sha256Stored] : [];
      for (const chunk of store.chunks?.map((row) => row.id) ?? single) if (chunk !== undefined) isThere(1, chunk);
    }
  }

  function list(object: string, expected?: number): void {
    if (!isThere(2, object)) return;
    const bytes = objects(2, object);
    const level = bytes[0] as number;
    demand(expected === undefined || expected === level, "level of a list");
    for (let at = 8; at < bytes.length; at += 40) {
      const below = bytes.toString("hex", at, at + 32);
      if (level === 0) isThere(1, below);
      else list(below, level - 1);
    }
  }
}

function sameName(a: Name, b: Name): boolean {
  return a.name === b.name && a.nameRaw === b.nameRaw;
}
