// Where a passphrase comes from: a file, a program, the environment, the terminal; never the command line. spec/14-encryption.md#keys
import { fromUtf8, toUtf8 } from "../bytes/utf8.js";
import { PtarError } from "../errors/ptar-error.js";
import { passphraseBytes, requirePassphrase } from "../keys/passphrase.js";
import type { Arguments, Context } from "./command.js";

/** What options begin with that name a passphrase: nothing, or `seal-` of one to seal with where another one may be wished to open with. */
export type PassphrasePrefix = "" | "seal-";

/** A source that was chosen. */
export type PassphraseSource = (
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "command"; readonly command: string }
  | { readonly kind: "variable"; readonly text: string }
  | { readonly kind: "terminal" }
) & {
  /** Default: nothing. */
  readonly prefix?: PassphrasePrefix;
};

/** Asks on the terminal. @throws what asking throws */
export type AskPassphrase = () => Promise<string>;

/** What reading a passphrase needs of a command's context. */
export type PassphraseContext = Pick<Context, "env" | "argv" | "notes" | "signal">;

/** Options that name a source. */
export const passphraseOptions = {
  "passphrase-file": { type: "text", describe: "read the passphrase from FILE, - for standard input" },
  "passphrase-command": { type: "text", describe: "take what this command line prints for the passphrase" },
} as const;

/** What people can do who have no terminal. */
export const otherSources = othersOf("");

const [lineFeed, carriageReturn] = [0x0a, 0x0d];
const explicit = ["passphrase-file", "passphrase-command", "passphrase"] as const;

/** What people can do who have no terminal. */
export function othersOf(prefix: PassphrasePrefix): string {
  if (prefix === "") return "use --passphrase-file, --passphrase-command or the variable PTAR_PASSPHRASE";
  return `use --${prefix}passphrase-file or --${prefix}passphrase-command`;
}

/**
 * The source that the command line asks for; undefined when it does not ask. `--passphrase` takes PTAR_PASSPHRASE where it is set.
 * @throws PTAR_USAGE for two of them, and for a passphrase on the command line
 */
export function chosenSource(
  args: Arguments,
  { env, argv }: Pick<Context, "env" | "argv">,
  prefix: PassphrasePrefix = "",
): PassphraseSource | undefined {
  const options = explicit.map((name) => `${prefix}${name}`);
  refuseTyped(argv, prefix);
  const [one, other] = options.filter((name) => args.flag(name) || args.text(name) !== undefined);
  if (one !== undefined && other !== undefined)
    throw new PtarError("PTAR_USAGE", `--${one} and --${other}: only one of them can be given`, {
      hint: prefix === "" ? "--passphrase takes PTAR_PASSPHRASE where it is set, and asks on the terminal otherwise" : `--${prefix}passphrase asks`,
    });
  const [path, command] = [args.text(`${prefix}passphrase-file`), args.text(`${prefix}passphrase-command`)];
  const from = prefix === "" ? {} : { prefix };
  if (path !== undefined) return { kind: "file", path, ...from };
  if (command !== undefined) return { kind: "command", command, ...from };
  if (!args.flag(`${prefix}passphrase`)) return undefined;
  // the variable opens: it must not seal by accident what others are to read
  return (prefix === "" ? variableSource(env) : undefined) ?? { kind: "terminal", ...from };
}

/** PTAR_PASSPHRASE; an empty one counts as none. */
export function variableSource({ PTAR_PASSPHRASE: text }: NodeJS.ProcessEnv): PassphraseSource | undefined {
  return text === undefined || text === "" ? undefined : { kind: "variable", text };
}

/**
 * The passphrase of a source.
 * @throws PTAR_PASSPHRASE_INVALID, PTAR_KEY_NOT_FOUND, PTAR_IO_FAILED, PTAR_INTERRUPTED, and the reason of the signal. They quote nothing of it.
 */
export async function readPassphrase(source: PassphraseSource, context: PassphraseContext, ask: AskPassphrase): Promise<string> {
  // a program may ask on the terminal too
  context.notes.clear();
  if (source.kind === "terminal") return requirePassphrase(await ask(), "passphrase");
  const { prefix = "" } = source;
  const subject = source.kind === "variable" ? "PTAR_PASSPHRASE" : `--${prefix}passphrase-${source.kind}`;
  const bytes = await bytesOf(source, subject, context);
  try {
    return passphraseOf(bytes, subject);
  } finally {
    bytes?.fill(0);
  }
}

/** yargs would take `--passphrase=word` for a flag that is off. */
function refuseTyped(argv: readonly string[], prefix: PassphrasePrefix): void {
  const words = argv.slice(0, argv.includes("--") ? argv.indexOf("--") : argv.length);
  if (!words.some((word) => word.startsWith(`--${prefix}passphrase=`))) return;
  throw new PtarError("PTAR_USAGE", `--${prefix}passphrase: takes no value`, {
    hint: `others can see command lines and shells keep them, so do not use that passphrase; ${othersOf(prefix)}, or --${prefix}passphrase alone, which asks`,
  });
}

async function bytesOf(
  source: Exclude<PassphraseSource, { readonly kind: "terminal" }>,
  subject: string,
  { env, signal }: PassphraseContext,
): Promise<Uint8Array | undefined> {
  if (source.kind === "variable") return variableBytes(source.text, subject);
  const { readSecretCommand, readSecretFile } = await import("../connectors/node/secrets/secret-bytes.js");
  // a line end may follow the longest one
  const options = { subject, maxBytes: passphraseBytes + 2, signal };
  return source.kind === "file" ? readSecretFile(source.path, options) : readSecretCommand(source.command, { ...options, env });
}

/** Node puts U+FFFD in the place of bytes that are not UTF-8. */
function variableBytes(text: string, subject: string): Uint8Array {
  if (text.includes("\ufffd")) throw invalid(subject, "is not UTF-8");
  return toUtf8(text);
}

function passphraseOf(bytes: Uint8Array | undefined, subject: string): string {
  const line = bytes && withoutEnd(bytes);
  if (line === undefined || line.length > passphraseBytes) throw invalid(subject, `has more than ${passphraseBytes} bytes`);
  const text = fromUtf8(line);
  if (text === undefined) throw invalid(subject, "is not UTF-8");
  return requirePassphrase(text, subject);
}

/** Without one LF or CRLF. */
function withoutEnd(bytes: Uint8Array): Uint8Array {
  if (bytes.at(-1) !== lineFeed) return bytes;
  return bytes.subarray(0, bytes.at(-2) === carriageReturn ? -2 : -1);
}

function invalid(subject: string, problem: string): PtarError {
  return new PtarError("PTAR_PASSPHRASE_INVALID", `${subject}: ${problem}`);
}
