// Reads one file of a snapshot.
import { equalBytes } from "../bytes/compare.js";
import { fromUtf8 } from "../bytes/utf8.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Item } from "../format/generated/types.js";
import { fileContent } from "../tree/file-content.js";
import { normalPath, walkPaths } from "./list.js";
import type { SnapshotReader } from "./snapshot-reader.js";

const hint = "`ptar list` shows what stands below a directory";

/**
 * One file: its item and its bytes. Chunks are verified before they are yielded; the whole-file digest is verified at the end, and
 * the iteration throws when it is wrong.
 * @throws PTAR_PATH_NOT_FOUND, PTAR_SNAPSHOT_NOT_FOUND, PTAR_OBJECT_*; while iterating PTAR_FILE_DIGEST, PTAR_TREE_SIZE
 */
export async function readFile(
  archive: SnapshotReader,
  path: Uint8Array,
  options: { readonly snapshot?: string; readonly signal?: AbortSignal } = {},
): Promise<{ readonly item: Item; readonly content: AsyncIterable<Uint8Array> }> {
  for await (const step of walkPaths(archive, { paths: [path], ...options })) {
    if (step.kind !== "entry" || !step.chosen) continue;
    const { item } = step.entry;
    // the root was asked for: what comes first is only the first of its entries
    if (!equalBytes(step.path, normalPath(path))) break;
    if (item.type === "file") return { item, content: fileContent(archive.objects, step.entry) };
    throw new PtarError("PTAR_PATH_NOT_FOUND", `archive: ${fromUtf8(step.path) ?? "entry"} is a ${item.type}, not a file`, { hint });
  }
  throw new PtarError("PTAR_PATH_NOT_FOUND", "archive: its root is no file", { hint });
}
