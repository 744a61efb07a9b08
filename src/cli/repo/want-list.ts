// The want-list of an import that lacks something. spec/16-transfer.md#want-list
import type { Engine } from "../../archive/engine.js";
import type { Archive } from "../../archive/open.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { Repository } from "../../repository/repository.js";
import type { MissingPrerequisites } from "../../repository/transfer/import.js";
import type { Arguments, Context, OptionSpec } from "../command.js";
import { commandLine } from "../command-line.js";
import { refusePlain } from "./expected-repository.js";

/** Options of a command that may lack something. */
export const wantOptions = {
  "want-out": { type: "text", describe: "file for a list of what is missing, when something is" },
  recipient: { type: "list", describe: "who may read that list: an age recipient, age1…, or a file of them; may be given several times" },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** Those who may read the list. @throws PTAR_USAGE without a list, and as `loadRecipients` */
export async function wantRecipients(args: Arguments, context: Context): Promise<readonly string[]> {
  const given = args.list("recipient");
  if (given.length === 0) return [];
  if (args.text("want-out") === undefined) throw new PtarError("PTAR_USAGE", "--recipient: is for the list of --want-out FILE, which is not wished");
  const { loadRecipients } = await import("../seal-options.js");
  return loadRecipients(given, context);
}

/** The list names objects of the archive, and tells what the repository lacks: of sealed and encrypted ones it is sealed. @throws PTAR_USAGE */
// spec/16-transfer.md#want-list
export function refusePlainList(repository: Repository, archives: readonly Archive[], { args, recipients }: Listing): void {
  if (args.text("want-out") === undefined || recipients.length > 0) return;
  const isSecret = repository.archives.key !== undefined || archives.some(({ container }) => container.header.sealed);
  const hint = "name the other side: --recipient age1…; --plain: everybody may read it";
  if (isSecret) refusePlain("--want-out: the repository is encrypted or the archive sealed, so the list is sealed", hint, args);
}

interface Listing {
  readonly args: Arguments;
  readonly recipients: readonly string[];
}

/** Writes the list that --want-out asks for; the failure that is left, with what to do next. */
export async function writeWanted(
  error: MissingPrerequisites,
  { args, context, engine, recipients }: Listing & { readonly context: Context; readonly engine: Engine },
): Promise<PtarError> {
  const path = args.text("want-out");
  if (path === undefined) return error;
  const [{ createFileSink }, { writeWants }] = await Promise.all([
    import("../../connectors/node/archive/file-sink.js"),
    import("../../repository/transfer/wants.js"),
  ]);
  const sink = await createFileSink(path);
  try {
    await writeWants(error.missing, { sink, engine, ...(recipients.length > 0 && { seal: { recipients } }) });
    await sink.publish();
  } finally {
    await sink.discard();
  }
  context.notes.say(`what is missing is listed in ${path}`);
  const answer = commandLine(["repo", "export", "REPOSITORY", "SNAPSHOT", "--want", path, "-o", "FILE"]);
  return new PtarError(error.code, error.message, {
    hint: `send it to whoever made the archive: \`${answer}\` answers it; then import both archives together`,
    details: error.details,
    cause: error,
  });
}
