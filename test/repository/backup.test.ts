// Snapshots of a source in a repository. spec/15-repository.md#publishing
import { describe, expect, it } from "vitest";
import { toHex } from "../../src/bytes/hex.js";
import { noise } from "../archive/engines.js";
import { backedUp, digestOf, filesOf, newRepository, reopened, stored } from "./repositories.js";

describe("a backup", () => {
  const tree = { a: noise(100_000), b: noise(3_000_000, 2), c: new Uint8Array() };

  it("holds the files of its source, in packs of about the size that was wished", async () => {
    const repository = await newRepository();
    const result = await backedUp(repository, tree);
    expect(result).toMatchObject({ entries: 3, contentBytes: 3_100_000, completeness: { stored: 3, failed: 0 } });
    const packs = [...(await stored(repository, "packs")).values()];
    expect(packs.length).toBeGreaterThan(1);
    for (const length of packs) expect(length).toBeLessThan(4 << 20);
    const again = await reopened(repository.storage);
    expect(again.snapshots.map(({ id }) => toHex(id))).toEqual([toHex(result.snapshot)]);
    expect(await filesOf(again)).toEqual({ a: digestOf(tree.a), b: digestOf(tree.b), c: digestOf() });
  });

  it("stores nothing twice", async () => {
    const repository = await newRepository();
    await backedUp(repository, tree);
    const second = await backedUp(repository, { ...tree, d: noise(100_000) });
    // the page and the content: what names the new file
    expect(second.addedObjects).toBe(2);
    expect(repository.snapshots).toHaveLength(2);
  });
});
