// Packs and index archives of a repository, one by one, and storages that lose what they hold.
import { mustHex, toHex } from "../../src/bytes/hex.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { MemoryStorage } from "../../src/connectors/memory/storage.js";
import { limits } from "../../src/format/limits.js";
import { RepositoryArchives, type RepositoryKey } from "../../src/repository/files/archives.js";
import type { OpenStored, Storage, StoragePath } from "../../src/repository/files/storage.js";
import { PackIndex, type PackSection } from "../../src/repository/index/pack-index.js";
import { publishIndex } from "../../src/repository/index/publishing.js";
import { native } from "../archive/engines.js";
import { pack } from "./repositories.js";

export function archivesOf(storage: Storage = new MemoryStorage(), key?: RepositoryKey): RepositoryArchives {
  return new RepositoryArchives({ storage, engine: native, limits, key });
}

/** Publishes a pack that holds `texts` as contents; what an index says of it. */
export async function publishPack(archives: RepositoryArchives, ...texts: readonly string[]): Promise<PackSection> {
  const file = await archives.create("packs", { pack });
  for (const text of texts) file.writer.put("content", toUtf8(text));
  const published = await file.publish({ snapshots: [], complete: true });
  return { archive: { ...published, place: "packs" }, rows: file.writer.indexRows() };
}

/** Publishes an index archive with these sections; its name in hex. */
export async function publishSections(
  archives: RepositoryArchives,
  sections: readonly PackSection[],
  supersedes: readonly string[] = [],
): Promise<string> {
  const index = new PackIndex();
  for (const section of sections) index.add(section);
  const packed = sections.map(({ archive }) => archive);
  await publishIndex(archives, index, { archives: packed, supersedes: supersedes.map(mustHex) });
  return toHex((index.sources()[0] as { readonly name: Uint8Array }).name);
}

/** Names of the archives that an index names, in hex, sorted. */
export function named(index: PackIndex): readonly string[] {
  return index
    .archives()
    .map(({ name }) => toHex(name))
    .toSorted();
}

export function namesOf(...sections: readonly PackSection[]): readonly string[] {
  return sections.map(({ archive }) => toHex(archive.name)).toSorted();
}

/** Deletes a file when it is about to be opened for the `opening`th time; before that, another program does something. */
export class FadingStorage extends MemoryStorage {
  fades: { readonly path: StoragePath; readonly opening: number; readonly meanwhile: () => Promise<unknown> } | undefined;
  #openings = 0;

  override async open(path: StoragePath): Promise<OpenStored | undefined> {
    if (path === this.fades?.path && ++this.#openings === this.fades.opening) {
      await this.fades.meanwhile();
      await this.remove(path);
    }
    return super.open(path);
  }
}

/** Counts the files that are open. */
export class CountingStorage extends MemoryStorage {
  mostOpen?: number;
  held = 0;
  most = 0;
  reads = 0;

  override async open(path: StoragePath): Promise<OpenStored | undefined> {
    const file = await super.open(path);
    if (file === undefined) return undefined;
    this.most = Math.max(this.most, ++this.held);
    const close = async () => {
      this.held--;
      await file.close();
    };
    const read = (offset: number, length: number) => {
      this.reads++;
      return file.read(offset, length);
    };
    return { length: file.length, read, close };
  }
}
