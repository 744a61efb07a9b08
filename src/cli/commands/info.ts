// ptar info: what an archive is, without reading its contents. spec/01-overview.md
import { type Command, jsonOption } from "../command.js";
import { withArchive } from "../opened.js";

/** `ptar info`. */
export const info: Command = {
  usage: "info <archive>",
  describe: "show what an archive is and what it holds",
  positionals: { archive: "archive to show, - for standard input" },
  options: { ...jsonOption },
  examples: [["ptar info evidence.ptar", "show ids, snapshots and signers"]],
  async run(args, context) {
    return withArchive(args.archive(), context, async (archive, { crypto }) => {
      const facts = await archive.info();
      if (args.flag("json")) {
        const { infoJson } = await import("../json.js");
        await context.out.json(infoJson(facts, crypto));
      } else {
        const { infoLines } = await import("../info-report.js");
        for (const line of infoLines(facts, crypto)) await context.out.line(line);
      }
      return 0;
    });
  },
};
