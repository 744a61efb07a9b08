// Archives whose frames were dropped, repeated, moved or relabelled: numbers, seals, tables, manifests, statements and trailers are made anew over it.
import { createDecipheriv } from "node:crypto";
import { canonicalBytes, type JsonValue } from "../../src/bytes/canonical-json.js";
import { toHex } from "../../src/bytes/hex.js";
import { portableCrypto as crypto } from "../../src/crypto/portable.js";
import { encodeFrameHeader, frameTypes } from "../../src/format/frame.js";
import { encodeFrameTable, encodeFrameTablePage, type FrameTable } from "../../src/format/frame-table.js";
import type { ArchiveStatement, Manifest } from "../../src/format/generated/types.js";
import { isSealedType } from "../../src/format/sealed.js";
import { encodeBody, encodeEnvelope } from "../../src/format/statement.js";
import { encodeTrailer } from "../../src/format/trailer.js";
import { CompactRange } from "../../src/merkle/tree.js";
import { framesOf, type RawFrame } from "../archive/rehashing.js";
import { ArchiveBuilder } from "../container/build.js";
import { sealAlone, sessionAlone } from "../container/sealing.js";
import { keys, vectorSecret } from "./generator.js";
import { Choices } from "./values.js";

/** What happens to the frames of an archive. */
export interface FrameChange {
  readonly how: number;
  readonly what: number;
}

/** What of the archive is made to fit. */
export interface Fitting {
  /** Whether index and manifest name frames by their new numbers. */
  readonly numbers: "kept" | "mapped";
  /** Whether statements are those of before, or signed anew with the keys of their signers. */
  readonly statements: "kept" | "signed";
}

/** The archive with its frames changed. */
export function reframed(bytes: Uint8Array, changes: readonly FrameChange[], fitting: Fitting): Uint8Array {
  const sealed = ((bytes[12] as number) & 1) === 1;
  const archiveId = bytes.slice(16, 48);
  const frames = changes.reduce(frameChanged, sealed ? opened(bytes, archiveId) : framesOf(bytes));
  const thin = ((bytes[12] as number) & 2) === 2 ? "thin" : "whole";
  return new Reframing(new ArchiveBuilder(archiveId, "", sealed ? { secret: vectorSecret, keys: [] } : undefined, thin), frames, fitting).bytes();
}

function frameChanged(frames: readonly RawFrame[], { how, what }: FrameChange): readonly RawFrame[] {
  const choices = new Choices(what);
  const [at, to] = [choices.below(frames.length), choices.below(frames.length)];
  const [one, other] = [frames[at] as RawFrame, frames[to] as RawFrame];
  switch (how % 6) {
    case 0:
      return frames.toSpliced(at, 1);
    case 1:
      return frames.toSpliced(to, 0, one);
    case 2:
      return frames.toSpliced(at, 1).toSpliced(to, 0, one);
    case 3:
      return frames.with(at, other).with(to, one);
    case 4:
      return frames.with(at, { ...one, payload: other.payload });
    default:
      return frames.with(at, { ...one, type: choices.of([...Object.values(frameTypes), 0, 0x41, 0x42, 0xff]) });
  }
}

/** Frames as they are inside: of a sealed one, its plaintext with length and padding. */
function opened(bytes: Uint8Array, archiveId: Uint8Array): readonly RawFrame[] {
  let key: Uint8Array = new Uint8Array(32);
  return framesOf(bytes).map((frame) => {
    const { type, number, payload } = frame;
    if (type === frameTypes.session) key = sessionAlone(vectorSecret, { archiveId, frame: number, salt: payload.slice(16, 48) }).key;
    if (!isSealedType(type)) return frame;
    const nonce = Buffer.alloc(12);
    nonce.writeBigUInt64LE(BigInt(number));
    const cipher = createDecipheriv("aes-256-gcm", key, nonce);
    cipher.setAAD(encodeFrameHeader({ type, payloadLength: payload.length, number })).setAuthTag(payload.subarray(-16));
    return { ...frame, payload: Buffer.concat([cipher.update(payload.subarray(0, -16)), cipher.final()]) };
  });
}

type Members = Readonly<Record<string, JsonValue>>;

class Reframing {
  readonly #builder: ArchiveBuilder;
  readonly #frames: readonly RawFrame[];
  readonly #fitting: Fitting;
  #key: Uint8Array | undefined;
  /** Of the generation under way. */
  #lists: { readonly keys: number[]; readonly sessions: number[] } = { keys: [], sessions: [] };
  #pages: FrameTable["pages"][number][] = [];
  #tableFrame = 0;
  #first = 0;
  #prev: Members | null = null;
  #digest = "";
  #place = { manifestOffset: 0, frameTableOffset: 0, previousTrailerOffset: 0, generation: 1, sequence: 0 };

  constructor(builder: ArchiveBuilder, frames: readonly RawFrame[], fitting: Fitting) {
    this.#builder = builder;
    this.#frames = frames;
    this.#fitting = fitting;
  }

  bytes(): Uint8Array {
    for (const { type, payload } of this.#frames) {
      const number = this.#builder.next;
      const made = this.#payload(type, payload, number);
      this.#builder.frame(type, isSealedType(type) && this.#key !== undefined ? sealAlone({ type, number, plaintext: made, key: this.#key }) : made);
    }
    return this.#builder.bytes();
  }

  #payload(type: number, payload: Uint8Array, number: number): Uint8Array {
    if (type === frameTypes.session) return this.#session(payload, number);
    if (type === frameTypes.keys) this.#lists.keys.push(number);
    if (type === frameTypes.indexPage || type === frameTypes.indexRoot) return this.#inside(payload, (own) => this.#rows(own));
    if (type === frameTypes.sealedManifest) return this.#inside(payload, (own) => this.#document(own, { tree: this.#builder.head() }));
    if (type === frameTypes.frameTablePage) return this.#page(payload, number);
    if (type === frameTypes.frameTable) return this.#table(number);
    if (type === frameTypes.manifest) return this.#manifest(payload);
    if (type === frameTypes.statement) return this.#statement(payload);
    return type === frameTypes.trailer ? this.#trailer(payload) : payload;
  }

  #session(payload: Uint8Array, number: number): Uint8Array {
    this.#lists.sessions.push(number);
    if (payload.length !== 96 || payload[0] === 0) return payload;
    const session = sessionAlone(vectorSecret, { archiveId: this.#builder.archiveId, frame: number, salt: payload.slice(16, 48) });
    this.#key = session.key;
    return Buffer.concat([payload.subarray(0, 64), session.commitment]);
  }

  /** Changes what is sealed, and leaves the length of its plaintext. */
  #inside(payload: Uint8Array, change: (own: Uint8Array) => Uint8Array): Uint8Array {
    if (this.#key === undefined || payload.length < 4) return change(payload);
    const plaintext = Buffer.from(payload);
    const own = change(plaintext.subarray(4, 4 + plaintext.readUInt32LE()));
    const made = Buffer.alloc(Math.max(plaintext.length, own.length + 4));
    made.writeUInt32LE(own.length);
    made.set(own, 4);
    return made;
  }

  /** The number that a frame has now; frames that are there no longer keep theirs. */
  #now(number: number): number {
    const at = this.#fitting.numbers === "mapped" ? this.#frames.findIndex((frame) => frame.number === number) : -1;
    return at < 0 ? number : at + 1;
  }

  /** Rows of index pages and roots have their frame at the same place. */
  #rows(payload: Uint8Array): Uint8Array {
    const rows = Buffer.from(payload);
    for (let at = 48; at + 8 <= rows.length; at += 48) rows.writeBigUInt64LE(BigInt(this.#now(Number(rows.readBigUInt64LE(at)))), at);
    return rows;
  }

  #document(payload: Uint8Array, facts: object): Uint8Array {
    if (payload[0] !== 0x7b) return payload;
    const document = JSON.parse(Buffer.from(payload).toString()) as Manifest;
    const index = document.index?.map((row) => ({ ...row, frame: this.#now(row.frame) })) ?? [];
    return canonicalBytes({ ...document, index, ...facts } as unknown as JsonValue);
  }

  #page(payload: Uint8Array, number: number): Uint8Array {
    const unitCount = Math.max(1, Buffer.from(payload).readUInt32LE(8));
    const from = this.#pages.reduce((sum, page) => sum + page.unitCount, this.#first);
    const rows = this.#builder.rows.slice(from, from + unitCount);
    this.#pages.push({ frame: number, unitCount: rows.length, nodes: this.#nodes(from, from + rows.length) });
    return encodeFrameTablePage(from, rows);
  }

  #table(number: number): Uint8Array {
    const paged = this.#pages.reduce((sum, page) => sum + page.unitCount, this.#first);
    this.#tableFrame = number;
    this.#place = { ...this.#place, frameTableOffset: this.#builder.offset };
    const rows = this.#builder.rows.slice(paged);
    return encodeFrameTable({
      firstUnit: this.#first,
      unitCount: this.#builder.next - this.#first,
      nodes: this.#nodes(0, this.#first),
      pages: this.#pages,
      rows,
    });
  }

  #nodes(from: number, to: number): readonly Uint8Array[] {
    const range = new CompactRange(crypto, from);
    for (const { leaf } of this.#builder.rows.slice(from, to)) range.append(leaf);
    return range.nodes();
  }

  #manifest(payload: Uint8Array): Uint8Array {
    const tree = this.#builder.head();
    const sealed = this.#frames.slice(this.#first, tree.size).findIndex(({ type }) => type === frameTypes.sealedManifest);
    const encryption =
      this.#key === undefined ? {} : { encryption: { ...this.#lists, suite: "aes-256-gcm" }, sealed: { frame: this.#first + sealed + 1 } };
    const made = this.#document(payload, { tree, frameTable: this.#tableFrame, prev: this.#prev, ...encryption });
    this.#digest = toHex(crypto.sha256(made));
    this.#prev = { manifest: this.#digest, ...tree };
    this.#first = tree.size;
    this.#pages = [];
    this.#lists = { keys: [], sessions: [] };
    this.#place = { ...this.#place, manifestOffset: this.#builder.offset };
    return made;
  }

  #statement(payload: Uint8Array): Uint8Array {
    if (this.#fitting.statements === "kept" || payload[64] !== 0x7b) return payload;
    const body = JSON.parse(Buffer.from(payload.subarray(64)).toString()) as ArchiveStatement;
    const signer = keys.find(({ publicKey }) => toHex(publicKey) === body.publicKey);
    if (signer === undefined) return payload;
    const { bytes, toSign } = encodeBody({ ...body, manifest: this.#digest, tree: this.#builder.head() });
    return encodeEnvelope(signer.sign(toSign), bytes);
  }

  #trailer(payload: Uint8Array): Uint8Array {
    const own = Buffer.from(payload);
    const [generation, sequence] = own.length >= 48 ? [Number(own.readBigUInt64LE(32)), Number(own.readBigUInt64LE(40))] : [1, 0];
    const { offset } = this.#builder;
    const made = encodeTrailer({ ...this.#place, totalLength: offset + 104, generation, sequence });
    this.#place = { ...this.#place, previousTrailerOffset: offset };
    return made;
  }
}
