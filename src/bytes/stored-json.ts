// Canonical JSON in bytes, looked at without decoding it. spec/00-conventions.md#canonical
import { fromUtf8, toUtf8 } from "./utf8.js";

/** Nothing is there, or something else. */
export const none = -1;

const [quote, backslash, openBrace, closeBrace] = [0x22, 0x5c, 0x7b, 0x7d];
const [digit0, digit9] = [0x30, 0x39];
const hexLength = 64;
const minus = 0x2d;
/** Of the largest number of 64 bits. */
const mostDigits = 20;
const wide = new DataView(new ArrayBuffer(8));
/** 1 for each that is one. */
const hexDigits = new Uint8Array(256);
for (const code of toUtf8("0123456789abcdef")) hexDigits[code] = 1;
const nullText = toUtf8("null");

// Where something ends that is expected at `at`; `none` when something else is there, or `at` is none already.

export function text(bytes: Uint8Array, at: number, expected: Uint8Array): number {
  if (at === none) return none;
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return none;
  return at + expected.length;
}

export function byte(bytes: Uint8Array, at: number, expected: number): number {
  return at !== none && bytes[at] === expected ? at + 1 : none;
}

/** A string without anything that is written in another way than as it is, or null. */
export function string(bytes: Uint8Array, at: number, expected: string | null | undefined): number {
  if (at === none || expected === undefined) return none;
  if (expected === null) return text(bytes, at, nullText);
  const start = at + 1;
  for (let i = 0; i < expected.length; i++) {
    const code = expected.charCodeAt(i);
    if (bytes[start + i] !== code || !isPlain(code) || code > 0x7e) return none;
  }
  return bytes[at] === quote ? byte(bytes, start + expected.length, quote) : none;
}

/** The digits of a number, in quotes: a string in the one form that such a number has. */
export function digits(bytes: Uint8Array, before: number, expected: bigint): number {
  if (before === none || bytes[before] !== quote) return none;
  const isNegative = bytes[before + 1] === minus;
  const start = isNegative ? before + 2 : before + 1;
  let [at, low, high] = [start, 0, 0];
  for (; isDigit(bytes[at] as number); at++) {
    const digit = (bytes[at] as number) - digit0;
    low = (Math.imul(low, 10) + digit) | 0;
    high = high * 10 + digit;
  }
  const isPlain = at > start && at <= start + mostDigits && (bytes[start] !== digit0 || (at === start + 1 && !isNegative));
  return isPlain && isValue(isNegative ? -expected : expected, low, high) ? byte(bytes, at, quote) : none;
}

/** By its last 32 bits, and by as much as a double holds of it: no number as long as this differs from another in neither. */
function isValue(value: bigint, low: number, high: number): boolean {
  wide.setBigInt64(0, value);
  return wide.getInt32(4) === low && Math.abs(Number(value) - high) < 0x80000000;
}

/** A name in the same way. One that is no UTF-8 is written differently. */
export function plainName(bytes: Uint8Array, at: number, name: Uint8Array): number {
  if (at === none) return none;
  const start = at + 1;
  let all = 0;
  for (let i = 0; i < name.length; i++) {
    const code = name[i] as number;
    if (bytes[start + i] !== code || !isPlain(code)) return none;
    all |= code;
  }
  if (all > 0x7f && fromUtf8(name) === undefined) return none;
  return bytes[at] === quote ? byte(bytes, start + name.length, quote) : none;
}

function isPlain(code: number): boolean {
  return code >= 0x20 && code !== quote && code !== backslash;
}

export function number(bytes: Uint8Array, at: number, expected: number | undefined): number {
  const end = digitsEnd(bytes, at);
  return end !== none && numberAt(bytes, at, end) === expected ? end : none;
}

/** Digits of a number in its one form. */
export function digitsEnd(bytes: Uint8Array, start: number): number {
  if (start === none) return none;
  let at = start;
  while (isDigit(bytes[at] as number)) at++;
  return at === start || (at > start + 1 && bytes[start] === digit0) ? none : at;
}

export function numberAt(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = 10 * value + (bytes[at] as number) - digit0;
  return value;
}

export function hex(bytes: Uint8Array, start: number): number {
  if (start === none) return none;
  for (let at = start; at < start + hexLength; at++) if (hexDigits[bytes[at] as number] !== 1) return none;
  return start + hexLength;
}

function isDigit(code: number): boolean {
  return code >= digit0 && code <= digit9;
}

/** Where the object that begins at `at` ends, as far as its braces tell; `limit` when they do not. */
export function objectEnd(bytes: Uint8Array, at: number, limit: number): number {
  let depth = 0;
  for (let i = at; i < limit; i++) {
    const code = bytes[i] as number;
    if (code === quote) i = stringEnd(bytes, i, limit);
    else if (code === openBrace) depth++;
    else if (code === closeBrace && --depth === 0) return i + 1;
  }
  return limit;
}

/** Where the string that begins at `at` has its last quote. */
function stringEnd(bytes: Uint8Array, at: number, limit: number): number {
  for (let i = at + 1; i < limit; i++) {
    if (bytes[i] === backslash) i++;
    else if (bytes[i] === quote) return i;
  }
  return limit;
}
