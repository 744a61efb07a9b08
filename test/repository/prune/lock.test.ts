// The lock of prune: who has it, for how long, and removing it. spec/15-repository.md#lock
import { describe, expect, it } from "vitest";
import { MemoryStorage } from "../../../src/connectors/memory/storage.js";
import { limits } from "../../../src/format/limits.js";
import {
  ageSeconds,
  describeLock,
  type LockOwner,
  ownerState,
  readLock,
  removeLock,
  type StoredLock,
  withLock,
} from "../../../src/repository/prune/lock.js";
import { refusal } from "../../container/refusal.js";
import { stored } from "../repositories.js";

const here: LockOwner = { host: "here", user: "me", process: 1 };
const second = 1000;

function clocked() {
  const time = { now: 1_000_000_000 };
  return Object.assign(time, { storage: new MemoryStorage({ clock: () => time.now }) });
}

/** The lock of a prune that does not end, as `owner` leaves it when it is killed. */
async function leaveLock(storage: MemoryStorage, owner: Partial<LockOwner> = {}): Promise<void> {
  const started = new Promise<void>((resolve) => {
    void withLock(storage, { owner: { ...here, process: 77, ...owner }, limits }, () => {
      resolve();
      return new Promise(() => undefined);
    });
  });
  await started;
}

async function put(storage: MemoryStorage, text: string): Promise<void> {
  const file = await storage.create("locks/prune.json");
  await file.write(new TextEncoder().encode(text));
  await file.publish();
}

const refused = (storage: MemoryStorage, owner: Partial<LockOwner> = {}) =>
  refusal(() => withLock(storage, { owner: { ...here, ...owner }, limits }, async () => undefined));

const hintOf = (storage: MemoryStorage, owner: Partial<LockOwner> = {}) =>
  withLock(storage, { owner: { ...here, ...owner }, limits }, async () => undefined).catch((error: { readonly hint: string }) => error.hint);

describe("a lock", () => {
  it("is there while the work is done, and goes with it, also when that fails", async () => {
    const { storage } = clocked();
    const count = async () => (await stored({ storage }, "locks")).size;
    expect(await withLock(storage, { owner: here, limits }, count)).toBe(1);
    expect(await count()).toBe(0);
    const failing = async () => {
      throw new Error("no");
    };
    await expect(withLock(storage, { owner: here, limits }, failing)).rejects.toThrow("no");
    expect(await count()).toBe(0);
  });

  it("refuses others, with its owner and its age by the clock of the storage", async () => {
    const place = clocked();
    await leaveLock(place.storage, { host: "there", user: "you" });
    place.now += 3 * 3600 * second;
    expect(await refused(place.storage)).toMatch(
      /PTAR_REPOSITORY_LOCKED: repository memory: it is being pruned by process 77 of you on there, since 20\d\d-.*Z, 3 hours ago$/,
    );
    expect(await hintOf(place.storage)).toBe("when that process is gone: `ptar repo unlock`");
  });

  it("says that its process is gone where that can be known: on the same host", async () => {
    const { storage } = clocked();
    await leaveLock(storage);
    const asked: number[] = [];
    const runs = (process: number) => asked.push(process) < 0;
    expect(await refused(storage, { runs })).toMatch(/0 seconds ago; no such process runs on this host$/);
    expect(await hintOf(storage, { runs })).toMatch("`ptar repo unlock`");
    expect(asked).toEqual([77, 77]);
    expect(await refused(storage, { runs: () => true })).toMatch(/0 seconds ago$/);
    expect(await hintOf(storage, { runs: () => true })).toBe("wait until it has finished");
    expect(await refused(storage, { host: "elsewhere", runs })).toMatch(/0 seconds ago$/);
    expect(await hintOf(storage, { host: "elsewhere", runs })).toMatch("when that process is gone");
  });

  it.each([
    [0, "0 seconds"],
    [119, "119 seconds"],
    [120, "2 minutes"],
    [7_199, "119 minutes"],
    [7_200, "2 hours"],
    [172_799, "47 hours"],
    [172_800, "2 days"],
    [-5, "0 seconds"],
  ])("that was written %d seconds ago is %s old", (seconds, text) => {
    const lock: StoredLock = { lock: undefined, written: 0, now: seconds * second };
    expect(describeLock(lock)).toBe(`somebody, since ${text} ago; the lock cannot be read`);
    expect(ageSeconds(lock)).toBe(Math.max(0, seconds));
  });

  it("that cannot be read is one", async () => {
    const { storage } = clocked();
    await put(storage, "{}");
    expect(await refused(storage)).toMatch("it is being pruned by somebody, since 0 seconds ago; the lock cannot be read");
    const lock = await readLock(storage, limits);
    expect(lock).toMatchObject({ lock: undefined });
    expect(lock && ownerState(lock, { host: "here", runs: () => false })).toBe("unknown");
    if (lock !== undefined) await removeLock(storage, lock);
    expect(await readLock(storage, limits)).toBeUndefined();
  });

  it("takes temporary files that are older with it when it is removed, and no others", async () => {
    const place = clocked();
    const { storage } = place;
    const older = await storage.create(`packs/${"a".repeat(64)}.ptar`);
    place.now += second;
    await leaveLock(storage);
    place.now += second;
    const younger = await storage.create(`packs/${"b".repeat(64)}.ptar`);
    const lock = await readLock(storage, limits);
    expect(lock && (await removeLock(storage, lock))).toBe(1);
    expect((await stored({ storage }, "locks")).size).toBe(0);
    expect(await younger.publish()).toBe("published");
    expect(await refusal(() => older.publish())).toMatch("PTAR_IO_FAILED");
  });
});
