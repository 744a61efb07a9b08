// The lock of prune: one at a time. spec/15-repository.md#lock
import { claimedTime } from "../../archive/claimed-time.js";
import { equalBytes } from "../../bytes/compare.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { Lock } from "../../format/generated/types.js";
import type { Limits } from "../../format/limits.js";
import { decodeLock, encodeLock } from "../../format/lock.js";
import { putFile, readFile } from "../files/small-files.js";
import type { Storage } from "../files/storage.js";

const path = "locks/prune.json";

/** Who takes a lock, for people who find it. */
export interface LockOwner {
  readonly host: string;
  readonly user: string;
  readonly process: number;
  /** Whether a process runs on this host; default: nobody knows. */
  readonly runs?: (process: number) => boolean;
}

/** A lock as it lies in the storage. */
export interface StoredLock {
  /** Undefined: the file says nothing that could be understood. */
  readonly lock: Lock | undefined;
  /** When it was written and when that was looked at, milliseconds by the clock of the storage. */
  readonly written: number;
  readonly now: number;
}

/** What is known of the owner of a lock. */
export type OwnerState = "runs" | "is gone" | "unknown";

/**
 * Runs `work` while no other prune does.
 * @throws PTAR_REPOSITORY_LOCKED, PTAR_IO_FAILED, PTAR_IO_NO_SPACE, and what `work` throws
 */
export async function withLock<T>(
  storage: Storage,
  { owner, limits }: { readonly owner: LockOwner; readonly limits: Limits },
  work: () => Promise<T>,
): Promise<T> {
  const { host, user, process } = owner;
  const lock = encodeLock({ type: "lock", operation: "prune", createdAt: claimedTime(new Date()), host, user, process, ext: [] });
  if ((await putFile(storage, path, lock)) === "exists") throw await locked(storage, owner, limits);
  try {
    return await work();
  } finally {
    // somebody may have removed it, and somebody else has the lock now
    const there = await readFile(storage, path, limits.lockBytes);
    if (there !== undefined && equalBytes(there, lock)) await storage.remove(path);
  }
}

/** The lock that is there; undefined when there is none. @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE */
export async function readLock(storage: Storage, limits: Limits): Promise<StoredLock | undefined> {
  for await (const { name, written } of storage.list("locks")) {
    const bytes = await readFile(storage, `locks/${name}`, limits.lockBytes);
    if (bytes !== undefined) return { lock: understood(bytes, limits), written, now: await storage.now() };
  }
  return undefined;
}

/**
 * Removes the lock, whoever has it, and temporary files that were last written before it; their number.
 * @throws PTAR_IO_FAILED
 */
// spec/15-repository.md#lock
export async function removeLock(storage: Storage, { written }: Pick<StoredLock, "written">): Promise<number> {
  const count = await storage.sweep(written);
  await storage.remove(path);
  return count;
}

/** Whether the process that took a lock runs still: of others' hosts nobody knows. */
export function ownerState({ lock }: StoredLock, { host, runs }: Pick<LockOwner, "host" | "runs">): OwnerState {
  if (lock === undefined || runs === undefined || lock.host !== host) return "unknown";
  return runs(lock.process) ? "runs" : "is gone";
}

/** Whole seconds since a lock was written. */
export function ageSeconds({ written, now }: Pick<StoredLock, "written" | "now">): number {
  return Math.max(0, Math.floor((now - written) / 1000));
}

/** Who has a lock and for how long, for people; not escaped. */
export function describeLock(stored: StoredLock): string {
  const { lock } = stored;
  const age = ageOf(ageSeconds(stored));
  if (lock === undefined) return `somebody, since ${age} ago; the lock cannot be read`;
  return `process ${lock.process} of ${lock.user} on ${lock.host}, since ${lock.createdAt}, ${age} ago`;
}

function understood(bytes: Uint8Array, limits: Limits): Lock | undefined {
  try {
    return decodeLock(bytes, limits);
  } catch (error) {
    // a lock that cannot be read is one
    if (error instanceof PtarError) return undefined;
    throw error;
  }
}

async function locked(storage: Storage, owner: LockOwner, limits: Limits): Promise<PtarError> {
  const stored = await readLock(storage, limits).catch(() => undefined);
  const subject = `repository ${storage.location}: it is being pruned`;
  if (stored === undefined) return new PtarError("PTAR_REPOSITORY_LOCKED", subject, { hint: "run the command again" });
  const state = ownerState(stored, owner);
  const gone = state === "is gone" ? "; no such process runs on this host" : "";
  const { host, user, process, createdAt } = stored.lock ?? {};
  return new PtarError("PTAR_REPOSITORY_LOCKED", `${subject} by ${describeLock(stored)}${gone}`, {
    hint: hints[state],
    details: {
      host: host ?? null,
      user: user ?? null,
      process: process ?? null,
      createdAt: createdAt ?? null,
      ageSeconds: ageSeconds(stored),
      state,
    },
  });
}

const hints: Readonly<Record<OwnerState, string>> = {
  runs: "wait until it has finished",
  "is gone": "it was killed, or its computer restarted: `ptar repo unlock`",
  unknown: "when that process is gone: `ptar repo unlock`",
};

const ageUnits = [
  [86_400, "days"],
  [3_600, "hours"],
  [60, "minutes"],
] as const;

function ageOf(seconds: number): string {
  const [length, name] = ageUnits.find(([length]) => seconds >= 2 * length) ?? [1, "seconds"];
  return `${Math.floor(seconds / length)} ${name}`;
}
