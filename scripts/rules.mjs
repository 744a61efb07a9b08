// Rules of the chapters: whatever a section says that somebody MUST do is cited by the code or by a vector, and a chapter with vectors links to them.
import { filesBelow, textOf } from "./tree.mjs";

/** Anchors of the sections of a chapter in which somebody MUST do something; undefined stands for what comes before the first of them. */
function normativeSections(chapter, anchorOf) {
  const [head, ...sections] = textOf(chapter).split(/^(?=#{2,6} )/m);
  const normative = (text) => /\bMUST\b/.test(text.replace(/`[^`\n]*`/g, ""));
  const anchored = sections.filter(normative).map((section) => anchorOf(section.slice(section.indexOf(" ") + 1, section.indexOf("\n"))));
  return normative(head) ? [undefined, ...anchored] : anchored;
}

function vectors() {
  const index = textOf("test-vectors/index.json");
  return index === undefined ? [] : JSON.parse(index);
}

/** `chapter.md#anchor` for all that sources and vectors cite; `chapter.md` alone for a chapter as a whole. */
function citations(vectorRows) {
  const inSources = filesBelow("src", ".ts").flatMap((path) =>
    Array.from(textOf(path).matchAll(/\bspec\/(\d\d-[a-z-]+\.md(?:#[\w-]+)?)/g), ([, cited]) => cited),
  );
  return new Set([...inSources, ...vectorRows.map(({ spec }) => spec)]);
}

/** What is wrong, given how the anchor of a heading is made, and how many sections have rules. */
export function rules(anchorOf) {
  const rows = vectors();
  const cited = citations(rows);
  const chapters = filesBelow("spec", ".md").filter((path) => /^spec\/\d\d-/.test(path));
  const sections = chapters.flatMap((path) => normativeSections(path, anchorOf).map((anchor) => (anchor === undefined ? path : `${path}#${anchor}`)));
  const uncited = sections.filter((section) => !cited.has(section.slice("spec/".length)));
  const links = new Set(rows.map(({ file, spec }) => `${spec.split("#")[0]} ${file.split("/")[0]}`));
  const unlinked = [...links]
    .map((link) => link.split(" "))
    .filter(([chapter, folder]) => !textOf(`spec/${chapter}`)?.includes(`](../test-vectors/${folder}/)`));
  return {
    problems: [
      ...uncited.map((section) => `${section}: says what somebody MUST do, and neither a source nor a vector cites it`),
      ...unlinked.map(([chapter, folder]) => `spec/${chapter}: does not link to its vectors, ../test-vectors/${folder}/`),
    ],
    sections: sections.length,
  };
}
