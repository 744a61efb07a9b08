// ptar verify: five verdicts about one archive, or about snapshots of a repository. spec/10-verify.md#verdicts
import type { ByteReader } from "../../container/bytes-io.js";
import { PtarError } from "../../errors/ptar-error.js";
import { breathingReader, createBreathe } from "../breathe.js";
import { type Arguments, type Command, type Context, jsonOption } from "../command.js";
import { configOf } from "../config.js";
import { keyOptions } from "../key-options.js";
import { isRepository } from "../opened.js";
import type { PendingReport, ReportWishes } from "../report/report.js";
import { workersOf, workersOption } from "../workers.js";

/** `ptar verify`. */
export const verify: Command = {
  usage: "verify <archive>",
  describe: "check every byte and who signed, of an archive or of the snapshots of a repository",
  positionals: { archive: "archive to check, - for standard input, or the folder of a repository" },
  options: {
    trust: { type: "list", describe: "trust this public key line or allowed_signers file only; may be given several times" },
    expect: { type: "text", describe: "fingerprint that the archive must have, ptar1 …" },
    level: { type: "text", describe: "how much to check (default: full)", choices: ["standard", "full", "deep"] },
    snapshot: { type: "text", describe: "of a repository: only this snapshot, the beginning of its id or latest (default: all of them)" },
    "any-signer": { type: "flag", describe: "accept whoever signed, or nobody; the signatures must be valid" },
    "allow-unsigned": { type: "flag", describe: "accept an archive that nobody signed" },
    report: { type: "text", describe: "folder for report.html, report.json and report.txt, made when it is missing; exit code 10 writes none" },
    force: { type: "flag", describe: "replace reports that are there" },
    ...keyOptions,
    ...workersOption,
    ...jsonOption,
  },
  examples: [
    ["ptar verify evidence.ptar --trust acme.pub", "check against the key of somebody else"],
    ["ptar verify evidence.ptar --expect 'ptar1 7c1f …'", "check that it is the archive that was announced"],
    ["ptar verify sealed.ptar --identity lab.txt", "check what is inside a sealed archive too"],
    ["ptar verify evidence.ptar --report report/", "write a page to read and print, whatever the five verdicts are"],
    ["ptar verify /srv/case --snapshot latest", "check a snapshot of a repository; `ptar repo check` checks all that is in one"],
  ],
  async run(args, context) {
    refuseBoth(args);
    if (await isRepository(args.archive())) {
      const { verifyRepository } = await import("../repo/verify-repository.js");
      return verifyRepository(args, context);
    }
    if (args.text("snapshot") !== undefined)
      throw new PtarError("PTAR_USAGE", "--snapshot: an archive is verified whole, with all its snapshots", {
        hint: "it is for the folder of a repository",
      });
    const archive = args.archive();
    const [{ verifyArchive }, { openArchiveReader }, { loadEngine }, { loadTrust }, { parseFingerprint }, { reportVerified }] = await Promise.all([
      import("../../archive/verify.js"),
      import("../archive-reader.js"),
      import("../engine.js"),
      import("../trust-file.js"),
      import("../../keys/archive-fingerprint.js"),
      import("../verify-report.js"),
    ]);
    if (args.flag("force") && args.text("report") === undefined)
      throw new PtarError("PTAR_USAGE", "--force: replaces reports and needs --report", { hint: "verify writes nothing else" });
    const level = args.choice("level", ["standard", "full", "deep"]) ?? "full";
    const expect = expectedOf(args, parseFingerprint);
    const trust = await loadTrust(args.list("trust"), configOf(context.env), context.notes);
    const engine = await loadEngine({ workers: workersOf(args) });
    const { loadKeyRing, wishesKey } = await import("../key-options.js");
    const keys = await loadKeyRing(args, context, "only-if-wished");
    const reader = await openArchiveReader(archive, context);
    try {
      const input = breathingReader(reader, createBreathe(context.signal));
      const pending = await reportOf(input, { args, archive, engine, trust, keys }, context);
      try {
        const report = await verifyArchive(pending?.input ?? input, {
          engine,
          trust,
          level,
          keys,
          otherKeys: wishesKey(args, context.env) ? "refused" : "ignored",
          allowUnsigned: args.flag("allow-unsigned"),
          anySigner: args.flag("any-signer"),
          ...(expect === undefined ? {} : { expect }),
          onProgress: context.notes.onProgress,
          signal: context.signal,
        });
        context.notes.clear();
        const print = () => reportVerified(report, { crypto: engine.crypto, json: args.flag("json"), context });
        // verdicts are not lost when the report cannot be written; with --json there is one document, the verdicts or that failure
        if (!args.flag("json")) await print();
        await pending?.write(report);
        if (args.flag("json")) await print();
        return report.exitCode;
      } finally {
        await pending?.discard();
      }
    } finally {
      engine.threads?.close();
      await reader.close();
    }
  },
};

/** @throws PTAR_USAGE */
function refuseBoth(args: Arguments): void {
  if (args.flag("any-signer") && args.list("trust").length > 0)
    throw new PtarError("PTAR_USAGE", "--trust and --any-signer: only one of them can be given");
}

/** The fingerprint of --expect. @throws PTAR_USAGE */
function expectedOf(args: Arguments, parse: (text: string) => Uint8Array | undefined): Uint8Array | undefined {
  const text = args.text("expect");
  if (text === undefined) return undefined;
  const fingerprint = parse(text);
  if (fingerprint !== undefined) return fingerprint;
  throw new PtarError("PTAR_USAGE", "--expect: is no fingerprint: ptar1 and 64 hex digits", {
    hint: "copy the last line that ptar create printed",
  });
}

/** The report that --report asks for; its files are reserved before a long check. @throws PTAR_TARGET_EXISTS, PTAR_IO_FAILED */
async function reportOf(
  input: ByteReader,
  { args, ...parts }: { readonly args: Arguments } & Pick<ReportWishes, "archive" | "engine" | "trust" | "keys">,
  context: Context,
): Promise<PendingReport | undefined> {
  const folder = args.text("report");
  if (folder === undefined) return undefined;
  const { startReport } = await import("../report/report.js");
  return startReport(input, { ...parts, folder, existing: args.flag("force") ? "replace" : "keep", now: new Date() }, context);
}
