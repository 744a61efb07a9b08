// Lines of age's text files, recipients and identities alike: one a line, `#` starts a comment. spec/14-encryption.md#keys

/** A line that is neither empty nor a comment. */
export interface AgeLine {
  /** Without blanks around it. It may be secret: no error quotes it. */
  readonly text: string;
  /** From 1. */
  readonly number: number;
}

/** The lines that say something, without their ends: LF or CRLF. To trim takes a byte order mark before the first one away too. */
export function ageLines(text: string): readonly AgeLine[] {
  return text
    .split("\n")
    .map((line, index) => ({ text: line.trim(), number: index + 1 }))
    .filter((line) => line.text !== "" && !line.text.startsWith("#"));
}
