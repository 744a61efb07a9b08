// Writes objects into packs, one after the other, each object once. spec/15-repository.md#publishing
import { type BlockWriter, type MetaRun, MetaRuns } from "../../archive/block-writer.js";
import { ObjectTable } from "../../block/object-table.js";
import { type PackParams, packBlock } from "../../block/pack.js";
import type { Kind } from "../../format/object.js";
import type { NewArchive, RepositoryArchives } from "../files/archives.js";
import type { PackSection } from "../index/pack-index.js";

/** How packs are written. */
export interface PackWriterOptions {
  readonly archives: RepositoryArchives;
  readonly pack: PackParams;
  /** Length at which a pack is closed, bytes. */
  readonly packSize: number;
  /** Whether the repository has an object where it will stay. */
  readonly has: (kind: Kind, id: Uint8Array) => boolean;
  /** Told of each pack once it is published. */
  readonly onPack: (section: PackSection) => void;
}

/** Writes packs. Takes about 60 bytes for each new object of the run. */
export class PackWriter implements BlockWriter {
  /** New objects of the run. */
  readonly #new = new ObjectTable();
  readonly #options: PackWriterOptions;
  readonly #meta: MetaRuns;
  #open: NewArchive | undefined;
  #written = 0;

  constructor(options: PackWriterOptions) {
    this.#options = options;
    this.#meta = new MetaRuns(options.archives.engine.crypto, (kind, id) => this.claim(kind, id));
  }

  /** Bytes of all packs so far. */
  get length(): number {
    return this.#written + (this.#open?.writer.length ?? 0);
  }

  /** Objects that are new. */
  get size(): number {
    return this.#new.size;
  }

  claim(kind: Kind, id: Uint8Array): number {
    return this.#options.has(kind, id) ? -1 : this.#new.add(kind, id);
  }

  put(kind: Exclude<Kind, "chunk">, bytes: Uint8Array): Uint8Array {
    return this.#meta.put(kind, bytes);
  }

  async addBlock(payload: Uint8Array, rows: readonly number[], padTo?: number): Promise<void> {
    const { writer } = await this.#opened();
    await writer.addBlock(payload, this.#claimedIn(writer, rows), padTo);
    await this.#closeFull();
  }

  takeFull(): readonly MetaRun[] {
    return this.#meta.takeFull();
  }

  async addMeta(payload: Uint8Array, rows: readonly number[]): Promise<void> {
    const { writer } = await this.#opened();
    await writer.addMeta(payload, this.#claimedIn(writer, rows));
    await this.#closeFull();
  }

  /** Writes everything that remains, and publishes the last pack. */
  async finish(): Promise<void> {
    const { archives, pack } = this.#options;
    for (const { objects, rows } of this.#meta.takeAll()) await this.addMeta(packBlock(objects, archives.engine.codecs, pack), rows);
    await this.#close();
  }

  /** Drops the pack that is open. Never throws. */
  async discard(): Promise<void> {
    await this.#open?.discard();
    this.#open = undefined;
  }

  async #opened(): Promise<NewArchive> {
    const { archives, pack } = this.#options;
    this.#open ??= await archives.create("packs", { pack });
    return this.#open;
  }

  /** Rows of the pack for rows of the run. */
  #claimedIn(writer: NewArchive["writer"], rows: readonly number[]): readonly number[] {
    return rows.map((row) => {
      const { kind, id } = this.#new.row(row);
      return writer.claim(kind, id);
    });
  }

  async #closeFull(): Promise<void> {
    if ((this.#open?.writer.length ?? 0) >= this.#options.packSize) await this.#close();
  }

  async #close(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    try {
      const published = await open.publish({ snapshots: [], complete: true });
      this.#written += published.length;
      this.#options.onPack({ archive: { ...published, place: "packs" }, rows: open.writer.indexRows() });
    } finally {
      await open.discard();
    }
  }
}
