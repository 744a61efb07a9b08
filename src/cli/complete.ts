// What can stand next on a command line: answers to the script of `ptar completion`.
import type { Command } from "./command.js";

/** The word with which the script that yargs prints asks for completions. */
export const completionRequest = "--get-yargs-completions";

/** Candidates for the last of `words`, of which the first is the program; none where a shell should offer file names. */
export function complete(words: readonly string[], commands: readonly Command[]): readonly string[] {
  const current = words.at(-1) ?? "";
  const { command, rest } = commandOf(words.slice(1, -1), commands);
  const options = Object.entries(command?.options ?? {});
  const before = options.find(([name, { alias }]) => rest.at(-1) === `--${name}` || (alias !== undefined && rest.at(-1) === `-${alias}`))?.[1];
  if (before !== undefined && before.type !== "flag") return startingWith(current, before.choices ?? []);
  if (current.startsWith("-")) return startingWith(current, [...options.map(([name]) => `--${name}`), "--help"]);
  const below = command === undefined ? commands : (command.commands ?? []);
  const names = below.map(({ usage }) => nameOf(usage));
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

function nameOf(usage: string): string {
  return usage.replace(/ .*$/, "");
}

function startingWith(start: string, words: readonly string[]): readonly string[] {
  return words.filter((word) => word.startsWith(start));
}
