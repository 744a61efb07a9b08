// Writes an index archive: rows of the index in memory, for others. spec/15-repository.md#index
import { type PackParams, packBlock } from "../../block/pack.js";
import { compareBytes } from "../../bytes/compare.js";
import { toHex } from "../../bytes/hex.js";
import { encodeCatalogue } from "../../format/catalogue.js";
import { encodeLocations, type LocationsSection, sectionLength } from "../../format/locations.js";
import type { PackedArchive, RepositoryArchives } from "../files/archives.js";
import type { PackIndex } from "./pack-index.js";

/** Bytes of sections in one object of locations, at most: the largest section has 786,512. An object has 1 MiB. */
const locationsTarget = 800_000;
const indexPack: PackParams = { codec: "zstd", level: 3 };

/** What an index archive says. */
export interface IndexContents {
  readonly archives: readonly PackedArchive[];
  /** Names of index archives whose rows are all in it. */
  readonly supersedes: readonly Uint8Array[];
}

/** Publishes an index archive with all rows that `index` has of these archives, and notes it there. @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE */
export async function publishIndex(archives: RepositoryArchives, index: PackIndex, contents: IndexContents): Promise<void> {
  const named = contents.archives.toSorted((a, b) => compareBytes(a.name, b.name));
  const supersedes = contents.supersedes.toSorted(compareBytes);
  const file = await archives.create("index", { pack: indexPack });
  try {
    const locations: string[] = [];
    for (const sections of objectsOfSections(index, named)) {
      locations.push(toHex(file.writer.put("locations", encodeLocations(sections))));
      // not kept until the end: 48 bytes for each object of the repository
      for (const { objects, rows } of file.writer.takeFull()) await file.writer.addMeta(packBlock(objects, archives.engine.codecs, indexPack), rows);
    }
    const secrets = named.flatMap(({ name, secret }) => (secret === undefined ? [] : [{ archive: toHex(name), secret: toHex(secret) }]));
    const catalogue = encodeCatalogue({ type: "catalogue", locations, supersedes: supersedes.map(toHex), secrets, ext: [] });
    const id = file.writer.put("catalogue", catalogue);
    await file.publish({ snapshots: [], complete: true, subject: { kind: "catalogue", id } });
  } finally {
    await file.discard();
  }
  index.note(
    { name: file.name, supersedes },
    named.map(({ name }) => name),
  );
  for (const name of supersedes) index.forget(name);
}

function* objectsOfSections(index: PackIndex, named: readonly PackedArchive[]): Generator<readonly LocationsSection[]> {
  let sections: LocationsSection[] = [];
  let bytes = 0;
  for (const section of index.sections(named.map(({ name }) => name))) {
    // spec/11-limits.md: packs of few objects have more heads than rows
    const length = sectionLength(section);
    if (sections.length > 0 && bytes + length > locationsTarget) {
      yield sections;
      sections = [];
      bytes = 0;
    }
    sections.push(section);
    bytes += length;
  }
  if (sections.length > 0) yield sections;
}
