// Sizes summed up before long work, so that a terminal can show percent and remaining time. Nothing is opened for it.

import type { OnProgress } from "../archive/progress.js";
import type { ListedEntry } from "../archive/results.js";
import type { Source } from "../tree/source.js";

/** Bytes of all contents that a walk meets; of hard links only the first is read. Undefined when there is a stream among them. */
export async function sizeOfSource(source: Source, onProgress: OnProgress, signal: AbortSignal): Promise<number | undefined> {
  const groups = new Set<string>();
  let [bytes, entries] = [0, 0];
  for await (const events of source.walk(signal)) {
    for (const event of events) {
      if (event.kind !== "enter" && event.kind !== "entry") continue;
      onProgress({ phase: "scan", entries: ++entries, bytes, errors: 0 });
      if (event.kind === "enter" || (event.group !== undefined && groups.has(event.group))) continue;
      if (event.group !== undefined) groups.add(event.group);
      if (event.content !== undefined && event.content.size === undefined) return undefined;
      bytes += event.content?.size ?? 0;
    }
  }
  return bytes;
}

/** Bytes of all files in a listing. */
export async function sizeOfEntries(entries: AsyncIterable<ListedEntry>, onProgress: OnProgress): Promise<number> {
  let [bytes, count] = [0, 0];
  for await (const { item } of entries) {
    bytes += item.size ?? 0;
    onProgress({ phase: "scan", entries: ++count, bytes, errors: 0 });
  }
  return bytes;
}

/** `onProgress` with a total that the work itself does not know. */
export function withTotal(onProgress: OnProgress, totalBytes: number | undefined): OnProgress {
  if (totalBytes === undefined) return onProgress;
  return (progress) => onProgress({ totalBytes, ...progress });
}
