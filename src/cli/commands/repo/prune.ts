// ptar repo prune: deletes what no snapshot needs. spec/15-repository.md#prune
import { hostname, userInfo } from "node:os";
import { PtarError } from "../../../errors/ptar-error.js";
import type { Repository } from "../../../repository/repository.js";
import { type Arguments, type Command, jsonOption } from "../../command.js";
import { keyOptions } from "../../key-options.js";
import { isRunning } from "../../repo/running-process.js";
import { workersOf, workersOption } from "../../workers.js";

const longestGrace = 31_536_000;
const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

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
