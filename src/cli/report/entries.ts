// The entries of a report: what went wrong first, and never more than a page can bear. spec/05-page.md#entry
import { listArchive } from "../../archive/list.js";
import type { OnProgress } from "../../archive/progress.js";
import type { ListedEntry } from "../../archive/results.js";
import { PtarError } from "../../errors/ptar-error.js";
import { changed, requireExpected } from "./changed.js";
import type { Check, Listing, Opened } from "./check.js";
import { type EntryFacts, entryFacts, isTroubled } from "./entry-facts.js";

/** Entries and characters of them that a page shows at most; the characters stop paths of tens of kilobytes. */
export const pageLimits = { entries: 5_000, characters: 8_000_000 } as const;

/** What is left of the limits of one page. */
export interface Room {
  entries: number;
  characters: number;
}

/** How a list is read. */
export interface ReadingOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

/** Calls `take` with every entry of the latest snapshot; damage ends the list and is part of the answer. */
export async function listAll(check: Check, take: (entry: ListedEntry) => Promise<void>, options: ReadingOptions): Promise<Listing> {
  const { contents } = check;
  if (contents.kind === "unreadable") return { entries: 0, troubled: 0, failure: contents.failure };
  if (contents.kind === "locked") return { entries: 0, troubled: 0 };
  let [entries, troubled, bytes] = [0, 0, 0];
  try {
    for await (const entry of listArchive(contents.archive, signalOf(options))) {
      await take(entry);
      entries++;
      bytes += entry.item.size ?? 0;
      if (isTroubled(entry.item)) troubled++;
      options.onProgress?.({ phase: "list", entries, bytes, errors: troubled });
    }
  } catch (error) {
    if (!isDamage(error)) throw error;
    requireExpected(check.report, error);
    return { entries, troubled, failure: error };
  }
  return { entries, troubled };
}

/** Whether `error` is about the archive; a failing disk or Ctrl-C is not, and ends a report. */
export function isDamage(error: unknown): error is PtarError {
  return error instanceof PtarError && error.exitCode !== 1 && error.exitCode !== 130;
}

/** The entries of one group, as many as there is room for. `listing` says how many there are: reading stops behind the last of them. */
export async function* groupOf(
  { contents }: Check,
  { group, listing, room }: { readonly group: "troubled" | "others"; readonly listing: Listing; readonly room: Room },
  options: ReadingOptions,
): AsyncGenerator<EntryFacts> {
  if (contents.kind !== "opened") return;
  let left = group === "troubled" ? listing.troubled : listing.entries - listing.troubled;
  if (left === 0 || isFull(room)) return;
  for await (const entry of listAgain(contents, options)) {
    if (isTroubled(entry.item) !== (group === "troubled")) continue;
    const facts = entryFacts(entry);
    room.entries--;
    room.characters -= lengthOf(facts);
    yield facts;
    if (--left === 0 || isFull(room)) return;
  }
}

/** What was listed once can be listed again, unless the archive changes meanwhile. @throws PTAR_IO_FAILED */
async function* listAgain({ archive }: Opened, options: ReadingOptions): AsyncGenerator<ListedEntry> {
  try {
    yield* listArchive(archive, signalOf(options));
  } catch (error) {
    throw isDamage(error) ? changed(error) : error;
  }
}

function isFull({ entries, characters }: Room): boolean {
  return entries <= 0 || characters <= 0;
}

function lengthOf({ path, target = "" }: EntryFacts): number {
  return path.length + target.length;
}

function signalOf({ signal }: ReadingOptions): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
