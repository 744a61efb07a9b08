// Writes whole files to a folder: nothing is replaced unless that was asked for, nothing half-written stays. spec/13-interchange.md
import { lstatSync, mkdirSync, readdirSync, rmdirSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { createFileSink, type FileSink } from "../connectors/node/archive/file-sink.js";
import { errnoOf, ioError } from "../connectors/node/io-error.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Context } from "./command.js";
import { refuseOwnArchive } from "./own-archive.js";

/** Writes one file of the folder; `fill` gives it its bytes. */
export type WriteFile = <T>(name: string, fill: (sink: FileSink) => Promise<T>) => Promise<T>;

/** What is written to a folder. */
export interface FolderOptions {
  /** Names of the files in the order in which they are written. */
  readonly names: readonly string[];
  /** Names of files that belong together: those of an earlier export are taken away first, and only with `force`. */
  readonly earlier?: RegExp;
  readonly force: boolean;
  /** Path of the archive that is read; it is never replaced. */
  readonly from: string;
  readonly context: Context;
}

/**
 * Makes `dir` when it is missing and lets `use` write files to it. When that fails, the new files are removed.
 * @throws PTAR_TARGET_EXISTS before anything is written, PTAR_IO_FAILED, PTAR_IO_NO_SPACE
 */
export async function inFolder<T>(dir: string, options: FolderOptions, use: (write: WriteFile) => Promise<T>): Promise<T> {
  const made = makeFolder(dir);
  const there = namesThere(dir, options);
  requireReplaceable(dir, there, options);
  if (options.earlier !== undefined) removeEarlier(dir, there);
  const replaced = options.earlier === undefined ? there : [];
  const written: string[] = [];
  try {
    return await use(async (name, fill) => {
      const result = await writeWhole(join(dir, name), fill, options);
      if (!replaced.includes(name)) written.push(name);
      return result;
    });
  } catch (error) {
    removeQuietly(dir, { files: written, folder: made });
    throw error;
  }
}

/** Those that are written or belong to an earlier export; what was written last comes first. */
function namesThere(dir: string, { names, earlier }: FolderOptions): readonly string[] {
  const stale = earlier === undefined ? [] : readdirSync(dir).filter((name) => earlier.test(name) && !names.includes(name));
  return [...names.toReversed().filter((name) => lstatSync(join(dir, name), { throwIfNoEntry: false }) !== undefined), ...stale];
}

function requireReplaceable(dir: string, there: readonly string[], { force, from }: FolderOptions): void {
  const paths = there.map((name) => join(dir, name));
  refuseOwnArchive(from, paths);
  if (!force && paths[0] !== undefined) {
    const hint = "choose another folder, or use --force to replace what is there";
    throw new PtarError("PTAR_TARGET_EXISTS", `${paths[0]}: exists`, { hint });
  }
  const odd = paths.find((path) => !isReplaceable(path));
  if (odd !== undefined) throw new PtarError("PTAR_TARGET_EXISTS", `${odd}: exists and is not a regular file`, { hint: "choose another folder" });
}

function isReplaceable(path: string): boolean {
  const stats = lstatSync(path);
  return stats.isFile() || stats.isSymbolicLink();
}

/** Without instructions first, so that a folder never has those of one export beside signatures of another. */
function removeEarlier(dir: string, names: readonly string[]): void {
  for (const name of names) {
    try {
      unlinkSync(join(dir, name));
    } catch (error) {
      throw ioError(error, join(dir, name));
    }
  }
}

async function writeWhole<T>(
  path: string,
  fill: (sink: FileSink) => Promise<T>,
  { force, context }: { readonly force: boolean; readonly context: Context },
): Promise<T> {
  const opening = createFileSink(path, { force });
  context.removeOnExit(opening.then(({ temporary }) => temporary));
  const sink = await opening;
  try {
    const result = await fill(sink);
    context.signal.throwIfAborted();
    await sink.publish();
    return result;
  } finally {
    await sink.discard();
  }
}

/** Whether the folder was made just now. */
function makeFolder(dir: string): "made" | "there" {
  const problem = (text: string) => new PtarError("PTAR_TARGET_EXISTS", `folder ${dir}: ${text}`, { hint: "choose another name" });
  try {
    const there = statSync(dir, { throwIfNoEntry: false });
    if (there?.isDirectory()) return "there";
    if (there !== undefined) throw problem("exists and is not a directory");
    mkdirSync(dir);
    return "made";
  } catch (error) {
    // nothing is behind the name, and yet it is taken
    if (errnoOf(error) === "EEXIST") throw problem("is a symlink to nothing");
    throw ioError(error, `folder ${dir}`, errnoOf(error) === "ENOENT" ? { hint: "the folder above it must be there" } : {});
  }
}

function removeQuietly(dir: string, what: { readonly files: readonly string[]; readonly folder: "made" | "there" }): void {
  try {
    for (const name of what.files) unlinkSync(join(dir, name));
    if (what.folder === "made") rmdirSync(dir);
  } catch {
    // the first failure is the one to report
  }
}
