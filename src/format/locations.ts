// Locations: where the objects of archives in a repository are. spec/15-repository.md#locations
import { Builder } from "../bytes/builder.js";
import { compareBytes, equalBytes, isZero } from "../bytes/compare.js";
import { Cursor } from "../bytes/cursor.js";
import { PtarError } from "../errors/ptar-error.js";
import { compareRows, frameAt, indexRowLength, kindOffset, viewOf, wordAt } from "./index-row.js";
import type { Limits } from "./limits.js";
import { kindName } from "./object.js";

const headLength = 8;
const sectionHeadLength = 80;

const places = { packs: 1, adopted: 2 } as const;

/** An archive of a repository as its index names it. */
export interface LocatedArchive {
  /** 32 bytes: of its file, without the ending. */
  readonly name: Uint8Array;
  /** 32 bytes. */
  readonly fingerprint: Uint8Array;
  /** Of the file, bytes. */
  readonly length: number;
  /** The folder that it lies in. */
  readonly place: keyof typeof places;
}

/** Objects of one archive. */
export interface LocationsSection {
  readonly archive: LocatedArchive;
  /** Rows as in an index page, 48 bytes each, strictly increasing by id and kind. */
  readonly rows: Uint8Array;
}

/** Length of a section in its object, bytes. */
export function sectionLength({ rows }: LocationsSection): number {
  return sectionHeadLength + rows.length;
}

/** Bytes of an object of locations. */
export function encodeLocations(sections: readonly LocationsSection[]): Uint8Array {
  const length = sections.reduce((sum, section) => sum + sectionLength(section), headLength);
  const builder = new Builder(length).u32(sections.length).zeros(4);
  for (const { archive, rows } of sections) {
    builder.bytes(archive.name).bytes(archive.fingerprint).u64(archive.length).u8(places[archive.place]).zeros(3);
    builder.u32(rows.length / indexRowLength).bytes(rows);
  }
  return builder.done();
}

/**
 * Sections of an object of locations; `before` is the last section of the object before it in the catalogue. Rows are views of `bytes`.
 * @throws PTAR_CATALOGUE_INVALID
 */
export function decodeLocations(bytes: Uint8Array, limits: Limits, before?: LocationsSection): readonly LocationsSection[] {
  if (bytes.length < headLength) throw invalid(`${bytes.length} bytes are too few`);
  const cursor = new Cursor(bytes);
  const count = cursor.u32();
  if (cursor.u32() !== 0) throw invalid("reserved bytes are not zero");
  if (count === 0) throw invalid("no section");
  const sections: LocationsSection[] = [];
  let last = before;
  for (let i = 0; i < count; i++) {
    const section = readSection(cursor, i, limits);
    if (last !== undefined) checkFollows(last, section, i);
    sections.push(section);
    last = section;
  }
  if (cursor.left > 0) throw invalid(`${cursor.left} bytes after the last section`);
  return sections;
}

function readSection(cursor: Cursor, number: number, limits: Limits): LocationsSection {
  if (cursor.left < sectionHeadLength) throw invalid(`${cursor.left} bytes for section ${number}`);
  const name = cursor.bytes(32).slice();
  const fingerprint = cursor.bytes(32).slice();
  const length = cursor.u64();
  const place = placeName(cursor.u8());
  if (!(length > 0)) throw invalid(`section ${number} of an archive of ${length} bytes`);
  if (place === undefined || !isZero(cursor.bytes(3))) throw invalid(`section ${number} has an unknown place or reserved bytes that are not zero`);
  const count = cursor.u32();
  if (count === 0 || count > limits.locationsRows) throw invalid(`section ${number} of ${count} rows`);
  if (cursor.left < count * indexRowLength) throw invalid(`${cursor.left} bytes for ${count} rows of section ${number}`);
  const rows = cursor.bytes(count * indexRowLength);
  checkRows(rows, number, limits);
  return { archive: { name, fingerprint, length, place }, rows };
}

function checkRows(rows: Uint8Array, section: number, limits: Limits): void {
  const view = viewOf(rows);
  for (let at = 0; at < rows.length; at += indexRowLength) {
    const problem = rowProblem(view, at, limits);
    if (problem !== undefined) throw invalid(`row ${at / indexRowLength} of section ${section} ${problem}`);
  }
}

/** What is wrong with the row at `at`, also with its place behind the one before. */
function rowProblem(rows: DataView, at: number, limits: Limits): string | undefined {
  if (at > 0 && compareRows(rows, at - indexRowLength, at) >= 0) return "is not after the one before";
  const frame = frameAt(rows, at);
  if (frame === 0 || frame > Number.MAX_SAFE_INTEGER) return "names no frame";
  const ordinal = wordAt(rows, at);
  if (ordinal >= limits.blockObjects) return `names ordinal ${ordinal}`;
  // with the reserved bytes behind it
  const kind = rows.getUint32(at + kindOffset, true);
  return kindName(kind) === undefined ? `is of kind ${kind & 0xff} or has reserved bytes that are not zero` : undefined;
}

/** Sections are sorted by archive; one that goes on with the archive before it says the same of it. */
function checkFollows(before: LocationsSection, section: LocationsSection, number: number): void {
  const a = before.archive;
  const b = section.archive;
  const order = compareBytes(a.name, b.name);
  if (order > 0) throw invalid(`section ${number} is not after the one before`);
  if (order < 0) return;
  if (a.length !== b.length || a.place !== b.place || !equalBytes(a.fingerprint, b.fingerprint))
    throw invalid(`section ${number} says something else of its archive than the one before`);
  const seam = new Uint8Array(2 * indexRowLength);
  seam.set(before.rows.subarray(-indexRowLength));
  seam.set(section.rows.subarray(0, indexRowLength), indexRowLength);
  if (compareRows(viewOf(seam), 0, indexRowLength) >= 0) throw invalid(`section ${number} does not go on where the one before ends`);
}

function placeName(number: number): LocatedArchive["place"] | undefined {
  return (Object.keys(places) as (keyof typeof places)[]).find((name) => places[name] === number);
}

function invalid(problem: string): PtarError {
  return new PtarError("PTAR_CATALOGUE_INVALID", `locations: ${problem}`);
}
