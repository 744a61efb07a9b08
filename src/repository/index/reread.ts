// Looks again what the index says, when a file that it names is gone. spec/15-repository.md#publishing
import { toHex } from "../../bytes/hex.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { RepositoryArchives } from "../files/archives.js";
import { isFinding } from "../files/finding.js";
import type { PackIndex } from "./pack-index.js";
import { readIndex } from "./reading.js";

/** How often a reader looks again for one thing. */
export const mostRereads = 3;

/** Whether a failure may be that of a reader whose index is older than a prune. */
export function mayBePruned(error: unknown): boolean {
  return error instanceof PtarError && (error.code === "PTAR_PACK_MISSING" || error.code === "PTAR_OBJECT_MISSING");
}

/** Brings the index up to date; whether it is another one now. What it says that cannot be read changes nothing. @throws PTAR_IO_FAILED */
export async function rereadIndex(archives: RepositoryArchives, index: PackIndex): Promise<"changed" | "as it was"> {
  const before = namesOf(index);
  try {
    await readIndex(archives, index, { onProblem: () => undefined });
  } catch (error) {
    // the failure that led here says more
    if (!isFinding(error)) throw error;
  }
  return namesOf(index) === before ? "as it was" : "changed";
}

function namesOf(index: PackIndex): string {
  return index
    .sources()
    .map(({ name }) => toHex(name))
    .sort()
    .join();
}
