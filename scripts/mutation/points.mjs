// Finds what can be mutated in a source file, and compiles all mutants in behind a switch (switch.mjs): one build holds them all.
// Texts stay as they are: the file is sliced, not printed, so that lines keep their numbers.
import ts from "typescript";

const { SyntaxKind: kinds } = ts;

/** Operators with two operands that another one may replace; and the function of the switch. */
const pairs = new Map([
  [kinds.LessThanToken, ["lt", "<="]],
  [kinds.LessThanEqualsToken, ["le", "<"]],
  [kinds.GreaterThanToken, ["gt", ">="]],
  [kinds.GreaterThanEqualsToken, ["ge", ">"]],
  [kinds.EqualsEqualsEqualsToken, ["eq", "!=="]],
  [kinds.ExclamationEqualsEqualsToken, ["ne", "==="]],
  [kinds.PlusToken, ["add", "-"]],
  [kinds.MinusToken, ["sub", "+"]],
]);
const logical = new Map([
  [kinds.AmpersandAmpersandToken, ["&&", "||"]],
  [kinds.BarBarToken, ["||", "&&"]],
]);
const steps = new Map([
  [kinds.PlusEqualsToken, ["+=", "-="]],
  [kinds.MinusEqualsToken, ["-=", "+="]],
]);

/** The mutants of `text`, which stands in `file`, numbered from `first`; and the text with all of them behind the switch. */
export function mutate(file, text, first) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const mutants = [];

  /** Notes a mutant; gives its number. */
  const note = (node, change) => {
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    mutants.push({
      id: first + mutants.length,
      file,
      line,
      within: nameAround(node),
      constant: isConstant(node),
      original: squeezed(node.getText()),
      change,
    });
    return first + mutants.length - 1;
  };
  /** The text of `node` with what is mutated in it. */
  const render = (node) => wrap(node) ?? renderParts(node);
  /** The same where `node` itself stays as it is. */
  const renderParts = (node) => {
    const parts = [];
    let at = node.getStart();
    node.forEachChild((child) => {
      parts.push(text.slice(at, child.getStart()), render(child));
      at = child.getEnd();
    });
    return parts.join("") + text.slice(at, node.getEnd());
  };

  const wrap = (node) => {
    if (staysAsItIs(node)) return node.getText();
    if (isGuard(node)) return renderIf(node);
    if (ts.isExpressionStatement(node) && isCall(node.expression))
      return `__mutation.drop(${note(node, "removed")}) || (${render(node.expression)});`;
    if (ts.isPrefixUnaryExpression(node) && node.operator === kinds.ExclamationToken && !isCondition(node))
      return `__mutation.not(${note(node, "without !")}, ${render(node.operand)})`;
    if (ts.isNumericLiteral(node) && !isTrivial(node)) return `__mutation.num(${note(node, "+ 1")}, ${note(node, "- 1")}, ${node.getText()})`;
    return ts.isBinaryExpression(node) ? renderBinary(node) : undefined;
  };
  const renderIf = (node) => {
    const [never, always] = [note(node.expression, "never"), note(node.expression, "always")];
    const condition = `__mutation.cond(${never}, ${always}, ${render(node.expression)})`;
    const rest = text.slice(node.expression.getEnd(), node.thenStatement.getStart()) + render(node.thenStatement);
    const other = node.elseStatement && text.slice(node.thenStatement.getEnd(), node.elseStatement.getStart()) + render(node.elseStatement);
    return `${text.slice(node.getStart(), node.expression.getStart())}${condition}${rest}${other ?? ""}`;
  };
  const renderBinary = (node) => {
    const { left, right, operatorToken } = node;
    const { kind } = operatorToken;
    if (pairs.has(kind) && !(isEquality(kind) && isCondition(node)) && !joinsTexts(node)) {
      const [name, other] = pairs.get(kind);
      return `__mutation.${name}(${note(node, other)}, ${render(left)}, ${render(right)})`;
    }
    if (logical.has(kind)) {
      const [own, other] = logical.get(kind);
      const id = note(node, other);
      const [first, second] = [render(left), render(right)];
      return `(__mutation.keep(${id}, ${first}) ? __mutation.kept ${other} ${second} : __mutation.kept ${own} ${second})`;
    }
    if (kind === kinds.QuestionQuestionToken) {
      const [only, never] = [note(node, "left alone"), note(node, "right alone")];
      return `(__mutation.left(${only}, ${never}, ${render(left)}) ? __mutation.kept : __mutation.right(${never}) ?? ${render(right)})`;
    }
    if (steps.has(kind)) {
      const [own, other] = steps.get(kind);
      return `${renderParts(left)} ${own} __mutation.step(${note(node, other)}, ${render(right)})`;
    }
    return undefined;
  };

  const start = source.getStart();
  const mutated = text.slice(0, start) + renderParts(source);
  return { mutants: keyed(mutants), text: mutated };
}

/** Types and imports do nothing; texts, those of errors most of all, are not what is measured. */
function staysAsItIs(node) {
  if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return true;
  if (ts.isThrowStatement(node) || ts.isTemplateExpression(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true;
  return ts.isNewExpression(node) && node.expression.getText() === "PtarError";
}

const isEquality = (kind) => kind === kinds.EqualsEqualsEqualsToken || kind === kinds.ExclamationEqualsEqualsToken;
const joinsTexts = ({ left, right, operatorToken }) =>
  operatorToken.kind === kinds.PlusToken && [left, right].some((operand) => /["'`]|toHex\(/.test(operand.getText()));
const isCall = (node) => ts.isCallExpression(ts.isAwaitExpression(node) ? node.expression : node) && !node.getText().startsWith("super(");

/** An `if` that leaves the function or the turn of a loop. */
function isGuard(node) {
  if (!ts.isIfStatement(node)) return false;
  const { thenStatement } = node;
  const last = ts.isBlock(thenStatement) ? thenStatement.statements.at(-1) : thenStatement;
  return last !== undefined && [kinds.ThrowStatement, kinds.ReturnStatement, kinds.ContinueStatement, kinds.BreakStatement].includes(last.kind);
}

/** The condition of a guard: `never` and `always` say more than its opposite, which any test notices that notices one of them. */
const isCondition = (node) => isGuard(node.parent) && node.parent.expression === node;

/** The first of a list, the base of digits in a text, a name. */
function isTrivial(node) {
  const { parent, text } = node;
  if (ts.isElementAccessExpression(parent)) return text === "0";
  if (ts.isPropertyAssignment(parent)) return parent.name === node;
  return ts.isCallExpression(parent) && /\.(toString|padStart|padEnd)$/.test(parent.expression.getText());
}

/** Computed once, when the module is loaded. */
function isConstant(node) {
  for (let at = node; at !== undefined; at = at.parent) if (ts.isFunctionLike(at) || ts.isPropertyDeclaration(at)) return false;
  return true;
}

const squeezed = (text) => text.replace(/\s+/g, " ").slice(0, 120);

/** The functions, classes and constants that a node stands in. */
function nameAround(node) {
  const names = [];
  for (let at = node.parent; at !== undefined; at = at.parent) {
    const named = ts.isFunctionLike(at) || ts.isClassDeclaration(at) || (ts.isVariableDeclaration(at) && ts.isSourceFile(at.parent.parent.parent));
    if (named && at.name !== undefined) names.unshift(at.name.getText());
    else if (ts.isConstructorDeclaration(at)) names.unshift("constructor");
  }
  return names.join(".");
}

/** Gives each mutant a name that stays the same when lines are added above it. */
function keyed(mutants) {
  const seen = new Map();
  return mutants.map((mutant) => {
    const name = [mutant.file, mutant.within, mutant.original, mutant.change].join(" | ");
    seen.set(name, (seen.get(name) ?? 0) + 1);
    return { ...mutant, key: seen.get(name) === 1 ? name : `${name} | ${seen.get(name)}` };
  });
}
