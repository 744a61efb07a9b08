// Publishes the whole index anew, in place of all index archives. spec/15-repository.md#prune
import { toHex } from "../../bytes/hex.js";
import { publishIndex } from "../index/publishing.js";
import type { Repository } from "../repository.js";

/** Index archives that one supersedes: a third of what a catalogue of 1 MiB can hold, the rest is for the ids of its locations. */
const mostSuperseded = 5_000;

/** How the index is published anew. */
export interface MergeOptions {
  /** Names, in hex, of archives that are left out. */
  readonly without: ReadonlySet<string>;
  /** Index archives that one supersedes, at most. */
  readonly most?: number;
}

/**
 * Publishes an index without some archives, or several where there are very many index archives; the names of those that are superseded, which
 * are to be removed once the archives left out are gone.
 * @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE
 */
export async function mergeIndex(
  { archives, index }: Pick<Repository, "archives" | "index">,
  { without, most = mostSuperseded }: MergeOptions,
): Promise<readonly Uint8Array[]> {
  const superseded = index.sources().map(({ name }) => name);
  for (const { name } of index.archives()) if (without.has(toHex(name))) index.remove(name);
  // publishing changes who names what
  const staying = index.table.records.map(({ archive, sources }) => ({ archive, sources: new Set(sources) }));
  for (let at = 0; at === 0 || at < superseded.length; at += most) {
    const supersedes = superseded.slice(at, at + most);
    // spec/15-repository.md#index: the rows of all that it supersedes
    const named = staying.filter(({ sources }) => (sources.size === 0 ? at === 0 : supersedes.some((name) => sources.has(toHex(name)))));
    await publishIndex(archives, index, { archives: named.map(({ archive }) => archive), supersedes });
  }
  return superseded;
}

/** Removes index archives that others supersede which are there: a crash left them, and they would count again once those are superseded themselves. */
export async function removeSuperseded({ storage, index }: Pick<Repository, "storage" | "index">): Promise<void> {
  const superseded = new Set(index.sources().flatMap(({ supersedes }) => supersedes.map(toHex)));
  for await (const { name } of storage.list("index")) if (superseded.has(name.slice(0, 64))) await storage.remove(`index/${name}`);
}
