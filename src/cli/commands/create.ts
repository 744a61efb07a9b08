// ptar create: packs paths into one signed archive. spec/06-snapshot.md
import { statSync } from "node:fs";
import type { CreateOptions } from "../../archive/create.js";
import type { FileSink } from "../../connectors/node/file-sink.js";
import { breatheNow, breathingSource, createBreathe } from "../breathe.js";
import type { Arguments, Command, Context } from "../command.js";
import { jsonOption } from "../command.js";
import { configOf } from "../config.js";
import { createWishes } from "../create-wishes.js";
import { sizeOfSource, withTotal } from "../totals.js";

/** `ptar create`. */
export const create: Command = {
  usage: "create <archive> <paths..>",
  describe: "pack files and folders into one signed archive",
  positionals: { archive: "file to make", paths: "files and folders to pack" },
  options: {
    key: { type: "text", describe: "private key file to sign with (default: your own key, made on first use)" },
    "no-sign": { type: "flag", describe: "do not sign" },
    reproducible: { type: "flag", describe: "same tree and key, same bytes on any machine" },
    tag: { type: "list", describe: "tag of the snapshot; may be given several times" },
    exclude: { type: "list", describe: "leave out what matches GLOB, as in .gitignore; may be given several times" },
    profile: { type: "text", describe: "facts to record about each file", choices: ["evidence", "portable"] },
    chunker: { type: "text", describe: "size of chunks", choices: ["fine", "default", "coarse"] },
    codec: { type: "text", describe: "compression", choices: ["zstd", "deflate", "store"] },
    "compression-level": { type: "text", describe: "level of the codec, zstd 1 to 22, deflate 0 to 9" },
    case: { type: "text", describe: "case number" },
    exhibit: { type: "text", describe: "exhibit reference" },
    examiner: { type: "text", describe: "who collects" },
    authority: { type: "text", describe: "warrant or mandate" },
    note: { type: "text", describe: "a remark" },
    provenance: { type: "flag", describe: "record host, user, command line and source paths" },
    force: { type: "flag", describe: "replace an archive that is there" },
    quiet: { type: "flag", describe: "print only the id" },
    ...jsonOption,
  },
  examples: [
    ["ptar create evidence.ptar ./case", "pack and sign a folder"],
    ["ptar create logs.ptar /var/log --exclude '*.gz' --tag weekly", "leave some files out, give a tag"],
    ["ptar create jd4.ptar ./case --case 26-1187 --exhibit JD/4", "record case and exhibit"],
  ],
  async run(args, context) {
    const archive = args.archive();
    const wishes = createWishes(args, context);
    const [{ createArchive }, { createFileSink }, { filesSource }, { loadEngine }, { reportCreated }] = await Promise.all([
      import("../../archive/create.js"),
      import("../../connectors/node/file-sink.js"),
      import("../../connectors/node/files-source.js"),
      import("../engine.js"),
      import("../create-report.js"),
    ]);
    const engine = await loadEngine(args.flag("reproducible") ? "portable" : "native");
    const opening = createFileSink(archive, { force: args.flag("force") });
    context.removeOnExit(opening.then(({ temporary }) => temporary));
    const sink = await opening;
    try {
      const signers = await loadSigners(args, context, engine);
      const { signal, notes } = context;
      const files = filesSource(args.list("paths"), {
        exclude: wishes.exclude,
        skip: [sink.identity, ...identityOf(archive)],
        withPath: args.flag("provenance"),
      });
      const source = breathingSource(files, createBreathe(signal));
      const onProgress = notes.isTerminal ? withTotal(notes.onProgress, await sizeOfSource(source, notes.onProgress, signal)) : notes.onProgress;
      const result = await createArchive({ ...wishes.options, source, sink, engine, signers, signal, onProgress });
      await breatheNow(signal);
      await sink.publish();
      notes.clear();
      return await reportCreated(result, { archive, crypto: engine.crypto, own: signers, args, context });
    } finally {
      await sink.discard();
    }
  },
};

/** The archive that is there already, if --force replaces it: it is not packed into the new one. */
function identityOf(archive: string): readonly FileSink["identity"][] {
  const stats = statSync(archive, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? [] : [{ dev: String(BigInt.asUintN(64, stats.dev)), inode: String(BigInt.asUintN(64, stats.ino)) }];
}

async function loadSigners(args: Arguments, { env, notes }: Context, { crypto }: CreateOptions["engine"]): Promise<CreateOptions["signers"]> {
  if (args.flag("no-sign")) return [];
  const { loadOwnSigner, loadSigner } = await import("../own-key.js");
  const key = args.text("key");
  return [key === undefined ? await loadOwnSigner(configOf(env), crypto, notes) : await loadSigner(key, crypto, notes)];
}
