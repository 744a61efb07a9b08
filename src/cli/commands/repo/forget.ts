// ptar repo forget, prune, unlock: what is kept no longer. spec/15-repository.md#prune
import { hostname, userInfo } from "node:os";
import { PtarError } from "../../../errors/ptar-error.js";
import type { KeepRule } from "../../../repository/forget.js";
import type { Repository } from "../../../repository/repository.js";
import type { StoredSnapshot } from "../../../repository/snapshot-files.js";
import { type Arguments, type Command, jsonOption } from "../../command.js";
import { keyOptions } from "../../key-options.js";
import { workersOf, workersOption } from "../../workers.js";

const rules = ["last", "hourly", "daily", "weekly", "monthly", "yearly"] as const;
const most = 1_000_000;
const longestGrace = 31_536_000;
const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

const keepOption = (describe: string) => ({ type: "text", describe }) as const;

/** `ptar repo forget`. */
export const forget: Command = {
  usage: "forget <location> [snapshots..]",
  describe: "remove snapshots; their contents stay until prune",
  positionals: { location: "folder of the repository", snapshots: "beginnings of ids, or latest; none: those that the rules do not keep" },
  options: {
    "keep-last": keepOption("keep so many of the latest of each source"),
    "keep-hourly": keepOption("keep the latest of so many hours"),
    "keep-daily": keepOption("keep the latest of so many days"),
    "keep-weekly": keepOption("keep the latest of so many weeks"),
    "keep-monthly": keepOption("keep the latest of so many months"),
    "keep-yearly": keepOption("keep the latest of so many years"),
    "keep-tag": { type: "list", describe: "keep snapshots with this tag; may be given several times" },
    "dry-run": { type: "flag", describe: "say what would be forgotten" },
    ...keyOptions,
    ...jsonOption,
  },
  examples: [
    ["ptar repo forget /srv/case --keep-daily 7 --keep-monthly 12", "keep a week of days and a year of months"],
    ["ptar repo forget /srv/case 83ccf46f", "forget one snapshot"],
  ],
  async run(args, context) {
    const [{ withRepository }, { forgetSnapshots, idsOf }] = await Promise.all([
      import("../../repo/opened-repository.js"),
      import("../../../repository/forget.js"),
    ]);
    return withRepository(args, context, async (repository) => {
      const forgotten = await chosen(args, repository);
      if (!args.flag("dry-run")) await forgetSnapshots(repository, forgotten);
      const kept = repository.snapshots.length - forgotten.length;
      if (args.flag("json")) {
        await context.out.json({ location: args.archive(), forgotten: idsOf(forgotten), kept, dryRun: args.flag("dry-run"), exitCode: 0 });
        return 0;
      }
      context.notes.say(`${args.flag("dry-run") ? "would forget" : "forgot"} ${forgotten.length} snapshots, ${kept} are kept`);
      for (const id of idsOf(forgotten)) await context.out.line(id);
      return 0;
    });
  },
};

/** Snapshots that are named, or that no rule keeps. @throws PTAR_USAGE, PTAR_SNAPSHOT_NOT_FOUND */
async function chosen(args: Arguments, repository: Repository): Promise<readonly StoredSnapshot[]> {
  const named = args.list("snapshots");
  const counts = rules.map((name) => [name, args.integer(`keep-${name}`, 0, most)] as const).filter(([, count]) => count !== undefined);
  const tags = args.list("keep-tag");
  const hasRule = counts.length > 0 || tags.length > 0;
  if (named.length > 0 && hasRule) throw new PtarError("PTAR_USAGE", "snapshots and --keep-…: only one of them can be given");
  if (named.length > 0) return [...new Set(named.map((selector) => repository.snapshot(selector)))];
  // a rule that keeps nothing would forget everything
  if (!hasRule)
    throw new PtarError("PTAR_USAGE", "nothing to forget: neither snapshots nor rules were given", { hint: "as an example: --keep-last 10" });
  const { forgottenBy } = await import("../../../repository/forget.js");
  const rule: KeepRule = { ...Object.fromEntries(counts), tags };
  return forgottenBy(rule, repository.snapshots);
}

/** `ptar repo prune`. */
export const prune: Command = {
  usage: "prune <location>",
  describe: "delete what no snapshot needs: marked now, deleted by a run after the grace period",
  positionals: { location: "folder of the repository" },
  options: {
    grace: { type: "text", describe: "time between marking and deleting, 30m, 24h, 7d (default: 24h); 0: nobody else writes" },
    "dry-run": { type: "flag", describe: "say what would be done" },
    ...keyOptions,
    ...workersOption,
    ...jsonOption,
  },
  examples: [["ptar repo prune /srv/case", "run it daily: what one run marks the next one deletes"]],
  async run(args, context) {
    const grace = graceOf(args);
    const [{ withRepository, repositoryPack }, { prune: pruneRepository }, { formatBytes, formatCounted }] = await Promise.all([
      import("../../repo/opened-repository.js"),
      import("../../../repository/prune.js"),
      import("../../ui/units.js"),
    ]);
    const { notes, signal, out } = context;
    const pruned = async (repository: Repository) => {
      const owner = { host: hostname(), user: userInfo().username, process: process.pid };
      const mode = args.flag("dry-run") ? "look" : "prune";
      const result = await pruneRepository(repository, {
        pack: repositoryPack,
        owner,
        mode,
        ...(grace !== undefined && { grace }),
        onProgress: notes.onProgress,
        signal,
      });
      notes.clear();
      if (args.flag("json")) {
        await out.json({ location: args.archive(), ...result, dryRun: args.flag("dry-run"), exitCode: 0 });
        return 0;
      }
      await out.line(`deleted ${formatCounted(result.deletedPacks, "pack")}, ${formatBytes(result.deletedBytes)}`);
      await out.line(`marked  ${formatCounted(result.markedPacks, "pack")}, ${formatBytes(result.markedBytes)}`);
      return 0;
    };
    return withRepository(args, context, pruned, { workers: workersOf(args) });
  },
};

/** Seconds. @throws PTAR_USAGE */
function graceOf(args: Arguments): number | undefined {
  const text = args.text("grace");
  if (text === undefined) return undefined;
  const [, digits, unit = "s"] = /^(\d{1,9})([smhd]?)$/.exec(text) ?? [];
  const seconds = Number(digits) * (units[unit === "" ? "s" : unit] ?? Number.NaN);
  if (seconds >= 0 && seconds <= longestGrace) return seconds;
  throw new PtarError("PTAR_USAGE", `--grace: "${text}" is no time up to a year`, { hint: "as an example: 30m, 24h, 7d" });
}

/** `ptar repo unlock`. */
export const unlock: Command = {
  usage: "unlock <location>",
  describe: "remove the lock of a prune whose process is gone",
  positionals: { location: "folder of the repository" },
  options: { ...jsonOption },
  examples: [["ptar repo unlock /srv/case", "after a crash; the lock's owner and age are shown"]],
  async run(args, context) {
    const [{ folderStorage }, { readLock, removeLock }, { limits }, { escapeText }] = await Promise.all([
      import("../../../connectors/node/storage/folder-storage.js"),
      import("../../../repository/lock.js"),
      import("../../../format/limits.js"),
      import("../../ui/escape.js"),
    ]);
    const storage = folderStorage(args.archive());
    const lock = await readLock(storage, limits);
    await removeLock(storage);
    if (args.flag("json")) await context.out.json({ location: args.archive(), lock: lock ?? null, exitCode: 0 });
    else
      await context.out.line(
        lock === undefined
          ? "not locked"
          : `removed the lock of process ${lock.process} of ${escapeText(lock.user)} on ${escapeText(lock.host)}, since ${lock.createdAt}`,
      );
    return 0;
  },
};
