// The lists in an index cache: index archives it was made of, and archives of objects. spec/15-repository.md#index
import { Builder } from "../../bytes/builder.js";
import { Cursor } from "../../bytes/cursor.js";
import { toHex } from "../../bytes/hex.js";
import { type ArchiveRecord, ArchiveTable, type IndexSource } from "../index/archive-table.js";

const nameBytes = 32;
const archiveBytes = 80;
const places = { packs: 1, adopted: 2 } as const;

/**
 * Little-endian: count u32 of index archives, each name 32 ‖ count u32 ‖ names that it supersedes; count u32 of archives, each name 32 ‖ fingerprint 32 ‖
 * length u64 ‖ place u8 ‖ has a secret u8 ‖ zeros 2 ‖ count u32 ‖ numbers u32 of its index archives ‖ secret 32.
 */
export function encodeLists(sources: readonly IndexSource[], records: readonly ArchiveRecord[]): Uint8Array {
  const numbers = new Map(sources.map(({ name }, i) => [toHex(name), i]));
  const sourceBytes = sources.reduce((sum, { supersedes }) => sum + nameBytes * (1 + supersedes.length) + 4, 4);
  const builder = new Builder(records.reduce((sum, record) => sum + lengthOf(record, numbers), sourceBytes + 4));
  builder.u32(sources.length);
  for (const { name, supersedes } of sources) {
    builder.bytes(name).u32(supersedes.length);
    for (const other of supersedes) builder.bytes(other);
  }
  builder.u32(records.length);
  for (const { archive, sources: named } of records) {
    const { name, fingerprint, length, place, secret } = archive;
    const own = numbersOf(named, numbers);
    builder
      .bytes(name)
      .bytes(fingerprint)
      .u64(length)
      .u8(places[place])
      .u8(secret === undefined ? 0 : 1)
      .zeros(2);
    builder.u32(own.length);
    for (const number of own) builder.u32(number);
    if (secret !== undefined) builder.bytes(secret);
  }
  return builder.done();
}

/** The archives, numbered from 0; undefined for lists that do not fit. */
export function decodeLists(bytes: Uint8Array): ArchiveTable | undefined {
  const cursor = new Cursor(bytes);
  try {
    const table = new ArchiveTable();
    const names = readSources(cursor, table);
    return names !== undefined && readArchives(cursor, table, names) && cursor.left === 0 ? table : undefined;
  } catch (error) {
    // read past the end
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readSources(cursor: Cursor, table: ArchiveTable): readonly Uint8Array[] | undefined {
  const names: Uint8Array[] = [];
  for (let left = cursor.u32(); left > 0; left--) {
    const name = cursor.bytes(nameBytes);
    const supersedes: Uint8Array[] = [];
    for (let others = cursor.u32(); others > 0; others--) supersedes.push(cursor.bytes(nameBytes));
    if (table.isNoted(toHex(name))) return undefined;
    table.note({ name, supersedes });
    names.push(name);
  }
  return names;
}

function readArchives(cursor: Cursor, table: ArchiveTable, names: readonly Uint8Array[]): boolean {
  for (let left = cursor.u32(); left > 0; left--) {
    const name = cursor.bytes(nameBytes);
    const fingerprint = cursor.bytes(nameBytes);
    const length = cursor.u64();
    const [place, hasSecret] = [placeOf(cursor.u8()), cursor.u8() === 1];
    cursor.bytes(2);
    const sources = Array.from({ length: cursor.u32() }, () => names[cursor.u32()]);
    if (table.get(name) !== undefined || Number.isNaN(length) || place === undefined || sources.length === 0) return false;
    const archive = { name, fingerprint, length, place, ...(hasSecret && { secret: cursor.bytes(nameBytes) }) };
    for (const source of sources) {
      if (source === undefined) return false;
      table.enter(archive, source);
    }
  }
  return true;
}

function lengthOf({ archive, sources }: ArchiveRecord, numbers: ReadonlyMap<string, number>): number {
  return archiveBytes + 4 * numbersOf(sources, numbers).length + (archive.secret === undefined ? 0 : nameBytes);
}

/** Numbers of the sources that were noted. */
function numbersOf(sources: ReadonlySet<string>, numbers: ReadonlyMap<string, number>): readonly number[] {
  return [...sources].map((hex) => numbers.get(hex)).filter((number) => number !== undefined);
}

function placeOf(number: number): "packs" | "adopted" | undefined {
  if (number === places.packs) return "packs";
  return number === places.adopted ? "adopted" : undefined;
}
