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
