// Fails when a citation or link leads nowhere, nothing cites a rule, the chapters and the table of error codes disagree, or a guarantee names a test that
// does not exist.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import { codesIn, errorTable } from "./error-table.mjs";
import { guarantees } from "./guarantees.mjs";
import { rules } from "./rules.mjs";
import { conclude, filesBelow, root, textOf } from "./tree.mjs";

const chapters = filesBelow("spec", ".md");
const pages = [...chapters, ...["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].filter((path) => textOf(path) !== undefined)];
const prose = (text) =>
  text
    .replace(/^(?: {4}|\t).*$/gm, "")
    .replace(/```[\s\S]*?```/g, "")
    .replace(/`[^`\n]*`/g, "");

/** Lines of a source that are or end in a comment. */
const comments = (text) => (text.match(/^.*(?:\/\/|^ *\/?\*).*$/gm) ?? []).join("\n");

/** GitHub's anchor of a heading. */
const anchorOf = (heading) =>
  heading
    .toLowerCase()
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[^\p{L}\p{N}\p{M} _-]/gu, "")
    .trim()
    .replaceAll(" ", "-");

/** Anchors of a Markdown file: GitHub's for each heading, and explicit ids. */
function anchorsOf(text) {
  const seen = new Map();
  const headings = text.replace(/```[\s\S]*?```/g, "").matchAll(/^#{1,6} +(.*?)#* *$/gm);
  const slugs = Array.from(headings, ([, heading]) => {
    const slug = anchorOf(heading);
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return times === 0 ? slug : `${slug}-${times}`;
  });
  return new Set([...slugs, ...Array.from(text.matchAll(/<a id="([^"]+)"/g), ([, id]) => id)]);
}

const anchors = new Map(pages.map((path) => [path, anchorsOf(textOf(path))]));

/** Why a reference to `path` and `anchor` leads nowhere, or undefined. */
function deadEnd(path, anchor) {
  if (!existsSync(join(root, path))) return "there is no such file";
  if (anchor === undefined || !path.endsWith(".md")) return undefined;
  return (anchors.get(path) ?? anchorsOf(textOf(path))).has(anchor) ? undefined : `${path} has no heading or id "${anchor}"`;
}

function deadCitations() {
  const cited = [
    ...filesBelow("src", ".ts"),
    ...filesBelow("test", ".ts"),
    ...filesBelow("scripts", ".mjs"),
    ...filesBelow("test-vectors", ".mjs", ".ts"),
  ];
  return cited.flatMap((path) =>
    Array.from(comments(textOf(path)).matchAll(/\bspec\/((?:\d\d-)?[a-z-]+\.md)(?:#([\w-]+))?/g), ([citation, file, anchor]) => {
      const reason = deadEnd(`spec/${file}`, anchor);
      return reason === undefined ? [] : [`${path}: ${citation}: ${reason}`];
    }).flat(),
  );
}

function deadLinks() {
  return pages.flatMap((path) =>
    Array.from(prose(textOf(path)).matchAll(/\]\(([^)\s]+)\)/g), ([, link]) => {
      if (/^[a-z]+:/.test(link)) return [];
      const [file, anchor] = link.split("#");
      const reason = deadEnd(file === "" ? path : join(dirname(path), decodeURI(file)), anchor);
      return reason === undefined ? [] : [`${path}: link ${link}: ${reason}`];
    }).flat(),
  );
}

function deadRows(table) {
  return Object.entries(table).flatMap(([code, { spec }]) => {
    const [file, anchor] = spec.split("#");
    const reason = deadEnd(`spec/${file}`, anchor);
    return reason === undefined ? [] : [`${code}: ${spec}: ${reason}`];
  });
}

function codeProblems(table) {
  const named = new Set();
  const problems = [];
  for (const path of chapters) {
    for (const code of codesIn(textOf(path))) {
      named.add(code);
      if (table[code] === undefined) problems.push(`${path}: ${code} is not in the table of error codes (src/errors/codes.ts)`);
    }
  }
  for (const [code, { spec }] of Object.entries(table)) {
    if (!named.has(code) && !spec.startsWith("10-verify.md"))
      problems.push(`${code}: no chapter names it; say in spec/${spec} when a reader reports it`);
  }
  return problems;
}

const table = await errorTable();
const { problems: unproved, promises } = await guarantees();
const { problems: unruly, sections } = rules(anchorOf);
const tested = new Set(
  filesBelow("test", ".ts")
    .concat(filesBelow("test-vectors", ".json"))
    .flatMap((path) => codesIn(textOf(path))),
);
const untested = [...new Set(chapters.flatMap((path) => codesIn(textOf(path))))].filter((code) => !tested.has(code)).sort();
if (untested.length > 0) console.log(`spec: note: ${untested.length} codes of the chapters that no test mentions: ${untested.join(" ")}`);
conclude(
  "spec",
  [...deadCitations(), ...deadLinks(), ...deadRows(table), ...codeProblems(table), ...unruly, ...unproved],
  `${pages.length} pages and ${Object.keys(table).length} codes, every citation and link leads somewhere; ${sections} sections with rules, each is cited; ${promises} guarantees, each test is there`,
);
