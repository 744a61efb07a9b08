// Copies of the indexes of repositories in files: $XDG_CACHE_HOME/ptar/HEX.index. spec/15-repository.md#index
import { randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, futimesSync, openSync, type Stats } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, stat, unlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { toHex } from "../../bytes/hex.js";
import type { IndexCache } from "../../repository/cache/index-cache.js";
import type { OpenStored } from "../../repository/files/storage.js";
import { fileReaderOf } from "./archive/file-reader.js";

const copyForm = /^[0-9a-f]{64}\.index$/;
const temporaryForm = /^\.[0-9a-f]{64}\.index\.[0-9a-f]{12}\.ptar-part$/;
const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;
/** A temporary file that nobody has written to for this long was left by a program that was killed. */
const abandonedMs = hourMs;
/** A copy that nobody has used for this long is of a repository that is gone, or is read anew. */
const unusedMs = 90 * dayMs;
/** Backup programs leave a folder out that has this file: https://bford.info/cachedir/ */
const tag = {
  name: "CACHEDIR.TAG",
  text: "Signature: 8a477f597d28d172789f06886806bc55\n# Copies of indexes of ptar repositories; they may be deleted at any time.\n",
};

/** Where copies stand; undefined for somebody without a home. A relative XDG_CACHE_HOME is ignored, as its specification asks. */
export function indexCacheFolder(env: NodeJS.ProcessEnv): string | undefined {
  const base = env.XDG_CACHE_HOME;
  if (base !== undefined && isAbsolute(base)) return join(base, "ptar");
  const home = homeOf(env);
  return home === undefined ? undefined : join(home, ".cache", "ptar");
}

/** The copies in `folder`, which is made when the first one is written. */
export function folderIndexCache(folder: string): IndexCache {
  const nameOf = (repositoryId: Uint8Array) => `${toHex(repositoryId)}.index`;
  return {
    read: async (repositoryId) => readable(join(folder, nameOf(repositoryId))),
    async write(repositoryId, parts) {
      const name = nameOf(repositoryId);
      await forgiven(() => removeUnused(folder));
      await forgiven(() => replace(folder, name, parts));
      await forgiven(() => writeFile(join(folder, tag.name), tag.text, { flag: "wx", mode: 0o600 }));
    },
  };
}

function homeOf({ HOME }: NodeJS.ProcessEnv): string | undefined {
  if (HOME !== undefined && isAbsolute(HOME)) return HOME;
  try {
    return homedir();
  } catch {
    // a user that this computer does not know
    return undefined;
  }
}

function readable(path: string): OpenStored | undefined {
  let fd: number;
  try {
    // O_NONBLOCK: a fifo without a writer would block the program
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch {
    return undefined;
  }
  const stats = fstatSync(fd);
  if (stats.isFile()) {
    markUsed(fd, stats);
    return fileReaderOf(fd, { subject: `index cache ${path}`, length: stats.size, release: () => closeSync(fd) });
  }
  closeSync(fd);
  return undefined;
}

/** Its time says when it was last of use. */
function markUsed(fd: number, { mtimeMs }: Stats): void {
  const now = Date.now();
  if (now - mtimeMs < dayMs) return;
  try {
    futimesSync(fd, now / 1000, now / 1000);
  } catch {
    // a disk that is read only, or somebody else's file
  }
}

/** Nothing is synced: a copy that a crash cut is seen by its digests. */
async function replace(folder: string, name: string, parts: AsyncIterable<Uint8Array>): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = join(folder, `.${name}.${randomBytes(6).toString("hex")}.ptar-part`);
  try {
    const handle = await open(temporary, "wx", 0o600);
    try {
      for await (const part of parts) await writeAll(handle, part);
    } finally {
      await handle.close();
    }
    await rename(temporary, join(folder, name));
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
}

/** Removes what killed programs left, and copies that nobody uses. */
async function removeUnused(folder: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    const most = temporaryForm.test(entry) ? abandonedMs : copyForm.test(entry) ? unusedMs : Number.POSITIVE_INFINITY;
    const path = join(folder, entry);
    if (most < Number.POSITIVE_INFINITY && Date.now() - (await stat(path)).mtimeMs > most) await unlink(path);
  }
}

/** Runs `work`; what the system refuses is no failure of a cache. */
async function forgiven(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (typeof (error as { readonly syscall?: unknown }).syscall !== "string") throw error;
  }
}
