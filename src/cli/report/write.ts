// Writes the three files of a report: every entry to JSON first, which counts them, then the page and the text. spec/10-verify.md
import type { ListedEntry } from "../../archive/results.js";
import { toUtf8 } from "../../bytes/utf8.js";
import type { ByteSink } from "../../container/bytes-io.js";
import { entryJson } from "../json.js";
import { safeJson } from "../ui/escape.js";
import { formatCount, formatCounted } from "../ui/units.js";
import type { Check, Listing } from "./check.js";
import { groupOf, listAll, pageLimits, type ReadingOptions } from "./entries.js";
import type { ReportFiles } from "./files.js";
import { entriesStart, entryMarkup, groupEnd, groupMarkup, pageEnd, pageStart } from "./html.js";
import { listingJson, reportJson } from "./json.js";
import { entryText, groupText, textEnd, textEntriesStart, textStart } from "./text.js";

/** Limits may be lowered by tests. */
export interface WriteOptions extends ReadingOptions {
  readonly limits?: { readonly entries: number; readonly characters: number };
}

/** Where a report goes. */
export type ReportSinks = Readonly<Record<keyof Pick<ReportFiles, "json" | "text" | "html">, ByteSink>>;

/** Writes a report about `check`. @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE, and the reason of the signal */
export async function writeReport(sinks: ReportSinks, check: Check, options: WriteOptions = {}): Promise<void> {
  const listing = await writeJson(sinks.json, check, options);
  await put(sinks.html, pageStart(check), entriesStart(check, listing));
  await put(sinks.text, textStart(check), textEntriesStart(check, listing));
  const shown = await writeEntries(sinks, { check, listing }, options);
  const more = listing.entries - shown;
  const note =
    more > 0 ? `${formatCounted(more, "more entry", "more entries")} of ${formatCount(listing.entries)} stand in report.json only.` : undefined;
  await put(sinks.html, pageEnd(listing, note));
  await put(sinks.text, textEnd(note));
}

async function writeJson(sink: ByteSink, check: Check, options: ReadingOptions): Promise<Listing> {
  await put(sink, safeJson(reportJson(check)).slice(0, -1), ',"entries":[');
  let separator = "\n";
  const take = async (entry: ListedEntry) => {
    await put(sink, separator + safeJson(entryJson(entry)));
    separator = ",\n";
  };
  const listing = await listAll(check, take, options);
  await put(sink, `],\n"listing":${safeJson(listingJson(check, listing))}}\n`);
  return listing;
}

/** Entries with troubles, then others, to page and text; how many. */
async function writeEntries(
  sinks: Pick<ReportSinks, "html" | "text">,
  about: { readonly check: Check; readonly listing: Listing },
  options: WriteOptions,
): Promise<number> {
  const { entries, characters } = options.limits ?? pageLimits;
  const room = { entries, characters };
  for (const [group, name] of [
    ["troubled", "Failed, or changed while read"],
    ["others", "Collected without a problem"],
  ] as const) {
    let started = false;
    for await (const facts of groupOf(about.check, { group, listing: about.listing, room }, options)) {
      if (!started) await put(sinks.html, groupMarkup(name)).then(() => put(sinks.text, groupText(name)));
      started = true;
      await put(sinks.html, entryMarkup(facts));
      await put(sinks.text, entryText(facts));
    }
    if (started) await put(sinks.html, groupEnd).then(() => put(sinks.text, "\n"));
  }
  return entries - room.entries;
}

async function put(sink: ByteSink, ...parts: readonly { toString(): string }[]): Promise<void> {
  for (const part of parts) {
    const bytes = toUtf8(part.toString());
    if (bytes.length > 0) await sink.write(bytes);
  }
}
