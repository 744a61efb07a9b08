// ptar repo export: an archive of snapshots of a repository, whole or thin. spec/16-transfer.md#export
import type { Engine } from "../../../archive/engine.js";
import { PtarError } from "../../../errors/ptar-error.js";
import type { Signer } from "../../../keys/signer.js";
import type { Repository } from "../../../repository/repository.js";
import type { ExportOptions } from "../../../repository/transfer/export.js";
import { type Arguments, type Command, type Context, jsonOption } from "../../command.js";
import { configOf } from "../../config.js";
import { keyOptions } from "../../key-options.js";
import { plainOption, refusePlain } from "../../repo/expected-repository.js";
import { otherSealOptions } from "../../seal-options.js";
import { workersOf, workersOption } from "../../workers.js";

const options = {
  out: { type: "text", alias: "o", describe: "archive to make" },
  for: { type: "text", describe: "leave out what this have-list says that its maker holds" },
  base: { type: "text", describe: "leave out what this archive holds: its receiver has it" },
  want: { type: "text", describe: "only what this want-list asks for" },
  original: { type: "text", describe: "give an archive back as it came with import --adopt: its fingerprint, or a snapshot of it" },
  ...otherSealOptions,
  ...plainOption,
  key: {
    type: "text",
    describe: "private key file to sign with, or a public key or SHA256:… that ssh-agent holds (default: your own key, made on first use)",
  },
  "no-sign": { type: "flag", describe: "do not sign" },
  force: { type: "flag", describe: "replace an archive that is there" },
  ...keyOptions,
  ...workersOption,
  ...jsonOption,
} as const satisfies Command["options"];

/** `ptar repo export`. */
export const exportCommand: Command = {
  usage: "export <location> [snapshots..]",
  describe: "write snapshots of a repository to a signed archive",
  positionals: { location: "folder of the repository", snapshots: "beginnings of ids, or latest" },
  options,
  examples: [
    ["ptar repo export /srv/case latest -o w47.ptar", "write the latest snapshot to an archive"],
    ["ptar repo export /srv/case latest --for core.have -o w47.ptar", "write what the maker of a have-list lacks"],
    ["ptar repo export /srv/case latest -o w47.ptar --seal-passphrase", "seal it with a passphrase, which is asked for"],
    ["ptar repo export /srv/case --original latest -o w47.ptar", "give back the archive that has brought a snapshot"],
  ],
  async run(args, context) {
    const out = args.text("out");
    if (out === undefined) throw new PtarError("PTAR_USAGE", "-o FILE is missing: export needs an archive to write");
    if (args.text("original") !== undefined) {
      const { runExportOriginal } = await import("../../repo/export-original.js");
      return runExportOriginal(args, context, options);
    }
    if (args.list("snapshots").length === 0)
      throw new PtarError("PTAR_USAGE", "export: no snapshot is named", { hint: "`ptar repo snapshots` lists them; latest is the latest" });
    refuseOneStream(args);
    const [{ withRepository, repositoryPack }, { exportSnapshots }, { createFileSink }, { reportExported }, { loadSealFor }] = await Promise.all([
      import("../../repo/opened-repository.js"),
      import("../../../repository/transfer/export.js"),
      import("../../../connectors/node/archive/file-sink.js"),
      import("../../repo/export-report.js"),
      import("../../seal-options.js"),
    ]);
    const { notes, signal } = context;
    const seal = await loadSealFor(args, context, { archive: out, prefix: "seal-" });
    return withRepository(
      args,
      context,
      async (repository, engine) => {
        if (repository.archives.key !== undefined && seal === undefined)
          refusePlain(
            "export: the repository is encrypted, so what it exports is sealed",
            "name who may read it: --recipient age1…; --plain: everybody may",
            args,
          );
        const snapshots = args.list("snapshots").map((selector) => repository.snapshot(selector));
        const signers = await loadSigners(args, context, engine);
        const thin = await thinness(args, repository, { engine, context });
        const opening = createFileSink(out, { force: args.flag("force") });
        context.removeOnExit(opening.then(({ temporary }) => temporary));
        const sink = await opening;
        try {
          const result = await exportSnapshots(repository, {
            snapshots,
            sink,
            signers,
            ...(seal && { seal }),
            pack: repositoryPack,
            ...thin,
            onProgress: notes.onProgress,
            signal,
          });
          await sink.publish();
          notes.clear();
          if (repository.archives.key !== undefined && seal === undefined) notes.say("the repository is encrypted, what was written is not");
          return await reportExported(result, { crypto: engine.crypto, out, args, context });
        } finally {
          await sink.discard();
        }
      },
      { workers: workersOf(args) },
    );
  },
};

/** Both passphrases would come out of standard input. */
function refuseOneStream(args: Arguments): void {
  if (args.text("passphrase-file") !== "-" || args.text("seal-passphrase-file") !== "-") return;
  throw new PtarError("PTAR_USAGE", "--passphrase-file - and --seal-passphrase-file -: both read standard input, only one of them can be given");
}

/** What is left out, or the only things that are wanted. @throws PTAR_USAGE, and what opening these archives throws */
async function thinness(
  args: Arguments,
  repository: Repository,
  { engine, context }: { readonly engine: Engine; readonly context: Context },
): Promise<Pick<ExportOptions, "leaveOut" | "want">> {
  const given = (["for", "base", "want"] as const).filter((name) => args.text(name) !== undefined);
  const [name, other] = given;
  if (name === undefined) return {};
  if (other !== undefined) throw new PtarError("PTAR_USAGE", `--${name} and --${other}: only one of them can be given`);
  const [{ openFileReader }, { openArchive }, { loadKeyRing }, { heldBy }, { heldByPeer }, { readWants }] = await Promise.all([
    import("../../../connectors/node/archive/file-reader.js"),
    import("../../../archive/open.js"),
    import("../../key-options.js"),
    import("../../../repository/transfer/held.js"),
    import("../../../repository/transfer/have.js"),
    import("../../../repository/transfer/wants.js"),
  ]);
  const reader = await openFileReader(args.required(name));
  try {
    const keys = await loadKeyRing(args, context, "may-ask");
    const archive = await openArchive(reader, { engine, trust: "any-signer", keys, signal: context.signal });
    if (name === "want") return { want: await readWants(archive) };
    return { leaveOut: name === "base" ? await heldBy(archive) : await heldByPeer(repository, archive, context.signal) };
  } finally {
    await reader.close();
  }
}

async function loadSigners(args: Arguments, { env, notes, signal }: Context, { crypto }: Engine): Promise<readonly Signer[]> {
  if (args.flag("no-sign")) return [];
  const { loadOwnSigner, loadSigner } = await import("../../own-key.js");
  const key = args.text("key");
  const how = { env, signal };
  return [key === undefined ? await loadOwnSigner(configOf(env), crypto, notes, how) : await loadSigner(key, crypto, notes, how)];
}
