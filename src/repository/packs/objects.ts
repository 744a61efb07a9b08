// The objects of a repository, whichever archive they are in. spec/15-repository.md#index
import { BlockCache } from "../../archive/block-cache.js";
import { ArchiveBlocks } from "../../archive/blocks.js";
import type { Engine } from "../../archive/engine.js";
import type { ArchiveObjects } from "../../archive/objects.js";
import { equalBytes } from "../../bytes/compare.js";
import { toHex } from "../../bytes/hex.js";
import type { Crypto } from "../../crypto/crypto.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { Limits } from "../../format/limits.js";
import type { Kind } from "../../format/object.js";
import { Breath } from "../../tree/breath.js";
import type { ObjectReader } from "../../tree/object-io.js";
import type { OpenedArchive, PackedArchive, RepositoryArchives } from "../files/archives.js";
import { objectsOf } from "../files/own-objects.js";
import type { PackPlace } from "../index/lookup.js";
import type { PackIndex } from "../index/pack-index.js";
import { mayBePruned, mostRereads, rereadIndex } from "../index/reread.js";

/** Archives that stay open. The pages of a snapshot lie in as many packs as there were backups between which something changed. */
const mostOpen = 64;
/** Decoded blocks of all of them that are kept, bytes. */
const cacheBytes = 64 << 20;

/** What is said of an object that is not where the index says. */
const wrongPlace: ReadonlySet<string> = new Set(["PTAR_INDEX_INVALID", "PTAR_OBJECT_ID"]);

/** How objects are read. */
export interface RepositoryObjectsOptions {
  /** `none`: blocks are opened here. To start threads takes longer than to open the pages of many a tree. Default `all`. */
  readonly threads?: "all" | "none";
}

interface Opened {
  readonly archive: OpenedArchive;
  readonly blocks: ArchiveBlocks;
  /** By its own index, once that was needed. */
  own?: Promise<ArchiveObjects>;
}

interface ObjectKey {
  readonly kind: Kind;
  readonly id: Uint8Array;
}

/** An archive that is open, or being opened. */
interface Slot {
  readonly opened: Promise<Opened>;
  /** Reads under way. */
  users: number;
}

/** Reads objects of a repository. To be closed. */
export class RepositoryObjects implements ObjectReader {
  readonly crypto: Crypto;
  readonly limits: Limits;
  readonly #archives: RepositoryArchives;
  readonly #engine: Engine;
  readonly #index: PackIndex;
  /** By name in hex, least recently used first. */
  readonly #slots = new Map<string, Slot>();
  readonly #mostOpen: number;
  readonly #cache = new BlockCache(cacheBytes);
  readonly #breath = new Breath();
  /** Times that the index was brought up to date and changed, and times that it did not. */
  readonly #rereads = { changed: 0, "as it was": 0 };
  #rereading: Promise<void> | undefined;

  constructor(archives: RepositoryArchives, index: PackIndex, { threads: used = "all" }: RepositoryObjectsOptions = {}) {
    const { threads, ...engine } = archives.engine;
    this.crypto = engine.crypto;
    this.limits = archives.limits;
    this.#engine = used === "all" ? archives.engine : engine;
    this.#archives = archives;
    this.#mostOpen = Math.min(mostOpen, archives.storage.mostOpen ?? mostOpen);
    this.#index = index;
  }

  /** @throws PTAR_PACK_MISSING, and as {@link ObjectReader} */
  async get(kind: Kind, id: Uint8Array): Promise<Uint8Array> {
    const breath = this.#breath.take();
    if (breath !== undefined) await breath;
    for (let attempt = 1; ; attempt++) {
      const { changed } = this.#rereads;
      try {
        return await this.#find(kind, id);
      } catch (error) {
        // spec/15-repository.md#publishing: it may be in another pack by now
        if (attempt > mostRereads || !mayBePruned(error)) throw error;
        if (changed === this.#rereads.changed) await this.#reread();
        if (changed === this.#rereads.changed) throw error;
      }
    }
  }

  /** Closes what is open. Never throws. */
  async close(): Promise<void> {
    const slots = [...this.#slots.values()];
    this.#slots.clear();
    for (const slot of slots) await closeSlot(slot);
  }

  async #find(kind: Kind, id: Uint8Array): Promise<Uint8Array> {
    let failure: PtarError | undefined;
    // at once: numbers of archives are others when the index has changed
    const places = this.#index.places(kind, id).map((place) => ({ place, archive: this.#index.archive(place.archive) }));
    for (const { place, archive } of places) {
      try {
        return await this.#use(archive, (opened) => this.#read(opened, place, { kind, id }));
      } catch (error) {
        // spec/15-repository.md#index: another place may be sound
        if (!(error instanceof PtarError && error.exitCode === 4)) throw error;
        failure ??= error;
      }
    }
    throw failure ?? new PtarError("PTAR_OBJECT_MISSING", `object: ${kind} ${toHex(id)} is in no pack`, { details: { kind, id: toHex(id) } });
  }

  async #read(opened: Opened, place: PackPlace, { kind, id }: ObjectKey): Promise<Uint8Array> {
    try {
      return await opened.blocks.object(kind, id, place);
    } catch (error) {
      if (!(error instanceof PtarError && wrongPlace.has(error.code))) throw error;
      // what the index of the repository says of it may be wrong where its own is right
      opened.own ??= objectsOf(opened.archive, this.#engine, { cache: this.#cache });
      return (await opened.own).get(kind, id);
    }
  }

  /** Once for all that wait for it. Where it changed nothing so often, something is missing for good. */
  #reread(): Promise<void> {
    if (this.#rereads["as it was"] >= mostRereads) return Promise.resolve();
    this.#rereading ??= rereadIndex(this.#archives, this.#index)
      .then((outcome) => {
        this.#rereads[outcome]++;
      })
      .finally(() => {
        this.#rereading = undefined;
      });
    return this.#rereading;
  }

  async #use<T>(archive: PackedArchive, use: (opened: Opened) => Promise<T>): Promise<T> {
    const slot = this.#slot(archive);
    slot.users++;
    try {
      return await use(await slot.opened);
    } finally {
      slot.users--;
    }
  }

  #slot(archive: PackedArchive): Slot {
    const name = toHex(archive.name);
    const slot = this.#slots.get(name) ?? { opened: this.#open(archive), users: 0 };
    this.#slots.delete(name);
    this.#slots.set(name, slot);
    // whoever reads hears of it
    slot.opened.catch(() => this.#slots.delete(name));
    for (const [other, idle] of this.#slots) {
      if (this.#slots.size <= this.#mostOpen) break;
      if (idle === slot || idle.users > 0) continue;
      this.#slots.delete(other);
      void closeSlot(idle);
    }
    return slot;
  }

  async #open(packed: PackedArchive): Promise<Opened> {
    const archive = await openPacked(this.#archives, packed);
    return { archive, blocks: new ArchiveBlocks(archive.container, { engine: this.#engine, cache: this.#cache }) };
  }
}

/**
 * Opens an archive that the index names.
 * @throws PTAR_PACK_MISSING when it is not there or another one, PTAR_REPOSITORY_INVALID, and what opening an archive throws
 */
export async function openPacked(archives: RepositoryArchives, packed: PackedArchive): Promise<OpenedArchive> {
  const { name, place, length, fingerprint } = packed;
  const path = `${place}/${toHex(name)}.ptar`;
  const archive = await (place === "packs" ? archives.open("packs", name) : archives.openAdopted(packed));
  // spec/15-repository.md#index
  if (archive === undefined) throw packMissing(path, "is not there");
  const { container } = archive;
  const problem =
    container.input.reader.length !== length
      ? `has ${container.input.reader.length} bytes, the index says ${length}`
      : equalBytes(container.fingerprint, fingerprint)
        ? undefined
        : "has another fingerprint than the index says";
  if (problem === undefined) return archive;
  await archive.close();
  throw packMissing(path, problem);
}

async function closeSlot({ opened }: Slot): Promise<void> {
  await opened.then(
    async ({ archive, blocks, own }) => {
      blocks.close();
      await own?.then(
        (objects) => objects.close(),
        () => undefined,
      );
      return archive.close();
    },
    () => undefined,
  );
}

function packMissing(path: string, problem: string): PtarError {
  return new PtarError("PTAR_PACK_MISSING", `repository: ${path} ${problem}`, {
    hint: "`ptar repo check` lists what is affected; put the file back from a copy, or back up or import again",
    details: { path },
  });
}
