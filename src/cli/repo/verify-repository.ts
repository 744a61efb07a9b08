// ptar verify of a repository: the snapshots that it holds, and who signed them. spec/10-verify.md#verdicts
import { PtarError } from "../../errors/ptar-error.js";
import type { OnProblem } from "../../repository/files/finding.js";
import type { Repository } from "../../repository/repository.js";
import type { StoredSnapshot } from "../../repository/snapshot-files.js";
import type { Arguments, Context } from "../command.js";
import { configOf } from "../config.js";
import { workersOf } from "../workers.js";

/** Options of `verify` that are about the file of an archive. */
const ofFiles: readonly (readonly [name: string, hint: string])[] = [
  ["expect", "a snapshot is named by its id: --snapshot with all 64 digits"],
  ["report", "`ptar repo export` makes an archive of a snapshot, `ptar verify --report` a report of that"],
  ["force", "it replaces reports"],
];

/** What could not be read when the repository was opened. */
interface Unread {
  readonly file: string;
  readonly error: PtarError;
}

/** Verifies one snapshot, or all of them; the exit code. @throws what opening a repository throws, PTAR_SNAPSHOT_NOT_FOUND */
export async function verifyRepository(args: Arguments, context: Context): Promise<number> {
  refuseOptions(args);
  const [{ withRepository }, { verifySnapshots }, { reportVerifiedSnapshots }, { loadTrust }] = await Promise.all([
    import("./opened-repository.js"),
    import("../../repository/verify/verify.js"),
    import("./verify-report.js"),
    import("../trust-file.js"),
  ]);
  const { notes, signal, env } = context;
  const trust = await loadTrust(args.list("trust"), configOf(env), notes);
  const unread: Unread[] = [];
  const onProblem: OnProblem = (file, error) => unread.push({ file, error });
  return withRepository(
    args,
    context,
    async (repository, { crypto }) => {
      const snapshots = chosen(repository, args, unread);
      for (const { file, error } of unread) notes.say(`warning: ${file}: ${error.message}: \`ptar repo check\` says what is affected`);
      const report = await verifySnapshots(repository, {
        snapshots,
        trust,
        level: args.choice("level", ["standard", "full", "deep"]) ?? "full",
        allowUnsigned: args.flag("allow-unsigned"),
        anySigner: args.flag("any-signer"),
        onProgress: notes.onProgress,
        signal,
      });
      notes.clear();
      return reportVerifiedSnapshots(report, { repository, crypto, json: args.flag("json"), context });
    },
    { workers: workersOf(args), onProblem },
  );
}

/** The snapshots to verify: where any might be meant, one that cannot be read is no reason to say that the others are all there are. */
function chosen(repository: Repository, args: Arguments, unread: readonly Unread[]): readonly StoredSnapshot[] {
  const selector = args.text("snapshot");
  const lost = unread.find(({ file }) => file.startsWith("snapshots/"));
  if (lost !== undefined && (selector === undefined || selector === "latest")) throw lost.error;
  return selector === undefined ? repository.snapshots : [repository.snapshot(selector)];
}

/** @throws PTAR_USAGE */
function refuseOptions(args: Arguments): void {
  for (const [name, hint] of ofFiles) {
    if (args.text(name) === undefined && !args.flag(name)) continue;
    throw new PtarError("PTAR_USAGE", `--${name}: is about the file of an archive, and this is a repository`, { hint });
  }
}
