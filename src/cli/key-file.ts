// Files of private keys and identities: nobody else can read them, and none is ever half written. spec/09-trust.md#keys
import { constants, existsSync, mkdirSync } from "node:fs";
import { open, rename, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { errnoOf, ioError } from "../connectors/node/io-error.js";
import { syncFolder } from "../connectors/node/publish.js";
import { shellWord } from "../connectors/node/shell-word.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Notes } from "./ui/notes.js";

/** A file to be written. */
export interface KeyFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/** What about files that are there. */
export interface KeyFileOptions {
  /** Replace them. */
  readonly force: boolean;
  /** What a person can do about one that is there. */
  readonly hint: string;
}

/**
 * Writes files of one folder, all of them or none where one is there; the folder is made for its owner only when it is missing. `subject`
 * names the key in errors.
 * @throws PTAR_TARGET_EXISTS, PTAR_IO_FAILED, PTAR_IO_NO_SPACE
 */
export async function writeKeyFiles(files: readonly [KeyFile, ...KeyFile[]], subject: string, options: KeyFileOptions): Promise<void> {
  const folder = dirname(files[0].path);
  for (const { path } of files) if (!options.force && existsSync(path)) throw exists(path, options.hint);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const file of files) await writeKeyFile(file, options);
    await syncFolder(folder);
  } catch (error) {
    throw ioError(error, subject);
  }
}

/** A warning that --quiet does not take away: whoever reads a private key has all that its owner has. */
export async function warnOfReaders(path: string, subject: string, notes: Notes): Promise<void> {
  const stats = await stat(path);
  if (process.platform === "win32" || !stats.isFile() || (stats.mode & 0o077) === 0) return;
  notes.fail({ message: `${subject}: other users may read it (mode ${(stats.mode & 0o777).toString(8)})`, hint: `chmod 600 ${shellWord(path)}` });
}

/** Writes a whole file or none: under another name first, so that a full disk leaves no half key and keeps the old one. */
async function writeKeyFile({ path, text, mode }: KeyFile, { force, hint }: KeyFileOptions): Promise<void> {
  const temporary = `${path}.${process.pid}.ptar-part`;
  const target = force ? temporary : path;
  const handle = await open(target, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0), mode).catch((error) => {
    throw errnoOf(error) === "EEXIST" ? exists(path, hint) : error;
  });
  try {
    await handle.writeFile(text);
    await handle.sync();
    if (force) await rename(temporary, path);
  } catch (error) {
    await unlink(target).catch(() => undefined);
    throw error;
  } finally {
    await handle.close();
  }
}

function exists(path: string, hint: string): PtarError {
  return new PtarError("PTAR_TARGET_EXISTS", `${path}: exists`, { hint });
}
