// Opens the container of an archive from its end. spec/10-verify.md#order
import { equalBytes } from "../bytes/compare.js";
import type { Crypto } from "../crypto/crypto.js";
import { PtarError } from "../errors/ptar-error.js";
import { decodeHeader, type Header, headerLength } from "../format/header.js";
import type { Limits } from "../format/limits.js";
import { isSealedType } from "../format/sealed.js";
import type { KeySource } from "../format/session.js";
import { type CompactRange, leafHash } from "../merkle/tree.js";
import type { ByteReader } from "./bytes-io.js";
import { keySourceOf } from "./encryption.js";
import { type Frame, type FrameInput, readWholeFrame } from "./frame-reader.js";
import { coveredKeys, type FoundKeys, type FoundSession, type Generation, type Listing } from "./generation.js";
import { Opener, type Pages } from "./opener.js";
import { readSealedManifests } from "./sealed-listing.js";
import { readSegments } from "./trailers.js";
import { Unsealer } from "./unsealer.js";

/** The end of an archive, as a tail needs it. */
export interface ArchiveEnd {
  /** The tree of all units. */
  readonly tree: CompactRange;
  /** Of the newest generation. */
  readonly manifestOffset: number;
}

/** An archive's frames, opened. Every frame read through it has the leaf hash of its row. */
export class Container {
  readonly header: Header;
  readonly generations: readonly Generation[];
  /** Number of the last frame. */
  readonly lastFrame: number;
  /** Offsets of the trailers in the chain: there must be no others. */
  readonly trailers: ReadonlySet<number>;
  readonly input: FrameInput;
  #end: ArchiveEnd | undefined;
  #unsealer: Unsealer | undefined;
  /** Of each generation; undefined while a sealed archive is locked. */
  #listings: readonly Listing[] | undefined;

  private constructor(input: FrameInput, header: Header, opened: Pick<Opener, "generations" | "lastFrame" | "trailers" | "tree" | "manifestOffset">) {
    this.input = input;
    this.header = header;
    this.generations = opened.generations;
    this.lastFrame = opened.lastFrame;
    this.trailers = opened.trailers;
    this.#end = { tree: opened.tree, manifestOffset: opened.manifestOffset };
    if (!header.sealed) this.#listings = opened.generations.map(({ manifest }) => manifest);
  }

  /**
   * Checks header, trailers, and of each generation manifest, frame table and root, in the order of the spec. `pages` of a frame table that
   * are not needed here are checked when they are.
   * @throws PTAR_HEADER_*, PTAR_UNSUPPORTED_*, PTAR_TRAILER_*, PTAR_FRAME_*, PTAR_TABLE_*, PTAR_MANIFEST_MISMATCH, PTAR_GENERATION_CHAIN, PTAR_DOCUMENT_*
   */
  static async open(reader: ByteReader, crypto: Crypto, limits: Limits, pages: Pages = "needed"): Promise<Container> {
    const input = { reader, crypto, limits };
    // more than the header, so that a tar can be named
    const head = await reader.read(0, Math.min(512, reader.length));
    const header = decodeHeader(head, (part) => crypto.sha256(part));
    const bytes = head.subarray(0, headerLength);
    const opener = new Opener(input, { header, headerLeaf: leafHash(crypto, bytes), pages });
    for (const segment of await readSegments(input)) await opener.take(segment);
    return new Container(input, header, opener);
  }

  /** What a tail is appended to; given away once, because its tree grows. */
  takeEnd(): ArchiveEnd {
    const end = this.#end;
    if (end === undefined) throw new TypeError("a tail was written after this container already");
    this.#end = undefined;
    return end;
  }

  /** The newest generation: the view. */
  get newest(): Generation {
    return this.generations.at(-1) as Generation;
  }

  /** Archive fingerprint: SHA-256 of the newest manifest. */
  get fingerprint(): Uint8Array {
    return this.newest.manifestDigest;
  }

  /** Whether contents can be read: the archive is plain, or `unlock` was given its secret. */
  get isOpen(): boolean {
    return this.#listings !== undefined;
  }

  /** What each generation lists. @throws PTAR_KEY_REQUIRED */
  get listings(): readonly Listing[] {
    if (this.#listings === undefined) throw locked();
    return this.#listings;
  }

  /** What the newest generation lists: the view. @throws PTAR_KEY_REQUIRED */
  get listing(): Listing {
    return this.listings.at(-1) as Listing;
  }

  /** The index roots of the view, and between which frames each must stand with what it names. @throws PTAR_KEY_REQUIRED */
  // spec/04-object.md#index
  get indexRoots() {
    const generation = (number: number) => this.generations[number - 1] as Generation;
    return this.listing.index.map(({ first, last, frame, rows }) => ({
      frame,
      rows,
      after: generation(first).table.firstUnit,
      before: generation(last).manifest.frameTable,
    }));
  }

  /** SESSION frames of a sealed archive, in order. */
  get sessions(): readonly FoundSession[] {
    return this.generations.flatMap(({ sessions }) => sessions);
  }

  /** Where the secret is to be found; `plain`: there is none. */
  get keySource(): KeySource {
    return keySourceOf(this.sessions[0]);
  }

  /** KEYS frames in order: those that count, and those that no statement covers. */
  // spec/14-encryption.md#rewrap
  get keys(): { readonly covered: readonly FoundKeys[]; readonly others: readonly FoundKeys[] } {
    const tails = this.generations.flatMap((generation) => [{ covered: generation.keys, others: [] }, ...generation.tails.map(coveredKeys)]);
    return { covered: tails.flatMap(({ covered }) => covered), others: tails.flatMap(({ others }) => others) };
  }

  /**
   * Opens a sealed archive with its secret, and checks what its sealed manifests say.
   * @throws PTAR_KEY_COMMITMENT, PTAR_FRAME_*, PTAR_MANIFEST_MISMATCH, PTAR_GENERATION_CHAIN, PTAR_DOCUMENT_*
   */
  async unlock(secret: Uint8Array): Promise<void> {
    const { archiveId } = this.header;
    const unsealer = Unsealer.of(this.input.crypto, secret, { archiveId, sessions: this.sessions });
    this.#unsealer = unsealer;
    this.#listings = await readSealedManifests(this.generations, (number) => this.frame(number));
  }

  /** The frame as it is inside: opened when it is sealed and the archive is open. @throws PTAR_FRAME_SEAL, PTAR_FRAME_LENGTH, PTAR_FRAME_RESERVED */
  async unseal(frame: Frame): Promise<Frame> {
    return this.#unsealer === undefined ? frame : this.#unsealer.open(frame);
  }

  /**
   * Frame `number`, compared with the frame table, and opened when it is sealed.
   * @throws PTAR_FRAME_*, PTAR_TABLE_INVALID, PTAR_KEY_REQUIRED
   */
  async frame(number: number): Promise<Frame> {
    for (const { table } of this.generations) {
      const place = await table.place(number);
      if (place === undefined) continue;
      const frame = await readWholeFrame(this.input, { ...place, number });
      if (equalBytes(frame.leaf, place.leaf)) return this.#inside(frame);
      throw new PtarError("PTAR_FRAME_HASH", `frame ${number} at offset ${frame.offset}: not the one in the frame table`, {
        details: { frame: number, offset: frame.offset },
      });
    }
    throw new PtarError("PTAR_INDEX_INVALID", `index: names frame ${number}, which is in no frame table`);
  }

  #inside(frame: Frame): Promise<Frame> {
    // what is sealed must never be taken for what is inside
    if (this.header.sealed && this.#unsealer === undefined && isSealedType(frame.type)) throw locked();
    return this.unseal(frame);
  }
}

function locked(): PtarError {
  return new PtarError("PTAR_KEY_REQUIRED", "archive: it is sealed, and no key was given", {
    hint: "give the file of your identity with --identity, or the passphrase with --passphrase",
  });
}
