// Keys with which commands open sealed archives. spec/14-encryption.md#opening
import { PtarError } from "../errors/ptar-error.js";
import type { KeyRing } from "../keys/key-ring.js";
import type { Arguments, OptionSpec } from "./command.js";
import {
  chosenSource,
  otherSources,
  type PassphraseContext,
  type PassphraseSource,
  passphraseOptions,
  readPassphrase,
  variableSource,
} from "./passphrase.js";
import { escapeText } from "./ui/escape.js";

/** Whether a passphrase is asked for on the terminal where the command line does not ask for it: `verify` says what it can without. */
export type Asking = "may-ask" | "only-if-wished";

/** Options of commands that read archives. */
export const keyOptions = {
  identity: { type: "list", describe: "file of age identities that open sealed archives (default: your own); may be given several times" },
  passphrase: { type: "flag", describe: "open with a passphrase: PTAR_PASSPHRASE where it is set, else asked for" },
  ...passphraseOptions,
} as const satisfies Readonly<Record<string, OptionSpec>>;

/**
 * The keys of the command line, of the environment and of the config folder. Nothing is asked for before the archive needs it.
 * @throws PTAR_USAGE, PTAR_KEY_NOT_FOUND, PTAR_KEY_INVALID, PTAR_IO_FAILED
 */
export async function loadKeyRing(args: Arguments, context: PassphraseContext, ask: Asking): Promise<KeyRing> {
  const source = await sourceOf(args, context, ask);
  const archive = args.archive();
  if (source?.kind === "file" && source.path === "-" && archive === "-")
    throw new PtarError("PTAR_USAGE", "--passphrase-file - and archive -: both read standard input, only one of them can be given");
  const { loadIdentities } = await import("./own-identity.js");
  const identities = await loadIdentities(args.list("identity"), context);
  const found = new Map<string, Uint8Array>();
  if (source === undefined) return { identities, found };
  let asked: Promise<string> | undefined;
  const passphrase = () => {
    asked ??= readPassphrase(source, context, () => askOnce(archive, context));
    return asked;
  };
  return { identities, passphrase, found };
}

/** Whether a person named a key for this run, which then has to fit; the identity of the config folder is just tried. */
export function wishesKey(args: Arguments, env: NodeJS.ProcessEnv): boolean {
  return (
    args.flag("passphrase") ||
    ["identity", "passphrase-file", "passphrase-command"].some((name) => args.list(name).length > 0) ||
    variableSource(env) !== undefined
  );
}

async function sourceOf(args: Arguments, context: PassphraseContext, ask: Asking): Promise<PassphraseSource | undefined> {
  const source = chosenSource(args, context) ?? variableSource(context.env);
  if (source !== undefined || ask === "only-if-wished") return source;
  const { hasTerminal } = await import("../connectors/node/secrets/terminal-prompt.js");
  return hasTerminal() ? { kind: "terminal" } : undefined;
}

async function askOnce(archive: string, { signal }: PassphraseContext): Promise<string> {
  const { askSecret } = await import("../connectors/node/secrets/terminal-prompt.js");
  const typed = await askSecret(`ptar: passphrase of ${archive === "-" ? "the archive" : escapeText(archive)}: `, { signal });
  if (typed !== undefined) return typed;
  throw new PtarError("PTAR_KEY_REQUIRED", "passphrase: there is no terminal to ask for it", { hint: otherSources });
}
