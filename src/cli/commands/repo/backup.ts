// ptar repo backup: a snapshot straight into a repository. spec/15-repository.md#publishing
import { statSync } from "node:fs";
import type { Engine } from "../../../archive/engine.js";
import type { BackupOptions } from "../../../repository/backup.js";
import type { Repository } from "../../../repository/repository.js";
import type { StoredSnapshot } from "../../../repository/snapshot-files.js";
import type { Source } from "../../../tree/source.js";
import { breatheNow, breathingSource, createBreathe } from "../../breathe.js";
import type { Arguments, Command, Context } from "../../command.js";
import { configOf } from "../../config.js";
import { createOptions } from "../../create-options.js";
import { createWishes } from "../../create-wishes.js";
import { keyOptions } from "../../key-options.js";
import { changeOption, refuseNeedlessKey } from "../../repo/expected-repository.js";
import { workersOf } from "../../workers.js";

const { force: _force, reproducible: _reproducible, chunker: _chunker, recipient: _recipient, profile: _profile, ...shared } = createOptions;

/** `ptar repo backup`. */
export const backup: Command = {
  usage: "backup <location> [paths..]",
  describe: "add a snapshot of files and folders to a repository",
  positionals: { location: "folder of the repository", paths: "files and folders to back up" },
  options: {
    ...shared,
    ...keyOptions,
    ...changeOption,
    profile: { type: "text", describe: "facts to record about each file (default: backup)", choices: ["backup", "evidence", "portable"] },
    parent: {
      type: "text",
      describe:
        "beginning of the id of the snapshot to compare with, or none: read everything (default: the latest of the same sources that your key signed)",
    },
  },
  examples: [["ptar repo backup /srv/case ./case", "back a folder up; what did not change since the last time is not read"]],
  async run(args, context) {
    const [{ checkSources, loadSources, refuseTooMuchText }, { loadExclusions }, { withRepository }, { backup: backUp }, { reportBackup }] =
      await Promise.all([
        import("../../create-sources.js"),
        import("../../exclusions.js"),
        import("../../repo/opened-repository.js"),
        import("../../../repository/backup.js"),
        import("../../repo/backup-report.js"),
      ]);
    checkSources(args);
    const wishes = createWishes(args, context);
    const exclude = await loadExclusions(args, context);
    const makeSource = await loadSources(args, context);
    const { signal, notes } = context;
    return withRepository(
      args,
      context,
      async (repository, engine) => {
        const source = breathingSource(makeSource({ exclude, skip: [identityOf(args.archive())], facts: "all" }), createBreathe(signal));
        refuseTooMuchText(source.sources, { tags: wishes.tags, case: wishes.case, provenance: wishes.provenance });
        refuseNeedlessKey(repository, args, context);
        const signers = await loadSigners(args, context, engine);
        const parent = await parentOf(args, repository, { source, signers, notes });
        const { tags = [], case: fields, provenance, alsoHash, codec = "zstd", compressionLevel = 3 } = wishes;
        const profile = args.choice("profile", ["backup", "evidence", "portable"]);
        const options: BackupOptions = {
          source,
          signers,
          pack: { codec, level: compressionLevel },
          facts: { tags, ...(fields && { case: fields }), ...(provenance && { provenance }) },
          ...(parent && { parent }),
          ...(profile && { profile }),
          ...(alsoHash && { alsoHash }),
          onProgress: notes.onProgress,
          signal,
        };
        const result = await backUp(repository, options);
        await breatheNow(signal);
        notes.clear();
        return reportBackup(result, { crypto: engine.crypto, args, context });
      },
      { workers: workersOf(args), access: "write" },
    );
  },
};

/** The folder of the repository: it would hold what it held before, and grow with every backup. */
function identityOf(location: string): { readonly dev: string; readonly inode: string } {
  const { dev, ino } = statSync(location, { bigint: true });
  return { dev: String(dev), inode: String(ino) };
}

interface Comparing {
  readonly source: Source;
  readonly signers: BackupOptions["signers"];
  readonly notes: Context["notes"];
}

/** The latest snapshot of the same sources that the signers of this run made, unless another one is wished. @throws PTAR_SNAPSHOT_NOT_FOUND */
// spec/06-snapshot.md#unchanged
async function parentOf(args: Arguments, repository: Repository, { source, signers, notes }: Comparing): Promise<StoredSnapshot | undefined> {
  const wish = args.text("parent");
  if (wish === "none") return undefined;
  const { isMadeBy, ownParent } = await import("../../../repository/parent.js");
  if (wish === undefined) return ownParent(repository, { sources: source.sources, signers });
  const parent = repository.snapshot(wish);
  if (!isMadeBy(repository, parent, signers))
    notes.fail({ message: `--parent ${wish}: no key of this run signed it: contents of files that seem unchanged are taken from there unread` });
  return parent;
}

async function loadSigners(args: Arguments, { env, notes, signal }: Context, { crypto }: Engine): Promise<BackupOptions["signers"]> {
  if (args.flag("no-sign")) return [];
  const { loadOwnSigner, loadSigner } = await import("../../own-key.js");
  const key = args.text("key");
  const how = { env, signal };
  return [key === undefined ? await loadOwnSigner(configOf(env), crypto, notes, how) : await loadSigner(key, crypto, notes, how)];
}
