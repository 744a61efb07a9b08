// ptar repo forget, prune, unlock: what is kept no longer. spec/15-repository.md#prune
import { hostname, userInfo } from "node:os";
import { errnoOf } from "../../../connectors/node/io-error.js";
import { PtarError } from "../../../errors/ptar-error.js";
import type { KeepRule } from "../../../repository/prune/forget.js";
import type { OwnerState, StoredLock } from "../../../repository/prune/lock.js";
import type { Repository } from "../../../repository/repository.js";
import type { StoredSnapshot } from "../../../repository/snapshot-files.js";
import { type Arguments, type Command, type Context, jsonOption } from "../../command.js";
import { keyOptions } from "../../key-options.js";
import { formatCounted } from "../../ui/units.js";
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
    "keep-last": keepOption("keep the N latest of each source and signer"),
    "keep-hourly": keepOption("of each source, keep the latest of each of the N latest hours that have one"),
    "keep-daily": keepOption("the same for days, UTC"),
    "keep-weekly": keepOption("for weeks, which begin on Monday"),
    "keep-monthly": keepOption("for months"),
    "keep-yearly": keepOption("for years"),
    "keep-tag": { type: "list", describe: "keep snapshots with this tag; may be given several times" },
    "dry-run": { type: "flag", describe: "say what would be forgotten, change nothing" },
    ...keyOptions,
    ...jsonOption,
  },
  examples: [
    ["ptar repo forget /srv/case --keep-daily 7 --keep-monthly 12 --dry-run", "see what would go if a week of days and a year of months stayed"],
    ["ptar repo forget /srv/case 83ccf46f", "forget one snapshot"],
  ],
  async run(args, context) {
    const [{ withRepository }, { forgetSnapshots }, { reportForgotten }] = await Promise.all([
      import("../../repo/opened-repository.js"),
      import("../../../repository/prune/forget.js"),
      import("../../repo/forget-report.js"),
    ]);
    return withRepository(args, context, async (repository) => {
      const forgotten = await chosen(args, repository, context);
      if (!args.flag("dry-run")) await forgetSnapshots(repository, forgotten);
      return reportForgotten({ forgotten, kept: repository.snapshots.length - forgotten.length }, args, context);
    });
  },
};

/** Snapshots that are named, or that no rule keeps. @throws PTAR_USAGE, PTAR_SNAPSHOT_NOT_FOUND */
async function chosen(args: Arguments, repository: Repository, { notes }: Context): Promise<readonly StoredSnapshot[]> {
  const named = args.list("snapshots");
  const counts = rules.map((name) => [name, args.integer(`keep-${name}`, 1, most)] as const).filter(([, count]) => count !== undefined);
  const tags = args.list("keep-tag");
  const hasRule = counts.length > 0 || tags.length > 0;
  if (named.length > 0 && hasRule) throw new PtarError("PTAR_USAGE", "snapshots and --keep-…: only one of them can be given");
  if (named.length > 0) return [...new Set(named.map((selector) => repository.snapshot(selector)))];
  // a rule that keeps nothing would forget everything
  if (!hasRule)
    throw new PtarError("PTAR_USAGE", "nothing to forget: neither snapshots nor rules were given", { hint: "as an example: --keep-last 10" });
  const [{ applyRule }, { authorsOf }] = await Promise.all([
    import("../../../repository/prune/forget.js"),
    import("../../../repository/stored-statements.js"),
  ]);
  const rule: KeepRule = { ...Object.fromEntries(counts), tags };
  const { snapshots, archives } = repository;
  const { forgotten, spared } = applyRule(rule, snapshots, (stored) => authorsOf(archives, stored));
  // spec/15-repository.md#prune
  if (spared.length > 0 && spared.length === snapshots.length)
    throw new PtarError("PTAR_USAGE", `the rules keep none of ${formatCounted(spared.length, "snapshot")}: nothing is forgotten`, {
      hint: "name the snapshots to forget; `ptar repo snapshots` lists them",
    });
  if (spared.length > 0) notes.say(`${formatCounted(spared.length, "snapshot")} of sources of which the rules keep nothing: all of them are kept`);
  return forgotten;
}

/** `ptar repo prune`. */
export const prune: Command = {
  usage: "prune <location>",
  describe: "delete what no snapshot needs: marked now, deleted by a run after the grace period",
  positionals: { location: "folder of the repository" },
  options: {
    grace: { type: "text", describe: "time between marking and deleting, 30m, 24h, 7d (default: 24h); 0: delete at once, when nobody else writes" },
    "dry-run": { type: "flag", describe: "say what would be deleted and marked, change nothing" },
    ...keyOptions,
    ...workersOption,
    ...jsonOption,
  },
  examples: [["ptar repo prune /srv/case", "run it daily: what one run marks the next one deletes"]],
  async run(args, context) {
    const wish = graceOf(args);
    const [{ withRepository, repositoryPack }, { prune: pruneRepository, defaultGrace }, { reportPruned }] = await Promise.all([
      import("../../repo/opened-repository.js"),
      import("../../../repository/prune/prune.js"),
      import("../../repo/prune-report.js"),
    ]);
    const { notes, signal } = context;
    const grace = wish ?? defaultGrace;
    const pruned = async (repository: Repository) => {
      const owner = { host: hostname(), user: userInfo().username, process: process.pid, runs: isRunning };
      const mode = args.flag("dry-run") ? "look" : "prune";
      const result = await pruneRepository(repository, {
        pack: repositoryPack,
        owner,
        mode,
        grace,
        onProgress: notes.onProgress,
        signal,
      });
      notes.clear();
      return reportPruned(result, { grace, args, context });
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
  options: { force: { type: "flag", describe: "also when that process runs on this computer" }, ...jsonOption },
  examples: [["ptar repo unlock /srv/case", "after a crash; the lock's owner and age are shown"]],
  async run(args, context) {
    const [
      { folderStorage },
      { ownerState, readLock, removeLock },
      { limits },
      { decodeRepository, descriptionName },
      { readFile },
      { reportUnlocked },
    ] = await Promise.all([
      import("../../../connectors/node/storage/folder-storage.js"),
      import("../../../repository/prune/lock.js"),
      import("../../../format/limits.js"),
      import("../../../format/repository.js"),
      import("../../../repository/files/small-files.js"),
      import("../../repo/unlock-report.js"),
    ]);
    const storage = folderStorage(args.archive());
    // a folder that is none is not called unlocked
    decodeRepository(await readFile(storage, descriptionName, limits.repositoryBytes), limits, `repository ${storage.location}`);
    const lock = await readLock(storage, limits);
    if (lock !== undefined && !args.flag("force")) refuseRunning(lock, ownerState(lock, { host: hostname(), runs: isRunning }));
    const temporaryFiles = lock === undefined ? 0 : await removeLock(storage, lock);
    return reportUnlocked(lock, { temporaryFiles, args, context });
  },
};

/** A number may be that of another process by now, which nobody can tell: then --force. @throws PTAR_REPOSITORY_LOCKED */
function refuseRunning({ lock }: StoredLock, state: OwnerState): void {
  if (state !== "runs" || lock === undefined) return;
  throw new PtarError("PTAR_REPOSITORY_LOCKED", `process ${lock.process} of ${lock.user}, which has the lock since ${lock.createdAt}, still runs`, {
    hint: "wait until it has finished; when it is another program that has this number now: --force",
    details: { process: lock.process, createdAt: lock.createdAt },
  });
}

/** Whether a process runs on this computer, whoever started it. */
function isRunning(id: number): boolean {
  // 0 and negative numbers are groups
  if (!Number.isSafeInteger(id) || id <= 0 || id > 0x7fff_ffff) return false;
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === "EPERM";
  }
}
