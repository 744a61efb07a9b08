// Text as one word of a shell, for command lines in hints.

/** `text` quoted where it has to be, so that a shell and its program take it for a file and nothing else. */
export function shellWord(text: string): string {
  const path = text.startsWith("-") ? `./${text}` : text;
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
