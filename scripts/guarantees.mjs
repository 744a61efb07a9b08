// Rows of the page of guarantees: each is a promise that links to where it is made, and names tests that exist.
import { dirname, join } from "node:path/posix";
import { filesBelow, textOf } from "./tree.mjs";

const page = "spec/guarantees.md";

/** Files that test runs begin with, and the suites that these import. */
function filesThatRun() {
  const first = filesBelow("test", ".test.ts", ".slow.ts");
  const imported = first.flatMap((path) =>
    Array.from(textOf(path).matchAll(/from "(\.[^"]+)\.js"/g), ([, name]) => join(dirname(path), `${name}.ts`)),
  );
  return new Set([...first, ...imported]);
}

/** Whether `titles` lead to a test in this order; groups between them may be left out, the test itself not. */
function leadsTo(test, titles) {
  const rest = [...titles];
  for (const title of test.titles) if (title === rest[0]) rest.shift();
  return rest.length === 0 && test.titles.at(-1) === titles.at(-1);
}

/** Why a proof, `file` › `title` …, is none; undefined when it is one. */
function missing(proof, { running, testsIn }) {
  if (!/^`[^`]+`( › `[^`]+`)+$/.test(proof)) return `${proof}: is not of the form \`file\` › \`title\``;
  const [file, ...titles] = Array.from(proof.matchAll(/`([^`]+)`/g), ([, part]) => part);
  const path = `test/${file}`;
  if (textOf(path) === undefined) return `${path}: there is no such file`;
  if (!running.has(path)) return `${path}: no test run begins with it or imports it`;
  const named = testsIn(path).filter((test) => leadsTo(test, titles));
  if (named.length === 0) return `${path}: has no test "${titles.join(" › ")}"`;
  return named.every(({ isLeftOut }) => isLeftOut) ? `${path}: "${titles.join(" › ")}" is skipped` : undefined;
}

function rowProblems(cells, tests) {
  if (cells.length !== 2) return [`the row has ${cells.length} cells, expected a promise and its tests`];
  const [promise, proofs] = cells;
  const problems = /\]\([^)\s]+\)/.test(promise) ? [] : ["the promise links to nothing that says so"];
  if (proofs === "") return [...problems, "the promise names no test"];
  return [...problems, ...proofs.split(/ *<br> */).map((proof) => missing(proof, tests))].filter((problem) => problem !== undefined);
}

/** The tests of files that rows name: most are named many times. */
async function knownTests() {
  // a parser, which trees without the page need not wait for
  const { testsOf } = await import("./test-titles.mjs");
  const known = new Map();
  const testsIn = (path) => known.get(path) ?? known.set(path, testsOf(path)).get(path);
  return { running: filesThatRun(), testsIn };
}

/** What is wrong with the page, and how many promises it has. */
export async function guarantees() {
  const text = textOf(page);
  if (text === undefined) return { problems: [], promises: 0 };
  const tests = await knownTests();
  const lines = text.split("\n");
  const rows = lines.flatMap((line, i) => (line.startsWith("|") && !/^\|( promise |-)/.test(line) ? [i] : []));
  const problems = rows.flatMap((i) => {
    const cells = lines[i].split("|").slice(1, -1);
    return rowProblems(
      cells.map((cell) => cell.trim()),
      tests,
    ).map((problem) => `${page}:${i + 1}: ${problem}`);
  });
  return { problems, promises: rows.length };
}
