// Objects in, one signed file out. spec/02-container.md, spec/08-manifest.md

import { writeIndex } from "../block/index-writer.js";
import { objectId } from "../block/object-id.js";
import { ObjectTable } from "../block/object-table.js";
import { type BlockObject, metaTarget, type PackParams, packBlock } from "../block/pack.js";
import { toHex } from "../bytes/hex.js";
import type { ByteSink } from "../container/bytes-io.js";
import type { FrameWriter } from "../container/frame-writer.js";
import { finishGeneration, type Start, type Started, startGeneration } from "../container/generation-writer.js";
import type { Manifest } from "../format/generated/types.js";
import { limits } from "../format/limits.js";
import { encodeManifest } from "../format/manifest.js";
import type { Kind } from "../format/object.js";
import { encodeSealedManifest } from "../format/sealed-manifest.js";
import type { Role } from "../format/statement.js";
import type { Signer } from "../keys/signer.js";
import { signArchive } from "../statement/sign.js";
import type { ObjectWriter } from "../tree/object-io.js";
import type { Engine } from "./engine.js";

/** How an archive is written. */
export interface WriterOptions {
  readonly sink: ByteSink;
  readonly engine: Engine;
  /** 32 bytes. */
  readonly archiveId: Uint8Array;
  readonly pack: PackParams;
  /** Seals the archive: the secret, and payloads of KEYS frames that wrap it. spec/14-encryption.md#secret */
  readonly seal?: Start["seal"];
}

/** What closes an archive. */
export interface WriterClosing {
  readonly snapshots: readonly { readonly id: Uint8Array; readonly statements: readonly Uint8Array[] }[];
  readonly complete: boolean;
  /** Claimed time, RFC 3339. */
  readonly createdAt: string;
  /** Empty: explicitly unsigned. */
  readonly signers: readonly Signer[];
  readonly role: Role;
  readonly writer: Manifest["writer"];
}

/** Structured objects for one block. */
export interface MetaRun {
  readonly objects: readonly BlockObject[];
  /** Rows of the index that they have. */
  readonly rows: readonly number[];
}

/** Writes one archive. Each object is stored once. */
export class ArchiveWriter implements ObjectWriter {
  readonly #options: WriterOptions;
  readonly #frames: FrameWriter;
  readonly #encryption: Started["encryption"];
  readonly #table = new ObjectTable();
  /** Structured objects that wait for their block. */
  #meta: { readonly objects: BlockObject[]; readonly rows: number[] } = { objects: [], rows: [] };
  #metaBytes = 0;
  #full: MetaRun[] = [];

  private constructor(options: WriterOptions, { frames, encryption }: Started) {
    this.#options = options;
    this.#frames = frames;
    this.#encryption = encryption;
  }

  /** Writes what stands before the first block. */
  static async start(options: WriterOptions): Promise<ArchiveWriter> {
    const { sink, engine, archiveId, seal } = options;
    return new ArchiveWriter(options, await startGeneration(sink, engine.crypto, { archiveId, ...(seal && { seal }) }));
  }

  /** Length of the archive so far, bytes. */
  get length(): number {
    return this.#frames.offset;
  }

  /** Notes that an object will be stored; the row to give to `addBlock`, or −1 when the archive has it already. */
  claim(kind: Kind, id: Uint8Array): number {
    return this.#table.add(kind, id);
  }

  /** Stores a structured object unless it is there; its id. It is written when `takeFull` was asked, or by `finish`. */
  put(kind: Exclude<Kind, "chunk">, bytes: Uint8Array): Uint8Array {
    if (bytes.length > limits.objectBytes) throw new TypeError(`${kind} of ${bytes.length} bytes`);
    const id = objectId(this.#options.engine.crypto, kind, bytes);
    const row = this.claim(kind, id);
    if (row < 0) return id;
    this.#meta.objects.push({ kind, bytes });
    this.#meta.rows.push(row);
    this.#metaBytes += bytes.length;
    if (this.#metaBytes >= metaTarget) this.#closeMeta();
    return id;
  }

  /** Appends a packed block of chunks; `rows` are those that `claim` gave for them, in order. `padTo`: length of a sealed one, padded. */
  async addBlock(payload: Uint8Array, rows: readonly number[], padTo?: number): Promise<void> {
    this.#place(rows, await this.#frames.append("blockData", payload, padTo));
  }

  /** Structured objects that fill blocks since this was asked last: to be packed, and given to `addMeta` in this order. */
  takeFull(): readonly MetaRun[] {
    const full = this.#full;
    this.#full = [];
    return full;
  }

  /** Appends a packed block of structured objects with these rows. */
  async addMeta(payload: Uint8Array, rows: readonly number[]): Promise<void> {
    this.#place(rows, await this.#frames.append("blockMeta", payload));
  }

  /** Writes everything that remains; the payload of the manifest. */
  async finish(closing: WriterClosing): Promise<Uint8Array> {
    if (this.#meta.rows.length > 0) this.#closeMeta();
    const { engine, pack } = this.#options;
    for (const { objects, rows } of this.takeFull()) await this.addMeta(packBlock(objects, engine.codecs, pack), rows);
    const root = await writeIndex(this.#table, this.#frames);
    const listing = {
      index: [{ first: 1, frame: root.frame, last: 1, rows: root.rows }],
      snapshots: closing.snapshots.map(({ id, statements }) => ({ id: toHex(id), statements: statements.map(toHex) })),
    };
    const sealed = this.#encryption === null ? null : { frame: await this.#writeSealedManifest(closing, listing) };
    const { crypto } = engine;
    return await finishGeneration(this.#frames, crypto, {
      manifest: ({ frameTable, tree }) =>
        encodeManifest({
          ...this.#claims(closing),
          ...(sealed === null ? listing : { index: [], snapshots: [] }),
          format: "ptar1",
          prev: null,
          tree: { root: toHex(tree.root), size: tree.size },
          frameTable,
          encryption: this.#encryption,
          sealed,
          requires: [],
          writer: closing.writer,
        }),
      statements: async (manifest, tree) => {
        const subject = { archiveId: this.#options.archiveId, generation: 1, manifest: crypto.sha256(manifest), tree };
        const statements: Uint8Array[] = [];
        for (const signer of closing.signers) statements.push(await signArchive(signer, subject, { role: closing.role, time: closing.createdAt }));
        return statements;
      },
    });
  }

  #closeMeta(): void {
    this.#full.push(this.#meta);
    this.#meta = { objects: [], rows: [] };
    this.#metaBytes = 0;
  }

  #place(rows: readonly number[], frame: number): void {
    for (let ordinal = 0; ordinal < rows.length; ordinal++) this.#table.place(rows[ordinal] as number, frame, ordinal);
  }

  async #writeSealedManifest(closing: WriterClosing, listing: Pick<Manifest, "index" | "snapshots">): Promise<number> {
    const tree = { root: toHex(this.#frames.range.root()), size: this.#frames.nextNumber };
    const payload = encodeSealedManifest({ ...this.#claims(closing), ...listing, type: "sealed-manifest", tree });
    return this.#frames.append("sealedManifest", payload);
  }

  /** What the clear and the sealed manifest both say. */
  #claims({ createdAt, signers, complete }: WriterClosing) {
    return {
      archiveId: toHex(this.#options.archiveId),
      generation: 1,
      createdAt,
      signers: signers.map(({ publicKey }) => toHex(publicKey)),
      complete,
      ext: [],
    };
  }
}
