// How the worked example is written: tables, and documents cut into lines. spec/17-example.md

/** A line is filled up to this length where it can be cut. */
const lineLength = 120;

/** A document in lines that end after a comma between members of the document, or of the entries of a page. */
export function documentLines(text) {
  const lines = [""];
  for (const piece of piecesOf(text)) {
    if (lines.at(-1) !== "" && lines.at(-1).length + piece.length > lineLength) lines.push("");
    lines.push(lines.pop() + piece);
  }
  return lines;
}

function piecesOf(text) {
  const deepest = text.startsWith('{"entries":') ? 3 : 1;
  const pieces = [];
  let depth = 0;
  let from = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{[\]},]/g)) {
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    else if (token === "," && depth <= deepest) {
      pieces.push(text.slice(from, index + 1));
      from = index + 1;
    }
  }
  return [...pieces, text.slice(from)];
}

/** A table of Markdown. */
export function table(head, rows) {
  const lines = [head, ...rows].map((cells) => `| ${cells.join(" | ")} |`.replaceAll("|  |", "| |"));
  return lines.toSpliced(1, 0, `|${"---|".repeat(head.length)}`).join("\n");
}

/** The values of a step. */
export const steps = (rows) => table(["name", "value", "how"], rows);

/** The section of a unit: its table, then what stands below it. */
export function unitSection({ title, fields }) {
  const rows = fields.rows.map(({ offset, bytes, name, meaning }) => [offset, bytes, name, meaning]);
  const texts = fields.texts.map(
    ({ offset, length, how, lines }) => `At ${offset}, ${length} bytes, ${how}:\n\n${lines.map((line) => `    ${line}`).join("\n")}`,
  );
  return [`## ${title}`, table(["offset", "bytes", "name", "meaning"], rows), ...texts].join("\n\n");
}
