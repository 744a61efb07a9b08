// Objects in, one signed file out. spec/02-container.md, spec/08-manifest.md

import { writeIndex } from "../block/index-writer.js";
import { ObjectTable } from "../block/object-table.js";
import { type PackParams, packBlock } from "../block/pack.js";
import { toHex } from "../bytes/hex.js";
import type { ByteSink } from "../container/bytes-io.js";
import type { FrameWriter } from "../container/frame-writer.js";
import type { Listing } from "../container/generation.js";
import { finishGeneration, type Start, type Started, startGeneration } from "../container/generation-writer.js";
import type { Manifest, Subject } from "../format/generated/types.js";
import { encodeManifest } from "../format/manifest.js";
import type { Kind } from "../format/object.js";
import { encodeSealedManifest } from "../format/sealed-manifest.js";
import type { Role } from "../format/statement.js";
import type { Signer } from "../keys/signer.js";
import { signArchive } from "../statement/sign.js";
import { type BlockWriter, type MetaRun, MetaRuns } from "./block-writer.js";
import type { Engine } from "./engine.js";

/** How an archive is written. */
export interface WriterOptions {
  readonly sink: ByteSink;
  readonly engine: Engine;
  /** 32 bytes. */
  readonly archiveId: Uint8Array;
  readonly pack: PackParams;
  /** Default `whole`. */
  readonly extent?: "whole" | "thin";
  /** Seals the archive. spec/14-encryption.md#secret */
  readonly seal?: Start["seal"];
}

/** What closes an archive. */
export interface WriterClosing {
  readonly snapshots: readonly { readonly id: Uint8Array; readonly statements: readonly Uint8Array[] }[];
  /** What the archive is about when it is not about snapshots: an object that was stored. spec/08-manifest.md#subject */
  readonly subject?: { readonly kind: Subject["kind"]; readonly id: Uint8Array };
  readonly complete: boolean;
  /** Claimed time, RFC 3339. */
  readonly createdAt: string;
  /** Empty: explicitly unsigned. */
  readonly signers: readonly Signer[];
  readonly role: Role;
  readonly writer: Manifest["writer"];
}

/** Writes one archive. Each object is stored once. */
export class ArchiveWriter implements BlockWriter {
  readonly #options: WriterOptions;
  readonly #frames: FrameWriter;
  readonly #encryption: Started["encryption"];
  readonly #table = new ObjectTable();
  readonly #meta: MetaRuns;

  private constructor(options: WriterOptions, { frames, encryption }: Started) {
    this.#options = options;
    this.#frames = frames;
    this.#encryption = encryption;
    this.#meta = new MetaRuns(options.engine.crypto, (kind, id) => this.claim(kind, id));
  }

  /** Writes what stands before the first block. */
  static async start(options: WriterOptions): Promise<ArchiveWriter> {
    const { sink, engine, archiveId, extent = "whole", seal } = options;
    return new ArchiveWriter(options, await startGeneration(sink, engine.crypto, { archiveId, extent, ...(seal && { seal }) }));
  }

  /** Length of the archive so far, bytes. */
  get length(): number {
    return this.#frames.offset;
  }

  claim(kind: Kind, id: Uint8Array): number {
    return this.#table.add(kind, id);
  }

  /** Notes that an object which something references is left out: the receiver has it. Of thin archives only. spec/16-transfer.md#thin */
  leaveOut(kind: Kind, id: Uint8Array): void {
    if (this.#options.extent !== "thin") throw new TypeError("only thin archives leave something out");
    this.claim(kind, id);
  }

  /** Stores a structured object unless it is there; its id. It is written when `takeFull` was asked, or by `finish`. */
  put(kind: Exclude<Kind, "chunk">, bytes: Uint8Array): Uint8Array {
    return this.#meta.put(kind, bytes);
  }

  async addBlock(payload: Uint8Array, rows: readonly number[], padTo?: number): Promise<void> {
    this.#place(rows, await this.#frames.append("blockData", payload, padTo));
  }

  takeFull(): readonly MetaRun[] {
    return this.#meta.takeFull();
  }

  async addMeta(payload: Uint8Array, rows: readonly number[]): Promise<void> {
    this.#place(rows, await this.#frames.append("blockMeta", payload));
  }

  /** Rows of the index, as they stand in its pages, sorted. Of use when the archive is finished. */
  indexRows(): Uint8Array {
    return this.#table.sortedRows();
  }

  /** Writes everything that remains; the payload of the manifest. */
  async finish(closing: WriterClosing): Promise<Uint8Array> {
    const { engine, pack } = this.#options;
    for (const { objects, rows } of this.#meta.takeAll()) await this.addMeta(packBlock(objects, engine.codecs, pack), rows);
    const root = await writeIndex(this.#table, this.#frames);
    const listing = {
      index: [{ first: 1, frame: root.frame, last: 1, rows: root.rows }],
      snapshots: closing.snapshots.map(({ id, statements }) => ({ id: toHex(id), statements: statements.map(toHex) })),
      ...(closing.subject && { subject: { kind: closing.subject.kind, id: toHex(closing.subject.id) } }),
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

  #place(rows: readonly number[], frame: number): void {
    for (let ordinal = 0; ordinal < rows.length; ordinal++) this.#table.place(rows[ordinal] as number, frame, ordinal);
  }

  async #writeSealedManifest(closing: WriterClosing, listing: Listing): Promise<number> {
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
