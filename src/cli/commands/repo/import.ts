// ptar repo import: takes snapshots of archives over. spec/16-transfer.md#import
import type { Engine } from "../../../archive/engine.js";
import type { Archive } from "../../../archive/open.js";
import type { FileReader } from "../../../connectors/node/archive/file-reader.js";
import { PtarError } from "../../../errors/ptar-error.js";
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
    const [{ withRepository, repositoryPack }, { importArchives, MissingPrerequisites }, { reportImported }] = await Promise.all([
      import("../../repo/opened-repository.js"),
      import("../../../repository/import.js"),
      import("../../repo/import-report.js"),
    ]);
    const { notes, signal } = context;
    const importInto = async (repository: Repository, engine: Engine) => {
      const opened: OpenedFile[] = [];
      try {
        for (const path of args.list("archives")) opened.push(await openVerified(path, { engine, args, context }));
        const archives = opened.map(({ archive }) => archive);
        const result = await importArchives(repository, archives, { pack: repositoryPack, onProgress: notes.onProgress, signal });
        notes.clear();
        return await reportImported(result, args, context);
      } catch (error) {
        if (error instanceof MissingPrerequisites) await writeWanted(error.missing, { args, engine, context });
        throw error;
      } finally {
        for (const { reader } of opened) await reader.close();
      }
    };
    return withRepository(args, context, importInto, { workers: workersOf(args) });
  },
};

interface Importing {
  readonly engine: Engine;
  readonly args: Arguments;
  readonly context: Context;
}

interface OpenedFile {
  readonly archive: Archive;
  readonly reader: FileReader;
}

/** Verifies an archive and opens it. @throws the first problem that verifying finds */
async function openVerified(path: string, { engine, args, context }: Importing): Promise<OpenedFile> {
  const [{ openFileReader }, { openArchive }, { verifyArchive }, { loadKeyRing }, { loadTrust }] = await Promise.all([
    import("../../../connectors/node/archive/file-reader.js"),
    import("../../../archive/open.js"),
    import("../../../archive/verify.js"),
    import("../../key-options.js"),
    import("../../trust-file.js"),
  ]);
  const { signal, notes, env } = context;
  const keys = await loadKeyRing(args, context, "may-ask");
  const trust = await loadTrust(args.list("trust"), configOf(env), notes);
  const anySigner = args.flag("any-signer");
  const reader = await openFileReader(path);
  try {
    const input = breathingReader(reader, createBreathe(signal));
    const report = await verifyArchive(input, { engine, trust, keys, allowUnsigned: anySigner, onProgress: notes.onProgress, signal });
    const { integrity, contents, signature } = report;
    const problems = [...integrity.problems, ...contents.problems, ...signature.problems];
    const wrong = problems.find(({ code }) => !(anySigner && code === "PTAR_SIGNER_UNTRUSTED"));
    if (wrong !== undefined)
      throw new PtarError(wrong.code as PtarError["code"], `${path}: ${wrong.message}`, wrong.hint === undefined ? {} : { hint: wrong.hint });
    return { archive: await openArchive(input, { engine, trust: anySigner ? "any-signer" : trust, keys, signal }), reader };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

/** Writes the want-list that --want-out asks for. */
async function writeWanted(
  missing: Parameters<typeof import("../../../repository/wants.js").writeWants>[0],
  { args, engine, context }: Importing,
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
