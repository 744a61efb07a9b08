// report.html: one page without scripts and without anything from elsewhere. spec/10-verify.md#verdicts
import type { Check, Listing } from "./check.js";
import { fingerprintText, listingTexts, sectionsOf } from "./content.js";
import type { EntryFacts } from "./entry-facts.js";
import { html, type Markup } from "./markup.js";
import type { Block, Fact, Section } from "./parts.js";
import { styleSheet } from "./style.js";

// the archive chooses names and texts: if one of them ever became markup, the browser would still load and run nothing
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The page up to its entries. */
export function pageStart(check: Check): Markup {
  const { archive } = check.circumstances;
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Verification report: ${archive}</title>
${styleSheet(fingerprintText(check))}
</head>
<body>
<header>
<h1>Verification report</h1>
<p class="name">of the archive <span class="path">${archive}</span></p>
<p class="print"><strong>Archive fingerprint</strong> <code>${fingerprintText(check)}</code></p>
</header>
<main>
${sectionsOf(check).map(sectionMarkup)}`;
}

/** Heading and table head of the entries; without a table when there are none. */
export function entriesStart(check: Check, listing: Listing): Markup {
  const texts = listingTexts(check, listing).map((text) => html`<p>${text}</p>\n`);
  return html`<section>
<h2>Entries</h2>
${texts}${listing.entries === 0 ? [] : [tableStart]}`;
}

/** A heading in the table, over entries of one group. */
export function groupMarkup(name: string): Markup {
  return html`<tbody>\n<tr class="group"><th colspan="5" scope="rowgroup">${name}</th></tr>\n`;
}

/** Ends a group. */
export const groupEnd = html`</tbody>\n`;

/** One entry as a row. */
export function entryMarkup({ index, path, target, type, size, modified, digests, troubles }: EntryFacts): Markup {
  const pointer = target === undefined ? [] : [html` <span class="digest">points to <span class="path">${target}</span></span>`];
  const marks = troubles.map((trouble) => html` <span class="trouble">${trouble}</span>`);
  const sums = digests.map(([name, value]) => html` <span class="digest">${name} <code>${value}</code></span>`);
  return html`<tr><td class="number">${index}</td><th scope="row"><span class="path">${path}</span>${pointer}${marks}${sums}</th><td>${type}</td><td class="number">${size}</td><td>${modified}</td></tr>\n`;
}

/** The end of the page; `note` says what is left out. */
export function pageEnd(listing: Listing, note: string | undefined): Markup {
  const table = listing.entries === 0 ? [] : [html`</table>\n`];
  return html`${table}${note === undefined ? [] : [html`<p class="note">${note}</p>\n`]}</section>
</main>
</body>
</html>
`;
}

const tableStart = html`<table class="entries">
<thead><tr><th scope="col" class="number">No.</th><th scope="col">Path, digests, what went wrong</th><th scope="col">Type</th><th scope="col" class="number">Bytes</th><th scope="col">Modified (UTC)</th></tr></thead>
`;

function sectionMarkup({ heading, blocks }: Section): Markup {
  return html`<section>\n<h2>${heading}</h2>\n${blocks.map(blockMarkup)}</section>\n`;
}

function blockMarkup(block: Block): Markup {
  switch (block.kind) {
    case "text":
      return html`<p>${block.text}</p>\n`;
    case "list":
      return html`<ul>\n${block.texts.map((text) => html`<li>${text}</li>\n`)}</ul>\n`;
    case "facts":
      return html`<dl>\n${block.facts.map(factMarkup)}</dl>\n`;
    case "verdicts":
      return verdictsMarkup(block.verdicts);
    case "table":
      return tableMarkup(block);
  }
}

function factMarkup({ name, value, look }: Fact): Markup {
  return html`<dt>${name}</dt><dd>${look === "code" ? html`<code>${value}</code>` : value}</dd>\n`;
}

const verdictHead = html`<thead><tr><th scope="col">Verdict</th><th scope="col">Status</th><th scope="col">Facts and meaning</th></tr></thead>`;
const weightClass = { good: html`mark good`, plain: html`mark plain`, warn: html`mark warn`, bad: html`mark bad` };

function verdictsMarkup(verdicts: Extract<Block, { readonly kind: "verdicts" }>["verdicts"]): Markup {
  const rows = verdicts.map(
    ({ name, status, facts, weight, meaning }) =>
      html`<tr><th scope="row">${name}</th><td><span class="${weightClass[weight]}">${status}</span></td><td><span class="facts">${facts}</span> <span class="meaning">${meaning}</span></td></tr>\n`,
  );
  return html`<table class="verdicts">\n${verdictHead}\n<tbody>\n${rows}</tbody>\n</table>\n`;
}

function tableMarkup({ look, caption, columns, rows }: Extract<Block, { readonly kind: "table" }>): Markup {
  const head = columns.map((column) => html`<th scope="col">${column}</th>`);
  const body = rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>\n`);
  return html`<table class="${look}">\n<caption>${caption}</caption>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body}</tbody>\n</table>\n`;
}
