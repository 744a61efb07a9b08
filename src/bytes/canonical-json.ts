// One byte string per JSON value: the canonical profile. spec/00-conventions.md#canonical
import { PtarError } from "../errors/ptar-error.js";
import { fromUtf8, toUtf8 } from "./utf8.js";

/** A value that the canonical profile can hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [name: string]: JsonValue | undefined };

const maxDepth = 32;

/** Canonical text of `value`; members that are undefined are left out. Throws TypeError for what the profile cannot hold. */
export function canonicalText(value: JsonValue): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return canonicalNumber(value);
  if (typeof value === "string") return canonicalString(value);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  return canonicalObject(value as { readonly [name: string]: JsonValue | undefined });
}

/** Canonical bytes of `value`. */
export function canonicalBytes(value: JsonValue): Uint8Array {
  return toUtf8(canonicalText(value));
}

/**
 * The value of canonical JSON.
 * @throws PTAR_DOCUMENT_NOT_CANONICAL when `bytes` are anything but the one canonical form of it
 */
export function parseCanonical(bytes: Uint8Array, subject: string): JsonValue {
  const text = fromUtf8(bytes);
  if (text === undefined) throw notCanonical(subject, "is not UTF-8");
  let value: JsonValue;
  try {
    value = JSON.parse(text);
  } catch {
    throw notCanonical(subject, "is not JSON");
  }
  const problem = problemOf(value, 1);
  if (problem !== undefined) throw notCanonical(subject, problem);
  // what the walk cannot see: white space, escapes, number forms, repeated members
  if (JSON.stringify(value) !== text) throw notCanonical(subject, "has another form than the canonical one");
  return value;
}

function problemOf(value: JsonValue, depth: number): string | undefined {
  if (typeof value === "string") return value.isWellFormed() ? undefined : "has a lone surrogate";
  if (typeof value === "number")
    return Number.isSafeInteger(value) && value >= 0 ? undefined : "has a number that is not an integer from 0 to 2^53-1";
  if (value === null || typeof value === "boolean") return undefined;
  if (depth > maxDepth) return `is nested deeper than ${maxDepth}`;
  return Array.isArray(value) ? problemOfList(value, depth) : problemOfObject(value as Record<string, JsonValue>, depth);
}

function problemOfList(list: readonly JsonValue[], depth: number): string | undefined {
  for (const element of list) {
    const problem = problemOf(element, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOfObject(object: Record<string, JsonValue>, depth: number): string | undefined {
  let before: string | undefined;
  for (const name of Object.keys(object)) {
    if (before !== undefined && before >= name) return "has members that are not sorted";
    before = name;
    const problem = name.isWellFormed() ? problemOf(object[name] as JsonValue, depth + 1) : "has a lone surrogate";
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function canonicalObject(object: { readonly [name: string]: JsonValue | undefined }): string {
  const members: string[] = [];
  for (const name of Object.keys(object).sort()) {
    const value = object[name];
    if (value !== undefined) members.push(`${canonicalString(name)}:${canonicalText(value)}`);
  }
  return `{${members.join(",")}}`;
}

function canonicalNumber(value: number): string {
  if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`not an integer from 0 to 2^53-1: ${value}`);
  return String(value);
}

function canonicalString(value: string): string {
  if (!value.isWellFormed()) throw new TypeError("a string has a lone surrogate");
  return JSON.stringify(value);
}

function notCanonical(subject: string, problem: string): PtarError {
  return new PtarError("PTAR_DOCUMENT_NOT_CANONICAL", `${subject}: ${problem}`);
}
