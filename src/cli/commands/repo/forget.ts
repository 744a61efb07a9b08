// ptar repo forget: snapshots that are kept no longer. spec/15-repository.md#prune
import { PtarError } from "../../../errors/ptar-error.js";
import type { KeepRule } from "../../../repository/prune/forget.js";
import type { Repository } from "../../../repository/repository.js";
import type { StoredSnapshot } from "../../../repository/snapshot-files.js";
import { type Arguments, type Command, type Context, jsonOption } from "../../command.js";
import { keyOptions } from "../../key-options.js";
import { formatCounted } from "../../ui/units.js";

const rules = ["last", "hourly", "daily", "weekly", "monthly", "yearly"] as const;
const most = 1_000_000;

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
