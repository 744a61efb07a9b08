// What every Storage promises. spec/15-repository.md#layout
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { type Storage, type StorageFolder, type StoragePath, type StoredFile, storageFolders } from "../../src/repository/files/storage.js";
import { readerConformance, sinkConformance } from "../connectors/bytes-conformance.js";
import { otherProgram } from "./other-program.js";
import { contentAt, contentOf, doJob, type Job, packPath, publish } from "./storage-jobs.js";

/** One empty place as two programs hold it. */
export interface StoragePair {
  readonly storage: Storage;
  readonly other: Storage;
}

/**
 * Tests a storage; `make` gives a new place each time. With `opener`, TypeScript that makes a function `open` of a location, other
 * programs take part as processes of their own and memory is measured.
 */
export function describeStorage(name: string, make: () => Promise<StoragePair>, { opener }: { readonly opener?: string } = {}): void {
  const program = opener === undefined ? undefined : otherProgram(opener);
  afterAll(() => program?.remove());

  readerConformance(name, async (bytes) => {
    const { storage } = await make();
    await publish(storage, packPath(1), bytes);
    const file = await storage.open(packPath(1));
    if (file === undefined) throw new Error("the file is missing");
    return file;
  });

  sinkConformance(name, async () => {
    const { storage } = await make();
    const file = await storage.create(packPath(1));
    const written = async () => {
      await file.publish();
      return (await contentAt(storage, packPath(1))) ?? new Uint8Array(0);
    };
    return { sink: file, written };
  });

  describe(`${name} as a Storage`, () => {
    let storage: Storage;
    let other: Storage;
    const elsewhere = (job: Job, ...numbers: readonly number[]) => program?.run(storage.location, job, ...numbers) ?? doJob(job, other, numbers);

    beforeEach(async () => {
      ({ storage, other } = await make());
    });

    describe("that is empty", () => {
      it.each(storageFolders)("has no files in %s", async (folder) => expect(await listed(storage, folder)).toEqual([]));

      it("opens nothing, and removing nothing succeeds", async () => {
        expect(await storage.open(packPath(1))).toBeUndefined();
        expect(await storage.open("ptar-repository.json")).toBeUndefined();
        await storage.remove(packPath(1));
      });

      it("tells the time and has nothing to sweep", async () => {
        expect(Number.isInteger(await storage.now())).toBe(true);
        expect(await storage.sweep((await storage.now()) + 1)).toBe(0);
      });
    });

    describe("publishing", () => {
      it.each(pathsOfEachKind)("gives %s to everybody, whole", async (path) => {
        expect(await publish(storage, path, contentOf(1, 70_000))).toBe("published");
        expectBytes(await contentAt(other, path), contentOf(1, 70_000));
        for (const folder of storageFolders) {
          const names = (await listed(other, folder)).map((file) => [`${folder}/${file.name}`, file.length]);
          expect(names).toEqual(path.startsWith(`${folder}/`) ? [[path, 70_000]] : []);
        }
      });

      it("shows nothing before, and nothing when it is discarded", async () => {
        const file = await storage.create(packPath(1));
        await file.write(contentOf(1, 3 << 20));
        expect([await other.open(packPath(1)), await listed(other, "packs")]).toEqual([undefined, []]);
        await file.discard();
        await file.discard();
        expect([await other.open(packPath(1)), await listed(other, "packs")]).toEqual([undefined, []]);
      });

      it("is over then: discard does nothing, and writing is misuse", async () => {
        const file = await storage.create(packPath(1));
        await file.publish();
        await file.discard();
        expectBytes(await contentAt(storage, packPath(1)), new Uint8Array(0));
        await expect(file.write(Uint8Array.of(1))).rejects.toThrow(TypeError);
        await expect(file.publish()).rejects.toThrow(TypeError);
        await expect(file.discard()).resolves.toBeUndefined();
      });

      it("is not possible after discard", async () => {
        const file = await storage.create(packPath(1));
        await file.discard();
        await expect(file.write(Uint8Array.of(1))).rejects.toThrow(TypeError);
        await expect(file.publish()).rejects.toThrow(TypeError);
        expect(await listed(storage, "packs")).toEqual([]);
      });

      it("takes an empty file", async () => {
        await publish(storage, packPath(1), new Uint8Array(0));
        expect(await listed(other, "packs")).toMatchObject([{ length: 0 }]);
        expectBytes(await contentAt(other, packPath(1)), new Uint8Array(0));
      });

      it("never replaces what is there", async () => {
        await publish(storage, packPath(1), contentOf(1, 1000));
        expect(await publish(other, packPath(1), contentOf(2, 2000))).toBe("exists");
        expect(await publish(storage, packPath(1), contentOf(1, 1000))).toBe("exists");
        expectBytes(await contentAt(storage, packPath(1)), contentOf(1, 1000));
      });

      it("lets several files grow at once", async () => {
        const files = await Promise.all([1, 2, 3].map((i) => (i === 2 ? other : storage).create(packPath(i))));
        for (let piece = 0; piece < 5; piece++) for (const [i, file] of files.entries()) await file.write(contentOf(10 * i + piece, 400_000));
        await Promise.all(files.map((file) => file.publish()));
        const whole = (i: number) => Buffer.concat([0, 1, 2, 3, 4].map((piece) => contentOf(10 * i + piece, 400_000)));
        for (const i of [0, 1, 2]) expectBytes(await contentAt(storage, packPath(i + 1)), whole(i));
      });

      it("lets a name be used again after it was removed", async () => {
        await publish(storage, "locks/prune.json", contentOf(1, 10));
        await other.remove("locks/prune.json");
        expect(await storage.open("locks/prune.json")).toBeUndefined();
        expect(await publish(storage, "locks/prune.json", contentOf(2, 10))).toBe("published");
        expectBytes(await contentAt(other, "locks/prune.json"), contentOf(2, 10));
      });
    });

    describe("while other programs use it", () => {
      it("shows files only when they are whole", async () => {
        const [count, length] = [20, 2_500_000];
        let running = true;
        const job = elsewhere("publishMany", count, length).finally(() => {
          running = false;
        });
        const seen = new Set<string>();
        while (running) {
          for (const file of await listed(storage, "packs")) {
            expect(file.length).toBe(length);
            if (seen.has(file.name)) continue;
            seen.add(file.name);
            expectBytes(await contentAt(storage, `packs/${file.name}`), contentOf(Number.parseInt(file.name, 16), length));
          }
          // a name that comes next: opened before it is listed
          const next = await storage.open(packPath(seen.size));
          expect([undefined, length]).toContain(next?.length);
          await next?.close();
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        await job;
        expect(await listed(storage, "packs")).toHaveLength(count);
      });

      it("gives a name to one of two who ask at once", async (context) => {
        context.skip(!storage.exclusive, "this storage is not exclusive");
        const count = 30;
        const all = Array.from({ length: count }, (_, i) => i);
        const won = (await Promise.all([elsewhere("race", 1, count), elsewhere("race", 2, count)])) as readonly (readonly number[])[];
        expect(won.flat().sort((a, b) => a - b)).toEqual(all);
        for (const [tag, numbers] of won.entries()) {
          for (const i of numbers) expectBytes(await contentAt(storage, packPath(i)), new Uint8Array(100_000).fill(tag + 1));
        }
        expect(await listed(storage, "packs")).toHaveLength(count);
      });

      it("lists what stays once while others come and go", async () => {
        const stay = [1000, 1001, 1002, 1003, 1004];
        for (const i of stay) await publish(storage, packPath(i), contentOf(i, 10));
        let running = true;
        const job = elsewhere("comeAndGo", 0, 60).finally(() => {
          running = false;
        });
        while (running) {
          const names = (await listed(storage, "packs")).map((file) => file.name);
          expect(new Set(names).size).toBe(names.length);
          for (const i of stay) expect(names).toContain(packPath(i).slice("packs/".length));
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        await job;
        expect(await listed(storage, "packs")).toHaveLength(25);
      });

      it("never gives other bytes through a file that was removed", async () => {
        await publish(storage, packPath(1), contentOf(1, 5000));
        const file = await storage.open(packPath(1));
        await other.remove(packPath(1));
        expect([await listed(storage, "packs"), await storage.open(packPath(1))]).toEqual([[], undefined]);
        await publish(other, packPath(1), contentOf(2, 5000));
        const found = await file?.read(1000, 4000).catch((error: unknown) => error);
        if (found instanceof Uint8Array) expect(found).toEqual(contentOf(1, 5000).subarray(1000));
        else expect(found).toMatchObject({ code: "PTAR_IO_FAILED" });
        await file?.close();
      });
    });

    it("reads no more when a file was closed, which may be done twice", async () => {
      await publish(storage, packPath(1), contentOf(1, 10));
      const file = await storage.open(packPath(1));
      await file?.close();
      await file?.close();
      await expect(file?.read(0, 1)).rejects.toThrow(TypeError);
    });

    it.runIf(program)("carries 256 MiB in bounded memory", async () => {
      expect(await elsewhere("stream", 256)).toBeLessThan(128 << 20);
    });

    describe("asked for what the layout has no place for", () => {
      it.each(foreignPaths)("refuses %j", async (path) => {
        await expect(storage.open(path as StoragePath)).rejects.toThrow(TypeError);
        await expect(storage.create(path as StoragePath)).rejects.toThrow(TypeError);
        await expect(storage.remove(path as StoragePath)).rejects.toThrow(TypeError);
      });

      it.each(["", "..", "pack", "packs/", "constructor"])("lists no folder %j", async (folder) => {
        await expect(async () => listed(storage, folder as StorageFolder)).rejects.toThrow(TypeError);
      });
    });

    describe("its clock", () => {
      it("is that by which files are written, and leaves nothing behind", async () => {
        const times = [await storage.now()];
        await publish(other, packPath(1), contentOf(1, 10));
        times.push(...(await listed(storage, "packs")).map((file) => file.written), await other.now());
        expect(times).toEqual(times.filter(Number.isInteger).sort((a, b) => a - b));
        expect(times).toHaveLength(3);
        expect(await storage.sweep((await storage.now()) + 1)).toBe(0);
      });
    });

    describe("sweeping", () => {
      it("leaves young files to their writers", async () => {
        const before = await storage.now();
        const file = await other.create(packPath(1));
        await file.write(contentOf(1, 2 << 20));
        expect(await storage.sweep(before)).toBe(0);
        expect(await file.publish()).toBe("published");
        expect(await listed(storage, "packs")).toMatchObject([{ length: 2 << 20 }]);
      });

      it("deletes what writers left behind, and nothing that was published", async () => {
        await publish(storage, packPath(1), contentOf(1, 10));
        const left = await Promise.all([packPath(2), "ptar-repository.json" as const].map((path) => other.create(path)));
        for (const file of left) await file.write(contentOf(2, 2 << 20));
        expect(await storage.sweep((await storage.now()) + 1)).toBe(2);
        expect(await storage.sweep((await storage.now()) + 1)).toBe(0);
        expect(await listed(storage, "packs")).toMatchObject([{ length: 10 }]);
        for (const file of left) await expect(file.publish()).rejects.toMatchObject({ code: "PTAR_IO_FAILED", hint: expect.any(String) });
        expect(await listed(storage, "packs")).toMatchObject([{ length: 10 }]);
        expect(await storage.open("ptar-repository.json")).toBeUndefined();
      });
    });
  });
}

const hex = "0123456789abcdef".repeat(4);

const pathsOfEachKind: readonly StoragePath[] = [
  "ptar-repository.json",
  `keys/${hex}.age`,
  `packs/${hex}.ptar`,
  `adopted/${hex}.ptar`,
  `index/${hex}.ptar`,
  `snapshots/${hex}.ptar`,
  `marks/${hex}.json`,
  "locks/prune.json",
];

const foreignPaths = [
  "",
  "/",
  "packs",
  "packs/",
  `/packs/${hex}.ptar`,
  `packs/../packs/${hex}.ptar`,
  `packs/${hex}`,
  `packs/${hex}.age`,
  `packs/${hex.slice(1)}.ptar`,
  `packs/${hex}0.ptar`,
  `packs/${hex.toUpperCase()}.ptar`,
  `packs/${hex}.ptar\n`,
  `packs/${hex}xptar`,
  `keys/${hex}.ptar`,
  `marks/${hex}.ptar`,
  `pack/${hex}.ptar`,
  `constructor/${hex}.ptar`,
  "locks/prune.json/x",
  "locks/other.json",
  "ptar-repository.json/x",
  "x/ptar-repository.json",
];

async function listed(storage: Storage, folder: StorageFolder): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  for await (const file of storage.list(folder)) files.push(file);
  return files;
}

/** To compare byte by byte with a report of the differences takes a second. */
function expectBytes(found: Uint8Array | undefined, expected: Uint8Array): void {
  expect(found?.length).toBe(expected.length);
  expect(Buffer.from(found ?? []).equals(expected)).toBe(true);
}
