// What a repository holds and what that costs. spec/15-repository.md
import { describe, expect, it } from "vitest";
import { toHex } from "../../../src/bytes/hex.js";
import { forgetSnapshots } from "../../../src/repository/prune/forget.js";
import { prune } from "../../../src/repository/prune/prune.js";
import type { Repository } from "../../../src/repository/repository.js";
import { repositoryStats } from "../../../src/repository/stats/stats.js";
import { noise } from "../../archive/engines.js";
import { backedUp, newRepository, pack, reopened, stored } from "../repositories.js";

const owner = { host: "here", user: "me", process: 1 };
const [a, b, c] = [noise(400_000, 1), noise(300_000, 2), noise(200_000, 3)];
const text = (path: Uint8Array) => new TextDecoder().decode(path);

async function two(): Promise<Repository> {
  const repository = await newRepository();
  await backedUp(repository, { a, b, d: { type: "directory", children: { a } } });
  await backedUp(repository, { a, c });
  return repository;
}

describe("statistics", () => {
  it("count contents of all snapshots, and each chunk once", async () => {
    const stats = await repositoryStats(await two());
    expect(stats).toMatchObject({ contentBytes: 1_700_000, uniqueBytes: 900_000, garbageBytes: 0, duplicateBytes: 0 });
    expect(stats.neededBytes).toBeGreaterThan(900_000);
    expect(stats.neededBytes).toBeLessThan(910_000);
  });

  it("tell of each snapshot what it holds, and what no other one needs", async () => {
    const { snapshots } = await repositoryStats(await two());
    expect(snapshots.map(({ entries, contentBytes }) => [entries, contentBytes])).toEqual([
      [4, 1_100_000],
      [2, 600_000],
    ]);
    const [first, second] = snapshots.map(({ uniqueBytes }) => uniqueBytes) as [number, number];
    // with pages and contents
    expect(first - 300_000).toBeGreaterThan(0);
    expect(first - 300_000).toBeLessThan(3000);
    expect(second - 200_000).toBeGreaterThan(0);
    expect(second - 200_000).toBeLessThan(3000);
  });

  it("find nothing that one of two equal snapshots has alone", async () => {
    const repository = await newRepository();
    await backedUp(repository, { a });
    await backedUp(repository, { a }, { parent: repository.snapshot("latest") });
    const { snapshots, contentBytes, uniqueBytes } = await repositoryStats(repository);
    expect(snapshots.map((one) => one.uniqueBytes)).toEqual([0, 0]);
    expect([contentBytes, uniqueBytes]).toEqual([800_000, 400_000]);
  });

  it("see what three snapshots share of two", async () => {
    const repository = await newRepository();
    const tree = (x: string) => ({ deep: { type: "directory", children: { x, same: "same" } } }) as const;
    for (const x of ["1", "2", "1"]) {
      const [parent] = repository.snapshots;
      await backedUp(repository, tree(x), parent && { parent });
    }
    const { snapshots } = await repositoryStats(repository);
    expect(snapshots[0]?.uniqueBytes).toBe(0);
    expect(snapshots[1]?.uniqueBytes).toBeGreaterThan(0);
    expect(snapshots[2]?.uniqueBytes).toBe(0);
  });

  it("name the largest files, each path once", async () => {
    const { largest, snapshots } = await repositoryStats(await two());
    expect(largest.map(({ path, size }) => [text(path), size])).toEqual([
      ["a", 400_000],
      ["d/a", 400_000],
      ["b", 300_000],
      ["c", 200_000],
    ]);
    expect(largest.map(({ snapshot }) => toHex(snapshot))).toEqual([0, 0, 0, 1].map((i) => toHex(snapshots[i]?.id as Uint8Array)));
  });

  it("keep ten of the largest files", async () => {
    const repository = await newRepository();
    await backedUp(repository, Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`f${i}`, "x".repeat(i)])));
    const { largest } = await repositoryStats(repository);
    expect(largest.map(({ size }) => size)).toEqual([29, 28, 27, 26, 25, 24, 23, 22, 21, 20]);
  });

  it("count objects of each kind, in packs and needed", async () => {
    const repository = await two();
    await forgetSnapshots(repository, repository.snapshots.slice(0, 1));
    const again = await reopened(repository.storage);
    const { kinds } = await repositoryStats(again);
    expect(Object.keys(kinds)).toEqual(["chunk", "page", "content"]);
    expect(kinds.content).toMatchObject({ objects: 2, needed: 1 });
    expect(kinds.page).toMatchObject({ objects: 3, needed: 1 });
    expect(kinds.chunk?.neededBytes).toBe(600_000);
  });

  it("tell garbage from what is needed, and what is marked", async () => {
    const repository = await two();
    await forgetSnapshots(repository, repository.snapshots.slice(0, 1));
    const before = await repositoryStats(await reopened(repository.storage));
    expect(before.garbageBytes).toBeGreaterThan(200_000);
    expect(before.marked.count).toBe(0);
    await prune(await reopened(repository.storage), { owner, pack });
    const marked = await repositoryStats(await reopened(repository.storage));
    expect(marked.marked.count).toBeGreaterThan(0);
    expect(marked.marked.bytes).toBeLessThan(marked.packs.bytes);
    await prune(await reopened(repository.storage), { owner, pack, grace: 0 });
    const after = await repositoryStats(await reopened(repository.storage));
    expect(after).toMatchObject({ garbageBytes: 0, marked: { count: 0 }, contentBytes: before.contentBytes, uniqueBytes: before.uniqueBytes });
    expect(after.storedBytes).toBeLessThan(before.storedBytes);
  });

  it("see what is stored more than once", async () => {
    const repository = await newRepository();
    const other = await reopened(repository.storage);
    await Promise.all([backedUp(repository, { a }), backedUp(other, { a })]);
    const { duplicateBytes, uniqueBytes, neededStoredBytes } = await repositoryStats(await reopened(repository.storage));
    expect(uniqueBytes).toBe(400_000);
    expect(duplicateBytes).toBeGreaterThan(400_000);
    expect(neededStoredBytes).toBeLessThan(410_000);
  });

  it("count files and their bytes, orphans by themselves", async () => {
    const repository = await two();
    for (const name of (await stored(repository, "index")).keys()) await repository.storage.remove(`index/${name}`);
    for (const { files } of repository.snapshots) for (const file of files) await repository.storage.remove(`snapshots/${file}.ptar`);
    const orphaned = await repositoryStats(await reopened(repository.storage));
    const packs = await stored(repository, "packs");
    const bytes = [...packs.values()].reduce((sum, length) => sum + length, 0);
    expect(orphaned).toMatchObject({
      packs: { count: packs.size, bytes },
      orphans: { count: packs.size, bytes },
      index: { count: 0 },
      snapshots: [],
    });
    expect(orphaned).toMatchObject({ storedBytes: bytes, contentBytes: 0, uniqueBytes: 0, largest: [] });
  });

  it("stop where they are told to", async () => {
    const repository = await two();
    await expect(repositoryStats(repository, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  });
});
