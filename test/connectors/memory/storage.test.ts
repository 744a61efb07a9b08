import { describe, expect, it } from "vitest";
import { MemoryStorage } from "../../../src/connectors/memory/storage.js";
import { describeStorage } from "../../repository/storage-conformance.js";
import { contentOf, packPath, publish } from "../../repository/storage-jobs.js";

describeStorage("MemoryStorage", async () => {
  const storage = new MemoryStorage();
  return { storage, other: storage };
});

describe("MemoryStorage", () => {
  it("has the location and the clock that it is given", async () => {
    let time = 1_000_000.7;
    const storage = new MemoryStorage({ location: "here", clock: () => time });
    expect([storage.location, await storage.now()]).toEqual(["here", 1_000_000]);
    await publish(storage, packPath(1), contentOf(1, 10));
    time += 5000;
    await publish(storage, packPath(2), contentOf(1, 10));
    const written: number[] = [];
    for await (const file of storage.list("packs")) written.push(file.written);
    expect(written).toEqual([1_000_000, 1_005_000]);
    expect(new MemoryStorage().location).toBe("memory");
  });

  it("sweeps by its clock and not by the order of writing", async () => {
    let time = 1000;
    const storage = new MemoryStorage({ clock: () => time });
    const files = [await storage.create(packPath(1)), await storage.create(packPath(2))];
    time = 2000;
    await files[0]?.write(Uint8Array.of(1));
    expect(await storage.sweep(2000)).toBe(1);
    await expect(files[1]?.publish()).rejects.toMatchObject({ message: `memory/${packPath(2)}: was swept before it was whole` });
    expect(await files[0]?.publish()).toBe("published");
  });
});
