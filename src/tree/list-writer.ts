// Keeps the chunks of one file: inline, or in lists. spec/05-page.md#list
import { toHex } from "../bytes/hex.js";
import { storedSize } from "../format/entry.js";
import type { Item, Store } from "../format/generated/types.js";
import { limits } from "../format/limits.js";
import { encodeList, endsList, type ListRow } from "../format/list.js";
import type { ObjectWriter } from "./object-io.js";

/** More chunks than this stand in a list. */
export const maxInlineChunks = 16;

interface Level {
  rows: ListRow[];
  closed: ListRow[];
}

/** The chunks of one file, in order. Memory does not grow with the file. */
export class ListWriter {
  readonly #writer: ObjectWriter;
  #inline: ListRow[] | undefined = [];
  readonly #levels: Level[] = [];

  constructor(writer: ObjectWriter) {
    this.#writer = writer;
  }

  add(row: ListRow): void {
    if (this.#inline === undefined) {
      this.#add(0, row);
      return;
    }
    this.#inline.push(row);
    if (this.#inline.length <= maxInlineChunks) return;
    for (const early of this.#inline) this.#add(0, early);
    this.#inline = undefined;
  }

  /** What the entry says about where the file's bytes are. */
  finish(): Pick<Store, "chunks" | "list"> {
    if (this.#inline !== undefined) {
      // one chunk: its id is the digest of the file
      if (this.#inline.length <= 1) return {};
      return { chunks: this.#inline.map(({ id, length }) => ({ id: toHex(id), length })) };
    }
    return { list: toHex(this.#root()) };
  }

  #root(): Uint8Array {
    for (let number = 0; ; number++) {
      const level = this.#levels[number] as Level;
      if (level.rows.length > 0) this.#close(number);
      // the lists closed earlier went up already; one alone is the root
      const only = level.closed[0] as ListRow;
      if (level.closed.length === 1) return only.id;
    }
  }

  #add(number: number, row: ListRow): void {
    this.#levels[number] ??= { rows: [], closed: [] };
    const level = this.#levels[number];
    level.rows.push(row);
    if (endsList(row, level.rows.length, limits)) this.#close(number);
  }

  /** Writes the list under way; from the second one on, lists go to the level above. */
  #close(number: number): void {
    const level = this.#levels[number] as Level;
    const id = this.#writer.put("list", encodeList({ level: number, rows: level.rows }));
    const row = { id, length: level.rows.reduce((sum, { length }) => sum + length, 0) };
    level.rows = [];
    if (level.closed.length < 2) level.closed.push(row);
    if (level.closed.length === 2) {
      const first = level.closed[0] as ListRow;
      if (this.#levels[number + 1] === undefined) this.#add(number + 1, first);
      this.#add(number + 1, row);
    }
  }
}

/** Rows of a file that is stored without a list: none, one named by its digest, or those inline. */
export function inlineRows(item: Item, store: Store): readonly { readonly id: string; readonly length: number }[] | undefined {
  if (store.list !== undefined) return undefined;
  if (store.chunks !== undefined) return store.chunks;
  const digest = item.sha256 ?? item.sha256Stored;
  const length = storedSize(item);
  return digest === undefined || length === 0 ? [] : [{ id: digest, length }];
}
