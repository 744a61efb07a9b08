import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { link } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { folderStorage } from "../../../../src/connectors/node/storage/folder-storage.js";
import { publishWhole } from "../../../../src/connectors/node/storage/publish-whole.js";
import { otherProgram } from "../../../repository/other-program.js";
import { contentAt, contentOf, packPath, publish } from "../../../repository/storage-jobs.js";
import { canMount, plainDisk } from "../../disks.js";
import { newFolder } from "../../folder.js";
import { opener } from "./killing.js";

const root = newFolder();
let count = 0;
let folder: string;
let part: string;
let path: string;
let claim: string;

beforeEach(() => {
  folder = join(root, String(count++));
  mkdirSync(folder);
  [part, path, claim] = [join(folder, "part"), join(folder, "final"), join(folder, ".final.000000000000.ptar-part")];
  writeFileSync(part, "mine");
});

const failing =
  (code: string, before: (from: string, to: string) => void = () => undefined): typeof link =>
  async (from, to) => {
    before(String(from), String(to));
    throw Object.assign(new Error("planted"), { code });
  };
const noLinks = failing("EPERM");

describe("publishing by a hard link", () => {
  it("gives the name, or leaves what has it", async () => {
    expect(await publishWhole(part, path)).toBe("published");
    writeFileSync(`${part}2`, "other");
    expect(await publishWhole(`${part}2`, path)).toBe("exists");
    expect(readFileSync(path, "utf8")).toBe("mine");
  });

  it("knows its own file when the answer of a network file system was lost and asked for again", async () => {
    expect(await publishWhole(part, path, failing("EEXIST", linkSync))).toBe("published");
    expect(
      await publishWhole(
        part,
        path,
        failing("EEXIST", () => undefined),
      ),
    ).toBe("published");
    writeFileSync(`${part}2`, "other");
    expect(await publishWhole(`${part}2`, path, failing("EEXIST"))).toBe("exists");
  });

  it("takes no other failure for missing links", async () => {
    await expect(publishWhole(part, path, failing("EIO"))).rejects.toMatchObject({ code: "EIO" });
    expect(readdirSync(folder)).toEqual(["part"]);
  });
});

describe("publishing where there are no hard links", () => {
  it("moves the file, and nothing else stays", async () => {
    expect(await publishWhole(part, path, noLinks)).toBe("published");
    expect([readdirSync(folder), readFileSync(path, "utf8")]).toEqual([["final"], "mine"]);
  });

  it("leaves what has the name", async () => {
    writeFileSync(path, "theirs");
    expect(await publishWhole(part, path, noLinks)).toBe("exists");
    expect([readdirSync(folder).sort(), readFileSync(path, "utf8")]).toEqual([["final", "part"], "theirs"]);
  });

  it("waits for who has claimed the name, and finds their file", async () => {
    writeFileSync(claim, "");
    const outcome = publishWhole(part, path, noLinks);
    setTimeout(() => writeFileSync(path, "theirs"), 100);
    expect(await outcome).toBe("exists");
    expect(readFileSync(path, "utf8")).toBe("theirs");
    expect(existsSync(claim)).toBe(true);
  });

  it("says which file to remove when a claim stays", async () => {
    writeFileSync(claim, "");
    await expect(publishWhole(part, path, noLinks)).rejects.toMatchObject({
      code: "PTAR_IO_FAILED",
      message: `${path}: another program is giving a file this name (${claim})`,
      hint: expect.stringContaining("remove the file in parentheses"),
    });
    expect(readdirSync(folder).sort()).toEqual([".final.000000000000.ptar-part", "part"]);
  });

  it("gives its claim back when moving fails", async () => {
    await expect(publishWhole(`${part}-missing`, path, noLinks)).rejects.toMatchObject({ code: "ENOENT" });
    expect(readdirSync(folder)).toEqual(["part"]);
  });

  it("fails where no claim can be made", async () => {
    await expect(publishWhole(part, join(folder, "missing/final"), noLinks)).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe.runIf(canMount)("a folder storage on FAT or exFAT", () => {
  it("gives a name to one of two programs, whole, and sweeps", async (context) => {
    const disk = plainDisk();
    if (disk === undefined) return context.skip("neither FAT nor exFAT can be mounted here");
    const location = join(disk, "repository");
    const storage = folderStorage(location);
    const program = otherProgram(opener);
    try {
      const won = (await Promise.all([program.run(location, "race", 1, 12), program.run(location, "race", 2, 12)])) as number[][];
      expect(won.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i));
      for (const [tag, numbers] of won.entries()) {
        for (const i of numbers) expect(Buffer.from((await contentAt(storage, packPath(i))) ?? []).equals(Buffer.alloc(100_000, tag + 1))).toBe(true);
      }
    } finally {
      program.remove();
    }
    expect(readdirSync(join(location, "packs"))).toHaveLength(12);
    expect(await publish(storage, packPath(1), contentOf(1, 10))).toBe("exists");
    const left = await storage.create(packPath(99));
    expect(await storage.sweep((await storage.now()) + 3000)).toBe(1);
    await left.discard();
  });
});
