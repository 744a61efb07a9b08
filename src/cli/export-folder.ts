// Writes whole files to a folder: nothing is replaced unless that was asked for, nothing half-written stays. spec/13-interchange.md
import { existsSync, lstatSync, mkdirSync, rmdirSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { createFileSink, type FileSink } from "../connectors/node/file-sink.js";
import { ioError } from "../connectors/node/io-error.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Context } from "./command.js";

/** Writes one file of the folder; `fill` gives it its bytes. */
export type WriteFile = <T>(name: string, fill: (sink: FileSink) => Promise<T>) => Promise<T>;

/**
 * Makes `dir` when it is missing and lets `use` write to it the files `names`. When that fails, the new files are removed.
 * @throws PTAR_TARGET_EXISTS before anything is written, PTAR_IO_FAILED, PTAR_IO_NO_SPACE
 */
export async function inFolder<T>(
  dir: string,
  options: { readonly names: readonly string[]; readonly force: boolean; readonly context: Context },
  use: (write: WriteFile) => Promise<T>,
): Promise<T> {
  const { names, force, context } = options;
  const made = makeFolder(dir);
  const replaced = names.filter((name) => lstatSync(join(dir, name), { throwIfNoEntry: false }) !== undefined);
  if (!force && replaced[0] !== undefined) {
    throw new PtarError("PTAR_TARGET_EXISTS", `${join(dir, replaced[0])}: exists`, {
      hint: "choose another folder, or use --force to replace what is there",
    });
  }
  const written: string[] = [];
  try {
    return await use(async (name, fill) => {
      const result = await writeWhole(join(dir, name), fill, { force, context });
      if (!replaced.includes(name)) written.push(name);
      return result;
    });
  } catch (error) {
    removeQuietly(dir, { files: written, folder: made });
    throw error;
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
  try {
    if (!existsSync(dir)) {
      mkdirSync(dir);
      return "made";
    }
    if (statSync(dir).isDirectory()) return "there";
  } catch (error) {
    throw ioError(error, `folder ${dir}`, { hint: "the folder above it must be there" });
  }
  throw new PtarError("PTAR_TARGET_EXISTS", `folder ${dir}: exists and is not a directory`, { hint: "choose another name" });
}

function removeQuietly(dir: string, what: { readonly files: readonly string[]; readonly folder: "made" | "there" }): void {
  try {
    for (const name of what.files) unlinkSync(join(dir, name));
    if (what.folder === "made") rmdirSync(dir);
  } catch {
    // the first failure is the one to report
  }
}
