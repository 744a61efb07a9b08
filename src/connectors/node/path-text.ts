// Paths as text, whatever their bytes. spec/06-snapshot.md#names
import { fromUtf8 } from "../../bytes/utf8.js";

const escapes = 0xdc00;

/** Text for the bytes of a path: each byte that is not UTF-8 becomes one of the lone surrogates U+DC80 to U+DCFF, as in PEP 383. */
export function pathText(bytes: Uint8Array): string {
  const whole = fromUtf8(bytes);
  if (whole !== undefined) return whole;
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const char = charAt(bytes, at);
    text += char ?? String.fromCharCode(escapes + (bytes[at] as number));
    at += char === undefined ? 1 : Buffer.byteLength(char);
  }
  return text;
}

/** The bytes of a path that `pathText` gave, or of any other. */
export function pathBytes(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  return Buffer.concat([...text].map((char) => (isEscape(char) ? Buffer.of(char.charCodeAt(0) - escapes) : Buffer.from(char))));
}

/** The character whose UTF-8 starts at `at`; undefined when none does. */
function charAt(bytes: Uint8Array, at: number): string | undefined {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length++) {
    const char = fromUtf8(bytes.subarray(at, at + length));
    if (char !== undefined) return char;
  }
  return undefined;
}

function isEscape(char: string): boolean {
  const code = char.charCodeAt(0);
  return char.length === 1 && code >= escapes + 0x80 && code <= escapes + 0xff;
}
