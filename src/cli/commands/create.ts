// ptar create: packs paths into one signed archive. spec/06-snapshot.md
import type { CreateOptions } from "../../archive/create.js";
import { breatheNow, breathingSource, createBreathe } from "../breathe.js";
import type { Arguments, Command, Context } from "../command.js";
import { configOf } from "../config.js";
import { createExamples, createOptions } from "../create-options.js";
import { createWishes } from "../create-wishes.js";
import { sizeOfSource, withTotal } from "../totals.js";
import { workersOf } from "../workers.js";

/** `ptar create`. */
export const create: Command = {
  usage: "create <archive> [paths..]",
  describe: "pack files and folders into one signed archive",
  positionals: { archive: "file to make, - for standard output", paths: "files and folders to pack" },
  options: createOptions,
  examples: createExamples,
  async run(args, context) {
    // one after the other: together they open more files at once than some places allow
    const [
      { createArchive },
      { checkOutput, openOutput },
      { checkSources, loadSources, refuseTooMuchText },
      { loadExclusions },
      { loadEngine },
      { reportCreated },
      { loadSealFor },
    ] = [
      await import("../../archive/create.js"),
      await import("../create-output.js"),
      await import("../create-sources.js"),
      await import("../exclusions.js"),
      await import("../engine.js"),
      await import("../create-report.js"),
      await import("../seal-options.js"),
    ];
    const { signal, notes } = context;
    checkOutput(args, context);
    checkSources(args);
    const wishes = createWishes(args, context);
    const exclude = await loadExclusions(args, context);
    const makeSource = await loadSources(args, context);
    const seal = await loadSealFor(args, context);
    const engine = await loadEngine({ encoders: args.flag("reproducible") ? "portable" : "native", workers: workersOf(args) });
    const output = await openOutput(args, context);
    try {
      const wanted = { exclude, skip: output.skip };
      const files = makeSource({ ...wanted, facts: "all" });
      refuseTooMuchText(files.sources, { tags: wishes.tags, case: wishes.case, provenance: wishes.provenance });
      const signers = await loadSigners(args, context, engine);
      const breathe = createBreathe(signal);
      const listing = () => breathingSource(makeSource({ ...wanted, facts: "listing" }), breathe);
      const onProgress = notes.isTerminal ? withTotal(notes.onProgress, await sizeOfSource(listing(), notes.onProgress, signal)) : notes.onProgress;
      const source = breathingSource(files, breathe);
      const result = await createArchive({ ...wishes, ...(seal && { seal }), source, sink: output.sink, engine, signers, signal, onProgress });
      await breatheNow(signal);
      await output.publish();
      notes.clear();
      return await reportCreated(result, { archive: args.archive(), crypto: engine.crypto, own: signers, seal, args, context });
    } finally {
      engine.threads?.close();
      await output.discard();
    }
  },
};

async function loadSigners(args: Arguments, { env, notes, signal }: Context, { crypto }: CreateOptions["engine"]): Promise<CreateOptions["signers"]> {
  if (args.flag("no-sign")) return [];
  const { loadOwnSigner, loadSigner } = await import("../own-key.js");
  const key = args.text("key");
  const how = { env, signal };
  return [key === undefined ? await loadOwnSigner(configOf(env), crypto, notes, how) : await loadSigner(key, crypto, notes, how)];
}
