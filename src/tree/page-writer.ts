// Cuts the entries of one directory into pages. spec/05-page.md#page
import { CanonicalBuffer } from "../bytes/canonical-buffer.js";
import { toHex } from "../bytes/hex.js";
import { label } from "../bytes/label.js";
import { toUtf8 } from "../bytes/utf8.js";
import type { Crypto } from "../crypto/crypto.js";
import { limits } from "../format/limits.js";
import { nameMembers } from "../format/name.js";
import { childText, pageBytes, pageEnds, pageMinEntries } from "../format/page.js";
import type { ObjectWriter } from "./object-io.js";

const splitLabel = label("ptar1/split");

interface Level {
  /** The page under way: its head, and rows joined by commas. */
  readonly page: CanonicalBuffer;
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  rows: number;
  firstName: Uint8Array | undefined;
  closed: number;
}

const comma = toUtf8(",");

/** A directory being written: names must come in strictly increasing order. */
export class PageWriter {
  readonly #crypto: Crypto;
  readonly #writer: ObjectWriter;
  readonly #levels: Level[] = [];

  constructor(crypto: Crypto, writer: ObjectWriter) {
    this.#crypto = crypto;
    this.#writer = writer;
  }

  /** Adds an entry by its stored bytes, which are not kept. */
  add(name: Uint8Array, entry: Uint8Array): void {
    this.#add(0, name, entry);
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

  #add(number: number, name: Uint8Array, row: Uint8Array): void {
    const level = this.#level(number);
    if (level.rows > 0 && this.#cutsBefore(level, number, { name, length: row.length })) {
      const id = this.#close(number);
      this.#addChild(number, id);
      level.firstName = undefined;
    }
    level.firstName ??= name;
    level.page.append(level.rows === 0 ? level.head : comma);
    level.page.append(row);
    level.rows++;
  }

  #cutsBefore(level: Level, number: number, row: { readonly name: Uint8Array; readonly length: number }): boolean {
    if (level.rows >= limits.pageEntries) return true;
    if (level.page.length + comma.length + row.length + level.tail.length > pageBytes) return true;
    return level.rows >= pageMinEntries && this.#crypto.sha256(splitLabel, Uint8Array.of(number), row.name)[0] === 0;
  }

  /** Writes the page under way at a level; its id. */
  #close(number: number): Uint8Array {
    const level = this.#level(number);
    level.page.append(level.tail);
    const id = this.#writer.put("page", level.page.since().slice());
    level.page.clear();
    level.rows = 0;
    level.closed++;
    return id;
  }

  #addChild(number: number, id: Uint8Array): void {
    const name = (this.#levels[number] as Level).firstName as Uint8Array;
    this.#add(number + 1, name, toUtf8(childText(toHex(id), nameMembers(name))));
  }

  #level(number: number): Level {
    let level = this.#levels[number];
    if (level === undefined) {
      const { head, tail } = pageEnds(number);
      level = { page: new CanonicalBuffer(), head: toUtf8(head), tail: toUtf8(tail), rows: 0, firstName: undefined, closed: 0 };
      this.#levels[number] = level;
    }
    return level;
  }
}
