// Changes one place of a value as the generator hands it out: numbers, strings, bytes, lists and documents of any shape.
import { canonicalBytes, type JsonValue } from "../../src/bytes/canonical-json.js";
import { changedText } from "./texts.js";

/** What is changed, in numbers that mean something with each value: every one fits every value, so that fewer and smaller ones can be tried. */
export interface Change {
  readonly where: number;
  readonly how: number;
  readonly what: number;
}

/** Takes choices out of one number. */
export class Choices {
  #left: number;

  constructor(what: number) {
    this.#left = what;
  }

  /** A number below `count`. */
  below(count: number): number {
    const chosen = this.#left % count;
    this.#left = Math.floor(this.#left / count);
    return chosen;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

/** Into the document that bytes or a string spell. */
const inside = Symbol("inside");
type Step = string | number | typeof inside;
type Path = readonly Step[];

/** A large list has more places than anybody would tell apart. */
const mostPlaces = 3000;

/** `value` with one place changed; `neighbours` are values of the same kind from other places and archives. */
export function changed(value: unknown, change: Change, neighbours: readonly unknown[]): unknown {
  const places = [...placesIn(value)].slice(0, mostPlaces);
  const path = places[change.where % places.length] as Path;
  const choices = new Choices(change.what);
  if (path.length === 0 && neighbours.length > 0 && change.how % 4 === 3) return choices.of(neighbours);
  const leaves = placesOfLeaves(value, places);
  return replacedAt(value, path, (node) => another(node, { how: change.how, choices, leaves }));
}

function* placesIn(value: unknown, path: Path = []): Generator<Path> {
  yield path;
  const document = documentOf(value);
  if (document !== undefined) yield* placesIn(document, [...path, inside]);
  else if (Array.isArray(value)) for (const [i, item] of value.entries()) yield* placesIn(item, [...path, i]);
  else if (isRecord(value)) for (const [name, member] of Object.entries(value)) yield* placesIn(member, [...path, name]);
}

function placesOfLeaves(value: unknown, places: readonly Path[]): readonly unknown[] {
  return places.map((path) => path.reduce(step, value)).filter((node) => typeof node !== "object" || node instanceof Uint8Array);
}

function step(value: unknown, next: Step): unknown {
  if (next === inside) return documentOf(value);
  return (value as Readonly<Record<string | number, unknown>>)[next];
}

function replacedAt(value: unknown, [next, ...rest]: Path, replace: (node: unknown) => unknown): unknown {
  if (next === undefined) return replace(value);
  const inner = replacedAt(step(value, next), rest, replace);
  if (next === inside) return typeof value === "string" ? Buffer.from(spelled(inner)).toString() : Buffer.from(spelled(inner));
  if (Array.isArray(value)) return value.with(next as number, inner);
  return { ...(value as object), [next]: inner };
}

/** The document that text or bytes spell, if they do. */
function documentOf(value: unknown): unknown {
  const text = typeof value === "string" ? value : value instanceof Uint8Array && value[0] === 0x7b ? Buffer.from(value).toString() : "";
  if (!text.startsWith('{"')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Canonical where there is a canonical form. */
function spelled(document: unknown): Uint8Array {
  try {
    return canonicalBytes(document as JsonValue);
  } catch {
    return Buffer.from(JSON.stringify(document) ?? "null");
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !(value instanceof Uint8Array);

const kindOf = (node: unknown) => (node instanceof Uint8Array ? "bytes" : typeof node === "object" ? "structure" : typeof node);

interface Wish {
  readonly how: number;
  readonly choices: Choices;
  /** All other leaves of the value. */
  readonly leaves: readonly unknown[];
}

function another(node: unknown, wish: Wish): unknown {
  const { how, choices, leaves } = wish;
  const same = leaves.filter((leaf) => kindOf(leaf) === kindOf(node) && leaf !== node);
  if (how % 5 === 4 && same.length > 0) return choices.of(same);
  if (typeof node === "number") return how % 2 === 0 ? choices.of([node + 1, node - 1]) : choices.of(numbersNear(node));
  if (typeof node === "string" && node.startsWith('{"')) return changedText(Buffer.from(node), choices).toString();
  if (typeof node === "string") return how % 2 === 0 ? choices.of([...alike(node, same), otherEnd(node)]) : choices.of(stringsNear(node));
  if (typeof node === "boolean") return choices.of([!node, null, 0, "true"]);
  if (node instanceof Uint8Array) return node[0] === 0x7b && how % 2 === 0 ? changedText(Buffer.from(node), choices) : changedBytes(node, choices);
  if (Array.isArray(node)) return changedList(node, choices);
  if (isRecord(node)) return changedRecord(node, choices);
  return choices.of([0, "", [], {}, false, "00".repeat(32)]);
}

export const edges: readonly number[] = [
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 15, 16, 17, 63, 64, 65, 127, 128, 255, 256, 1023, 1024, 1025, 4096, 4097, 65535, 65536, 65537],
  ...[2 ** 24, 2 ** 24 + 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40, 2 ** 53 - 1, 2 ** 53, 2 ** 62, 2 ** 63, 2 ** 64 - 1],
];

function numbersNear(node: number): readonly unknown[] {
  return [node + 1, node - 1, node * 2, -node, 0, -1, 0.5, 1e300, String(node), null, [node], ...edges];
}

/** Strings that could stand where this one stands. */
const alike = (node: string, others: readonly unknown[]) => others.filter((other) => (other as string).length === node.length);
const otherEnd = (node: string) => `${node.slice(0, -1)}${node.endsWith("0") ? "1" : "0"}`;

const odd = ["", ".", "..", "/", "a/b", "\0", "../x", "\u001b[2J", "\ud800", "\ufeff", "ü", "u\u0308", "__proto__", "constructor", "C:x", "0", "-0"];
const times = ["2026-11-21T09:02:11Z", "2026-02-30T00:00:00Z", "2026-11-21T24:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"];
const words = ["file", "directory", "symlink", "unknown", "author", "carrier", "created", "rewrapped", "snapshot", "archive", "catalogue", "backup"];

function stringsNear(node: string): readonly unknown[] {
  const near = [node.slice(1), node.slice(0, -1), `${node}0`, otherEnd(node), node.toUpperCase(), ` ${node}`];
  return [...near, "0".repeat(node.length), "f".repeat(64), "x".repeat(1025), Number(node) || 0, null, [node], ...odd, ...times, ...words];
}

function changedList(list: readonly unknown[], choices: Choices): unknown {
  const at = choices.below(list.length + 1);
  const to = choices.below(list.length + 1);
  const item = list[at];
  return choices.of([
    () => list.toSpliced(at, 1),
    () => (at < list.length ? list.toSpliced(at, 0, item) : list),
    () => (at < list.length && to < list.length ? list.with(at, list[to]).with(to, item) : list),
    () => list.toReversed(),
    () => [],
    () => list.slice(0, at),
    () => [...list, ...list],
    () => [...list, null],
    () => null,
    () => ({}),
    () => (at < list.length ? [...list.toSpliced(at, 1), item] : list),
  ])();
}

function changedRecord(record: Readonly<Record<string, unknown>>, choices: Choices): unknown {
  const names = Object.keys(record);
  const name = choices.of(names.length === 0 ? ["x"] : names);
  const { [name]: member, ...rest } = record;
  const other = choices.of(names.length === 0 ? ["x"] : names);
  return choices.of([
    () => rest,
    () => ({ ...rest, [`${name}x`]: member }),
    () => ({ ...record, unknown: member }),
    () => ({ ...record, [name]: record[other], [other]: member }),
    () => ({ ...record, [name]: null }),
    () => ({ ...record, [name]: [member] }),
    () => ({ ...record, ext: [{ critical: choices.below(2) === 1, data: "", id: "org.example.unknown" }] }),
    () => Object.defineProperty({ ...record }, "__proto__", { value: member, enumerable: true }),
    () => ({ ...record, errors: [{ code: "EIO", operation: choices.of(["read", "open", "stat", "xattr", "list"]) }] }),
    () => ({ ...record, size: 0 }),
    () => ({ ...record, type: choices.of(words) }),
    () => null,
    () => [],
  ])();
}

/** Bytes with an integer at an edge, a bit flipped, a run moved, cut or longer. */
export function changedBytes(bytes: Uint8Array, choices: Choices): Uint8Array {
  const copy = Buffer.from(bytes);
  const kind = choices.below(12);
  const add = choices.of([1, 4, 8, 32, 48]);
  if (kind === 0) return Buffer.concat([copy, Buffer.alloc(add)]);
  if (kind === 1) return Buffer.concat([copy, Buffer.alloc(add, 1)]);
  if (copy.length === 0) return Buffer.alloc(add);
  // the first bytes say what the others are
  const at = choices.below(choices.below(2) === 0 ? Math.min(24, copy.length) : copy.length);
  if (kind === 2) return copy.subarray(0, at);
  if (kind === 3) return copy.subarray(at);
  if (kind === 4) return Buffer.concat([copy.subarray(0, at), copy.subarray(at + add)]);
  if (kind === 5) return Buffer.concat([copy.subarray(0, at + add), copy.subarray(at)]);
  if (kind === 6) copy[at] = (copy[at] as number) ^ (1 << choices.below(8));
  else if (kind === 7) copy.copyWithin(at, choices.below(copy.length), copy.length);
  else if (kind === 8) copy.fill(choices.of([0, 255]), at, at + add);
  else setInteger(copy, at, choices);
  return copy;
}

function setInteger(bytes: Buffer, at: number, choices: Choices): void {
  const width = choices.of([1, 4, 8, 8].filter((some) => some <= bytes.length));
  const place = Math.min(at - (at % Math.min(width, 4)), bytes.length - width);
  const own = Buffer.alloc(8);
  bytes.copy(own, 0, place, place + width);
  const now = own.readBigUInt64LE();
  const next = choices.of([now + 1n, now - 1n, ...edges.map(BigInt)]);
  own.writeBigUInt64LE(BigInt.asUintN(64, next));
  own.copy(bytes, place, 0, width);
}
