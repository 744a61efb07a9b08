// ptar repo check: everything that is wrong with a repository. spec/15-repository.md#check
import { type Command, jsonOption } from "../../command.js";
import { keyOptions } from "../../key-options.js";
import { workersOf, workersOption } from "../../workers.js";

/** `ptar repo check`. */
export const check: Command = {
  usage: "check <location>",
  describe: "list everything that is wrong with a repository, and what it affects",
  positionals: { location: "folder of the repository" },
  options: {
    level: { type: "text", describe: "how much to check (default: full)", choices: ["standard", "full", "deep"] },
    ...keyOptions,
    ...workersOption,
    ...jsonOption,
  },
  examples: [["ptar repo check /srv/case --level deep", "decode every block and recompute every digest"]],
  async run(args, context) {
    const [{ Repository }, { folderStorage }, { loadEngine }, { loadKeyRing }, { checkRepository }, { CheckFindings }, { reportChecked }] =
      await Promise.all([
        import("../../../repository/repository.js"),
        import("../../../connectors/node/storage/folder-storage.js"),
        import("../../engine.js"),
        import("../../key-options.js"),
        import("../../../repository/check/check.js"),
        import("../../../repository/check/findings.js"),
        import("../../repo/check-report.js"),
      ]);
    const { signal, notes } = context;
    const keys = await loadKeyRing(args, context, "may-ask");
    const engine = await loadEngine({ workers: workersOf(args) });
    try {
      const findings = new CheckFindings();
      const onProblem = (file: string, error: unknown) => findings.note(error, { file });
      const repository = await Repository.open(folderStorage(args.archive()), { engine, keys, signal, onProblem });
      try {
        const level = args.choice("level", ["standard", "full", "deep"]) ?? "full";
        const report = await checkRepository(repository, findings, { level, onProgress: notes.onProgress, signal });
        notes.clear();
        return await reportChecked(report, args, context);
      } finally {
        await repository.close();
      }
    } finally {
      engine.threads?.close();
    }
  },
};
