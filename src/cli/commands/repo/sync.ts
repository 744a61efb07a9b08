// ptar repo sync: two repositories that are to hold the same. spec/16-transfer.md#sync
import type { Engine } from "../../../archive/engine.js";
import type { KeyRing } from "../../../keys/key-ring.js";
import type { Repository } from "../../../repository/repository.js";
import type { Taken } from "../../../repository/sync.js";
import { type Arguments, type Command, type Context, jsonOption } from "../../command.js";
import { keyOptions } from "../../key-options.js";
import { workersOf, workersOption } from "../../workers.js";

/** `ptar repo sync`. */
export const sync: Command = {
  usage: "sync <location> <other>",
  describe: "let two repositories take over the snapshots that they lack",
  positionals: { location: "folder of a repository", other: "folder of another one" },
  options: {
    "one-way": { type: "flag", describe: "only from the first to the second" },
    "dry-run": { type: "flag", describe: "say what would be taken over, change nothing" },
    ...keyOptions,
    ...workersOption,
    ...jsonOption,
  },
  examples: [["ptar repo sync /srv/case /media/stick/case", "carry snapshots in both directions"]],
  async run(args, context) {
    const [{ loadEngine }, { loadKeyRing }] = await Promise.all([import("../../engine.js"), import("../../key-options.js")]);
    const keys = await loadKeyRing(args, context, "may-ask");
    const engine = await loadEngine({ workers: workersOf(args) });
    try {
      return await between(args, context, { engine, keys });
    } finally {
      engine.threads?.close();
    }
  },
};

async function between(args: Arguments, context: Context, { engine, keys }: { readonly engine: Engine; readonly keys: KeyRing }): Promise<number> {
  const [{ Repository: Opened }, { folderStorage }] = await Promise.all([
    import("../../../repository/repository.js"),
    import("../../../connectors/node/storage/folder-storage.js"),
  ]);
  const how = { engine, keys, signal: context.signal };
  const first = await Opened.open(folderStorage(args.archive()), how);
  try {
    const second = await Opened.open(folderStorage(args.required("other")), how);
    try {
      return await exchange(first, second, { args, context });
    } finally {
      await second.close();
    }
  } finally {
    await first.close();
  }
}

/** What one side took over, or would. */
interface Direction {
  readonly from: string;
  readonly to: string;
  readonly taken: Taken;
}

async function exchange(
  first: Repository,
  second: Repository,
  { args, context }: { readonly args: Arguments; readonly context: Context },
): Promise<number> {
  const [{ lacking, proofOf, takeSnapshots }, { repositoryPack }, { reportSynced }] = await Promise.all([
    import("../../../repository/sync.js"),
    import("../../repo/opened-repository.js"),
    import("../../repo/sync-report.js"),
  ]);
  const { notes, signal } = context;
  const pairs = args.flag("one-way")
    ? ([[first, second]] as const)
    : ([
        [first, second],
        [second, first],
      ] as const);
  const directions: Direction[] = [];
  for (const [from, to] of pairs) {
    const taken = args.flag("dry-run")
      ? { snapshots: lacking(from, to).map(({ id }) => id), addedObjects: 0, addedBytes: 0 }
      : await takeSnapshots(from, to, { pack: repositoryPack, onProgress: notes.onProgress, signal });
    if (!args.flag("dry-run")) await to.refresh();
    directions.push({ from: from.storage.location, to: to.storage.location, taken });
  }
  notes.clear();
  return reportSynced(directions, { proofs: [proofOf(first), proofOf(second)], args, context });
}
