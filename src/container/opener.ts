// Opens generation after generation, each checked against those before. spec/10-verify.md#order
import { equalBytes } from "../bytes/compare.js";
import { mustHex, toHex } from "../bytes/hex.js";
import { PtarError } from "../errors/ptar-error.js";
import { frameTypeName, frameTypes } from "../format/frame.js";
import { type Header, headerLength } from "../format/header.js";
import { decodeKeys } from "../format/keys.js";
import { decodeManifest, type UnverifiedManifest } from "../format/manifest.js";
import type { CompactRange } from "../merkle/tree.js";
import { checkEncryptionMembers, checkKeysCount, keySourceOf, readEncryption, SessionLog } from "./encryption.js";
import { FrameIndex } from "./frame-index.js";
import { claimedNumber, type Frame, type FrameInput, readFrame } from "./frame-reader.js";
import type { ContainedManifest, FoundKeys, FoundStatement, Generation, Listing, Tail } from "./generation.js";
import type { TreeHead } from "./generation-writer.js";
import { Grammar } from "./grammar.js";
import type { Segment } from "./trailers.js";

/** Which pages of frame tables are checked on opening: all, as who verifies must, or those that are needed. */
// spec/10-verify.md#order
export type Pages = "all" | "needed";

/** Takes segments one after the other, each checked against those before. */
export class Opener {
  readonly generations: Generation[] = [];
  lastFrame = 0;
  readonly #input: FrameInput;
  readonly #header: Header;
  readonly #headerLeaf: Uint8Array;
  readonly #pages: Pages;
  /** Offsets of the trailers in the chain. */
  readonly trailers = new Set<number>();
  /** The container tree up to the last frame that was read in order. */
  #range: CompactRange | undefined;
  /** Where the manifest of the last generation starts. */
  manifestOffset = 0;
  readonly #sessions = new SessionLog();

  constructor(input: FrameInput, known: { readonly header: Header; readonly headerLeaf: Uint8Array; readonly pages: Pages }) {
    this.#input = input;
    this.#header = known.header;
    this.#headerLeaf = known.headerLeaf;
    this.#pages = known.pages;
  }

  /** The tree of all units, when the last segment was taken. */
  get tree(): CompactRange {
    return this.#range as CompactRange;
  }

  async take(segment: Segment): Promise<void> {
    if (segment.trailer.sequence === 0) await this.#takeGeneration(segment);
    else await this.#takeTail(segment);
    this.lastFrame = segment.frame.number;
    this.trailers.add(segment.frame.offset);
  }

  async #takeGeneration(segment: Segment): Promise<void> {
    const { trailer } = segment;
    const before = this.generations.at(-1);
    const tableNumber = await claimedNumber(this.#input.reader, trailer.frameTableOffset);
    const tableFrame = await readFrame(this.#input, { offset: trailer.frameTableOffset, number: tableNumber, end: trailer.manifestOffset });
    if (tableFrame.type !== frameTypes.frameTable) throw this.#trailerWrong(segment, `frame table offset leads to ${frameTypeName(tableFrame.type)}`);
    if (tableFrame.end !== trailer.manifestOffset)
      throw this.#trailerWrong(segment, "manifest offset does not lead to the frame after the frame table");
    const manifestFrame = await readFrame(this.#input, { offset: trailer.manifestOffset, number: tableNumber + 1, end: segment.frame.offset });
    if (manifestFrame.type !== frameTypes.manifest)
      throw this.#trailerWrong(segment, `manifest offset leads to ${frameTypeName(manifestFrame.type)}`);
    const manifest = decodeManifest(manifestFrame.payload);
    // after ABOUT in the first generation, after the last trailer in others
    const firstSession = before === undefined ? 2 : this.lastFrame + 1;
    this.#checkManifest(manifest, manifestFrame, before);
    checkEncryptionMembers(manifest, this.#header.sealed ? "sealed" : "plain", firstSession);
    const table = new FrameIndex(this.#input, tableFrame, this.manifestOffset);
    await this.#checkTable(table, before);
    const range = table.range();
    // spec/02-container.md#frame-table
    if (!equalBytes(range.root(), mustHex(manifest.tree.root))) {
      throw new PtarError(
        "PTAR_TABLE_ROOT",
        `frame table (frame ${tableNumber}): root ${toHex(range.root())}, the manifest has ${manifest.tree.root}`,
      );
    }
    if (before !== undefined) await this.#checkClosing(table);
    checkChain(manifest, before);
    const { sessions, keys } = await readEncryption(this.#input, { manifest, table, sessions: this.#sessions });
    checkKeysCount([...this.#allKeys(), ...keys], this.#input.limits);
    range.append(manifestFrame.leaf);
    this.#range = range;
    this.manifestOffset = manifestFrame.offset;
    const head = { size: range.end, root: range.root() };
    const { found } = await this.#takeFrames(manifestFrame.end, segment, () => head);
    const manifestDigest = this.#input.crypto.sha256(manifestFrame.payload);
    this.generations.push({
      number: trailer.generation,
      manifest: manifest as ContainedManifest,
      manifestDigest,
      table,
      sessions,
      keys,
      statements: found,
      tails: [],
    });
  }

  #allKeys(): FoundKeys[] {
    return this.generations.flatMap((generation) => [...generation.keys, ...generation.tails.flatMap((tail) => tail.keys)]);
  }

  async #takeTail(segment: Segment): Promise<void> {
    const generation = this.generations.at(-1) as Generation;
    const range = this.#range as CompactRange;
    const { found, keys, types } = await this.#takeFrames(segment.start, segment, () => ({ size: range.end, root: range.root() }));
    const tail: Tail = { sequence: segment.trailer.sequence, statements: found, keys, types };
    this.generations[this.generations.length - 1] = { ...generation, tails: [...generation.tails, tail] };
  }

  /** Reads the frames from `start` to the trailer of `segment`, in order. */
  async #takeFrames(
    start: number,
    segment: Segment,
    head: () => TreeHead,
  ): Promise<{ readonly found: FoundStatement[]; readonly keys: FoundKeys[]; readonly types: number[] }> {
    const range = this.#range as CompactRange;
    const grammar = new Grammar(keySourceOf(this.#sessions.first), segment.trailer.sequence === 0 ? "manifest" : "tail begins");
    const found: FoundStatement[] = [];
    const keys: FoundKeys[] = [];
    const types: number[] = [];
    let offset = start;
    while (offset < segment.frame.offset) {
      const frame = await readFrame(this.#input, { offset, number: range.end, end: segment.frame.offset });
      grammar.take(frame.type, frame);
      if (frame.type === frameTypes.trailer) throw this.#trailerWrong({ frame }, "is not in the chain of trailers");
      if (frame.type === frameTypes.statement) found.push({ frame, tree: head() });
      if (frame.type === frameTypes.keys) this.#takeKeys(frame, keys);
      if (found.length > this.#input.limits.statements)
        throw new PtarError("PTAR_LIMIT_EXCEEDED", `archive: more than ${this.#input.limits.statements} statements in one place`);
      types.push(frame.type);
      range.append(frame.leaf);
      offset = frame.end;
    }
    if (segment.frame.number !== range.end) {
      throw new PtarError("PTAR_FRAME_NUMBER", `frame ${range.end} at offset ${offset}: has number ${segment.frame.number}`, { details: { offset } });
    }
    grammar.take(segment.frame.type, segment.frame);
    range.append(segment.frame.leaf);
    return { found, keys, types };
  }

  /**
   * The next frame table has rows for the frames from the manifest before it on, which were read without. They are read again: there may be more than
   * memory should be kept for.
   */
  // spec/02-container.md#frame-table
  async #checkClosing(table: FrameIndex): Promise<void> {
    let offset = this.manifestOffset;
    for (let number = table.firstUnit; number <= this.lastFrame; number++) {
      const row = await table.place(number);
      const frame = await readFrame(this.#input, { offset, number, end: this.#input.reader.length });
      if (row?.end !== frame.end || !equalBytes(row.leaf, frame.leaf)) throw closingWrong(frame, row?.end, table);
      offset = frame.end;
    }
  }

  /** Adds to the `keys` of a tail, and counts at once: payloads are kept, and a tail has any number. spec/11-limits.md */
  #takeKeys(frame: Frame, keys: FoundKeys[]): void {
    keys.push({ frame, keys: decodeKeys(frame.payload, frame.number, this.#input.limits) });
    checkKeysCount([...this.#allKeys(), ...keys], this.#input.limits);
  }

  #checkManifest(manifest: UnverifiedManifest, frame: Frame, before: Generation | undefined): void {
    const mismatch = (what: string, found: unknown, expected: unknown) =>
      new PtarError("PTAR_MANIFEST_MISMATCH", `manifest (frame ${frame.number}): ${what} ${found}, expected ${expected}`, {
        details: { frame: frame.number },
      });
    const archiveId = toHex(this.#header.archiveId);
    if (manifest.archiveId !== archiveId) throw mismatch("archive id", manifest.archiveId, archiveId);
    const number = (before?.number ?? 0) + 1;
    if (manifest.generation !== number) throw mismatch("generation", manifest.generation, number);
    if (manifest.tree.size !== frame.number) throw mismatch("tree size", manifest.tree.size, frame.number);
    if (manifest.frameTable !== frame.number - 1) throw mismatch("frame table", manifest.frameTable, frame.number - 1);
    // in a sealed archive the sealed manifest lists them. spec/14-encryption.md#sealed-manifest
    if (!this.#header.sealed) checkRoots(manifest, { generation: number, frame: manifest.frameTable });
  }

  async #checkTable(table: FrameIndex, before: Generation | undefined): Promise<void> {
    const wrong = (problem: string) => new PtarError("PTAR_TABLE_INVALID", `frame table (frame ${table.frame.number}): ${problem}`);
    const first = before?.manifest.tree.size ?? 0;
    if (table.firstUnit !== first) throw wrong(`first unit ${table.firstUnit}, expected ${first}`);
    const earlier = table.before();
    if (before !== undefined && (earlier === undefined || !equalBytes(earlier.root(), mustHex(before.manifest.tree.root)))) {
      throw wrong(`its nodes do not give the root of generation ${before.number}`);
    }
    if (this.#pages === "all") await table.checkPages();
    if (before !== undefined) return;
    const header = await table.place(0);
    if (header?.end !== headerLength || !equalBytes(header.leaf, this.#headerLeaf)) throw wrong("its first row is not the header");
  }

  #trailerWrong(segment: Pick<Segment, "frame">, problem: string): PtarError {
    return new PtarError("PTAR_TRAILER_INVALID", `trailer at offset ${segment.frame.offset}: ${problem}`, {
      details: { offset: segment.frame.offset },
    });
  }
}

/**
 * Index roots of a generation must cover all generations up to it, and stand before `frame`.
 * @throws PTAR_MANIFEST_MISMATCH
 */
// spec/08-manifest.md#manifest
export function checkRoots({ index }: Pick<Listing, "index">, at: { readonly generation: number; readonly frame: number }): void {
  const mismatch = (problem: string) => new PtarError("PTAR_MANIFEST_MISMATCH", `manifest (generation ${at.generation}): ${problem}`);
  let generation = 0;
  for (const root of index) {
    if (root.first !== generation + 1 || root.last < root.first)
      throw mismatch(`an index root covers generations from ${root.first}, expected ${generation + 1}`);
    if (root.frame >= at.frame) throw mismatch(`an index root in frame ${root.frame}, expected one before ${at.frame}`);
    generation = root.last;
  }
  if (generation !== at.generation) throw mismatch(`index roots cover generations up to ${generation}, expected ${at.generation}`);
}

function closingWrong({ number, offset, end }: Frame, expectedEnd: number | undefined, table: FrameIndex): PtarError {
  const [code, what] = expectedEnd === end ? (["PTAR_FRAME_HASH", "bytes"] as const) : (["PTAR_FRAME_LENGTH", "length"] as const);
  return new PtarError(code, `frame ${number} at offset ${offset}: has another ${what} than the frame table (frame ${table.frame.number}) says`, {
    details: { frame: number, offset },
  });
}

// spec/08-manifest.md#manifest
function checkChain(manifest: UnverifiedManifest, before: Generation | undefined): void {
  const broken = (problem: string) => new PtarError("PTAR_GENERATION_CHAIN", `generation ${manifest.generation}: ${problem}`);
  const { prev } = manifest;
  if (before === undefined) {
    if (prev !== null) throw broken("the first generation names a previous one");
    return;
  }
  const { tree } = before.manifest;
  if (prev === null || prev.manifest !== toHex(before.manifestDigest) || prev.size !== tree.size || prev.root !== tree.root) {
    throw broken(`does not name the manifest of generation ${before.number}`);
  }
  checkSnapshots(manifest, before.manifest, manifest.generation);
}

/** A generation lists all snapshots of the one before, first. @throws PTAR_GENERATION_CHAIN */
// spec/08-manifest.md#manifest
export function checkSnapshots(listing: Pick<Listing, "snapshots">, before: Pick<Listing, "snapshots">, generation: number): void {
  if (before.snapshots.every((snapshot, i) => snapshot.id === listing.snapshots[i]?.id)) return;
  throw new PtarError("PTAR_GENERATION_CHAIN", `generation ${generation}: does not list the snapshots of generation ${generation - 1}`);
}
