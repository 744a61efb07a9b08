// Other spellings of a canonical document: what lenient parsers take for the same, and what some of them take at all. spec/00-conventions.md#canonical
import type { Choices } from "./values.js";

const text = (bytes: Buffer) => bytes.toString("latin1");

/** `bytes`, which begin with `{`, spelled or encoded in another way. */
export function changedText(bytes: Buffer, choices: Choices): Buffer {
  const from = text(bytes);
  const at = choices.below(from.length);
  const instead = choices.of<(whole: string) => string>([
    (whole) => nextReplaced(whole, at, /[{,:[]/, (found) => `${found} `),
    (whole) => nextReplaced(whole, at, /:[0-9]+/, (found) => `${found}.0`),
    (whole) => nextReplaced(whole, at, /:[0-9]+/, (found) => `${found}e0`),
    (whole) => nextReplaced(whole, at, /:[0-9]+/, (found) => `:0${found.slice(1)}`),
    (whole) => nextReplaced(whole, at, /:[0-9]+/, () => ":-0"),
    (whole) => nextReplaced(whole, at, /:[0-9]+/, () => ":9007199254740993"),
    (whole) => nextReplaced(whole, at, /:[0-9]+/, () => ":18446744073709551616"),
    (whole) => nextReplaced(whole, at, /[a-z]/, (found) => `\\u00${found.charCodeAt(0).toString(16)}`),
    (whole) => nextReplaced(whole, at, /:"/, () => ':"\\ud800'),
    (whole) => nextReplaced(whole, at, /:"/, () => ':"\xff'),
    (whole) => nextReplaced(whole, at, /:"/, () => ':"\xc0\x80'),
    (whole) => nextReplaced(whole, at, /:"/, () => ':"\xed\xa0\x80'),
    (whole) => nextReplaced(whole, at, /:"/, () => ':"\x00'),
    (whole) => nextReplaced(whole, at, /"[A-Za-z]+":("[^"]*"|[0-9]+)/, (found) => `${found},${found}`),
    (whole) => nextReplaced(whole, at, /:(null|true|false|[0-9]+)/, () => `:${"[".repeat(40)}${"]".repeat(40)}`),
    (whole) => nextReplaced(whole, at, /[\]}]/, (found) => `,${found}`),
    (whole) => `\xef\xbb\xbf${whole}`,
    (whole) => `${whole}\n`,
    (whole) => `${whole}${whole}`,
    (whole) => `{"__proto__":{},${whole.slice(1)}`,
    (whole) => `${whole.slice(0, -1)},"~":0}`,
    (whole) => whole.slice(0, at),
  ]);
  return Buffer.from(instead(from), "latin1");
}

/** Replaces the first match behind `at`, or else the first one. */
function nextReplaced(whole: string, at: number, pattern: RegExp, replace: (found: string) => string): string {
  const behind = whole.slice(at);
  if (pattern.test(behind)) return whole.slice(0, at) + behind.replace(pattern, replace);
  return whole.replace(pattern, replace);
}
