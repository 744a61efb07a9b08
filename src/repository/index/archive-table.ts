// Archives that rows are in, and the index archives that brought them. spec/15-repository.md#index
import { equalBytes } from "../../bytes/compare.js";
import { toHex } from "../../bytes/hex.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { PackedArchive } from "../files/archives.js";
import { maxArchives } from "../rows/row.js";

/** An index archive that was read whole. */
export interface IndexSource {
  readonly name: Uint8Array;
  /** Names of index archives whose rows are all in this one. */
  readonly supersedes: readonly Uint8Array[];
}

/** An archive and what is known of it. */
export interface ArchiveRecord {
  readonly archive: PackedArchive;
  /** In its rows. */
  readonly number: number;
  /** Names, in hex, of index archives that name it. */
  readonly sources: Set<string>;
  /** It stays when no index archive names it: of this run, or an orphan. */
  own: boolean;
  /** Rows that are there. */
  rows: number;
}

interface NotedSource {
  readonly source: IndexSource;
  /** In hex. */
  readonly supersedes: readonly string[];
}

/** Archives by name and number. A number is used again only when no row has it any more. */
export class ArchiveTable {
  readonly #byName = new Map<string, ArchiveRecord>();
  readonly #byNumber: (ArchiveRecord | undefined)[] = [];
  readonly #sources = new Map<string, NotedSource>();
  /** How many sources supersede an index archive. */
  readonly #superseding = new Map<string, number>();
  /** What each index archive names, noted or not: there may be tens of thousands of both. */
  readonly #named = new Map<string, Set<ArchiveRecord>>();
  /** Numbers of removed archives: rows may still have those of the first list. */
  #removed: number[] = [];
  #free: number[] = [];
  readonly #max: number;

  constructor(options: { readonly maxArchives?: number } = {}) {
    this.#max = options.maxArchives ?? maxArchives;
  }

  /** Archives that are there, in order of their numbers. */
  get records(): readonly ArchiveRecord[] {
    return this.#byNumber.filter((record) => record !== undefined);
  }

  get sources(): readonly IndexSource[] {
    return [...this.#sources.values()].map(({ source }) => source);
  }

  get(name: Uint8Array): ArchiveRecord | undefined {
    return this.#byName.get(toHex(name));
  }

  at(number: number): ArchiveRecord | undefined {
    return this.#byNumber[number];
  }

  isLive(number: number): boolean {
    return this.#byNumber[number] !== undefined;
  }

  /**
   * The record of `archive`, new or known; undefined when another length, fingerprint or place is known of it.
   * @throws PTAR_LIMIT_EXCEEDED
   */
  enter(archive: PackedArchive, source: Uint8Array | undefined): ArchiveRecord | undefined {
    const known = this.get(archive.name);
    // spec/15-repository.md#index
    if (known !== undefined && !isSame(known.archive, archive)) return undefined;
    const record = known ?? this.#create(archive);
    if (source === undefined) record.own = true;
    else this.#credit(record, toHex(source));
    return record;
  }

  remove(record: ArchiveRecord): void {
    const { archive, number, sources } = record;
    for (const source of sources) this.#named.get(source)?.delete(record);
    this.#byName.delete(toHex(archive.name));
    this.#byNumber[number] = undefined;
    this.#removed.push(number);
  }

  /** No row has the number of a removed archive any more. */
  purged(): void {
    this.#free = this.#free.concat(this.#removed);
    this.#removed = [];
  }

  /** Archives that were there for index archives alone which this one supersedes, or for this one, when another supersedes it. */
  note({ name, supersedes }: IndexSource): readonly ArchiveRecord[] {
    const source = { name: name.slice(), supersedes: supersedes.map((other) => other.slice()) };
    const hex = toHex(name);
    this.#unnote(hex);
    const others = supersedes.map(toHex);
    this.#sources.set(hex, { source, supersedes: others });
    for (const other of others) this.#superseding.set(other, 1 + (this.#superseding.get(other) ?? 0));
    // spec/15-repository.md#index
    const without = this.#superseding.has(hex) ? [...others, hex] : others;
    return without.flatMap((other) => this.#uncredit(other));
  }

  isNoted(hex: string): boolean {
    return this.#sources.has(hex);
  }

  /** Archives that were there for the index archive `name` alone. Those that only it superseded count again, and are not noted any more: their rows are gone. */
  forget(name: Uint8Array): readonly ArchiveRecord[] {
    const hex = toHex(name);
    for (const other of this.#unnote(hex)) if (!this.#superseding.has(other)) this.#unnote(other);
    return this.#uncredit(hex);
  }

  /** What only the index archive `hex` superseded, or nobody does any more. */
  #unnote(hex: string): readonly string[] {
    const supersedes = this.#sources.get(hex)?.supersedes ?? [];
    this.#sources.delete(hex);
    for (const other of supersedes) {
      const left = (this.#superseding.get(other) ?? 0) - 1;
      if (left > 0) this.#superseding.set(other, left);
      else this.#superseding.delete(other);
    }
    return supersedes;
  }

  #credit(record: ArchiveRecord, hex: string): void {
    record.sources.add(hex);
    const named = this.#named.get(hex);
    if (named === undefined) this.#named.set(hex, new Set([record]));
    else named.add(record);
  }

  #uncredit(hex: string): readonly ArchiveRecord[] {
    const named = [...(this.#named.get(hex) ?? [])];
    this.#named.delete(hex);
    for (const { sources } of named) sources.delete(hex);
    return named.filter(({ sources, own }) => sources.size === 0 && !own);
  }

  #create(archive: PackedArchive): ArchiveRecord {
    const number = this.#free.pop() ?? this.#byNumber.length;
    if (number >= this.#max) throw new PtarError("PTAR_LIMIT_EXCEEDED", `index: more than ${this.#max} archives`);
    const record: ArchiveRecord = { archive: owned(archive), number, sources: new Set(), own: false, rows: 0 };
    this.#byNumber[number] = record;
    this.#byName.set(toHex(archive.name), record);
    return record;
  }
}

function isSame(a: PackedArchive, b: PackedArchive): boolean {
  return a.length === b.length && a.place === b.place && equalBytes(a.fingerprint, b.fingerprint);
}

/** A copy that keeps no larger buffer alive. */
function owned({ name, fingerprint, length, place, secret }: PackedArchive): PackedArchive {
  return { name: name.slice(), fingerprint: fingerprint.slice(), length, place, ...(secret && { secret: secret.slice() }) };
}
