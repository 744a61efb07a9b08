// Canonical JSON straight into bytes, for what is written by the hundred thousand. spec/00-conventions.md#canonical
import { canonicalNumber, canonicalString, type JsonValue, sortedMembers } from "./canonical-json.js";

const encoder = new TextEncoder();
const [quote, comma, backslash, openBrace, closeBrace, openBracket, closeBracket] = [0x22, 0x2c, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d];
/** Most bytes of UTF-8 for one character of a string. */
const characterBytes = 3;

/** Bytes that grow. As text the members of an item would be joined one by one, and encoded once more at the end: that takes four times as long. */
export class CanonicalBuffer {
  #bytes: Uint8Array;
  #length = 0;

  constructor(expectedLength = 4096) {
    this.#bytes = new Uint8Array(expectedLength);
  }

  get length(): number {
    return this.#length;
  }

  /** Forgets all bytes. */
  clear(): void {
    this.#length = 0;
  }

  /** The bytes from `start` on: a view, good until more are added. */
  since(start = 0): Uint8Array {
    return this.#bytes.subarray(start, this.#length);
  }

  /** Adds bytes as they are. */
  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Adds the canonical form of `value`; members that are undefined are left out. Throws TypeError for what the profile cannot hold. */
  value(value: JsonValue): void {
    if (typeof value === "string") this.#string(value);
    else if (typeof value === "number") this.#text(canonicalNumber(value));
    else if (value === null || typeof value === "boolean") this.#text(String(value));
    else if (Array.isArray(value)) this.#list(value);
    else this.#object(value as { readonly [name: string]: JsonValue | undefined });
  }

  #object(object: { readonly [name: string]: JsonValue | undefined }): void {
    const start = this.#length;
    for (const { name, later } of sortedMembers(object)) {
      const value = object[name];
      if (value === undefined) continue;
      this.#text(later);
      this.value(value);
    }
    // the first member begins with a comma as all do
    if (this.#length === start) this.#byte(openBrace);
    else this.#bytes[start] = openBrace;
    this.#byte(closeBrace);
  }

  #list(list: readonly JsonValue[]): void {
    this.#byte(openBracket);
    for (const [i, element] of list.entries()) {
      if (i > 0) this.#byte(comma);
      this.value(element);
    }
    this.#byte(closeBracket);
  }

  #string(value: string): void {
    this.#reserve(value.length + 2);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at++] = quote;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code < 0x20 || code > 0x7e || code === quote || code === backslash) {
        this.#text(canonicalString(value));
        return;
      }
      bytes[at++] = code;
    }
    bytes[at++] = quote;
    this.#length = at;
  }

  #text(text: string): void {
    this.#reserve(characterBytes * text.length);
    const bytes = this.#bytes;
    let at = this.#length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7e) {
        this.#length += encoder.encodeInto(text, bytes.subarray(this.#length)).written;
        return;
      }
      bytes[at++] = code;
    }
    this.#length = at;
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  #reserve(length: number): void {
    const needed = this.#length + length;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
