// Gives a whole temporary file its name. Nothing is overwritten unless that was asked for. spec/10-verify.md#codes
import { link, open, rename, unlink } from "node:fs/promises";
import { PtarError } from "../../errors/ptar-error.js";
import { errnoOf } from "./io-error.js";

/** What file systems without hard links (FAT, exFAT, some network ones) answer. */
const withoutLinks = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"]);

/** Whether `error` says that the file system has no hard links, or no more of them. */
export function saysNoLinks(error: unknown): boolean {
  return withoutLinks.has(errnoOf(error));
}

/**
 * Moves `temporary` to `path` unless something has this name. A hard link is the one call that does both in one step.
 * Without hard links an empty file claims the name exclusively and is then replaced by our own: a crash between the two
 * leaves an empty file, never a foreign one overwritten.
 * @throws PTAR_TARGET_EXISTS
 */
export async function publishExclusively(temporary: string, path: string, makeLink = link): Promise<void> {
  try {
    await makeLink(temporary, path);
  } catch (error) {
    if (!saysNoLinks(error)) throw existsOr(error, path);
    return claimAndRename(temporary, path);
  }
  await unlink(temporary);
}

/** Moves `temporary` to `path`, replacing a file that has this name in one step. */
export async function publishOver(temporary: string, path: string): Promise<void> {
  await rename(temporary, path);
}

/** Makes the new name durable. Folders that cannot be opened or synced (Windows, write-only folders) are left to the system. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  if (handle === undefined) return;
  try {
    await handle.sync();
  } catch (error) {
    if (errnoOf(error) === "EIO") throw error;
  } finally {
    await handle.close();
  }
}

async function claimAndRename(temporary: string, path: string): Promise<void> {
  try {
    await (await open(path, "wx", 0o600)).close();
  } catch (error) {
    throw existsOr(error, path);
  }
  try {
    await rename(temporary, path);
  } catch (error) {
    await unlink(path);
    throw error;
  }
}

function existsOr(error: unknown, path: string): unknown {
  if (errnoOf(error) !== "EEXIST") return error;
  return new PtarError("PTAR_TARGET_EXISTS", `${path}: exists since a moment ago`, {
    hint: "choose another name, or use --force to replace it",
    cause: error,
  });
}
