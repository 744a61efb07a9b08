// What a command is: a sentence, its arguments and options, and what it does.
import { PtarError } from "../errors/ptar-error.js";
import type { Notes } from "./ui/notes.js";
import type { Output } from "./ui/output.js";

/** An option `--name`. */
export interface OptionSpec {
  /** `text` takes a value, `list` takes one each time it is given, `flag` takes none. */
  readonly type: "text" | "list" | "flag";
  readonly describe: string;
  readonly choices?: readonly string[];
  /** One letter, `C` for `-C`. */
  readonly alias?: string;
}

/** One command. */
export interface Command {
  /** Name and arguments, "cat <archive> <path>". */
  readonly usage: string;
  readonly describe: string;
  /** Descriptions of the arguments by name. */
  readonly positionals?: Readonly<Record<string, string>>;
  readonly options?: Readonly<Record<string, OptionSpec>>;
  /** Command lines and what they do. */
  readonly examples?: readonly (readonly [line: string, does: string])[];
  readonly commands?: readonly Command[];
  /** Does the work; the exit code. */
  readonly run?: (args: Arguments, context: Context) => Promise<number>;
}

/** What a command works with. */
export interface Context {
  readonly env: NodeJS.ProcessEnv;
  /** The command line as given, without the interpreter. */
  readonly argv: readonly string[];
  readonly out: Output;
  readonly notes: Notes;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Names a file that a second Ctrl-C, which does not wait for anything, still removes. */
  readonly removeOnExit: (path: Promise<string>) => void;
}

/** Option that every command has. */
export const jsonOption = { json: { type: "flag", describe: "print one JSON document" } } as const;

/** Option of commands that read one snapshot. */
export const snapshotOption = { snapshot: { type: "text", describe: "beginning of the id of an earlier snapshot; default: the latest" } } as const;

/** Arguments and options of one call, by name. */
export class Arguments {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  /** Value of an option that may be missing. @throws PTAR_USAGE when it was given twice */
  text(name: string): string | undefined {
    const value = this.#values[name];
    if (Array.isArray(value)) throw new PtarError("PTAR_USAGE", `--${name}: given ${value.length} times, at most once expected`);
    return typeof value === "string" ? value : undefined;
  }

  /** Value of an argument that the usage line demands. @throws PTAR_USAGE when it is empty */
  required(name: string): string {
    const value = this.text(name);
    if (value === undefined || value === "") throw new PtarError("PTAR_USAGE", `${name}: is empty`);
    return value;
  }

  /** The snapshot that was asked for, as an option of archive operations. */
  snapshot(): { readonly snapshot?: string } {
    const snapshot = this.text("snapshot");
    return snapshot === undefined ? {} : { snapshot };
  }

  list(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.map(String) : typeof value === "string" ? [value] : [];
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  /** One of the choices of its option, which the parser has checked. */
  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.text(name);
    return choices.find((choice) => choice === value);
  }

  /** A whole number from `min` to `max`. @throws PTAR_USAGE */
  integer(name: string, min: number, max: number): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max)) throw new PtarError("PTAR_USAGE", `--${name}: "${value}" is not a number from ${min} to ${max}`);
    return number;
  }

  /** The archive to work on; `-` is standard input, or output where one is made. Of commands about repositories the location. @throws PTAR_USAGE when it is empty */
  archive(): string {
    return this.required(this.text("location") === undefined ? "archive" : "location");
  }
}
