// Builds archives of any shape the grammar allows, and of many that it forbids; every hash and signature is made after the alteration.
import { objectId } from "../../src/block/object-id.js";
import { canonicalBytes } from "../../src/bytes/canonical-json.js";
import { concatBytes } from "../../src/bytes/compare.js";
import { toHex } from "../../src/bytes/hex.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { portableCrypto as crypto } from "../../src/crypto/portable.js";
import { aboutText } from "../../src/format/about.js";
import { encodeBlock } from "../../src/format/block.js";
import { encodeFrameHeader, type FrameTypeName, frameTypes } from "../../src/format/frame.js";
import { encodeFrameTable, encodeFrameTablePage, type FrameRow, type FrameTable } from "../../src/format/frame-table.js";
import type { ArchiveStatement, Manifest, SealedManifest } from "../../src/format/generated/types.js";
import { encodeHeader } from "../../src/format/header.js";
import { compareKeys, encodeIndexPage, encodeIndexRoot, type IndexPageRef, type IndexRow } from "../../src/format/index-page.js";
import type { Kind } from "../../src/format/object.js";
import { encodeSealedPlaintext, isSealedType, paddedLength } from "../../src/format/sealed.js";
import { encodeSession, type Session } from "../../src/format/session.js";
import { encodeBody, encodeEnvelope } from "../../src/format/statement.js";
import { encodeTrailer, type Trailer } from "../../src/format/trailer.js";
import type { Signer } from "../../src/keys/signer.js";
import { CompactRange, leafHash } from "../../src/merkle/tree.js";
import { sealAlone, sessionAlone } from "./sealing.js";

/** Changes a value, or leaves it. */
export type Alter<T> = (value: T) => T;

/** An object and its kind. */
export interface BuiltObject {
  readonly kind: Kind;
  readonly bytes: Uint8Array;
}

/** How an archive under construction is sealed. */
export interface SealPlan {
  readonly secret: Uint8Array;
  /** Payloads of the KEYS frames of the first generation; none: the key is a repository's. */
  readonly keys: readonly Uint8Array[];
}

/** A frame before it is sealed. */
export interface OpenFrame {
  readonly type: number;
  readonly number: number;
  readonly payload: Uint8Array;
  /** With length and padding. */
  readonly plaintext: Uint8Array;
  /** Of the session. */
  readonly key: Uint8Array;
}

/** What of a generation differs from the ordinary one. */
export interface GenerationPlan {
  /** Objects of each block; default: one block with one chunk. */
  readonly blocks?: readonly (readonly BuiltObject[])[];
  /** Further frames before the index. */
  readonly frames?: readonly (readonly [type: FrameTypeName | number, payload: Uint8Array])[];
  /** Payloads of KEYS frames; default: those of the archive in its first generation, else none. */
  readonly keys?: readonly Uint8Array[];
  /** Fields of each SESSION of a sealed archive; its key does not change with them. */
  readonly session?: Alter<Session>;
  /** Blocks under a second session of the generation. */
  readonly resumed?: readonly (readonly BuiltObject[])[];
  /** What is written of a sealed frame; undefined: what it should be. */
  readonly seal?: (frame: OpenFrame) => Uint8Array | undefined;
  readonly listing?: Alter<Pick<Manifest, "index" | "snapshots" | "subject">>;
  /** What clear and sealed manifest say. */
  readonly complete?: boolean;
  readonly sealedManifest?: Alter<SealedManifest>;
  readonly signers?: readonly TestSigner[];
  /** Units of each page of the frame table; default: no pages. */
  readonly pageUnits?: number;
  /** Rows of each index page. */
  readonly indexRows?: number;
  readonly index?: Alter<readonly IndexRow[]>;
  readonly table?: Alter<FrameTable>;
  readonly page?: Alter<readonly FrameRow[]>;
  readonly manifest?: Alter<Manifest>;
  readonly statement?: Alter<ArchiveStatement>;
  readonly statements?: Alter<readonly Uint8Array[]>;
  readonly trailer?: Alter<Trailer>;
}

const same = <T>(value: T): T => value;
const time = "2026-11-21T09:02:11Z";

/** A signer whose seed is no secret. */
export interface TestSigner extends Signer {
  readonly seed: Uint8Array;
}

export function signerOf(fill: number): TestSigner {
  const seed = new Uint8Array(32).fill(fill);
  return { seed, publicKey: crypto.publicKey(seed), sign: async (message) => crypto.sign(message, seed) };
}

/** Signs as author where nothing else is said. */
export const author = signerOf(1);
export const chunk = (text: string): BuiltObject => ({ kind: "chunk", bytes: toUtf8(text) });

/** An archive under construction. */
export class ArchiveBuilder {
  readonly archiveId: Uint8Array;
  /** End and leaf of every unit, the header first. */
  readonly rows: FrameRow[] = [];
  manifest: Manifest | undefined;
  /** Listing of the newest generation. */
  listing: Pick<Manifest, "index" | "snapshots" | "subject"> = { index: [], snapshots: [] };
  readonly #about: string;
  readonly #sealed: SealPlan | undefined;
  /** Key of the newest session. */
  #key: Uint8Array | undefined;
  #sealing: NonNullable<GenerationPlan["seal"]> = () => undefined;
  /** SESSION and KEYS frames of the generation. */
  #encryption: { readonly keys: number[]; readonly sessions: number[] } = { keys: [], sessions: [] };
  #parts: Uint8Array[] = [];
  #length = 0;
  #range = new CompactRange(crypto);
  #first = 0;
  #firstNodes: readonly Uint8Array[] = [];
  #trailer: Trailer = { manifestOffset: 0, frameTableOffset: 0, previousTrailerOffset: 0, totalLength: 0, generation: 0, sequence: 0 };
  #lastTrailer = 0;
  #manifestPayload: Uint8Array = new Uint8Array();

  constructor(archiveId = new Uint8Array(32).fill(7), about = aboutText, sealed?: SealPlan, extent: "whole" | "thin" = "whole") {
    this.archiveId = archiveId;
    this.#about = about;
    this.#sealed = sealed;
    const header = encodeHeader({ sealed: sealed !== undefined, thin: extent === "thin", archiveId }, (bytes) => crypto.sha256(bytes));
    this.#unit(header, leafHash(crypto, header));
  }

  get next(): number {
    return this.rows.length;
  }

  get offset(): number {
    return this.#length;
  }

  bytes(): Uint8Array {
    return concatBytes(...this.#parts);
  }

  /** Payload of the newest manifest. */
  get payload(): Uint8Array {
    return this.#manifestPayload;
  }

  /** Bytes that are no unit. */
  raw(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    this.#length += bytes.length;
    return this;
  }

  /** Appends a frame, sealed where it has to be; its number. */
  frame(type: FrameTypeName | number, payload: Uint8Array, number = this.next): number {
    const code = typeof type === "number" ? type : frameTypes[type];
    const stored = this.#stored(code, payload, number);
    const head = encodeFrameHeader({ type: code, payloadLength: stored.length, number });
    const leaf = leafHash(crypto, head, stored);
    this.#unit(concatBytes(head, stored, leaf.subarray(0, 8)), leaf);
    return number;
  }

  /** A whole generation. */
  generation(plan: GenerationPlan = {}): this {
    if (this.#trailer.generation === 0) this.frame("about", toUtf8(this.#about));
    this.#encryption = { keys: [], sessions: [] };
    this.#sealing = plan.seal ?? (() => undefined);
    this.#session(plan);
    const wrapped = this.#trailer.generation === 0 ? this.#sealed?.keys : undefined;
    for (const payload of plan.keys ?? wrapped ?? []) this.#encryption.keys.push(this.frame("keys", payload));
    const rows = (plan.blocks ?? [[chunk(`generation ${this.#trailer.generation + 1}`)]]).flatMap((objects) => this.#block(objects));
    if (plan.resumed !== undefined) this.#session(plan);
    rows.push(...(plan.resumed ?? []).flatMap((objects) => this.#block(objects)));
    for (const [type, payload] of plan.frames ?? []) this.frame(type, payload);
    const index = this.#index((plan.index ?? same)(rows.toSorted(compareKeys)), plan.indexRows ?? 1024);
    const signers = plan.signers ?? [author];
    this.listing = (plan.listing ?? same)({ index: [...this.listing.index, index], snapshots: this.listing.snapshots });
    const sealed = this.#sealed === undefined ? null : { frame: this.#sealedManifest(plan, signers) };
    const table = this.#table(plan);
    const manifestOffset = this.#length;
    const payload = canonicalBytes((plan.manifest ?? same)(this.#manifest(plan, { frameTable: table.frame, signers, sealed })));
    const before = { size: this.next, nodes: this.#range.nodes() };
    this.manifest = JSON.parse(new TextDecoder().decode(payload)) as Manifest;
    if (sealed === null) this.listing = this.manifest;
    this.#manifestPayload = payload;
    this.frame("manifest", payload);
    const generation = this.#trailer.generation + 1;
    this.#trailer = { ...this.#trailer, manifestOffset, frameTableOffset: table.offset, generation, sequence: -1 };
    const statements = signers.map((signer) => this.statement(signer, plan.statement));
    for (const statement of (plan.statements ?? same)(statements)) this.frame("statement", statement);
    this.#first = before.size;
    this.#firstNodes = before.nodes;
    return this.trailer(plan.trailer);
  }

  /** A tail of statements of receipt by `signers`. */
  tail(signers: readonly TestSigner[], alter: Alter<ArchiveStatement> = same, trailer: Alter<Trailer> = same): this {
    for (const signer of signers)
      this.frame(
        "statement",
        this.statement(signer, (body) => alter({ ...body, action: "received", role: "custodian" })),
      );
    return this.trailer(trailer);
  }

  /** A statement about the newest manifest and everything so far. */
  statement(signer: TestSigner, alter: Alter<ArchiveStatement> = same): Uint8Array {
    const { generation } = this.#trailer;
    const manifest = toHex(crypto.sha256(this.#manifestPayload));
    const body: ArchiveStatement = alter({
      type: "archive",
      action: "created",
      role: "author",
      archiveId: toHex(this.archiveId),
      generation,
      manifest,
      tree: this.head(),
      publicKey: toHex(signer.publicKey),
      time,
      ext: [],
    });
    const { bytes, toSign } = encodeBody(body);
    return encodeEnvelope(crypto.sign(toSign, signer.seed), bytes);
  }

  trailer(alter: Alter<Trailer> = same, number = this.next): this {
    const { sequence } = this.#trailer;
    const offset = this.#length;
    this.#trailer = { ...this.#trailer, previousTrailerOffset: this.#lastTrailer, totalLength: offset + 104, sequence: sequence + 1 };
    this.frame("trailer", encodeTrailer(alter(this.#trailer)), number);
    this.#lastTrailer = offset;
    return this;
  }

  /** The tree of everything so far. */
  head(): Manifest["tree"] {
    return { size: this.next, root: toHex(this.#range.root()) };
  }

  #unit(bytes: Uint8Array, leaf: Uint8Array): void {
    this.raw(bytes);
    this.rows.push({ end: this.#length, leaf });
    this.#range.append(leaf);
  }

  #block(objects: readonly BuiltObject[]): IndexRow[] {
    const raw = concatBytes(...objects.map(({ bytes }) => bytes));
    const items = objects.map(({ kind, bytes }) => ({ kind, length: bytes.length }));
    const type = objects[0]?.kind === "chunk" ? "blockData" : "blockMeta";
    const frame = this.frame(type, encodeBlock({ codec: 0, items, rawLength: raw.length, stored: raw }));
    return objects.map(({ kind, bytes }, ordinal) => ({ id: objectId(crypto, kind, bytes), kind, frame, ordinal }));
  }

  #index(rows: readonly IndexRow[], perPage: number): Manifest["index"][number] {
    const pages: IndexPageRef[] = [];
    for (let at = 0; at < rows.length; at += perPage) {
      const run = rows.slice(at, at + perPage);
      const first = run[0] as IndexRow;
      pages.push({ firstId: first.id, firstKind: first.kind, frame: this.frame("indexPage", encodeIndexPage(run)), rowCount: run.length });
    }
    const generation = this.#trailer.generation + 1;
    return { first: generation, frame: this.frame("indexRoot", encodeIndexRoot(pages)), last: generation, rows: rows.length };
  }

  #table(plan: GenerationPlan): { readonly frame: number; readonly offset: number } {
    const firstUnit = this.#first;
    const pages: FrameTable["pages"][number][] = [];
    let paged = firstUnit;
    const covered = this.next - 1;
    while (plan.pageUnits !== undefined && paged + plan.pageUnits <= covered) {
      const rows = this.rows.slice(paged, paged + plan.pageUnits);
      const range = new CompactRange(crypto, paged);
      for (const { leaf } of rows) range.append(leaf);
      const frame = this.frame("frameTablePage", encodeFrameTablePage(paged, (plan.page ?? same)(rows)));
      pages.push({ frame, unitCount: rows.length, nodes: range.nodes() });
      paged += rows.length;
    }
    const table: FrameTable = {
      firstUnit,
      unitCount: this.next - firstUnit,
      nodes: this.#firstNodes,
      pages,
      rows: this.rows.slice(paged),
    };
    const offset = this.#length;
    return { offset, frame: this.frame("frameTable", encodeFrameTable((plan.table ?? same)(table))) };
  }

  #sealedManifest(plan: GenerationPlan, signers: readonly TestSigner[]): number {
    const manifest = (plan.sealedManifest ?? same)({ ...this.#claims(plan, signers), ...this.listing, tree: this.head(), type: "sealed-manifest" });
    this.listing = manifest;
    return this.frame("sealedManifest", canonicalBytes(manifest));
  }

  #manifest(plan: GenerationPlan, facts: Pick<Manifest, "frameTable" | "sealed"> & { readonly signers: readonly TestSigner[] }): Manifest {
    const before = this.manifest;
    const { signers, frameTable, sealed } = facts;
    return {
      ...this.#claims(plan, signers),
      format: "ptar1",
      prev: before === undefined ? null : { manifest: toHex(crypto.sha256(this.#manifestPayload)), ...before.tree },
      tree: this.head(),
      frameTable,
      ...(sealed === null ? this.listing : { index: [], snapshots: [] }),
      encryption: sealed && { ...this.#encryption, suite: "aes-256-gcm" },
      sealed,
      requires: [],
      writer: { name: "test", version: "0" },
    };
  }

  /** What the clear and the sealed manifest both say. */
  #claims({ complete = true }: GenerationPlan, signers: readonly TestSigner[]) {
    return {
      archiveId: toHex(this.archiveId),
      generation: this.#trailer.generation + 1,
      createdAt: time,
      signers: signers.map(({ publicKey }) => toHex(publicKey)),
      complete,
      ext: [],
    };
  }

  #session({ session = same }: GenerationPlan): void {
    if (this.#sealed === undefined) {
      this.frame("session", new Uint8Array(96));
      return;
    }
    const { secret, keys } = this.#sealed;
    const salt = crypto.sha256(this.archiveId, Uint8Array.of(this.next));
    const { key, commitment } = sessionAlone(secret, { archiveId: this.archiveId, frame: this.next, salt });
    const keySource = keys.length === 0 ? "repository" : "keys";
    this.#encryption.sessions.push(this.frame("session", encodeSession(session({ keySource, salt, repositoryKey: new Uint8Array(16), commitment }))));
    this.#key = key;
  }

  #stored(type: number, payload: Uint8Array, number: number): Uint8Array {
    if (this.#key === undefined || !isSealedType(type)) return payload;
    const plaintext = encodeSealedPlaintext(payload, paddedLength(payload.length, 1 << 26));
    const frame = { type, number, payload, plaintext, key: this.#key };
    return this.#sealing(frame) ?? sealAlone(frame);
  }
}
