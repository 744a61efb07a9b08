// ptar repo snapshots, ptar repo show: what a repository holds. spec/15-repository.md#snapshots
import type { SnapshotReport } from "../../../archive/results.js";
import { type Command, type Context, jsonOption } from "../../command.js";
import { configOf } from "../../config.js";
import { keyOptions } from "../../key-options.js";

/** `ptar repo snapshots`. */
export const snapshots: Command = {
  usage: "snapshots <location>",
  describe: "list the snapshots of a repository",
  positionals: { location: "folder of the repository" },
  options: { ...keyOptions, ...jsonOption },
  examples: [["ptar repo snapshots /srv/case", "list them, the latest last"]],
  async run(args, context) {
    const [{ withRepository }, { snapshotLine, snapshotsJson }, { judgeStored }] = await Promise.all([
      import("../../repo/opened-repository.js"),
      import("../../repo/snapshot-report.js"),
      import("../../../repository/view.js"),
    ]);
    return withRepository(args, context, async (repository, { crypto }) => {
      const trust = await loadOwnTrust(context);
      const reports = repository.snapshots.map((stored) => judgeStored(repository, stored, trust));
      if (args.flag("json")) await context.out.json(snapshotsJson(reports, { location: args.archive(), crypto }));
      else for (const report of reports) await context.out.line(snapshotLine(report, crypto));
      return 0;
    });
  },
};

/** `ptar repo show`. */
export const show: Command = {
  usage: "show <location> <snapshot>",
  describe: "tell all about one snapshot of a repository, and who signed it",
  positionals: { location: "folder of the repository", snapshot: "beginning of its id, or latest" },
  options: { ...keyOptions, ...jsonOption },
  examples: [["ptar repo show /srv/case latest", "show the latest snapshot"]],
  async run(args, context) {
    const [{ withRepository }, { snapshotsJson }, { snapshotLines }, { judgeStored }] = await Promise.all([
      import("../../repo/opened-repository.js"),
      import("../../repo/snapshot-report.js"),
      import("../../info-report.js"),
      import("../../../repository/view.js"),
    ]);
    return withRepository(args, context, async (repository, { crypto }) => {
      const report: SnapshotReport = judgeStored(repository, repository.snapshot(args.required("snapshot")), await loadOwnTrust(context));
      if (args.flag("json")) await context.out.json(snapshotsJson([report], { location: args.archive(), crypto }));
      else for (const line of snapshotLines(report, crypto)) await context.out.line(line);
      return 0;
    });
  },
};

async function loadOwnTrust({ env }: Context) {
  const { loadTrust } = await import("../../trust-file.js");
  return loadTrust([], configOf(env));
}
