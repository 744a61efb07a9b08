// The lock of prune: one at a time. spec/15-repository.md#lock
import { claimedTime } from "../archive/claimed-time.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Lock } from "../format/generated/types.js";
import type { Limits } from "../format/limits.js";
import { decodeLock, encodeLock } from "../format/lock.js";
import { putFile, readFile } from "./small-files.js";
import type { Storage } from "./storage.js";

const path = "locks/prune.json";

/** Who takes a lock, for people who find it. */
export interface LockOwner {
  readonly host: string;
  readonly user: string;
  readonly process: number;
}

/**
 * Runs `work` while no other prune does.
 * @throws PTAR_REPOSITORY_LOCKED, PTAR_IO_FAILED, PTAR_IO_NO_SPACE, and what `work` throws
 */
export async function withLock<T>(
  storage: Storage,
  { owner, limits }: { readonly owner: LockOwner; readonly limits: Limits },
  work: () => Promise<T>,
): Promise<T> {
  const lock: Lock = { type: "lock", operation: "prune", createdAt: claimedTime(new Date()), ...owner, ext: [] };
  if ((await putFile(storage, path, encodeLock(lock))) === "exists") throw await locked(storage, limits);
  try {
    return await work();
  } finally {
    await storage.remove(path);
  }
}

/** The lock that is there; undefined when there is none. @throws PTAR_REPOSITORY_INVALID, PTAR_IO_FAILED */
export async function readLock(storage: Storage, limits: Limits): Promise<Lock | undefined> {
  const bytes = await readFile(storage, path, limits.lockBytes);
  return bytes && decodeLock(bytes, limits);
}

/** Removes the lock, whoever has it. @throws PTAR_IO_FAILED */
export async function removeLock(storage: Storage): Promise<void> {
  await storage.remove(path);
}

async function locked(storage: Storage, limits: Limits): Promise<PtarError> {
  const lock = await readLock(storage, limits).catch(() => undefined);
  const whose = lock === undefined ? "somebody" : `process ${lock.process} of ${lock.user} on ${lock.host}, since ${lock.createdAt}`;
  return new PtarError("PTAR_REPOSITORY_LOCKED", `repository ${storage.location}: it is being pruned by ${whose}`, {
    hint: "when that process is gone: `ptar repo unlock`",
  });
}
