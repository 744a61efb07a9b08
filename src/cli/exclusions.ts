// What --exclude and --exclude-from leave out, in the order given. spec/06-snapshot.md#completeness
import { readLines } from "../connectors/node/lines.js";
import type { Arguments, Context } from "./command.js";
import { compileRules, type ExcludeRule, type PathMatcher, patternOfLine } from "./exclude-rules.js";

const byteOrderMark = [0xef, 0xbb, 0xbf];

/** Undefined when nothing is left out. @throws PTAR_USAGE, PTAR_SOURCE_NOT_FOUND, PTAR_IO_FAILED, PTAR_LIMIT_EXCEEDED */
export async function loadExclusions(args: Arguments, { argv, signal }: Pick<Context, "argv" | "signal">): Promise<PathMatcher | undefined> {
  const given = { exclude: [...args.list("exclude")], "exclude-from": [...args.list("exclude-from")] };
  const rules: ExcludeRule[] = [];
  for (const option of orderOf(argv)) {
    const value = given[option].shift();
    if (value === undefined) continue;
    if (option === "exclude") rules.push({ pattern: value, origin: "--exclude" });
    else rules.push(...(await rulesOf(value, signal)));
  }
  return rules.length === 0 ? undefined : compileRules(rules);
}

/** The parser gives the values of each option, but not the order among options; the last pattern decides, so it matters. */
function orderOf(argv: readonly string[]): readonly ("exclude" | "exclude-from")[] {
  const end = argv.indexOf("--");
  const words = end < 0 ? argv : argv.slice(0, end);
  return words.flatMap((word) => {
    const [, option] = /^--?(exclude|exclude-from)(?:=|$)/.exec(word) ?? [];
    return option === "exclude" || option === "exclude-from" ? [option] : [];
  });
}

async function rulesOf(file: string, signal: AbortSignal): Promise<readonly ExcludeRule[]> {
  const subject = `--exclude-from ${file}`;
  const rules: ExcludeRule[] = [];
  for await (const { bytes, number } of readLines(file, { subject, end: "text", signal })) {
    const marked = number === 1 && byteOrderMark.every((byte, i) => bytes[i] === byte);
    const pattern = patternOfLine(marked ? bytes.subarray(byteOrderMark.length) : bytes);
    if (pattern !== undefined) rules.push({ pattern, origin: `${subject} line ${number}` });
  }
  return rules;
}
