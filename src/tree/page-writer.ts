// Cuts the entries of one directory into pages. spec/05-page.md#page
import { toHex } from "../bytes/hex.js";
import { label } from "../bytes/label.js";
import { toUtf8 } from "../bytes/utf8.js";
import type { Crypto } from "../crypto/crypto.js";
import { limits } from "../format/limits.js";
import { nameMembers } from "../format/name.js";
import { childText, encodePage, pageBytes, pageFrameLength, pageMinEntries } from "../format/page.js";
import type { ObjectWriter } from "./object-io.js";

const splitLabel = label("ptar1/split");

interface Level {
  readonly frameLength: number;
  rows: string[];
  /** Length of the rows with a comma after each, bytes. */
  length: number;
  firstName: Uint8Array | undefined;
  closed: number;
}

/** A directory being written: names must come in strictly increasing order. */
export class PageWriter {
  readonly #crypto: Crypto;
  readonly #writer: ObjectWriter;
  readonly #levels: Level[] = [];

  constructor(crypto: Crypto, writer: ObjectWriter) {
    this.#crypto = crypto;
    this.#writer = writer;
  }

  /** Adds an entry by its stored text, which has `length` bytes. */
  add(name: Uint8Array, text: string, length: number): void {
    this.#add(0, name, { text, length });
  }

  /** Closes all pages; the id of the root page, undefined for a directory without entries. */
  finish(): Uint8Array | undefined {
    if (this.#levels.length === 0) return undefined;
    for (let level = 0; ; level++) {
      const id = this.#close(level);
      if ((this.#levels[level] as Level).closed === 1) return id;
      this.#addChild(level, id);
    }
  }

  #add(number: number, name: Uint8Array, row: { readonly text: string; readonly length: number }): void {
    const level = this.#level(number);
    if (level.rows.length > 0 && this.#cutsBefore(level, number, { name, length: row.length })) {
      const id = this.#close(number);
      this.#addChild(number, id);
      level.firstName = undefined;
    }
    level.firstName ??= name;
    level.rows.push(row.text);
    level.length += row.length + 1;
  }

  #cutsBefore(level: Level, number: number, row: { readonly name: Uint8Array; readonly length: number }): boolean {
    if (level.rows.length >= limits.pageEntries) return true;
    // rows are joined by one comma less than there are rows
    if (level.frameLength + level.length + row.length > pageBytes) return true;
    return level.rows.length >= pageMinEntries && this.#crypto.sha256(splitLabel, Uint8Array.of(number), row.name)[0] === 0;
  }

  /** Writes the page under way at a level; its id. */
  #close(number: number): Uint8Array {
    const level = this.#level(number);
    const id = this.#writer.put("page", encodePage(number, level.rows));
    level.rows = [];
    level.length = 0;
    level.closed++;
    return id;
  }

  #addChild(number: number, id: Uint8Array): void {
    const name = (this.#levels[number] as Level).firstName as Uint8Array;
    const text = childText(toHex(id), nameMembers(name));
    this.#add(number + 1, name, { text, length: toUtf8(text).length });
  }

  #level(number: number): Level {
    let level = this.#levels[number];
    if (level === undefined) {
      level = { frameLength: pageFrameLength(number), rows: [], length: 0, firstName: undefined, closed: 0 };
      this.#levels[number] = level;
    }
    return level;
  }
}
