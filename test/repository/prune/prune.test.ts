// What no snapshot needs is deleted, and nothing else. spec/15-repository.md#prune
import { describe, expect, it } from "vitest";
import { toHex } from "../../../src/bytes/hex.js";
import { MemorySource } from "../../../src/connectors/memory/source.js";
import { MemoryStorage } from "../../../src/connectors/memory/storage.js";
import type { MemoryTree } from "../../../src/connectors/memory/tree.js";
import { backup } from "../../../src/repository/backup.js";
import { type PruneOptions, prune } from "../../../src/repository/prune/prune.js";
import type { Repository } from "../../../src/repository/repository.js";
import { noise } from "../../archive/engines.js";
import { author } from "../../container/build.js";
import { refusal } from "../../container/refusal.js";
import { backedUp, filesOf, newRepository, pack, reopened, stored } from "../repositories.js";

const owner = { host: "here", user: "me", process: 1 };
const first: MemoryTree = { a: noise(2_000_000), b: noise(2_000_000, 2), c: noise(100_000, 3) };
const second: MemoryTree = { c: noise(100_000, 3), d: noise(1_500_000, 4) };

const pruned = (repository: Repository, options: Partial<PruneOptions> = {}) => prune(repository, { pack, owner, grace: 0, ...options });

async function forget(repository: Repository, index: number): Promise<void> {
  for (const file of repository.snapshots[index]?.files ?? []) await repository.storage.remove(`snapshots/${file}.ptar`);
  await repository.refresh();
}

/** A storage whose clock stands where it is put. */
function clocked(): { readonly storage: MemoryStorage; now: number } {
  // a little later each time it is asked: snapshots of one second are told apart by it
  const time = { now: 1_000_000 };
  const storage = new MemoryStorage({ clock: () => time.now++ });
  return Object.assign(time, { storage });
}

describe("prune", () => {
  it("deletes nothing while all of it is needed", async () => {
    const repository = await newRepository();
    await backedUp(repository, first);
    const before = await stored(repository, "packs");
    expect(await pruned(repository)).toEqual({ deletedPacks: 0, deletedBytes: 0, markedPacks: 0, markedBytes: 0, movedObjects: 0 });
    expect(await stored(repository, "packs")).toEqual(before);
  });

  it("deletes what only forgotten snapshots needed, and keeps what others share", async () => {
    const repository = await newRepository();
    await backedUp(repository, first);
    await backedUp(repository, second);
    const files = await filesOf(repository);
    const before = [...(await stored(repository, "packs")).values()].reduce((sum, length) => sum + length, 0);
    await forget(repository, 0);
    const result = await pruned(repository);
    expect(result.deletedBytes).toBeGreaterThan(3_500_000);
    expect(result.movedObjects).toBeGreaterThan(0);
    const after = [...(await stored(repository, "packs")).values()].reduce((sum, length) => sum + length, 0);
    expect(after).toBeLessThan(before - 3_500_000);
    const again = await reopened(repository.storage);
    expect(await filesOf(again)).toEqual(files);
    expect(await pruned(again)).toMatchObject({ deletedPacks: 0, markedPacks: 0 });
    for (const folder of ["marks", "locks"] as const) expect((await stored(again, folder)).size).toBe(0);
    expect((await stored(again, "index")).size).toBe(1);
  });

  it("waits for the grace period between marking and deleting", async () => {
    const place = clocked();
    const repository = await newRepository({ storage: place.storage });
    await backedUp(repository, first);
    await backedUp(repository, second);
    await forget(repository, 0);
    const grace = 3600;
    const marked = await pruned(repository, { grace });
    expect(marked.markedPacks).toBeGreaterThan(0);
    expect(marked.deletedPacks).toBe(0);
    place.now += 3599_000;
    expect(await pruned(repository, { grace })).toMatchObject({ deletedPacks: 0, markedPacks: 0 });
    place.now += 2_000;
    expect(await pruned(repository, { grace })).toMatchObject({ deletedPacks: marked.markedPacks });
    expect(Object.keys(await filesOf(await reopened(repository.storage)))).toEqual(["c", "d"]);
  });

  it("takes back a pack that somebody needs again, and a writer stores again what is marked", async () => {
    const place = clocked();
    const repository = await newRepository({ storage: place.storage });
    await backedUp(repository, first);
    await backedUp(repository, second);
    await forget(repository, 0);
    await pruned(repository, { grace: 3600 });
    const writer = await reopened(repository.storage);
    const result = await backedUp(writer, first);
    expect(result.addedBytes).toBeGreaterThan(3_900_000);
    place.now += 4000_000;
    await pruned(await reopened(repository.storage), { grace: 3600 });
    const again = await reopened(repository.storage);
    expect(Object.keys(await filesOf(again, toHex(result.snapshot)))).toEqual(["a", "b", "c"]);
  });

  it("that marks packs while somebody writes loses nothing", async () => {
    const place = clocked();
    const repository = await newRepository({ storage: place.storage });
    await backedUp(repository, first);
    await forget(repository, 0);
    await backedUp(repository, second);
    // opened before the mark: it takes the contents of the forgotten snapshot for granted
    const writer = await reopened(repository.storage);
    const source = new MemorySource(first);
    const walk = source.walk.bind(source);
    const late = Object.assign(source, {
      async *walk(signal?: AbortSignal) {
        await pruned(await reopened(repository.storage), { grace: 3600 });
        yield* walk(signal);
      },
    });
    const { snapshot } = await backup(writer, { source: late as typeof source, signers: [author], pack, facts: {} });
    place.now += 4000_000;
    await pruned(await reopened(repository.storage), { grace: 3600 });
    expect(Object.keys(await filesOf(await reopened(repository.storage), toHex(snapshot)))).toEqual(["a", "b", "c"]);
  });

  it("looks without changing anything", async () => {
    const repository = await newRepository();
    await backedUp(repository, first);
    await forget(repository, 0);
    const before = [await stored(repository, "packs"), await stored(repository, "index"), await stored(repository, "marks")];
    expect(await pruned(repository, { mode: "look" })).toMatchObject({ markedPacks: before[0]?.size });
    expect([await stored(repository, "packs"), await stored(repository, "index"), await stored(repository, "marks")]).toEqual(before);
  });

  it("is refused while another one runs, and names it", async () => {
    const repository = await newRepository();
    const other = await repository.storage.create("locks/prune.json");
    await other.write(
      new TextEncoder().encode(
        '{"createdAt":"2026-01-01T00:00:00Z","ext":[],"host":"there","operation":"prune","process":77,"type":"lock","user":"you"}',
      ),
    );
    await other.publish();
    expect(await refusal(() => pruned(repository))).toMatch(
      "PTAR_REPOSITORY_LOCKED: repository memory: it is being pruned by process 77 of you on there, since 2026-01-01",
    );
  });

  it("deletes nothing while a pack is missing", async () => {
    const repository = await newRepository();
    await backedUp(repository, first);
    await backedUp(repository, second);
    await forget(repository, 0);
    const packs = [...(await stored(repository, "packs")).keys()];
    await repository.storage.remove(`packs/${packs.at(-1)}` as `packs/${string}`);
    expect(await refusal(async () => pruned(await reopened(repository.storage)))).toMatch("PTAR_PACK_MISSING");
    expect((await stored(repository, "packs")).size).toBe(packs.length - 1);
  });
});
