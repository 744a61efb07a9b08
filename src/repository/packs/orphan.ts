// A pack that no index archive names: of a run that did not come to its end. spec/15-repository.md#publishing
import { PtarError } from "../../errors/ptar-error.js";
import type { PackedArchive, RepositoryArchives } from "../files/archives.js";
import { isFinding } from "../files/finding.js";
import { objectsOf } from "../files/own-objects.js";
import type { PackSection } from "../index/pack-index.js";

/** What an orphan holds; undefined when it is gone, damaged or something else: then nobody relies on it. */
// spec/15-repository.md#publishing
export async function orphanSection(archives: RepositoryArchives, name: Uint8Array): Promise<PackSection | undefined> {
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
    // sealed with another secret under the same key id, it is no orphan of anybody either
    if (isFinding(error) || (error instanceof PtarError && error.code === "PTAR_KEY_COMMITMENT")) return undefined;
    throw error;
  }
}
