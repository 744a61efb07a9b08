// Patterns of `--exclude`, in the manner of gitignore, matched in time linear in the path: no backtracking.
import { PtarError } from "../errors/ptar-error.js";

/** Says whether a path is meant; `path` are the names joined by `/`, exact bytes. */
export type PathMatcher = (path: Uint8Array, isDirectory: boolean) => boolean;

/** `star`: any run within a name; `deep`: nothing, or anything up to and with a slash; `below`: anything at all. */
type Token = { readonly kind: "one"; readonly accepts: (char: string) => boolean } | { readonly kind: "star" | "deep" | "below" };

interface Pattern {
  readonly tokens: readonly Token[];
  readonly directoryOnly: boolean;
}

const maxPatternChars = 4096;

/**
 * A matcher of any of `patterns`: `*`, `?` and `[a-z]` stay within a name, `**` does not; a leading or inner `/` anchors
 * at the top of the archive, a trailing one means directories only; a backslash takes the next character literally.
 * @throws PTAR_USAGE
 */
export function compileGlobs(patterns: readonly string[]): PathMatcher {
  const compiled = patterns.map(compileGlob);
  return (path, isDirectory) => {
    const chars = charsOf(path);
    return compiled.some(({ tokens, directoryOnly }) => (isDirectory || !directoryOnly) && matches(tokens, chars));
  };
}

function compileGlob(pattern: string): Pattern {
  const problem = problemOf(pattern);
  if (problem !== undefined) throw new PtarError("PTAR_USAGE", `--exclude: "${pattern.slice(0, 80)}" ${problem}`);
  const directoryOnly = pattern.endsWith("/");
  const body = directoryOnly ? pattern.slice(0, -1) : pattern;
  const anchored = body.includes("/");
  const tokens = tokensOf([...body.replace(/^\//, "")]);
  return { tokens: anchored ? tokens : [{ kind: "deep" }, ...tokens], directoryOnly };
}

function problemOf(pattern: string): string | undefined {
  if (/^\/*$/.test(pattern)) return "is an empty pattern";
  if (pattern.length > maxPatternChars) return `has ${pattern.length} characters, at most ${maxPatternChars}`;
  if (pattern.startsWith("!")) return "starts with !: patterns that take back others are not supported; \\! means the character";
  return undefined;
}

function tokensOf(chars: readonly string[]): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < chars.length; ) {
    const { token, length } = tokenAt(chars, at);
    tokens.push(...token);
    at += length;
  }
  return tokens;
}

function tokenAt(chars: readonly string[], at: number): { readonly token: readonly Token[]; readonly length: number } {
  const char = chars[at] as string;
  if (char === "\\" && at + 1 < chars.length) return { token: [literal(chars[at + 1] as string)], length: 2 };
  if (char === "?") return { token: [{ kind: "one", accepts: (c) => c !== "/" }], length: 1 };
  if (char === "[") return classAt(chars, at) ?? { token: [literal("[")], length: 1 };
  if (char === "*") return starAt(chars, at);
  return { token: [literal(char)], length: 1 };
}

function starAt(chars: readonly string[], at: number): { readonly token: readonly Token[]; readonly length: number } {
  const startsName = at === 0 || chars[at - 1] === "/";
  if (startsName && chars[at + 1] === "*") {
    if (chars[at + 2] === "/") return { token: [{ kind: "deep" }], length: 3 };
    // the slash before it is a token already: what is below a directory, not the directory itself
    if (at + 2 === chars.length) return { token: [{ kind: "one", accepts: () => true }, { kind: "below" }], length: 2 };
  }
  let end = at;
  while (chars[end] === "*") end++;
  return { token: [{ kind: "star" }], length: end - at };
}

/** A class such as `[a-z]`, `[!0-9]` or `[]x]`; undefined when it is not closed. */
function classAt(chars: readonly string[], at: number): { readonly token: readonly Token[]; readonly length: number } | undefined {
  const negated = chars[at + 1] === "!" || chars[at + 1] === "^";
  const first = at + (negated ? 2 : 1);
  const end = chars.indexOf("]", first + 1);
  if (end < 0) return undefined;
  const ranges = rangesOf(chars.slice(first, end));
  const accepts = (char: string) => char !== "/" && ranges.some(([from, to]) => from <= codeOf(char) && codeOf(char) <= to) !== negated;
  return { token: [{ kind: "one", accepts }], length: end + 1 - at };
}

function rangesOf(chars: readonly string[]): (readonly [number, number])[] {
  const ranges: (readonly [number, number])[] = [];
  for (let at = 0; at < chars.length; ) {
    const isRange = chars[at + 1] === "-" && at + 2 < chars.length;
    ranges.push([codeOf(chars[at] as string), codeOf(chars[isRange ? at + 2 : at] as string)]);
    at += isRange ? 3 : 1;
  }
  return ranges;
}

function literal(char: string): Token {
  return { kind: "one", accepts: (c) => c === char };
}

function codeOf(char: string): number {
  return char.codePointAt(0) as number;
}

/** Runs all ways through the tokens at once: at most tokens × characters steps whatever the pattern. */
function matches(tokens: readonly Token[], chars: readonly string[]): boolean {
  let active = new Uint8Array(tokens.length + 1);
  reach(tokens, active, 0);
  for (const char of chars) {
    const next = new Uint8Array(tokens.length + 1);
    for (const [at, token] of tokens.entries()) if (active[at] === 1) step(token, { tokens, next, at, char });
    active = next;
  }
  return active[tokens.length] === 1;
}

function step(token: Token, run: { readonly tokens: readonly Token[]; readonly next: Uint8Array; readonly at: number; readonly char: string }): void {
  const { tokens, next, at, char } = run;
  if (token.kind === "one") {
    if (token.accepts(char)) reach(tokens, next, at + 1);
  } else if (token.kind === "deep") {
    // only a slash leads on: `deep` covers whole names
    next[at] = 1;
    if (char === "/") reach(tokens, next, at + 1);
  } else if (token.kind === "below" || char !== "/") reach(tokens, next, at);
}

/** Marks place `at`, and the places that it leads to without a character. */
function reach(tokens: readonly Token[], active: Uint8Array, at: number): void {
  for (let place = at; ; place++) {
    active[place] = 1;
    const kind = tokens[place]?.kind;
    if (kind === undefined || kind === "one") return;
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Characters of a path; in one that is not UTF-8 each byte counts as a character. */
function charsOf(path: Uint8Array): readonly string[] {
  try {
    return [...decoder.decode(path)];
  } catch {
    return Array.from(path, (byte) => String.fromCharCode(byte));
  }
}
