// ptar repo import: takes snapshots of archives over. spec/16-transfer.md#import
import type { Engine } from "../../../archive/engine.js";
import type { Archive } from "../../../archive/open.js";
import type { FileReader } from "../../../connectors/node/archive/file-reader.js";
import { PtarError } from "../../../errors/ptar-error.js";
import type { KeyRing } from "../../../keys/key-ring.js";
import type { Repository } from "../../../repository/repository.js";
import { breathingReader, createBreathe } from "../../breathe.js";
import { type Arguments, type Command, type Context, jsonOption } from "../../command.js";
import { configOf } from "../../config.js";
import { keyOptions } from "../../key-options.js";
import { changeOption, plainOption, refuseNeedlessKey, refusePlain } from "../../repo/expected-repository.js";
import { refuseTwoWishes, trustOptions } from "../../repo/trust-options.js";
import { refusePlainList, wantOptions, wantRecipients, writeWanted } from "../../repo/want-list.js";
import { workersOf, workersOption } from "../../workers.js";

/** `ptar repo import`. */
export const importCommand: Command = {
  usage: "import <location> <archives..>",
  describe: "take the snapshots of archives into a repository, with the signatures about them",
  positionals: { location: "folder of the repository", archives: "archives, whole or thin" },
  options: {
    ...trustOptions,
    adopt: { type: "flag", describe: "also keep the archives byte for byte; `ptar repo export --original` gives them back" },
    ...wantOptions,
    repair: { type: "flag", describe: "look whether snapshots that are there already lack something, too" },
    ...plainOption,
    ...changeOption,
    ...keyOptions,
    ...workersOption,
    ...jsonOption,
  },
  examples: [["ptar repo import /srv/core stick/w47.ptar --trust field.pub", "take over what a person you trust has signed"]],
  async run(args, context) {
    refuseTwoWishes(args);
    const [{ withRepository, repositoryPack }, { importArchives, MissingPrerequisites }, { reportImported }] = await Promise.all([
      import("../../repo/opened-repository.js"),
      import("../../../repository/transfer/import.js"),
      import("../../repo/import-report.js"),
    ]);
    const { notes, signal } = context;
    const recipients = await wantRecipients(args, context);
    const importInto = async (repository: Repository, engine: Engine) => {
      const opened: OpenedFile[] = [];
      try {
        for (const path of args.list("archives")) opened.push(await openVerified(path, { engine, args, context }));
        const archives = opened.map(({ archive }) => archive);
        refuseUnsealing(repository, archives, { args, context });
        refusePlainList(repository, archives, { args, recipients });
        const adopt = args.flag("adopt") ? { adopt: keysOf(opened) } : {};
        const repair = args.flag("repair") ? "all" : undefined;
        const result = await importArchives(repository, archives, {
          pack: repositoryPack,
          ...adopt,
          repair,
          trees: "verified",
          onProgress: notes.onProgress,
          signal,
        });
        notes.clear();
        return await reportImported(result, args, context);
      } catch (error) {
        throw error instanceof MissingPrerequisites ? await writeWanted(error, { args, engine, context, recipients }) : error;
      } finally {
        for (const { reader } of opened) await reader.close();
      }
    };
    return withRepository(args, context, importInto, { workers: workersOf(args), access: "write" });
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
  /** What the archive was opened with. */
  readonly keys: KeyRing;
}

/** What is sealed stays so unless it is wished otherwise. @throws PTAR_USAGE */
// spec/16-transfer.md#import
function refuseUnsealing(repository: Repository, archives: readonly Archive[], { args, context }: Omit<Importing, "engine">): void {
  if (repository.archives.key !== undefined || args.flag("plain")) return;
  if (archives.some(({ container }) => container.header.sealed))
    refusePlain(
      "import: the archive is sealed, and the repository is plain",
      "--plain: everybody who has the repository may read what comes there",
      args,
    );
  refuseNeedlessKey(repository, args, context);
}

/** Holds what opened archives, so that nobody is asked for a passphrase again. */
function keysOf(opened: readonly OpenedFile[]): KeyRing {
  return { identities: [], found: new Map(opened.flatMap(({ keys }) => [...(keys.found ?? [])])) };
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
    return { archive: await openArchive(input, { engine, trust: anySigner ? "any-signer" : trust, keys, signal }), reader, keys };
  } catch (error) {
    await reader.close();
    throw error;
  }
}
