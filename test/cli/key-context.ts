// What commands load keys with: options, environment, standard error, in this process.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { Arguments } from "../../src/cli/command.js";
import type { PassphraseContext } from "../../src/cli/passphrase.js";
import { createNotes } from "../../src/cli/ui/notes.js";
import { PtarError } from "../../src/errors/ptar-error.js";

/** A folder with a config folder in it, and what is said on standard error. */
export interface KeyPlace {
  readonly folder: string;
  readonly context: PassphraseContext;
  readonly said: () => string;
  /** Writes a file for its owner only; its path. */
  write(name: string, text: string | Uint8Array): string;
}

/** A fresh folder, removed after the test. */
export function keyPlace(env: Readonly<Record<string, string>> = {}, argv: readonly string[] = []): KeyPlace {
  const folder = mkdtempSync(join(tmpdir(), "ptar-keys-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  let text = "";
  const notes = createNotes({ write: (part: string) => (text += part) }, { quiet: true });
  return {
    folder,
    context: { env: { PATH: process.env.PATH, XDG_CONFIG_HOME: folder, ...env }, argv, notes, signal: new AbortController().signal },
    said: () => text,
    write(name, content) {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content, { mode: 0o600 });
      return path;
    },
  };
}

/** Options of a command line about `a.ptar`. */
export function args(values: Readonly<Record<string, unknown>>): Arguments {
  return new Arguments({ archive: "a.ptar", ...values });
}

/** The PtarError that a promise is rejected with, as `CODE: sentence`, and on a line of its own the hint. */
export async function refused(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "nothing was thrown",
    (error: unknown) => {
      if (error instanceof PtarError) return `${error.code}: ${error.message}${error.hint === undefined ? "" : `\n${error.hint}`}`;
      throw error;
    },
  );
}
