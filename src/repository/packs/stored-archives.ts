// Which archives of objects the storage has, whatever the index says. spec/15-repository.md#publishing
import { toHex } from "../../bytes/hex.js";
import type { PackedArchive } from "../files/archives.js";
import type { Storage, StoredFile } from "../files/storage.js";
import type { PackIndex } from "../index/pack-index.js";

/** An archive as the storage lists it. */
export interface StoredArchive extends Pick<StoredFile, "length" | "written"> {
  readonly place: PackedArchive["place"];
}

/** Packs and adopted archives that are there, by their names in hex. @throws PTAR_IO_FAILED */
export async function storedArchives(storage: Storage): Promise<ReadonlyMap<string, StoredArchive>> {
  const stored = new Map<string, StoredArchive>();
  for (const place of ["packs", "adopted"] as const)
    for await (const { name, length, written } of storage.list(place)) stored.set(name.slice(0, 64), { place, length, written });
  return stored;
}

/** Names in hex of archives that the index names and that are not there, or have another length. */
// spec/15-repository.md#index
export function goneOf(index: PackIndex, stored: ReadonlyMap<string, StoredArchive>): readonly string[] {
  const isThere = ({ place, length }: PackedArchive, found: StoredArchive | undefined) => found?.place === place && found.length === length;
  return index
    .archives()
    .map((archive) => ({ archive, name: toHex(archive.name) }))
    .filter(({ archive, name }) => !isThere(archive, stored.get(name)))
    .map(({ name }) => name);
}

/** Archives that no index archive names, by their names in hex. */
export function orphansOf(
  index: PackIndex,
  stored: ReadonlyMap<string, StoredArchive>,
): readonly (readonly [name: string, archive: StoredArchive])[] {
  const named = namesOf(index.archives());
  return [...stored].filter(([name]) => !named.has(name));
}

/** Bytes of archives, named in hex. */
export function bytesOf(stored: ReadonlyMap<string, StoredArchive>, names: readonly string[]): number {
  return names.reduce((sum, name) => sum + (stored.get(name)?.length ?? 0), 0);
}

/** Names of archives in hex. */
export function namesOf(archives: readonly Pick<PackedArchive, "name">[]): ReadonlySet<string> {
  return new Set(archives.map(({ name }) => toHex(name)));
}
