// ptar verify: five verdicts about one archive. spec/10-verify.md#verdicts
import { PtarError } from "../../errors/ptar-error.js";
import { breathingReader, createBreathe } from "../breathe.js";
import { type Command, jsonOption } from "../command.js";
import { configOf } from "../config.js";

/** `ptar verify`. */
export const verify: Command = {
  usage: "verify <archive>",
  describe: "check every byte and who signed",
  positionals: { archive: "archive to check" },
  options: {
    trust: { type: "list", describe: "trust this public key line or allowed_signers file only; may be given several times" },
    expect: { type: "text", describe: "fingerprint that the archive must have, ptar1 …" },
    level: { type: "text", describe: "how much to check (default: full)", choices: ["standard", "full", "deep"] },
    "allow-unsigned": { type: "flag", describe: "accept an archive that nobody signed" },
    ...jsonOption,
  },
  examples: [
    ["ptar verify evidence.ptar --trust acme.pub", "check against the key of somebody else"],
    ["ptar verify evidence.ptar --expect 'ptar1 7c1f …'", "check that it is the archive that was announced"],
  ],
  async run(args, context) {
    const archive = args.archive();
    const [{ verifyArchive }, { openFileReader }, { loadEngine }, { loadTrust }, { parseFingerprint }, { reportVerified }] = await Promise.all([
      import("../../archive/verify.js"),
      import("../../connectors/node/file-reader.js"),
      import("../engine.js"),
      import("../trust-file.js"),
      import("../../keys/archive-fingerprint.js"),
      import("../verify-report.js"),
    ]);
    const level = args.choice("level", ["standard", "full", "deep"]) ?? "full";
    const expected = args.text("expect");
    const expect = expected === undefined ? undefined : parseFingerprint(expected);
    if (expected !== undefined && expect === undefined)
      throw new PtarError("PTAR_USAGE", "--expect: is no fingerprint: ptar1 and 64 hex digits", {
        hint: "copy the last line that ptar create printed",
      });
    const trust = await loadTrust(args.list("trust"), configOf(context.env));
    const engine = await loadEngine();
    const reader = await openFileReader(archive);
    try {
      const report = await verifyArchive(breathingReader(reader, createBreathe(context.signal)), {
        engine,
        trust,
        level,
        allowUnsigned: args.flag("allow-unsigned"),
        ...(expect === undefined ? {} : { expect }),
        onProgress: context.notes.onProgress,
        signal: context.signal,
      });
      context.notes.clear();
      await reportVerified(report, { crypto: engine.crypto, json: args.flag("json"), context });
      return report.exitCode;
    } finally {
      await reader.close();
    }
  },
};
