// The command line taken apart; the only file that knows yargs.
import yargs, { type Argv } from "yargs";
import { PtarError } from "../errors/ptar-error.js";
import { Arguments, type Command } from "./command.js";

/** What the command line asks for: a command to run, or a text to print (help, version, completion). */
export type Parsed = { readonly command: Command; readonly args: Arguments } | { readonly text: string };

/** Marks words that yargs must take as they are; no word of a command line can hold it. */
const literal = "\0";

/** Thrown out of yargs once the command is known: it would go on and lay out a help that nobody asked for, which takes longer than parsing. */
const enough = new Error("the command is known");

const plural = (sentence: string) => ({ one: sentence, other: sentence });

/** yargs' sentences in the voice of this program. */
const sentences = {
  "Not enough non-option arguments: got %s, need at least %s": plural("arguments: %s given, at least %s needed"),
  "Too many non-option arguments: got %s, maximum of %s": plural("arguments: %s given, at most %s allowed"),
  "Not enough arguments following: %s": "--%s needs a value",
  "Unknown argument: %s": { one: "unknown argument %s", other: "unknown arguments %s" },
  "Invalid values:": "invalid value:",
  "Argument: %s, Given: %s, Choices: %s": "--%s: %s is none of %s",
} as unknown as Record<string, string>;

/**
 * Finds the command and its arguments.
 * @throws PTAR_USAGE
 */
export async function parseCommandLine(argv: readonly string[], commands: readonly Command[], version: string): Promise<Parsed> {
  let chosen: Parsed | undefined;
  const choose = (command: Command, values: Readonly<Record<string, unknown>>) => {
    chosen = { command, args: new Arguments(restore(values)) };
    throw enough;
  };
  const parser = withCommands(base(version), commands, choose).example(commands.flatMap(({ examples = [] }) => examples.slice(0, 1)).map(mutable));
  const text = await new Promise<string>((resolve, reject) => {
    const refuse = ({ message }: Error) => reject(usageError(message, argv, commands));
    const done = (error: Error | undefined | null, _: unknown, output: string) => (error ? refuse(error) : resolve(output));
    Promise.resolve(parser.parse(protect(argv), {}, done)).catch(refuse);
  }).catch((error: unknown) => {
    if (error !== enough) throw error;
    return "";
  });
  return chosen ?? { text };
}

function base(version: string): Argv {
  return yargs()
    .scriptName("ptar")
    .usage("$0 <command>\n\nSigned archives of files: one file, every byte covered by a signature.")
    .locale("en")
    .updateStrings(sentences)
    .parserConfiguration({
      "greedy-arrays": false,
      "dot-notation": false,
      "boolean-negation": false,
      "camel-case-expansion": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "short-option-groups": false,
    })
    .exitProcess(false)
    .showHelpOnFail(false)
    .strict()
    .demandCommand(1, "no command was given")
    .version(version)
    .alias("h", "help")
    .completion("completion", "print a script that completes commands in bash or zsh")
    .wrap(Math.min(100, process.stdout.columns ?? 100));
}

function withCommands(
  parser: Argv,
  commands: readonly Command[],
  choose: (command: Command, values: Readonly<Record<string, unknown>>) => void,
): Argv {
  for (const command of commands) {
    parser.command(
      command.usage,
      command.describe,
      (sub) => withCommands(withOptions(sub, command), command.commands ?? [], choose),
      (values) => choose(command, values),
    );
  }
  return parser;
}

function withOptions(parser: Argv, { usage, positionals = {}, options = {}, examples = [], commands = [] }: Command): Argv {
  for (const [name, describe] of Object.entries(positionals)) {
    const array = usage.includes(`${name}..`);
    parser.positional(name, { describe, type: "string", ...(array ? { array } : {}) });
  }
  for (const [name, { type, describe, choices, alias }] of Object.entries(options)) {
    const value = type === "flag" ? { boolean: true } : { string: true, requiresArg: true, array: type === "list" };
    parser.option(name, { describe, ...value, ...(choices === undefined ? {} : { choices }), ...(alias === undefined ? {} : { alias }) });
  }
  if (commands.length > 0) parser.demandCommand(1, "no sub-command was given");
  return parser.example(examples.map(mutable));
}

/** A lone `-` would become an empty word, and words after `--` would not reach the arguments. */
function protect(argv: readonly string[]): string[] {
  const end = argv.indexOf("--");
  const before = end < 0 ? argv : argv.slice(0, end);
  const after = end < 0 ? [] : argv.slice(end + 1);
  return [...before.map((word) => (word === "-" ? literal + word : word)), ...after.map((word) => literal + word)];
}

function restore(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const plain = (value: unknown): unknown => {
    if (typeof value === "string") return value.startsWith(literal) ? value.slice(1) : value;
    return Array.isArray(value) ? value.map(plain) : value;
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, plain(value)]));
}

function usageError(message: string, argv: readonly string[], commands: readonly Command[]): PtarError {
  const sentence = message.replaceAll(literal, "").replaceAll(/\s+/g, " ").trim();
  const names = commands.map(({ usage }) => usage.split(" ")[0]);
  const [first, second] = argv;
  if (first !== undefined && !first.startsWith("-") && !names.includes(first))
    return new PtarError("PTAR_USAGE", `unknown command ${first}`, { hint: `the commands are ${names.join(", ")}` });
  const subCommands = commands.find(({ usage }) => usage.split(" ")[0] === first)?.commands ?? [];
  const isSub = subCommands.some(({ usage }) => usage.split(" ")[0] === second);
  const command = first === undefined || first.startsWith("-") ? "" : isSub ? `${first} ${second} ` : `${first} `;
  return new PtarError("PTAR_USAGE", withDashes(sentence, argv), { hint: `ptar ${command}--help says more` });
}

/** yargs names unknown options without their dashes. */
function withDashes(sentence: string, argv: readonly string[]): string {
  const [, start, names] = /^(unknown arguments? )(.+)$/.exec(sentence) ?? [];
  if (start === undefined || names === undefined) return sentence;
  const asTyped = (name: string) => argv.map((word) => word.replace(/=.*$/s, "")).find((word) => word.replace(/^-+/, "") === name) ?? name;
  return start + names.split(", ").map(asTyped).join(", ");
}

function mutable([line, does]: readonly [string, string]): [string, string] {
  return [line, does];
}
