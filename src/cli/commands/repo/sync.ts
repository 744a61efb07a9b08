// ptar repo sync: two repositories that are to hold the same. spec/16-transfer.md#sync
import type { Engine } from "../../../archive/engine.js";
import { PtarError } from "../../../errors/ptar-error.js";
import type { KeyRing } from "../../../keys/key-ring.js";
import type { Repository } from "../../../repository/repository.js";
import { type Arguments, type Command, type Context, jsonOption } from "../../command.js";
import { keyOptions } from "../../key-options.js";
import { changeOption, plainOption, recognise, refuseNeedlessKey } from "../../repo/expected-repository.js";
import type { Direction } from "../../repo/sync-report.js";
import { loadTrustWish, refuseTwoWishes, trustOptions } from "../../repo/trust-options.js";
import { workersOf, workersOption } from "../../workers.js";

/** `ptar repo sync`. */
export const sync: Command = {
  usage: "sync <location> <other>",
  describe: "let two repositories take over the snapshots that they lack",
  positionals: { location: "folder of a repository", other: "folder of another one" },
  options: {
    "one-way": { type: "flag", describe: "only from the first to the second" },
    ...trustOptions,
    ...plainOption,
    ...changeOption,
    repair: { type: "flag", describe: "look whether snapshots that both have lack something, too" },
    "dry-run": { type: "flag", describe: "say what would be taken over, change nothing" },
    ...keyOptions,
    ...workersOption,
    ...jsonOption,
  },
  examples: [
    ["ptar repo sync /srv/case /media/stick/case", "carry snapshots in both directions"],
    ["ptar repo sync /srv/case /media/stick/case --one-way --dry-run", "see what the stick lacks"],
  ],
  async run(args, context) {
    refuseTwoWishes(args);
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
  const [{ Repository: Opened }, { folderStorage }, { loadIndexCache }] = await Promise.all([
    import("../../../repository/repository.js"),
    import("../../../connectors/node/storage/folder-storage.js"),
    import("../../repo/opened-repository.js"),
  ]);
  const how = { engine, keys, signal: context.signal, cache: await loadIndexCache(context) };
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

async function exchange(
  first: Repository,
  second: Repository,
  { args, context }: { readonly args: Arguments; readonly context: Context },
): Promise<number> {
  const [{ countInvalid, lacking, proofOf, requireTakeable, takeSnapshots }, { repositoryPack }, { reportSynced }] = await Promise.all([
    import("../../../repository/transfer/sync.js"),
    import("../../repo/opened-repository.js"),
    import("../../repo/sync-report.js"),
  ]);
  const { notes, signal } = context;
  const pairs = args.flag("one-way") ? [{ from: first, to: second }] : bothWays(first, second);
  for (const pair of pairs) refuseUnsealing(pair, args, context);
  const trust = await loadTrustWish(args, context);
  // on both sides before anything is written on one
  for (const { from, to } of pairs) requireTakeable(from, to, trust);
  for (const repository of [first, second]) await recognise(repository, args, context);
  const repair = args.flag("repair") ? "all" : undefined;
  const directions: Direction[] = [];
  for (const { from, to } of pairs) {
    const taken = args.flag("dry-run")
      ? { snapshots: lacking(from, to).map(({ id }) => id), addedObjects: 0, addedBytes: 0, invalidStatements: countInvalid(from, to) }
      : await takeSnapshots(from, to, { pack: repositoryPack, trust, repair, onProgress: notes.onProgress, signal });
    if (!args.flag("dry-run")) await to.refresh();
    directions.push({ from: from.storage.location, to: to.storage.location, taken });
  }
  notes.clear();
  return reportSynced(directions, { proofs: [proofOf(first), proofOf(second)], args, context });
}

interface Pair {
  readonly from: Repository;
  readonly to: Repository;
}

function bothWays(first: Repository, second: Repository): readonly Pair[] {
  return [
    { from: first, to: second },
    { from: second, to: first },
  ];
}

/** What is encrypted stays so unless it is wished otherwise. @throws PTAR_USAGE */
// spec/16-transfer.md#sync
function refuseUnsealing({ from, to }: Pair, args: Arguments, context: Context): void {
  if (to.archives.key !== undefined || args.flag("plain")) return;
  if (from.archives.key !== undefined)
    throw new PtarError("PTAR_USAGE", `sync: repository ${from.storage.location} is encrypted, and ${to.storage.location} is plain`, {
      hint: "--plain: everybody who has that one may read what comes there; --one-way takes over from the first only",
    });
  refuseNeedlessKey(to, args, context);
}
