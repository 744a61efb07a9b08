// ptar extract: writes an archive, or parts of it, into a fresh folder. spec/10-verify.md#codes
import { existsSync, readdirSync } from "node:fs";
import type { ExtractOptions } from "../../archive/extract.js";
import type { ListOptions } from "../../archive/list.js";
import type { OnProgress } from "../../archive/progress.js";
import type { SnapshotReader } from "../../archive/snapshot-reader.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { Target } from "../../tree/target.js";
import { type Arguments, type Command, type Context, jsonOption, snapshotOption } from "../command.js";
import { keyOptions } from "../key-options.js";
import { type OpenedSnapshots, withSnapshots } from "../opened.js";
import { pathBytes } from "../paths.js";
import { sizeOfEntries, withTotal } from "../totals.js";
import type { Notes } from "../ui/notes.js";
import { workersOf, workersOption } from "../workers.js";

/** `ptar extract`. */
export const extract: Command = {
  usage: "extract <archive> [paths..]",
  describe: "write files to a new or empty folder",
  positionals: {
    archive: "archive to extract, - for standard input, or the folder of a repository",
    paths: "only these paths and what is below them",
  },
  options: {
    directory: { type: "text", alias: "C", describe: "folder to write to; made when it is missing, else it must be empty" },
    "dry-run": { type: "flag", describe: "check everything, write nothing" },
    "same-owner": { type: "flag", describe: "set owners as recorded (default for root)" },
    "no-same-owner": { type: "flag", describe: "files belong to whoever extracts" },
    ...snapshotOption,
    ...keyOptions,
    ...workersOption,
    ...jsonOption,
  },
  examples: [["ptar extract evidence.ptar case/mail -C out", "write one folder to out"]],
  async run(args, context) {
    const paths = args.list("paths").map(pathBytes);
    const target = targetOf(args);
    const workers = workersOf(args);
    const extractFrom = async ({ reader }: OpenedSnapshots) => {
      const [{ extractArchive }, { reportExtracted }] = await Promise.all([import("../../archive/extract.js"), import("../extract-report.js")]);
      const chosen = paths.filter((path) => path !== undefined);
      const { signal, notes } = context;
      // the root among the paths means everything
      const options: ExtractOptions = chosen.length === paths.length && chosen.length > 0 ? { paths: chosen, ...args.snapshot() } : args.snapshot();
      for (const path of chosen) await requirePath(reader, { path, ...args.snapshot() });
      const onProgress = await progressOf(reader, wantedOf(options), notes);
      const made = await target();
      const report = await extractArchive(reader, made, { ...options, onProgress, signal }).catch((error: unknown) => {
        sayPartial(args, context);
        throw error;
      });
      notes.clear();
      return reportExtracted(report, { dryRun: args.flag("dry-run"), json: args.flag("json"), context, folder: args.text("directory") });
    };
    return withSnapshots(args, context, extractFrom, { workers });
  },
};

function targetOf(args: Arguments): () => Promise<Target> {
  const folder = args.text("directory");
  if (args.flag("same-owner") && args.flag("no-same-owner"))
    throw new PtarError("PTAR_USAGE", "--same-owner and --no-same-owner: only one of them can be given");
  if (args.flag("dry-run")) return async () => (await import("../../connectors/node/target/dry-run-target.js")).dryRunTarget();
  if (folder === undefined)
    throw new PtarError("PTAR_USAGE", "-C DIR is missing: extract needs a folder to write to", { hint: "or look first with --dry-run" });
  const owner = args.flag("same-owner") || (process.getuid?.() === 0 && !args.flag("no-same-owner")) ? "restore" : "skip";
  return async () => (await import("../../connectors/node/target/files-target.js")).createFilesTarget(folder, { owner });
}

/** What is extracted, as lists: one for each path. */
function wantedOf({ paths, ...snapshot }: ExtractOptions): readonly ListOptions[] {
  return paths?.map((path) => ({ path, ...snapshot })) ?? [snapshot];
}

/** On a terminal, progress with the total of all files below `paths`. */
async function progressOf(reader: SnapshotReader, wanted: readonly ListOptions[], { isTerminal, onProgress }: Notes): Promise<OnProgress> {
  if (!isTerminal) return onProgress;
  const { listArchive } = await import("../../archive/list.js");
  let total = 0;
  for (const one of wanted) total += await sizeOfEntries(listArchive(reader, one), onProgress);
  return withTotal(onProgress, total);
}

/** A mistyped path is found before anything is written. @throws PTAR_PATH_NOT_FOUND */
async function requirePath(reader: SnapshotReader, wanted: ListOptions): Promise<void> {
  const { listArchive } = await import("../../archive/list.js");
  for await (const _entry of listArchive(reader, wanted)) return;
}

/** After a failure whole files may stand in the folder; nobody should take them for everything. */
function sayPartial(args: Arguments, { notes }: Context): void {
  const folder = args.text("directory");
  if (args.flag("dry-run") || folder === undefined) return;
  if (existsSync(folder) && readdirSync(folder).length > 0) notes.fail({ message: `${folder}: holds only a part of what was asked for` });
}
