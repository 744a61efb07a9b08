// Reads the worked example field by field; what was read becomes rows of a table. spec/17-example.md
import { documentLines } from "./text.mjs";

/** Value of little-endian bytes. */
export const littleEndian = (bytes) => Number(`0x0${Buffer.from(bytes).reverse().toString("hex")}`);
const hex = (bytes) => bytes.toString("hex");

/** Reads fields one after the other. Each is a row of a table; those that share a row are set apart by spaces. */
export class Fields {
  rows = [];
  /** What is written below the table instead of in it. */
  texts = [];
  #bytes;

  constructor(bytes, at) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** Fields of these lengths; their bytes. `meaning` is text or makes it of them. */
  take(lengths, name, meaning = "") {
    const offset = this.at;
    const parts = [lengths].flat().map((length) => this.#next(length));
    this.rows.push({ offset, bytes: `\`${parts.map(hex).join(" ")}\``, name, meaning: typeof meaning === "string" ? meaning : meaning(parts) });
    return parts;
  }

  /** A document, stored in one line. */
  document(length, name, meaning) {
    this.#text({ length, name, meaning, cut: documentLines, how: "one line" });
  }

  /** Text of several lines. */
  lines(length, name, meaning) {
    this.#text({ length, name, meaning, cut: (text) => text.trimEnd().split("\n"), how: "each line with its LF" });
  }

  #text({ length, name, meaning, cut, how }) {
    const offset = this.at;
    this.texts.push({ offset, length, how, lines: cut(this.#next(length).toString("utf8")) });
    this.rows.push({ offset, bytes: `${length} bytes`, name, meaning });
  }

  #next(length) {
    const bytes = this.#bytes.subarray(this.at, this.at + length);
    this.at += length;
    return bytes;
  }
}
