// ptar repo snapshots, ptar repo show: what a repository holds. spec/15-repository.md#snapshots
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
    const [{ withRepository }, { sayInvalid, snapshotLine, snapshotsJson }, { judgeListed }] = await Promise.all([
      import("../../repo/opened-repository.js"),
      import("../../repo/snapshot-report.js"),
      import("../../../repository/view.js"),
    ]);
    return withRepository(args, context, async (repository, { crypto }) => {
      const trust = await loadOwnTrust(context);
      const listed = repository.snapshots.map((stored) => judgeListed(repository, stored, trust));
      if (listed.length === 0) context.notes.say("there are no snapshots");
      if (args.flag("json")) await context.out.json(snapshotsJson(listed, { location: args.archive(), crypto }));
      else for (const one of listed) await context.out.line(snapshotLine(one, crypto));
      sayInvalid(listed, args, context);
      return 0;
    });
  },
};

/** `ptar repo show`. */
export const show: Command = {
  usage: "show <location> [snapshot]",
  describe: "tell all about one snapshot of a repository, and who signed it",
  positionals: { location: "folder of the repository", snapshot: "beginning of its id, or latest (default: the latest)" },
  options: { ...keyOptions, ...jsonOption },
  examples: [["ptar repo show /srv/case latest", "show the latest snapshot"]],
  async run(args, context) {
    const [{ withRepository }, { sayInvalid, shownJson }, { snapshotLines }, { judgeListed }] = await Promise.all([
      import("../../repo/opened-repository.js"),
      import("../../repo/snapshot-report.js"),
      import("../../info-report.js"),
      import("../../../repository/view.js"),
    ]);
    return withRepository(args, context, async (repository, { crypto }) => {
      const listed = judgeListed(repository, repository.snapshot(args.text("snapshot") ?? "latest"), await loadOwnTrust(context));
      if (args.flag("json")) await context.out.json(shownJson(listed, { location: args.archive(), crypto }));
      else for (const line of snapshotLines(listed.report, crypto)) await context.out.line(line);
      sayInvalid([listed], args, context);
      return 0;
    });
  },
};

async function loadOwnTrust({ env }: Context) {
  const { loadTrust } = await import("../../trust-file.js");
  return loadTrust([], configOf(env));
}
