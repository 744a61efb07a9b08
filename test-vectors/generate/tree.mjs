// A described tree into pages, lists, link table and item tree; every step can be tampered with. spec/05-page.md
import { compareBytes } from "../../dist/bytes/compare.js";
import { label } from "../../dist/bytes/label.js";
import { encodeLinks } from "../../dist/format/links.js";
import { encodeList } from "../../dist/format/list.js";
import { nameMembers, targetMembers } from "../../dist/format/name.js";
import { childText, encodePage, entryText, itemText } from "../../dist/format/page.js";
import { Tally } from "../../dist/tree/counters.js";
import { ItemTree } from "../../dist/tree/item-tree.js";
import { bytesOf, crypto, hex, sha256, utf8 } from "./bytes.mjs";

const mtime = "1763712131000000001";
const splitLabel = label("ptar1/split");

/** A file of `content`, or of chunks of bytes. `facts` are members of its item. */
export function file(name, content, facts = {}) {
  const chunks = (Array.isArray(content) ? content : [content]).map(bytesOf).filter((chunk) => chunk.length > 0);
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  return { name: bytesOf(name), chunks, item: { type: "file", mode: 0o644, mtime, size, sha256: hex(sha256(...chunks)), ...facts } };
}

export function directory(name, children, facts = {}) {
  return { name: bytesOf(name), children, item: { type: "directory", mode: 0o755, mtime, ...facts } };
}

export function symlink(name, target, facts = {}) {
  return { name: bytesOf(name), item: { type: "symlink", mode: 0o777, mtime, ...targetMembers(bytesOf(target)), ...facts } };
}

export function special(name, type, facts = {}) {
  return { name: bytesOf(name), item: { type, mode: 0o644, mtime, ...facts } };
}

/** A file that shares its contents with all files of one group. */
export const linked = (group, node) => ({ ...node, group });

/** Writes a tree through `put`; what the content and the snapshot say about it. */
export function writeTree(nodes, { salt, put, tamper }) {
  return new Tree(salt, put, tamper).write(nodes);
}

class Tree {
  #put;
  #tamper;
  #items;
  #groups = new Map();
  #links = [];

  constructor(salt, put, tamper) {
    this.#put = put;
    this.#tamper = tamper;
    this.#items = new ItemTree(crypto, salt);
  }

  write(nodes) {
    const { page, tally } = this.#directory(nodes, Buffer.alloc(0));
    const { count, root } = this.#items;
    return { root: page, counters: tally.counters, items: { count, root: root === undefined ? null : hex(root) }, links: this.#writeLinks() };
  }

  #directory(nodes, prefix) {
    const tally = new Tally();
    const sorted = [...nodes].sort((a, b) => compareBytes(a.name, b.name));
    const rows = sorted.map((node) => this.#entry(node, prefix, tally));
    const kept = this.#tamper.rows?.(rows, String(prefix)) ?? rows;
    return { tally, page: this.#pages(kept, String(prefix)) };
  }

  #entry(node, prefix, tally) {
    const path = Buffer.concat([prefix, node.name]);
    const plain = { ...nameMembers(node.name), ...node.item };
    const item = this.#tamper.item?.(plain, String(path)) ?? plain;
    const leafPath = item === plain ? path : Buffer.concat([prefix, exactName(item, node.name)]);
    this.#group(node, this.#items.count);
    this.#items.append(leafPath, utf8(itemText(item)));
    tally.add(item);
    const store = this.#store(node, path, tally);
    return { name: node.name, text: entryText(itemText(item), this.#tamper.store?.(store, String(path)) ?? store) };
  }

  #store(node, path, tally) {
    if (node.chunks !== undefined) return this.#contents(node, String(path));
    if (node.children === undefined) return {};
    const inner = this.#directory(node.children, Buffer.concat([path, utf8("/")]));
    tally.addAll(inner.tally.counters);
    return inner.page === undefined ? {} : { counters: inner.tally.counters, page: inner.page };
  }

  /** spec/05-page.md#store */
  #contents(node, path) {
    const plain = node.chunks.map((bytes) => ({ id: this.#put("chunk", bytes), length: bytes.length }));
    const rows = this.#tamper.chunks?.(plain, path) ?? plain;
    if (rows.length <= 1) return {};
    if (rows.length <= 16 && !this.#tamper.forceList) return { chunks: rows.map(({ id, length }) => ({ id: hex(id), length })) };
    return { list: hex(this.writeList(rows)) };
  }

  /** spec/05-page.md#list */
  writeList(rows) {
    for (let level = 0, above = rows; ; level++) {
      const lists = this.#tamper.cutList?.(above) ?? cutList(above);
      above = lists.map((run) => {
        const bytes = Buffer.from(encodeList({ level, rows: run }));
        const length = run.reduce((sum, row) => sum + row.length, 0);
        return { id: this.#put("list", this.#tamper.list?.(bytes, level) ?? bytes), length };
      });
      if (above.length === 1 && level >= (this.#tamper.listLevels ?? 0)) return above[0].id;
    }
  }

  /** spec/05-page.md#page */
  #pages(rows, path) {
    if (rows.length === 0) return undefined;
    for (let level = 0, above = rows; ; level++) {
      const pages = this.#tamper.cut?.(above, level, path) ?? cutPages(above, level);
      above = pages.map((run) => {
        const texts = run.map(({ text }) => text);
        const bytes = Buffer.from(encodePage(level, texts));
        const id = hex(this.#put("page", this.#tamper.page?.(bytes, level, path) ?? bytes));
        const { name } = run[0];
        return { id, name, text: childText(id, nameMembers(this.#tamper.firstName?.(name, level) ?? name)) };
      });
      if (above.length === 1 && level >= (this.#tamper.pageLevels ?? 0)) return above[0].id;
    }
  }

  #group({ group }, index) {
    if (group === undefined) return;
    if (this.#groups.has(group)) this.#links.push({ index, first: this.#groups.get(group) });
    else this.#groups.set(group, index);
  }

  /** spec/06-snapshot.md#links */
  #writeLinks() {
    const rows = this.#tamper.links?.(this.#links) ?? this.#links;
    if (rows.length === 0) return null;
    const bytes = Buffer.from(encodeLinks(rows));
    return { count: rows.length, pages: [hex(this.#put("links", this.#tamper.linkTable?.(bytes) ?? bytes))] };
  }
}

function cutList(rows) {
  const lists = [[]];
  for (const row of rows) {
    const run = lists.at(-1);
    run.push(row);
    if (run.length === 4096 || (run.length >= 512 && (Buffer.from(row.id).readUInt16LE() & 0x3ff) === 0)) lists.push([]);
  }
  return lists.filter((run) => run.length > 0);
}

function cutPages(rows, level) {
  const pages = [[]];
  for (const row of rows) {
    const page = pages.at(-1);
    if (page.length === 1024 || (page.length >= 64 && cutsBefore(row.name, level))) pages.push([row]);
    else page.push(row);
  }
  return pages;
}

/** Whether a page of 64 entries or more is closed before this name. */
export function cutsBefore(name, level) {
  return sha256(splitLabel, Uint8Array.of(level), name)[0] === 0;
}

function exactName(item, fallback) {
  if (item.nameRaw !== undefined) return Buffer.from(item.nameRaw, "base64url");
  return item.name === undefined ? fallback : utf8(item.name);
}
