// A line that is typed and not shown: what keys of a terminal do to it. spec/14-encryption.md#opening
import { fromUtf8 } from "../../../bytes/utf8.js";

/** What bytes from a terminal led to. */
export type Typed = "more" | "done" | "interrupted" | "closed" | "too long";

const maxLineBytes = 4096;
const [lineFeed, carriageReturn] = [0x0a, 0x0d];
const [ctrlC, ctrlD, ctrlH, ctrlU, escapeKey, deleteKey] = [0x03, 0x04, 0x08, 0x15, 0x1b, 0x7f];

/** A line as it is typed on a terminal in raw mode. Overwrite it with `wipe` in any case. */
export class SecretLine {
  readonly #bytes = new Uint8Array(maxLineBytes);
  #length = 0;
  /** Where in an escape sequence the last byte stood. */
  #sequence: "none" | "escape" | "csi" | "ss3" = "none";

  /** Takes what arrived; bytes may be parts of characters and of escape sequences. What follows the end of the line is dropped. */
  take(bytes: Uint8Array): Typed {
    for (const byte of bytes) {
      const typed = this.#isInSequence(byte) ? "more" : this.#takeKey(byte);
      if (typed !== "more") return typed;
    }
    return "more";
  }

  /** The line; undefined when it is not UTF-8. */
  text(): string | undefined {
    return fromUtf8(this.#bytes.subarray(0, this.#length));
  }

  wipe(): void {
    this.#bytes.fill(0);
    this.#length = 0;
  }

  #takeKey(byte: number): Typed {
    if (byte === carriageReturn || byte === lineFeed) return "done";
    if (byte === ctrlC) return "interrupted";
    if (byte === ctrlD && this.#length === 0) return "closed";
    if (byte === ctrlH || byte === deleteKey) this.#eraseChar();
    else if (byte === ctrlU) this.wipe();
    else if (byte >= 0x20) return this.#add(byte);
    return "more";
  }

  #add(byte: number): Typed {
    if (this.#length === maxLineBytes) return "too long";
    this.#bytes[this.#length++] = byte;
    return "more";
  }

  #eraseChar(): void {
    let at = this.#length;
    do at--;
    while (at > 0 && ((this.#bytes[at] as number) & 0xc0) === 0x80);
    this.#length = Math.max(at, 0);
  }

  /** Sequences are those of arrow keys and the like, and the marks around pasted text: none of them belongs to the line. */
  #isInSequence(byte: number): boolean {
    switch (this.#sequence) {
      case "csi":
        if (byte >= 0x40 && byte <= 0x7e) this.#sequence = "none";
        return byte >= 0x20 && byte <= 0x7e;
      case "ss3":
        this.#sequence = "none";
        return byte >= 0x20 && byte <= 0x7e;
      case "escape":
        this.#sequence = byte === 0x5b ? "csi" : byte === 0x4f ? "ss3" : "none";
        // after a lone ESC the next key counts
        if (this.#sequence !== "none") return true;
    }
    if (byte === escapeKey) this.#sequence = "escape";
    return byte === escapeKey;
  }
}
