// Copies of the indexes of repositories in files: $XDG_CACHE_HOME/ptar/HEX.index. spec/15-repository.md#index
import { randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { toHex } from "../../bytes/hex.js";
import type { IndexCache } from "../../repository/index-cache.js";
import type { OpenStored } from "../../repository/storage.js";
import { fileReaderOf } from "./archive/file-reader.js";

const temporaryEnd = ".ptar-part";
/** A temporary file that nobody has written to for this long was left by a program that was killed. */
const abandonedMs = 60 * 60 * 1000;

/** Where copies stand. A relative XDG_CACHE_HOME is ignored, as its specification asks. */
export function indexCacheFolder(env: NodeJS.ProcessEnv): string {
  const base = env.XDG_CACHE_HOME;
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), ".cache"), "ptar");
}

/** The copies in `folder`, which is made when the first one is written. */
export function folderIndexCache(folder: string): IndexCache {
  const nameOf = (repositoryId: Uint8Array) => `${toHex(repositoryId)}.index`;
  return {
    read: async (repositoryId) => readable(join(folder, nameOf(repositoryId))),
    async write(repositoryId, parts) {
      const name = nameOf(repositoryId);
      await forgiven(() => removeAbandoned(folder, name));
      await forgiven(() => replace(folder, name, parts));
    },
  };
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
  if (stats.isFile()) return fileReaderOf(fd, { subject: `index cache ${path}`, length: stats.size, release: () => closeSync(fd) });
  closeSync(fd);
  return undefined;
}

/** Nothing is synced: a copy that a crash cut is seen by its digests. */
async function replace(folder: string, name: string, parts: AsyncIterable<Uint8Array>): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = join(folder, `.${name}.${randomBytes(6).toString("hex")}${temporaryEnd}`);
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

async function removeAbandoned(folder: string, name: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    if (!entry.startsWith(`.${name}.`) || !entry.endsWith(temporaryEnd)) continue;
    const path = join(folder, entry);
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > abandonedMs) await unlink(path);
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
