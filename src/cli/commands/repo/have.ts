// ptar repo have: what a repository holds, for the other side. spec/16-transfer.md#have-list
import { PtarError } from "../../../errors/ptar-error.js";
import { type Command, jsonOption } from "../../command.js";
import { keyOptions } from "../../key-options.js";

/** `ptar repo have`. */
export const have: Command = {
  usage: "have <location>",
  describe: "write a list of what a repository holds, for whoever sends something there",
  positionals: { location: "folder of the repository" },
  options: {
    out: { type: "text", alias: "o", describe: "list to make" },
    recipient: { type: "list", describe: "who may read it: an age recipient, age1…, or a file of them; may be given several times" },
    force: { type: "flag", describe: "replace a file that is there" },
    ...keyOptions,
    ...jsonOption,
  },
  examples: [
    ["ptar repo have /srv/core -o core.have", "for `ptar repo export --for core.have` on the other side"],
    ["ptar repo have /srv/core -o core.have --recipient age1…", "of an encrypted repository: only the other side can read it"],
  ],
  async run(args, context) {
    const out = args.text("out");
    if (out === undefined) throw new PtarError("PTAR_USAGE", "-o FILE is missing: have needs a file to write");
    const [{ withRepository }, { writeHave }, { createFileSink }, { loadRecipients }, { reportHave }] = await Promise.all([
      import("../../repo/opened-repository.js"),
      import("../../../repository/transfer/have.js"),
      import("../../../connectors/node/archive/file-sink.js"),
      import("../../seal-options.js"),
      import("../../repo/have-report.js"),
    ]);
    const recipients = await loadRecipients(args.list("recipient"), context);
    return withRepository(args, context, async (repository) => {
      // from a plain list everybody could tell which known files an encrypted repository has
      if (repository.archives.key !== undefined && recipients.length === 0)
        throw new PtarError("PTAR_USAGE", "have: the repository is encrypted, so its list is sealed", {
          hint: "name the other side: --recipient age1…",
        });
      const opening = createFileSink(out, { force: args.flag("force") });
      context.removeOnExit(opening.then(({ temporary }) => temporary));
      const sink = await opening;
      try {
        const result = await writeHave(repository, { sink, ...(recipients.length > 0 && { seal: { recipients } }), signal: context.signal });
        await sink.publish();
        return await reportHave(result, out, { args, context });
      } finally {
        await sink.discard();
      }
    });
  },
};
