// Patterns that leave paths out, in the manner of gitignore: the last one that matches decides. spec/06-snapshot.md#completeness
import { PtarError } from "../errors/ptar-error.js";
import { compileGlob, type Glob } from "./glob.js";
import { createRuleIndex, type IndexedRule } from "./rule-index.js";

/** Says whether a path is left out; `path` are the names joined by `/`, exact bytes. */
export type PathMatcher = (path: Uint8Array, isDirectory: boolean) => boolean;

/** A pattern as it was given. */
export interface ExcludeRule {
  readonly pattern: string;
  /** Where it stands: "--exclude", or file and line. */
  readonly origin: string;
}

const maxPatternChars = 4096;
const spaceByte = 0x20;
const backslashByte = 0x5c;
const hashByte = 0x23;

/**
 * A matcher of `rules`: a leading or inner `/` anchors at the top of the archive, a trailing one means directories only, a leading `!`
 * takes back what an earlier pattern left out. What is below a directory that was left out is not asked for.
 * @throws PTAR_USAGE
 */
export function compileRules(rules: readonly ExcludeRule[]): PathMatcher {
  if (rules.length === 0) return () => false;
  const compiled = rules.map(compileRule);
  const lastMatch = createRuleIndex(compiled.map(({ rule }) => rule));
  return (path, isDirectory) => {
    const last = lastMatch(textOf(path), isDirectory);
    return last !== undefined && compiled[last]?.takesBack === false;
  };
}

/** The pattern in a line of a gitignore file; undefined for comments, empty lines and patterns that can match nothing. */
export function patternOfLine(line: Uint8Array): string | undefined {
  let end = line.length;
  while (end > 0 && line[end - 1] === spaceByte && !isEscaped(line, end - 1)) end--;
  if (end === 0 || line[0] === hashByte) return undefined;
  const pattern = textOf(line.subarray(0, end));
  return /^!?\/*$/.test(pattern) || globOf(pattern) === undefined ? undefined : pattern;
}

/** Whether an odd number of backslashes stands before `at`. */
function isEscaped(line: Uint8Array, at: number): boolean {
  let count = 0;
  while (at - count > 0 && line[at - count - 1] === backslashByte) count++;
  return count % 2 === 1;
}

function compileRule({ pattern, origin }: ExcludeRule): { readonly rule: IndexedRule; readonly takesBack: boolean } {
  const refuse = (problem: string) => new PtarError("PTAR_USAGE", `${origin}: "${pattern.slice(0, 80)}" ${problem}`);
  if (/^!?\/*$/.test(pattern)) throw refuse("is an empty pattern");
  if (pattern.length > maxPatternChars) throw refuse(`has ${pattern.length} characters, at most ${maxPatternChars}`);
  const glob = globOf(pattern);
  if (glob === undefined) throw refuse("matches nothing: a [ is not closed, or a backslash stands at its end; \\[ and \\\\ mean the characters");
  const body = bodyOf(pattern);
  return { rule: { glob, directoryOnly: pattern.endsWith("/"), anchored: body.includes("/") }, takesBack: pattern.startsWith("!") };
}

function globOf(pattern: string): Glob | undefined {
  return compileGlob(bodyOf(pattern).replace(/^\//, ""));
}

/** Without the marks at the beginning and the end. */
function bodyOf(pattern: string): string {
  return pattern.replace(/^!/, "").replace(/\/$/, "");
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const strayBase = 0xdc00;

/** Bytes as text; each byte that is no UTF-8 becomes a character of its own, U+DC80 to U+DCFF, so that raw names in a file match raw names. */
export function textOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return strayText(bytes);
  }
}

function strayText(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const char = charAt(bytes, at);
    text += char ?? String.fromCharCode(strayBase + (bytes[at] as number));
    at += char === undefined ? 1 : Buffer.byteLength(char);
  }
  return text;
}

/** The character at `at`; undefined where none begins. */
function charAt(bytes: Uint8Array, at: number): string | undefined {
  const lead = bytes[at] as number;
  const length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  const tail = bytes.subarray(at + 1, at + length);
  if (tail.length < length - 1 || tail.some((byte) => byte >> 6 !== 2)) return undefined;
  try {
    return decoder.decode(bytes.subarray(at, at + length));
  } catch {
    return undefined;
  }
}
