// Classes of characters in patterns: `[a-z]`, `[!0-9]`, `[]x]`, `[[:digit:]]`.

/** A class and how many characters of the pattern it takes. */
export interface CharClass {
  readonly accepts: (char: string) => boolean;
  readonly length: number;
}

interface Member {
  readonly accepts: (char: string) => boolean;
  /** Where the pattern goes on. */
  readonly end: number;
  /** The character that may begin a range. */
  readonly first?: string;
}

const named: Readonly<Record<string, RegExp>> = {
  alnum: /^[0-9A-Za-z]$/,
  alpha: /^[A-Za-z]$/,
  blank: /^[ \t]$/,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the class is that of control characters
  cntrl: /^[\x00-\x1f\x7f]$/,
  digit: /^[0-9]$/,
  graph: /^[!-~]$/,
  lower: /^[a-z]$/,
  print: /^[ -~]$/,
  punct: /^[!-/:-@[-`{-~]$/,
  space: /^[ \t\n\v\f\r]$/,
  upper: /^[A-Z]$/,
  xdigit: /^[0-9A-Fa-f]$/,
};

/** The class that starts at `at`; undefined when it is not closed or names a class that there is not. No class holds the slash. */
export function classAt(chars: readonly string[], at: number): CharClass | undefined {
  const negated = chars[at + 1] === "!" || chars[at + 1] === "^";
  const first = at + (negated ? 2 : 1);
  const members: Member[] = [];
  let place = first;
  // a ] that comes first is a member
  while (place === first || chars[place] !== "]") {
    const member = memberAt(chars, place, members.at(-1)?.first);
    if (member === undefined) return undefined;
    members.push(member);
    place = member.end;
  }
  const accepts = (char: string) => char !== "/" && members.some((member) => member.accepts(char)) !== negated;
  return { accepts, length: place + 1 - at };
}

function memberAt(chars: readonly string[], at: number, before: string | undefined): Member | undefined {
  const char = chars[at];
  const next = chars[at + 1];
  if (char === undefined) return undefined;
  if (char === "-" && before !== undefined && next !== undefined && next !== "]") return rangeAt(chars, at + 1, before);
  if (char === "[" && next === ":") return namedAt(chars, at);
  if (char === "\\") return next === undefined ? undefined : single(next, at + 2);
  return single(char, at + 1);
}

function single(char: string, end: number): Member {
  return { accepts: (c) => c === char, end, first: char };
}

function rangeAt(chars: readonly string[], at: number, from: string): Member | undefined {
  const escaped = chars[at] === "\\";
  const to = chars[escaped ? at + 1 : at];
  if (to === undefined) return undefined;
  return { accepts: (c) => codeOf(from) <= codeOf(c) && codeOf(c) <= codeOf(to), end: at + (escaped ? 2 : 1) };
}

function namedAt(chars: readonly string[], at: number): Member | undefined {
  const end = chars.indexOf("]", at + 2);
  if (end < 0) return undefined;
  // not closed by `:]`: the bracket is a member like others
  if (end === at + 2 || chars[end - 1] !== ":") return single("[", at + 1);
  const pattern = named[chars.slice(at + 2, end - 1).join("")];
  return pattern === undefined ? undefined : { accepts: (c) => pattern.test(c), end: end + 1 };
}

function codeOf(char: string): number {
  return char.codePointAt(0) as number;
}
