// One run that writes into a repository: packs, then their index, then snapshots. spec/15-repository.md#publishing
import { NeededObjects } from "../archive/needed-objects.js";
import type { PackParams } from "../block/pack.js";
import { mustHex, toHex } from "../bytes/hex.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Kind } from "../format/object.js";
import { walkReferences } from "../tree/references.js";
import { publishIndex } from "./index-files.js";
import { doomedBy, readMarks } from "./marks.js";
import { objectsOf } from "./own-objects.js";
import { copyFromPacks } from "./pack-copy.js";
import type { PackedArchive } from "./pack-index-archives.js";
import { PackWriter } from "./pack-writer.js";
import type { Repository } from "./repository.js";
import { copyInto, type TakingOptions } from "./taking.js";

/** Writes into a repository. `end` is to be called in any case. */
export class Writing {
  readonly repository: Repository;
  readonly packs: PackWriter;
  /** Packs that no index archive names yet: of this run, and orphans. */
  readonly #unnamed: PackedArchive[] = [];
  readonly #doomedAtStart: ReadonlySet<string>;

  private constructor(repository: Repository, pack: PackParams) {
    this.repository = repository;
    this.#doomedAtStart = repository.doomed;
    this.packs = new PackWriter({
      archives: repository.archives,
      pack,
      packSize: repository.description.packSize,
      has: (kind, id) => this.has(kind, id),
      onPack: (section) => {
        repository.index.add(section);
        this.#unnamed.push(section.archive);
      },
    });
  }

  /** Starts a run; it uses what earlier ones left that did not come to their end. @throws PTAR_IO_FAILED */
  static async start(repository: Repository, pack: PackParams): Promise<Writing> {
    const writing = new Writing(repository, pack);
    await writing.#adoptOrphans();
    return writing;
  }

  /** Whether the repository has an object in an archive that stays. */
  // spec/15-repository.md#publishing
  readonly has = (kind: Kind, id: Uint8Array): boolean => {
    const { index, doomed } = this.repository;
    if (doomed.size === 0) return index.has(kind, id);
    return index.places(kind, id).some(({ archive }) => !doomed.has(toHex(index.archive(archive).name)));
  };

  /** Bytes that were written. */
  get addedBytes(): number {
    return this.packs.length;
  }

  /** Objects that are new. */
  get addedObjects(): number {
    return this.packs.size;
  }

  /**
   * Publishes packs and their index, after which snapshots with these contents (ids) may be published: what only packs have that were marked meanwhile
   * is stored again.
   * @throws PTAR_OBJECT_MISSING, PTAR_PACK_MISSING, PTAR_IO_FAILED, PTAR_IO_NO_SPACE
   */
  async publishFor(contents: readonly Uint8Array[], options: TakingOptions): Promise<void> {
    await this.publishPacks();
    const { repository } = this;
    // spec/15-repository.md#publishing
    for (let known = this.#doomedAtStart; ; known = repository.doomed) {
      repository.doomed = doomedBy(await readMarks(repository.storage, repository.archives.limits));
      if ([...repository.doomed].every((name) => known.has(name))) return;
      const needed = await this.#notStaying(contents);
      await copyInto(this, options, (copy) => copyFromPacks(copy, repository, needed));
      await this.publishPacks();
    }
  }

  /** What contents need and no pack has that stays. */
  async #notStaying(contents: readonly Uint8Array[]): Promise<NeededObjects> {
    const [seen, needed] = [new NeededObjects(), new NeededObjects()];
    for (const content of contents) {
      await walkReferences(this.repository.objects, content, (kind, id) => {
        if (seen.add(kind, id) === "there") return "pass";
        if (!this.has(kind, id)) needed.add(kind, id);
        return "enter";
      });
    }
    return needed;
  }

  /** Publishes packs and their index. @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE */
  async publishPacks(): Promise<void> {
    await this.packs.finish();
    if (this.#unnamed.length === 0) return;
    await publishIndex(this.repository.archives, this.repository.index, { archives: this.#unnamed, supersedes: [] });
    this.#unnamed.length = 0;
  }

  /** Drops what was not published. Never throws. */
  async end(): Promise<void> {
    await this.packs.discard();
  }

  /** Packs of runs that did not come to their end: what is in them need not be stored again. */
  async #adoptOrphans(): Promise<void> {
    const { archives, index, doomed, storage } = this.repository;
    const named = new Set(index.archives().map(({ name }) => toHex(name)));
    for await (const file of storage.list("packs")) {
      const name = file.name.slice(0, 64);
      if (named.has(name) || doomed.has(name)) continue;
      const section = await orphanSection(archives, mustHex(name));
      if (section === undefined) continue;
      index.add(section);
      this.#unnamed.push(section.archive);
    }
  }
}

/** What an orphan holds; undefined when it is gone, or damaged: then nobody relies on it. */
async function orphanSection(archives: Repository["archives"], name: Uint8Array) {
  try {
    const opened = await archives.open("packs", name);
    if (opened === undefined) return undefined;
    try {
      const objects = await objectsOf(opened, archives.engine);
      const { container } = opened;
      const archive: PackedArchive = { name, fingerprint: container.fingerprint, length: container.input.reader.length, place: "packs" };
      return { archive, rows: await objects.index.rowBytes() };
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (error instanceof PtarError && error.exitCode === 4) return undefined;
    throw error;
  }
}
