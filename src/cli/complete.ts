// What can stand next on a command line: answers to the scripts of `ptar completion`.
import type { Command } from "./command.js";

/** The word with which the scripts ask for completions. */
export const completionRequest = "--get-yargs-completions";

/** The answer where a folder is wanted; no file name is offered there. */
export const foldersAnswer = ":folders";

/** Arguments that are folders. */
const folderArguments: readonly string[] = ["location", "other"];

/** Candidates for the last of `words`, of which the first is the program; none where a shell should offer file names, {@link foldersAnswer} where folders. */
export function complete(words: readonly string[], commands: readonly Command[]): readonly string[] {
  const current = words.at(-1) ?? "";
  const { command, rest } = commandOf(words.slice(1, -1), commands);
  const options = Object.entries(command?.options ?? {});
  const before = optionOf(rest.at(-1), command);
  if (before !== undefined && before.type !== "flag") return startingWith(current, before.choices ?? []);
  if (current.startsWith("-")) return startingWith(current, [...options.map(([name]) => `--${name}`), "--help"]);
  const below = command === undefined ? commands : (command.commands ?? []);
  const names = below.map(({ usage }) => nameOf(usage));
  if (command !== undefined && below.length === 0) return folderArguments.includes(argumentAt(rest, command) ?? "") ? [foldersAnswer] : [];
  return startingWith(current, command === undefined ? [...names, "completion"] : names);
}

/** The command that `words` name, a sub-command where they name one, and the words after it. */
function commandOf(
  words: readonly string[],
  commands: readonly Command[],
): { readonly command: Command | undefined; readonly rest: readonly string[] } {
  const command = commands.find(({ usage }) => nameOf(usage) === words[0]);
  if (command === undefined) return { command, rest: words };
  const sub = commandOf(words.slice(1), command.commands ?? []);
  return sub.command === undefined ? { command, rest: words.slice(1) } : sub;
}

/** The option that a word is. */
function optionOf(word: string | undefined, { options = {} }: Pick<Command, "options"> = {}) {
  return Object.entries(options).find(([name, { alias }]) => word === `--${name}` || (alias !== undefined && word === `-${alias}`))?.[1];
}

/** The name of the argument that follows `words`, which stand after the command. */
function argumentAt(words: readonly string[], command: Command): string | undefined {
  const given = words.filter((word, i) => {
    const before = optionOf(words[i - 1], command);
    return !(word.startsWith("-") && word !== "-") && (before === undefined || before.type === "flag");
  });
  const names = [...command.usage.matchAll(/[<[]([^>\]]+)[>\]]/g)].map(([, name]) => name as string);
  return names[given.length];
}

function nameOf(usage: string): string {
  return usage.replace(/ .*$/, "");
}

function startingWith(start: string, words: readonly string[]): readonly string[] {
  return words.filter((word) => word.startsWith(start));
}
