// Titles of the tests of a file, read from its source.
import ts from "typescript";
import { textOf } from "./tree.mjs";

const callers = ["describe", "it", "test"];

/** What is called, `it` of `it.runIf(x).each(rows)`, with the words behind it; undefined for everything that declares no test. */
function declarer(expression, words = []) {
  if (ts.isCallExpression(expression)) return declarer(expression.expression, words);
  if (ts.isPropertyAccessExpression(expression)) return declarer(expression.expression, [expression.name.text, ...words]);
  return ts.isIdentifier(expression) && callers.includes(expression.text) ? { caller: expression.text, words } : undefined;
}

/** A title as it stands in the source; undefined where it is no literal. */
function titleOf(node) {
  if (node === undefined) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  return ts.isTemplateExpression(node) ? node.getText().slice(1, -1) : undefined;
}

/** Every test of a file: the titles that lead to it, its own last, and whether it or a group that it stands in is left out. */
export function testsOf(path) {
  const file = ts.createSourceFile(path, textOf(path), ts.ScriptTarget.Latest, true);
  const found = [];
  const visit = (node, above) => {
    const declared = ts.isCallExpression(node) ? declarer(node.expression) : undefined;
    const title = declared && titleOf(node.arguments[0]);
    let inside = above;
    if (title !== undefined) {
      inside = { titles: [...above.titles, title], isLeftOut: above.isLeftOut || declared.words.some((word) => word === "skip" || word === "todo") };
      if (declared.caller !== "describe") found.push(inside);
    }
    ts.forEachChild(node, (child) => visit(child, inside));
  };
  visit(file, { titles: [], isLeftOut: false });
  return found;
}
