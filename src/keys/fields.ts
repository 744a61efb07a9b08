// Fields of a line in SSH's text files: separated by spaces and tabs, and by nothing else.

/** The first field of `text` and the rest, which starts with the next field. */
export function splitField(text: string): readonly [field: string, rest: string] {
  const blank = text.search(/[ \t]/);
  return blank < 0 ? [text, ""] : [text.slice(0, blank), skipBlanks(text.slice(blank))];
}

/** `text` without the spaces and tabs at its start. */
export function skipBlanks(text: string): string {
  return text.replace(/^[ \t]+/, "");
}

/** `text` without the spaces and tabs at its end. */
export function dropBlanks(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === " " || text[end - 1] === "\t")) end--;
  return text.slice(0, end);
}
