// Fails on an error code that nothing throws, that is thrown but not listed, or that no test expects.
import ts from "typescript";
import { codesIn, errorTable } from "./error-table.mjs";
import { conclude, filesBelow, textOf } from "./tree.mjs";

/** Every string literal of a TypeScript file with its line: what the program can say, not what its comments say. */
function literalsOf(path) {
  const file = ts.createSourceFile(path, textOf(path), ts.ScriptTarget.Latest, false);
  const found = [];
  const visit = (node) => {
    if (ts.isStringLiteralLike(node)) found.push({ text: node.text, line: ts.getLineAndCharacterOfPosition(file, node.getStart(file)).line + 1 });
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

const table = await errorTable();
const problems = [];
const thrown = new Set();

/** Whether a literal is a code: of three words or more, or in the table; PTAR_PASSPHRASE and the like are environment variables. */
function isCode(text) {
  return /^PTAR_[A-Z]+(_[A-Z]+)+$/.test(text) || table[text] !== undefined;
}

for (const path of filesBelow("src", ".ts").filter((path) => !path.startsWith("src/errors/"))) {
  for (const { text, line } of literalsOf(path)) {
    if (!isCode(text)) continue;
    thrown.add(text);
    if (table[text] === undefined) problems.push(`${path}:${line}: ${text} is not in src/errors/codes.ts`);
  }
  for (const [, promised] of textOf(path).matchAll(/@throws +\{?(PTAR_[A-Z_]+\*?)/g)) {
    // PTAR_FRAME_* stands for all codes of its area
    const codes = Object.keys(table).filter((code) => (promised.endsWith("*") ? code.startsWith(promised.slice(0, -1)) : code === promised));
    if (codes.length === 0) problems.push(`${path}: @throws ${promised}, which is not in src/errors/codes.ts`);
  }
}

const expected = new Set(
  filesBelow("test", ".ts")
    .concat(filesBelow("test-vectors", ".json"))
    .flatMap((path) => codesIn(textOf(path))),
);
for (const code of Object.keys(table)) {
  if (!thrown.has(code)) problems.push(`${code}: listed, but nothing in src throws it; remove the row or write the check`);
  if (!expected.has(code)) problems.push(`${code}: no test expects it; write one that goes red when the check is deleted`);
}
conclude("errors", problems, `${Object.keys(table).length} codes, each thrown and expected by a test`);
