// One pattern in the manner of gitignore, matched in steps linear in the text: no backtracking.
import { classAt } from "./glob-class.js";

/** A pattern that is ready to be matched. */
export interface Glob {
  /** What a text must start and end with; for a pattern without wildcards the one text that it matches, twice. */
  readonly prefix: string;
  readonly suffix: string;
  /** `literal`: no wildcards; `ending` and `starting`: one `*` before or after what is literal. */
  readonly shape: "literal" | "ending" | "starting" | "other";
  /** `chars` are the characters of a text. */
  matches(chars: readonly string[]): boolean;
}

/** `star`: any run within a name; `deep`: nothing, or anything up to and with a slash; `below`: anything at all. */
type Token =
  | { readonly kind: "char"; readonly char: string }
  | { readonly kind: "one"; readonly accepts: (char: string) => boolean }
  | { readonly kind: "star" | "deep" | "below" };

interface Step {
  readonly tokens: readonly Token[];
  /** Characters of the pattern that they stand for. */
  readonly length: number;
}

/**
 * Compiles a pattern: `*`, `?` and `[a-z]` stay within a name, `**` as a whole name does not, a backslash takes the next character
 * literally. Undefined when it can match nothing: a class that is not closed, a backslash at the end.
 */
export function compileGlob(pattern: string): Glob | undefined {
  const chars = [...pattern];
  const tokens: Token[] = [];
  for (let at = 0; at < chars.length; ) {
    const step = stepAt(chars, at);
    if (step === undefined) return undefined;
    tokens.push(...step.tokens);
    at += step.length;
  }
  const run = new Run(tokens);
  return {
    prefix: literalOf(tokens),
    suffix: literalOf(tokens.toReversed(), "reversed"),
    shape: shapeOf(tokens),
    matches: (text) => run.matches(text),
  };
}

function stepAt(chars: readonly string[], at: number): Step | undefined {
  const char = chars[at] as string;
  if (char === "\\") return at + 1 < chars.length ? { tokens: [literal(chars[at + 1] as string)], length: 2 } : undefined;
  if (char === "?") return { tokens: [{ kind: "one", accepts: (c) => c !== "/" }], length: 1 };
  if (char === "*") return starAt(chars, at);
  if (char !== "[") return { tokens: [literal(char)], length: 1 };
  const found = classAt(chars, at);
  return found === undefined ? undefined : { tokens: [{ kind: "one", accepts: found.accepts }], length: found.length };
}

function starAt(chars: readonly string[], at: number): Step {
  let end = at;
  while (chars[end] === "*") end++;
  const length = end - at;
  const startsName = at === 0 || chars[at - 1] === "/";
  if (length > 1 && startsName && chars[end] === "/") return { tokens: [{ kind: "deep" }], length: length + 1 };
  // the slash before it is a token already: what is below a directory, not the directory itself
  if (length > 1 && startsName && end === chars.length) return { tokens: [{ kind: "one", accepts: () => true }, { kind: "below" }], length };
  return { tokens: [{ kind: "star" }], length };
}

function literal(char: string): Token {
  return { kind: "char", char };
}

/** The characters at the beginning that are not wildcards. */
function literalOf(tokens: readonly Token[], order: "straight" | "reversed" = "straight"): string {
  const chars: string[] = [];
  for (const token of tokens) {
    if (token.kind !== "char") break;
    chars.push(token.char);
  }
  return (order === "reversed" ? chars.reverse() : chars).join("");
}

function shapeOf(tokens: readonly Token[]): Glob["shape"] {
  const wild = tokens.filter(({ kind }) => kind !== "char");
  if (wild.length === 0) return "literal";
  if (wild.length > 1 || wild[0]?.kind !== "star") return "other";
  if (tokens[0] === wild[0]) return "ending";
  return tokens.at(-1) === wild[0] ? "starting" : "other";
}

/** Goes all ways through the tokens at once: at most tokens × characters steps whatever the pattern. */
class Run {
  readonly #tokens: readonly Token[];
  /** Places that are reached, 1 each; used again for every text. */
  #active: Uint8Array;
  #next: Uint8Array;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
    this.#active = new Uint8Array(tokens.length + 1);
    this.#next = new Uint8Array(tokens.length + 1);
  }

  matches(chars: readonly string[]): boolean {
    this.#active.fill(0);
    this.#reach(this.#active, 0);
    for (const char of chars) {
      this.#next.fill(0);
      let alive = false;
      for (let at = 0; at < this.#tokens.length; at++) if (this.#active[at] === 1 && this.#step(at, char)) alive = true;
      if (!alive) return false;
      [this.#active, this.#next] = [this.#next, this.#active];
    }
    return this.#active[this.#tokens.length] === 1;
  }

  /** Marks where `char` leads from place `at`; whether it leads anywhere. */
  #step(at: number, char: string): boolean {
    const token = this.#tokens[at] as Token;
    if (token.kind === "char" || token.kind === "one") {
      const fits = token.kind === "char" ? token.char === char : token.accepts(char);
      if (fits) this.#reach(this.#next, at + 1);
      return fits;
    }
    if (token.kind === "deep") {
      // only a slash leads on: `deep` covers whole names
      this.#next[at] = 1;
      if (char === "/") this.#reach(this.#next, at + 1);
      return true;
    }
    const goesOn = token.kind === "below" || char !== "/";
    if (goesOn) this.#reach(this.#next, at);
    return goesOn;
  }

  /** Marks place `at`, and the places that it leads to without a character. */
  #reach(places: Uint8Array, at: number): void {
    for (let place = at; ; place++) {
      places[place] = 1;
      const kind = this.#tokens[place]?.kind;
      if (kind === undefined || kind === "char" || kind === "one") return;
    }
  }
}
