// One byte string per JSON value: the canonical profile. spec/00-conventions.md#canonical
import { PtarError } from "../errors/ptar-error.js";
import { fromUtf8, toUtf8 } from "./utf8.js";

/** A value that the canonical profile can hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [name: string]: JsonValue | undefined };

const maxDepth = 32;
/** Printable ASCII without what JSON escapes: most strings, for which this test costs half of JSON.stringify. */
const plainString = /^[ !#-[\]-~]*$/;

/** The names of an object's members, and sorted, each as it begins a member. */
interface Shape {
  readonly names: readonly string[];
  readonly members: readonly { readonly name: string; readonly first: string; readonly later: string }[];
}

/** The last shape by number of members: those of neighbours in a tree are alike, and sorting takes longer than all else about an object. */
const shapes = new Map<number, Shape>();
const maxShapeMembers = 64;

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
  // UTF-8 holds no lone surrogate: only an escape can spell one
  const problem = problemOf(value, 1, text.includes("\\u") ? "surrogates" : "no surrogates");
  if (problem !== undefined) throw notCanonical(subject, problem);
  // what the walk cannot see: white space, escapes, number forms, repeated members
  if (JSON.stringify(value) !== text) throw notCanonical(subject, "has another form than the canonical one");
  return value;
}

/** Whether strings need to be looked into for surrogates. */
type Looking = "surrogates" | "no surrogates";

function problemOf(value: JsonValue, depth: number, looking: Looking): string | undefined {
  if (typeof value === "string") return isWellFormed(value, looking) ? undefined : "has a lone surrogate";
  if (typeof value === "number")
    return Number.isSafeInteger(value) && value >= 0 ? undefined : "has a number that is not an integer from 0 to 2^53-1";
  if (value === null || typeof value === "boolean") return undefined;
  if (depth > maxDepth) return `is nested deeper than ${maxDepth}`;
  return Array.isArray(value) ? problemOfList(value, depth, looking) : problemOfObject(value as Record<string, JsonValue>, depth, looking);
}

function problemOfList(list: readonly JsonValue[], depth: number, looking: Looking): string | undefined {
  for (const element of list) {
    const problem = problemOf(element, depth + 1, looking);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOfObject(object: Record<string, JsonValue>, depth: number, looking: Looking): string | undefined {
  let before: string | undefined;
  // without Object.keys, which takes as long as all checks of the members
  for (const name in object) {
    // a program around us may have added to the prototype of all objects
    if (!Object.hasOwn(object, name)) continue;
    // parsers of JavaScript move such members to the front: where they stood is gone
    if (isDigit(name.charCodeAt(0))) return "has a member whose name begins with a digit";
    if (before !== undefined && before >= name) return "has members that are not sorted";
    before = name;
    const problem = isWellFormed(name, looking) ? problemOf(object[name] as JsonValue, depth + 1, looking) : "has a lone surrogate";
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const isDigit = (code: number) => code >= 0x30 && code <= 0x39;

function isWellFormed(text: string, looking: Looking): boolean {
  return looking === "no surrogates" || text.isWellFormed();
}

function canonicalObject(object: { readonly [name: string]: JsonValue | undefined }): string {
  let text = "";
  for (const { name, first, later } of sortedMembers(object)) {
    const value = object[name];
    if (value !== undefined) text += (text === "" ? first : later) + canonicalText(value);
  }
  return `{${text}}`;
}

/** The members of an object in their order, and how each begins: the first one and a later one. */
export function sortedMembers(object: object): Shape["members"] {
  const names = Object.keys(object);
  const last = shapes.get(names.length);
  if (last !== undefined && sameNames(last.names, names)) return last.members;
  const members = names.toSorted().map((name) => ({ name, first: `${canonicalString(name)}:`, later: `,${canonicalString(name)}:` }));
  if (names.length <= maxShapeMembers) shapes.set(names.length, { names, members });
  return members;
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Canonical text of a number. Throws TypeError when it is no integer from 0 to 2^53-1 */
export function canonicalNumber(value: number): string {
  if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`not an integer from 0 to 2^53-1: ${value}`);
  return String(value);
}

/** Canonical text of a string. Throws TypeError when it has a lone surrogate */
export function canonicalString(value: string): string {
  if (plainString.test(value)) return `"${value}"`;
  if (!value.isWellFormed()) throw new TypeError("a string has a lone surrogate");
  return JSON.stringify(value);
}

function notCanonical(subject: string, problem: string): PtarError {
  return new PtarError("PTAR_DOCUMENT_NOT_CANONICAL", `${subject}: ${problem}`);
}
