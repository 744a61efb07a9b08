// Standard error: everything that is not the data asked for, each line with the name of the program.
import type { OnProgress } from "../../archive/progress.js";
import type { ErrorDetails } from "../../errors/ptar-error.js";
import { escapeText } from "./escape.js";
import { createProgressLine, type Terminal } from "./progress.js";

/** What a person should read about a failure. */
export interface Failure {
  readonly message: string;
  readonly hint?: string | undefined;
  readonly details?: ErrorDetails;
}

/** Standard error of a command. */
export interface Notes {
  /** Whether progress is drawn. */
  readonly isTerminal: boolean;
  readonly onProgress: OnProgress;
  /** `ptar: text`; control characters are escaped. */
  say(text: string): void;
  /** `ptar: hint: text`. */
  hint(text: string): void;
  fail(failure: Failure): void;
  /** Removes the progress line. */
  clear(): void;
}

/** Wraps process.stderr. With `quiet` only failures are written. */
export function createNotes(terminal: Terminal, { quiet }: { readonly quiet: boolean }): Notes {
  const line = createProgressLine(terminal);
  const write = (text: string) => {
    line.clear();
    terminal.write(`ptar: ${escapeText(text)}\n`);
  };
  return {
    isTerminal: terminal.isTTY === true && !quiet,
    onProgress: quiet ? () => undefined : line.onProgress,
    say: (text) => (quiet ? undefined : write(text)),
    hint: (text) => (quiet ? undefined : write(`hint: ${text}`)),
    fail({ message, hint }) {
      write(message);
      if (hint !== undefined) write(`hint: ${hint}`);
    },
    clear: line.clear,
  };
}
