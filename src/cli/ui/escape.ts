// Text from archives made safe for a terminal, and read back. spec/05-page.md#entry
import { concatBytes } from "../../bytes/compare.js";
import { fromUtf8, toUtf8 } from "../../bytes/utf8.js";

// Cc: ESC, CSI and all other controls; Cf: bidi overrides, zero-width and tag characters; Zl, Zp: line separators
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const unsafeOrBackslash = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\\]/gu;
/** Printable and no backslash: most names. */
const plainAscii = /^[ -[\]-~]*$/;
const escaped = /\\(?:\\|n|r|t|x([0-9a-f]{2})|u\{([0-9a-f]{1,6})\})/gi;
const short: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
const plain: Readonly<Record<string, string>> = { "\\\\": "\\", "\\n": "\n", "\\r": "\r", "\\t": "\t" };

/** Bytes of a name or path as text without control characters; bytes that are not UTF-8 become `\xNN`, a backslash is doubled. */
export function escapeBytes(bytes: Uint8Array): string {
  const whole = fromUtf8(bytes);
  if (whole !== undefined && plainAscii.test(whole)) return whole;
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length === 0) text += hexEscape(bytes[at] as number);
    else text += decodeUtf8(bytes.subarray(at, at + length)).replaceAll(unsafeOrBackslash, escapeChar);
    at += Math.max(length, 1);
  }
  return text;
}

/** Text that may hold foreign words, made safe for a terminal; backslashes stay. */
export function escapeText(text: string): string {
  return text.replaceAll(unsafe, escapeChar);
}

/** The bytes that `escapeBytes` shows as `text`: what a listing prints can be given back. Other backslashes stand for themselves. */
export function unescapeBytes(text: string): Uint8Array {
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const match of text.matchAll(escaped)) {
    parts.push(toUtf8(text.slice(end, match.index)), unescapedOf(match));
    end = match.index + match[0].length;
  }
  return concatBytes(...parts, toUtf8(text.slice(end)));
}

/** JSON text of `value` in which control, bidi and zero-width characters are escaped also where JSON allows them bare. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(unsafe, (char) => {
    let text = "";
    for (let i = 0; i < char.length; i++) text += `\\u${char.charCodeAt(i).toString(16).padStart(4, "0")}`;
    return text;
  });
}

function unescapedOf([all, hex, point]: RegExpExecArray): Uint8Array {
  if (hex !== undefined) return Uint8Array.of(Number.parseInt(hex, 16));
  const code = Number.parseInt(point ?? "", 16);
  if (point !== undefined) return toUtf8(code <= 0x10ffff ? String.fromCodePoint(code) : all);
  return toUtf8(plain[all.toLowerCase()] ?? all);
}

function escapeChar(char: string): string {
  const code = char.codePointAt(0) as number;
  return short[char] ?? (code < 0x80 ? hexEscape(code) : `\\u{${code.toString(16)}}`);
}

function hexEscape(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Length of the well-formed UTF-8 sequence at `at`, 0 when there is none; a run of ASCII counts as one. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] as number;
  if (lead < 0x80) return asciiRun(bytes, at);
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  try {
    decodeUtf8(bytes.subarray(at, at + length));
    return at + length <= bytes.length ? length : 0;
  } catch {
    return 0;
  }
}

function asciiRun(bytes: Uint8Array, at: number): number {
  let end = at;
  while (end < bytes.length && (bytes[end] as number) < 0x80) end++;
  return end - at;
}
