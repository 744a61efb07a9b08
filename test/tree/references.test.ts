// What a content references, object by object. spec/04-object.md#kinds
import { describe, expect, it } from "vitest";
import { canonicalBytes, type JsonValue } from "../../src/bytes/canonical-json.js";
import { toHex } from "../../src/bytes/hex.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { encodeList } from "../../src/format/list.js";
import type { Kind } from "../../src/format/object.js";
import { walkReferences } from "../../src/tree/references.js";
import { TreeWriter } from "../../src/tree/tree-writer.js";
import { refusal } from "../container/refusal.js";
import { ObjectStore } from "./store.js";

const salt = new Uint8Array(32);

/** A store with a tree that `write` makes; the id of its content. */
function stored(write: (tree: TreeWriter, store: ObjectStore) => void): { readonly store: ObjectStore; readonly content: Uint8Array } {
  const store = new ObjectStore();
  const tree = new TreeWriter(store.crypto, store, salt);
  write(tree, store);
  const { root, links } = tree.finish();
  const content = { type: "content", root: root === undefined ? null : toHex(root), salt: toHex(salt), links, ext: [] };
  return { store, content: store.put("content", canonicalBytes(content as JsonValue)) };
}

async function visits(of: ReturnType<typeof stored>, enter: (kind: Kind, times: number) => boolean = () => true): Promise<readonly string[]> {
  const times = new Map<string, number>();
  const seen: string[] = [];
  await walkReferences(of.store, of.content, (kind, id) => {
    const name = toHex(id);
    times.set(name, (times.get(name) ?? 0) + 1);
    seen.push(kind);
    return enter(kind, times.get(name) as number) ? "enter" : "pass";
  });
  return seen;
}

function addFile(tree: TreeWriter, name: string, text: string): number {
  const bytes = toUtf8(text);
  return tree.add(toUtf8(name), { name, type: "file", size: bytes.length, sha256: toHex(new ObjectStore().crypto.sha256(bytes)) }, {});
}

describe("walking references", () => {
  const small = () =>
    stored((tree) => {
      const first = addFile(tree, "a", "aaa");
      tree.link(addFile(tree, "b", "aaa"), first);
      tree.enter(toUtf8("d"), { name: "d", type: "directory" });
      addFile(tree, "c", "ccc");
      tree.leave();
      tree.enter(toUtf8("e"), { name: "e", type: "directory" });
      addFile(tree, "c", "ccc");
      tree.leave();
      tree.add(toUtf8("s"), { name: "s", type: "symlink", target: "a" }, {});
    });

  it("visits everything in the order of the tree, as often as it is referenced", async () => {
    expect(await visits(small())).toEqual(["content", "links", "page", "chunk", "chunk", "page", "chunk", "page", "chunk"]);
  });

  it("goes below an object only where it is told to", async () => {
    expect(await visits(small(), (_kind, times) => times === 1)).toEqual(["content", "links", "page", "chunk", "chunk", "page", "chunk", "page"]);
    expect(await visits(small(), (kind) => kind !== "page")).toEqual(["content", "links", "page"]);
    expect(await visits(small(), (kind) => kind !== "content")).toEqual(["content"]);
  });

  it("visits all pages of a directory of many, and all lists of a file of many chunks", async () => {
    const rows = Array.from({ length: 9000 }, (_, i) => ({ id: new ObjectStore().crypto.sha256(toUtf8(String(i))), length: 1 }));
    const large = stored((tree, store) => {
      const lists = [rows.slice(0, 4096), rows.slice(4096, 8192), rows.slice(8192)].map((part) => ({
        id: store.put("list", encodeList({ level: 0, rows: part })),
        length: part.length,
      }));
      const list = store.put("list", encodeList({ level: 1, rows: lists }));
      tree.add(toUtf8("a"), { name: "a", type: "file", size: rows.length, sha256: "00".repeat(32) }, { list: toHex(list) });
      for (let i = 0; i < 3000; i++) addFile(tree, `f${String(i).padStart(5, "0")}`, "x");
    });
    const seen = await visits(large);
    expect(seen.filter((kind) => kind === "list")).toHaveLength(4);
    expect(seen.filter((kind) => kind === "chunk")).toHaveLength(9000 + 3000);
    expect(seen.filter((kind) => kind === "page").length).toBeGreaterThan(3);
  });

  it("waits for a visit that takes time, in order", async () => {
    const { store, content } = small();
    const seen: string[] = [];
    await walkReferences(store, content, async (kind) => {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(kind);
      return "enter" as const;
    });
    expect(seen).toEqual(await visits(small()));
  });

  it("refuses a list whose level is not the one below", async () => {
    const of = stored((tree, store) => {
      const rows = [{ id: new Uint8Array(32), length: 1 }];
      const inner = store.put("list", encodeList({ level: 1, rows }));
      const list = store.put("list", encodeList({ level: 1, rows: [{ id: inner, length: 1 }] }));
      tree.add(toUtf8("a"), { name: "a", type: "file", size: 1, sha256: "00".repeat(32) }, { list: toHex(list) });
    });
    expect(await refusal(() => visits(of))).toMatch("PTAR_LIST_INVALID: list: level 1, expected 0");
  });

  it("refuses a page that is not the one that the page above names", async () => {
    const store = new ObjectStore();
    const entry = { item: { name: "b", type: "symlink", target: "x" }, store: {} };
    const leaf = store.put("page", canonicalBytes({ entries: [entry], level: 0 } as JsonValue));
    const branch = store.put("page", canonicalBytes({ level: 1, pages: [{ id: toHex(leaf), name: "a" }] } as JsonValue));
    const content = canonicalBytes({ type: "content", root: toHex(branch), salt: toHex(salt), links: null, ext: [] } as JsonValue);
    expect(await refusal(() => visits({ store, content: store.put("content", content) }))).toMatch("PTAR_PAGE_ORDER");
  });

  /** A tree whose deepest page, below so many directories, is `page`. */
  function nested(depth: number, page: JsonValue): ReturnType<typeof stored> {
    const store = new ObjectStore();
    let below = store.put("page", canonicalBytes(page));
    const counters = { bytes: 0, entries: 1, failed: 0, newest: null, unstable: 0 };
    for (let i = 0; i < depth; i++) {
      const entry = { item: { name: "d", type: "directory" }, store: { counters, page: toHex(below) } };
      below = store.put("page", canonicalBytes({ entries: [entry], level: 0 } as JsonValue));
    }
    const content = canonicalBytes({ type: "content", root: toHex(below), salt: toHex(salt), links: null, ext: [] } as JsonValue);
    return { store, content: store.put("content", content) };
  }

  const leaf = { entries: [{ item: { name: "f", type: "fifo" }, store: {} }], level: 0 };

  it("refuses directories that are deeper than paths may be", async () => {
    expect(await refusal(() => visits(nested(255, leaf)))).toBe("nothing was refused");
    for (const depth of [256, 300])
      expect(await refusal(() => visits(nested(depth, leaf)))).toMatch("PTAR_LIMIT_EXCEEDED: tree: directories 257 deep");
  });

  it("looks at a page before its depth", async () => {
    expect(await refusal(() => visits(nested(256, { entries: [], level: 0 })))).toMatch("PTAR_DOCUMENT_INVALID");
  });
});
