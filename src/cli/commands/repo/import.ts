// ptar repo import: takes snapshots of archives over. spec/16-transfer.md#import
import type { Engine } from "../../../archive/engine.js";
import type { Archive } from "../../../archive/open.js";
import { PtarError } from "../../../errors/ptar-error.js";
import type { ImportResult } from "../../../repository/import.js";
import type { Repository } from "../../../repository/repository.js";
import { breathingReader, createBreathe } from "../../breathe.js";
import { type Arguments, type Command, type Context, jsonOption } from "../../command.js";
import { configOf } from "../../config.js";
import { keyOptions } from "../../key-options.js";
import { workersOf, workersOption } from "../../workers.js";

/** `ptar repo import`. */
export const importCommand: Command = {
  usage: "import <location> <archives..>",
  describe: "take the snapshots of archives into a repository, with the signatures about them",
  positionals: { location: "folder of the repository", archives: "archives, whole or thin" },
  options: {
    trust: { type: "list", describe: "trust this public key line or allowed_signers file only; may be given several times" },
    "any-signer": { type: "flag", describe: "whoever signed, or nobody" },
    "want-out": { type: "text", describe: "file for a list of what is missing, when something is" },
    ...keyOptions,
    ...workersOption,
    ...jsonOption,
  },
  examples: [["ptar repo import /srv/core stick/w47.ptar --trust field.pub", "take over what a person you trust has signed"]],
  async run(args, context) {
    if (args.flag("any-signer") && args.list("trust").length > 0)
      throw new PtarError("PTAR_USAGE", "--trust and --any-signer: only one of them can be given");
    const [{ withRepository }, { reportImported }] = await Promise.all([
      import("../../repo/opened-repository.js"),
      import("../../repo/import-report.js"),
    ]);
    return withRepository(
      args,
      context,
      async (repository, engine) => {
        const results: { readonly archive: string; readonly result: ImportResult }[] = [];
        for (const archive of args.list("archives")) {
          results.push({ archive, result: await importOne(repository, { archive, engine, args, context }) });
          await repository.refresh();
        }
        context.notes.clear();
        return reportImported(results, args, context);
      },
      { workers: workersOf(args) },
    );
  },
};

interface Importing {
  readonly archive: string;
  readonly engine: Engine;
  readonly args: Arguments;
  readonly context: Context;
}

/** Verifies an archive and takes its snapshots over. @throws the first problem that verifying finds, and what importing throws */
async function importOne(repository: Repository, { archive: path, engine, args, context }: Importing): Promise<ImportResult> {
  const [
    { openFileReader },
    { openArchive },
    { verifyArchive },
    { importArchive, MissingPrerequisites },
    { repositoryPack },
    { loadKeyRing },
    { loadTrust },
  ] = await Promise.all([
    import("../../../connectors/node/archive/file-reader.js"),
    import("../../../archive/open.js"),
    import("../../../archive/verify.js"),
    import("../../../repository/import.js"),
    import("../../repo/opened-repository.js"),
    import("../../key-options.js"),
    import("../../trust-file.js"),
  ]);
  const { signal, notes } = context;
  const keys = await loadKeyRing(args, context, "may-ask");
  const trust = await loadTrust(args.list("trust"), configOf(context.env), notes);
  const reader = await openFileReader(path);
  try {
    const input = breathingReader(reader, createBreathe(signal));
    const anySigner = args.flag("any-signer");
    const report = await verifyArchive(input, { engine, trust, keys, allowUnsigned: anySigner, onProgress: notes.onProgress, signal });
    const { integrity, contents, signature } = report;
    const wrong = [...integrity.problems, ...contents.problems, ...signature.problems].find(
      ({ code }) => !(anySigner && code === "PTAR_SIGNER_UNTRUSTED"),
    );
    if (wrong !== undefined)
      throw new PtarError(wrong.code as PtarError["code"], `${path}: ${wrong.message}`, wrong.hint === undefined ? {} : { hint: wrong.hint });
    const archive: Archive = await openArchive(input, { engine, trust: anySigner ? "any-signer" : trust, keys, signal });
    return await importArchive(repository, archive, { pack: repositoryPack, onProgress: notes.onProgress, signal });
  } catch (error) {
    if (error instanceof MissingPrerequisites) await writeWanted(error.missing, { args, engine, context });
    throw error;
  } finally {
    await reader.close();
  }
}

/** Writes the want-list that --want-out asks for. */
async function writeWanted(
  missing: Parameters<typeof import("../../../repository/wants.js").writeWants>[0],
  { args, engine, context }: Pick<Importing, "args" | "engine" | "context">,
): Promise<void> {
  const path = args.text("want-out");
  if (path === undefined) return;
  const [{ createFileSink }, { writeWants }] = await Promise.all([
    import("../../../connectors/node/archive/file-sink.js"),
    import("../../../repository/wants.js"),
  ]);
  const sink = await createFileSink(path);
  try {
    await writeWants(missing, { sink, engine });
    await sink.publish();
    context.notes.say(`what is missing is listed in ${path}`);
  } finally {
    await sink.discard();
  }
}
