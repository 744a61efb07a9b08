// The three files of a report, each whole or not there. spec/10-verify.md#codes
import { lstatSync, mkdirSync, rmdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { createFileSink, type FileSink } from "../../connectors/node/archive/file-sink.js";
import { errnoOf, ioError } from "../../connectors/node/io-error.js";
import { PtarError } from "../../errors/ptar-error.js";

/** Report files being written. Call `publish` when they are whole, and `discard` in any case. */
export interface ReportFiles {
  readonly json: FileSink;
  readonly text: FileSink;
  readonly html: FileSink;
  /** Gives the files their names. @throws PTAR_TARGET_EXISTS, PTAR_IO_FAILED, PTAR_IO_NO_SPACE */
  publish(): Promise<void>;
  /** Removes what was not published, and folders that were made for it. Never throws. */
  discard(): Promise<void>;
}

/** Names of the files, the page last: where it stands, the others do. */
export const reportNames = ["report.json", "report.txt", "report.html"] as const;

/** How files are started. */
export interface FilesOptions {
  /** Whether reports that are there are replaced. */
  readonly existing: "keep" | "replace";
  /** Is told of temporary files, see `Context`. */
  readonly removeOnExit?: (path: Promise<string>) => void;
}

/**
 * Starts report.json, report.txt and report.html in `folder`, which is made when it is missing.
 * @throws PTAR_TARGET_EXISTS, PTAR_IO_FAILED, PTAR_IO_NO_SPACE
 */
export async function createReportFiles(folder: string, options: FilesOptions): Promise<ReportFiles> {
  const made = makeFolder(folder);
  const sinks: FileSink[] = [];
  const discard = async () => {
    for (const sink of sinks) await sink.discard();
    removeMade(folder, made);
  };
  const start = async (name: (typeof reportNames)[number]) => {
    const opening = createFileSink(join(folder, name), { force: options.existing === "replace" });
    options.removeOnExit?.(opening.then(({ temporary }) => temporary));
    const sink = await opening;
    sinks.push(sink);
    return sink;
  };
  try {
    const [json, text, html] = [await start("report.json"), await start("report.txt"), await start("report.html")];
    return { json, text, html, discard, publish: () => publishAll(sinks) };
  } catch (error) {
    await discard();
    throw error;
  }
}

/** Whole files only, one after the other; a failure says which of them are about this check. */
async function publishAll(sinks: readonly FileSink[]): Promise<void> {
  let done = 0;
  try {
    for (const sink of sinks) {
      await sink.publish();
      done++;
    }
  } catch (error) {
    if (done === 0 || !(error instanceof PtarError)) throw error;
    const [fresh, rest] = [reportNames.slice(0, done), reportNames.slice(done)].map((names) => names?.join(" and ") ?? "");
    const hint = `only ${fresh} ${done === 1 ? "is" : "are"} of this check; ${rest}, if there, ${done === 2 ? "is" : "are"} of an earlier one`;
    throw new PtarError(error.code, error.message, { hint, details: error.details, cause: error });
  }
}

/** The first folder that had to be made. */
function makeFolder(folder: string): string | undefined {
  try {
    return mkdirSync(folder, { recursive: true });
  } catch (error) {
    if (leadsNowhere(folder))
      throw new PtarError("PTAR_TARGET_EXISTS", `${folder}: is a symlink to nothing`, { hint: "choose another name", cause: error });
    if (errnoOf(error) !== "EEXIST") throw ioError(error, `folder ${folder}`);
    throw new PtarError("PTAR_TARGET_EXISTS", `${folder}: exists and is not a folder`, { hint: "choose another name", cause: error });
  }
}

function leadsNowhere(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink() && statSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

/** Removes the folders from `folder` up to the first that was made, as long as they are empty. */
function removeMade(folder: string, made: string | undefined): void {
  if (made === undefined) return;
  const top = resolve(made);
  try {
    for (let at = resolve(folder); at.startsWith(top); at = dirname(at)) rmdirSync(at);
  } catch {
    // there are files in it
  }
}
