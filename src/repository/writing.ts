// One run that writes into a repository: packs, then their index, then snapshots. spec/15-repository.md#publishing
import { NeededObjects } from "../archive/needed-objects.js";
import type { PackParams } from "../block/pack.js";
import { mustHex, toHex } from "../bytes/hex.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Kind } from "../format/object.js";
import { walkReferences } from "../tree/references.js";
import { copyInto, type TakingOptions } from "./copy-into.js";
import type { PackedArchive } from "./files/archives.js";
import { doomedBy, readMarks } from "./files/marks.js";
import type { PackSection } from "./index/pack-index.js";
import { publishIndex } from "./index/publishing.js";
import { readIndex } from "./index/reading.js";
import { copyFromPacks } from "./packs/copy.js";
import { orphanSection } from "./packs/orphan.js";
import { goneOf, namesOf, orphansOf, type StoredArchive, storedArchives } from "./packs/stored-archives.js";
import { PackWriter } from "./packs/writer.js";
import type { Repository } from "./repository.js";
import type { StoredSnapshot } from "./snapshot-files.js";

/** Writes into a repository. `end` is to be called in any case. */
export class Writing {
  readonly repository: Repository;
  readonly #pack: PackParams;
  #packs: PackWriter;
  /** Bytes and objects of earlier pack writers of the run. */
  #before = { bytes: 0, objects: 0 };
  /** Packs that no index archive names yet: of this run, and orphans. */
  #unnamed: PackedArchive[] = [];
  /** Whether packs that the index names were gone when the run began. */
  #lost = false;
  /** Names, in hex, of archives that the run may rely on: the index forgets those that a prune deletes, when somebody reads it again. */
  readonly #relied = new Set<string>();

  private constructor(repository: Repository, pack: PackParams) {
    this.repository = repository;
    this.#pack = pack;
    this.#packs = this.#newPacks();
  }

  /** Starts a run; it uses what earlier ones left that did not come to their end. @throws PTAR_REPOSITORY_INVALID for a mark that cannot be read, PTAR_IO_FAILED */
  static async start(repository: Repository, pack: PackParams): Promise<Writing> {
    repository.refuseUnreadMarks();
    const writing = new Writing(repository, pack);
    const stored = await storedArchives(repository.storage);
    // what is lost is stored again; before: a lost orphan is none
    const gone = goneOf(repository.index, stored);
    repository.doomed = new Set([...repository.doomed, ...gone]);
    writing.#lost = gone.length > 0;
    await writing.#adoptOrphans(stored);
    writing.#rely();
    return writing;
  }

  /** Where objects are written. */
  get packs(): PackWriter {
    return this.#packs;
  }

  /** Whether the repository has an object in an archive that stays. */
  // spec/15-repository.md#publishing
  readonly has = (kind: Kind, id: Uint8Array): boolean => {
    const { index, doomed } = this.repository;
    if (doomed.size === 0) return index.has(kind, id);
    return index.places(kind, id).some(({ archive }) => !doomed.has(toHex(index.archive(archive).name)));
  };

  /**
   * Those of snapshots that are there that may lack something. Nobody walks all of them each time: what is looked at is whether a pack is gone, and whether
   * the content is in the index.
   */
  // spec/16-transfer.md#import
  brokenOf<T extends Pick<StoredSnapshot, "snapshot">>(known: readonly T[], { repair }: Pick<TakingOptions, "repair">): readonly T[] {
    if (repair === "all" || this.#lost) return known;
    return known.filter(({ snapshot }) => !this.repository.index.has("content", mustHex(snapshot.content)));
  }

  /** Bytes that were written. */
  get addedBytes(): number {
    return this.#before.bytes + this.#packs.length;
  }

  /** Objects that are new. */
  get addedObjects(): number {
    return this.#before.objects + this.#packs.size;
  }

  /**
   * Publishes packs and their index, after which snapshots with these contents (ids) may be published: what only packs have that were marked meanwhile
   * is stored again.
   * @throws PTAR_PACK_MISSING when they were deleted already, PTAR_OBJECT_*, PTAR_IO_FAILED, PTAR_IO_NO_SPACE
   */
  async publishFor(contents: readonly Uint8Array[], options: TakingOptions): Promise<void> {
    await this.publishPacks();
    // spec/15-repository.md#publishing
    for (let found = await this.#look(); found !== "all stay"; found = await this.#look()) {
      try {
        const needed = await this.#notStaying(contents);
        // the pack writer takes nothing twice, and what it has written may be doomed too
        this.#before = { bytes: this.addedBytes, objects: this.addedObjects };
        this.#packs = this.#newPacks();
        await copyInto(this, options, (copy) => copyFromPacks(copy, this.repository, needed));
      } catch (error) {
        throw found === "some are gone" ? deletedMeanwhile(error, this.repository) : error;
      }
      await this.publishPacks();
    }
  }

  /** Publishes packs and their index. @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE */
  async publishPacks(): Promise<void> {
    await this.#packs.finish();
    if (this.#unnamed.length === 0) return;
    const { archives, index, storage } = this.repository;
    // an index must not name what a prune has deleted meanwhile
    const stored = await storedArchives(storage);
    const named = this.#unnamed.filter(({ name }) => stored.has(toHex(name)));
    this.#unnamed = [];
    if (named.length > 0) await publishIndex(archives, index, { archives: named, supersedes: [] });
  }

  /** Takes an archive that was published into the index; the next index archive names it. */
  enter(section: PackSection): void {
    this.repository.index.add(section);
    this.#unnamed.push(section.archive);
  }

  /** Drops what was not published. Never throws. */
  async end(): Promise<void> {
    await this.#packs.discard();
  }

  #newPacks(): PackWriter {
    const { repository } = this;
    return new PackWriter({
      archives: repository.archives,
      pack: this.#pack,
      packSize: repository.description.packSize,
      has: (kind, id) => this.has(kind, id),
      onPack: (section) => this.enter(section),
    });
  }

  /** Looks whether packs were marked or deleted since the last look. Marks first: who deletes packs removes their mark in the end. */
  async #look(): Promise<"all stay" | "some are marked" | "some are gone"> {
    const { repository } = this;
    const { storage, archives, index } = repository;
    const known = repository.doomed;
    const marked = doomedBy(await readMarks(storage, archives.limits));
    const stored = await storedArchives(storage);
    this.#rely();
    const gone = [...goneOf(index, stored), ...[...this.#relied].filter((name) => !stored.has(name))];
    repository.doomed = new Set([...marked, ...gone]);
    if ([...repository.doomed].every((name) => known.has(name))) return "all stay";
    if (gone.every((name) => known.has(name))) return "some are marked";
    // what was live in packs that are gone is in others by now
    await readIndex(archives, index);
    return "some are gone";
  }

  #rely(): void {
    for (const name of namesOf(this.repository.index.archives())) this.#relied.add(name);
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

  /** Packs of runs that did not come to their end: what is in them need not be stored again. */
  async #adoptOrphans(stored: ReadonlyMap<string, StoredArchive>): Promise<void> {
    const { archives, index, doomed } = this.repository;
    for (const [name, { place }] of orphansOf(index, stored)) {
      if (place !== "packs" || doomed.has(name)) continue;
      const section = await orphanSection(archives, mustHex(name));
      if (section !== undefined) this.enter(section);
    }
  }
}

/** Of what a prune has deleted under a run nobody else has a copy, unless the run began anew. */
function deletedMeanwhile(error: unknown, { storage }: Repository): unknown {
  if (!(error instanceof PtarError && ["PTAR_PACK_MISSING", "PTAR_OBJECT_MISSING"].includes(error.code))) return error;
  return new PtarError("PTAR_PACK_MISSING", `repository ${storage.location}: a prune has deleted packs that this run relied on`, {
    hint: "run the command again: it stores what is missing; `ptar repo prune --grace` is to be longer than any run",
    cause: error,
  });
}
