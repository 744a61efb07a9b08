// ptar repo stats: what a repository holds and what that costs. spec/15-repository.md
import { type Command, jsonOption } from "../../command.js";
import { keyOptions } from "../../key-options.js";

/** `ptar repo stats`. */
export const stats: Command = {
  usage: "stats <location>",
  describe: "count what a repository holds, what each snapshot adds, and what nobody needs",
  positionals: { location: "folder of the repository" },
  options: { ...keyOptions, ...jsonOption },
  examples: [["ptar repo stats /srv/case", "see what deduplication and compression save, and what prune would free"]],
  async run(args, context) {
    const [{ withRepository }, { repositoryStats }, { statsJson, statsLines }] = await Promise.all([
      import("../../repo/opened-repository.js"),
      import("../../../repository/stats/stats.js"),
      import("../../repo/stats-report.js"),
    ]);
    const { notes, out, signal } = context;
    return withRepository(args, context, async (repository) => {
      const found = await repositoryStats(repository, { onProgress: notes.onProgress, signal });
      notes.clear();
      if (args.flag("json")) await out.json(statsJson(found, repository));
      else for (const line of statsLines(found)) await out.line(line);
      return 0;
    });
  },
};
