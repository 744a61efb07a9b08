// Ways in which the bytes of an archive can come: byte by byte, from all over a file, from a stream. spec/02-container.md
import { Readable } from "node:stream";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { type FileReader, openFileReader } from "../../src/connectors/node/archive/file-reader.js";
import { openStdinReader } from "../../src/connectors/node/archive/stdin-reader.js";
import type { ByteReader } from "../../src/container/bytes-io.js";

/** Reads one byte at a time. */
export class OneByteReader implements ByteReader {
  readonly #reader: ByteReader;

  constructor(bytes: Uint8Array) {
    this.#reader = new MemoryReader(bytes);
  }

  get length(): number {
    return this.#reader.length;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    // a length that the archive claims must be checked before anything of that length is made
    if (offset + length > this.length) return this.#reader.read(offset, length);
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes.set(await this.#reader.read(offset + i, 1), i);
    return bytes;
  }
}

/** Gives a number from 0 to below `n`. */
type Chance = (n: number) => number;

/** The same numbers for the same seed. */
export function chanceOf(seed: number): Chance {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/** The longest run that is read for nothing. */
const foreignBytes = 1000;
/** What lies around the bytes that are given, and is none of the caller's business. */
const marginBytes = 40;

/** Reads the file at `path` in pieces of any length and in any order, and between them from somewhere else. */
export async function openScattered(path: string, chance: Chance): Promise<FileReader> {
  const file = await openFileReader(path);
  const read = async (offset: number, length: number) => {
    if (offset + length > file.length) return file.read(offset, length);
    const bytes = new Uint8Array(length + 2 * marginBytes).fill(0xa5).subarray(marginBytes, marginBytes + length);
    for (const [from, to] of shuffled(cutAnywhere(length, chance), chance)) {
      const elsewhere = chance(file.length);
      await file.read(elsewhere, chance(Math.min(foreignBytes, file.length - elsewhere)));
      bytes.set(await file.read(offset + from, to - from), from);
    }
    return bytes;
  };
  return { length: file.length, read, close: () => file.close() };
}

/** What a command reads whose standard input gives `bytes` in pieces of any length. */
export function openStreamed(bytes: Uint8Array, chance: Chance): Promise<FileReader> {
  const pieces = cutAnywhere(bytes.length, chance).map(([from, to]) => bytes.subarray(from, to));
  return openStdinReader({ stream: Readable.from(pieces) });
}

function cutAnywhere(length: number, chance: Chance): (readonly [number, number])[] {
  const pieces: (readonly [number, number])[] = [];
  for (let at = 0; at < length; ) {
    const end = at + 1 + chance(length - at);
    pieces.push([at, end]);
    at = end;
  }
  return pieces;
}

function shuffled<T>(some: readonly T[], chance: Chance): readonly T[] {
  return some
    .map((one) => [chance(2 ** 32), one] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, one]) => one);
}
