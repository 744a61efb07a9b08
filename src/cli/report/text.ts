// report.txt: the report in printable ASCII, 100 columns. spec/10-verify.md#verdicts
import { escapeText } from "../ui/escape.js";
import type { Check, Listing } from "./check.js";
import { fingerprintText, listingTexts, sectionsOf } from "./content.js";
import type { EntryFacts } from "./entry-facts.js";
import type { Block, Section } from "./parts.js";

const columns = 100;
const nameColumns = 20;
/** Before paths, digests and troubles. */
const margin = " ".repeat(11);
const pathColumns = columns - margin.length - 2;

/** The text up to its entries. */
export function textStart(check: Check): string {
  const title = "VERIFICATION REPORT";
  const facts = [...factLines("archive", check.circumstances.archive), "", "archive fingerprint", fingerprintText(check)];
  return joined([title, "=".repeat(title.length), "", ...facts, ...sectionsOf(check).flatMap(sectionLines)]);
}

/** Heading of the entries. */
export function textEntriesStart(check: Check, listing: Listing): string {
  return joined(["", ...headingLines("Entries"), ...listingTexts(check, listing).flatMap(paragraph), ""]);
}

/** A heading over entries of one group. */
export function groupText(name: string): string {
  return joined([`-- ${name}`, ""]);
}

/** One entry. */
export function entryText({ index, path, target, type, size, modified, digests, troubles }: EntryFacts): string {
  const head = [index.padStart(9), type.padEnd(9), size.padStart(20), size === "" || type !== "file" ? "     " : "bytes", modified].join("  ");
  return joined([
    head.trimEnd(),
    ...indented(path),
    ...(target === undefined ? [] : indented(`-> ${target}`)),
    ...troubles.flatMap((trouble) => wrapped(trouble, pathColumns).map((line, i) => margin + (i === 0 ? "! " : "  ") + line)),
    ...digests.flatMap(([name, value]) => {
      const line = `${name}: ${value}`;
      return line.length > pathColumns ? [...indented(`${name}:`), ...indented(value)] : indented(line);
    }),
  ]);
}

/** The end of the text; `note` says what is left out. */
export function textEnd(note: string | undefined): string {
  return note === undefined ? "" : joined(["", ...wrapped(note, columns)]);
}

function sectionLines({ heading, blocks }: Section): readonly string[] {
  return ["", ...headingLines(heading), ...blocks.flatMap((block, i) => (i === 0 ? blockLines(block) : ["", ...blockLines(block)]))];
}

function headingLines(heading: string): readonly string[] {
  return [heading.toUpperCase(), "-".repeat(heading.length)];
}

function blockLines(block: Block): readonly string[] {
  switch (block.kind) {
    case "text":
      return paragraph(block.text);
    case "list":
      return block.texts.flatMap((text) => wrapped(text, columns - 2).map((line, i) => (i === 0 ? "- " : "  ") + line));
    case "facts":
      return block.facts.flatMap(({ name, value }) => factLines(name, value));
    case "verdicts":
      return block.verdicts.flatMap(({ name, status, facts, meaning }) => [
        ...factLines(name, facts === "" ? status.toUpperCase() : `${status.toUpperCase()}: ${facts}`),
        ...factLines("", meaning),
      ]);
    case "table":
      return block.rows.flatMap((row, i) => [...(i === 0 ? [] : [""]), ...row.flatMap((cell, at) => factLines(block.columns[at] ?? "", cell))]);
  }
}

function factLines(name: string, value: string): readonly string[] {
  if (name !== "" && value === "") return [];
  const names = paragraph(name.toLowerCase());
  const lines = wrapped(value, columns - nameColumns);
  const beside = names.length === 1 && (names[0] as string).length < nameColumns ? (names[0] as string) : "";
  return [...(beside === "" && name !== "" ? names : []), ...lines.map((line, i) => (i === 0 ? beside : "").padEnd(nameColumns) + line)];
}

/** A path or digest below the line of its entry. What goes on in a further line starts with `>`: paths may hold spaces. */
function indented(text: string): readonly string[] {
  const chars = ascii(text);
  const lines = [chars.slice(0, pathColumns)];
  for (let at = pathColumns; at < chars.length; at += pathColumns) lines.push(chars.slice(at, at + pathColumns));
  return lines.map((line, i) => margin + (i === 0 ? "" : "> ") + line);
}

/** Text in which only the first line starts at the left: foreign words in it must not look like a line of the report. */
function paragraph(text: string): readonly string[] {
  return wrapped(text, columns - 2).map((line, i) => (i === 0 ? line : `  ${line}`));
}

/** Lines of at most `width`, cut at spaces where there are some. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of ascii(text).split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length <= width) line = longer;
    else {
      if (line !== "") lines.push(line);
      line = word;
    }
    for (; line.length > width; line = line.slice(width)) lines.push(line.slice(0, width));
  }
  return [...lines, line];
}

/** Printable ASCII: whatever else a character may be, here it is its number. */
function ascii(text: string): string {
  return escapeText(text).replaceAll(/[^\x20-\x7e]/gu, (char) => `\\u{${(char.codePointAt(0) as number).toString(16)}}`);
}

function joined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
