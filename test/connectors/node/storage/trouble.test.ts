// Disks that are full or take nothing, and folders without permission: what is under a final name is whole, and the error says what to do.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderStorage } from "../../../../src/connectors/node/storage/folder-storage.js";
import { type OtherProgram, otherProgram } from "../../../repository/other-program.js";
import { contentAt, contentOf, packPath, publish } from "../../../repository/storage-jobs.js";
import { runChild } from "../../child.js";
import { canMount, makeReadOnly, memoryDisk } from "../../disks.js";
import { isRoot, newFolder, nobody } from "../../folder.js";
import { opener } from "./killing.js";

const diskBytes = 8 << 20;
const folder = newFolder();

describe.runIf(canMount)("on a full disk", () => {
  const noSpace = (path: string) => ({
    code: "PTAR_IO_NO_SPACE",
    exitCode: 1,
    message: `${path}: the disk is full (ENOSPC)`,
    hint: expect.stringContaining("what was published stays"),
  });

  it("publishes nothing of a file that does not fit, and gives its space back", async () => {
    const disk = memoryDisk(diskBytes);
    const storage = folderStorage(disk);
    await publish(storage, packPath(1), contentOf(1, 1000));
    await expect(publish(storage, packPath(2), contentOf(2, 2 * diskBytes))).rejects.toMatchObject(noSpace(join(disk, packPath(2))));
    expect(readdirSync(disk, { recursive: true }).sort()).toEqual(["packs", packPath(1)]);
    expect(await contentAt(storage, packPath(1))).toEqual(contentOf(1, 1000));
    expect(await publish(storage, packPath(2), contentOf(2, diskBytes / 2))).toBe("published");
  });

  it("fails when the last bytes do not fit, and again when it is asked again", async () => {
    const disk = memoryDisk(diskBytes);
    const storage = folderStorage(disk);
    await publish(storage, packPath(1), contentOf(1, 1000));
    const file = await storage.create(packPath(2));
    await file.write(contentOf(2, 1000));
    const rest = Array.from({ length: diskBytes / 4096 }, (_, i) => join(disk, `filler-${i}`));
    expect(() => {
      for (const path of rest) writeFileSync(path, "x".repeat(4096));
    }).toThrow("ENOSPC");
    await expect(file.publish()).rejects.toMatchObject(noSpace(join(disk, packPath(2))));
    expect(readdirSync(join(disk, "packs"))).toEqual([packPath(1).slice("packs/".length)]);
    await expect(file.write(contentOf(2, 1000))).rejects.toMatchObject({ code: "PTAR_IO_NO_SPACE" });
    await expect(file.publish()).rejects.toMatchObject({ code: "PTAR_IO_NO_SPACE" });
  });

  it("names the folder that cannot be made", async () => {
    const disk = memoryDisk(diskBytes);
    const storage = folderStorage(disk);
    execFileSync("mount", ["-o", "remount,nr_inodes=1", disk]);
    await expect(storage.create(packPath(1))).rejects.toMatchObject(noSpace(`folder ${join(disk, "packs")}`));
    await expect(storage.create("ptar-repository.json")).rejects.toMatchObject(noSpace(join(disk, "ptar-repository.json")));
    await expect(storage.now()).rejects.toMatchObject(noSpace(join(disk, "clock")));
  });
});

describe.runIf(canMount)("on a disk that is read-only", () => {
  it("reads, and says what hinders writing", async () => {
    const disk = memoryDisk(diskBytes);
    const storage = folderStorage(disk);
    await publish(storage, packPath(1), contentOf(1, 1000));
    const readOnly = { code: "PTAR_IO_FAILED", exitCode: 1, details: { errno: "EROFS" }, hint: "mount it for writing, or use another location" };
    makeReadOnly(disk);
    expect(await contentAt(storage, packPath(1))).toEqual(contentOf(1, 1000));
    expect(await contentAt(folderStorage(disk), packPath(1))).toEqual(contentOf(1, 1000));
    await expect(storage.create(packPath(2))).rejects.toMatchObject({ ...readOnly, message: expect.stringContaining(join(disk, packPath(2))) });
    await expect(folderStorage(disk).create(packPath(2))).rejects.toMatchObject(readOnly);
    await expect(storage.create("locks/prune.json")).rejects.toMatchObject({ ...readOnly, message: expect.stringContaining(join(disk, "locks")) });
    await expect(storage.remove(packPath(1))).rejects.toMatchObject({ ...readOnly, message: expect.stringContaining(join(disk, packPath(1))) });
    await expect(storage.now()).rejects.toMatchObject(readOnly);
    expect(await storage.sweep(Number.MAX_SAFE_INTEGER)).toBe(0);
  });

  it("does not sweep what it cannot delete", async () => {
    const disk = memoryDisk(diskBytes);
    mkdirSync(join(disk, "locks"));
    writeFileSync(join(disk, "locks/.prune.json.0123456789ab.ptar-part"), "");
    makeReadOnly(disk);
    await expect(folderStorage(disk).sweep(Number.MAX_SAFE_INTEGER)).rejects.toMatchObject({ code: "PTAR_IO_FAILED", details: { errno: "EROFS" } });
  });
});

describe.runIf(isRoot)("without permission", () => {
  it("says whose rights to look at", async () => {
    const location = join(folder, "closed");
    const storage = folderStorage(location);
    await publish(storage, packPath(1), contentOf(1, 1000));
    chmodSync(folder, 0o755);
    chmodSync(join(location, packPath(1)), 0o600);
    const { stdout, stderr } = runChild(
      `
      import { folderStorage } from "./src/connectors/node/storage/folder-storage.js";
      const storage = folderStorage(process.argv[2]);
      const told = async (work) => console.log(await work().then(() => "done", (error) => [error.code, error.message, error.hint].join("; ")));
      await told(() => storage.create(${JSON.stringify(packPath(2))}));
      await told(() => storage.open(${JSON.stringify(packPath(1))}));
      await told(() => storage.remove(${JSON.stringify(packPath(1))}));
      await told(() => storage.create("locks/prune.json"));
      await told(() => storage.now());
    `,
      { uid: nobody, args: [location] },
    );
    const rights = "permission is denied (EACCES); check the owner and the rights of the folder and of what is in it";
    expect(stderr).toBe("");
    expect(stdout.trim().split("\n")).toEqual([
      `PTAR_IO_FAILED; ${join(location, packPath(2))}: ${rights}`,
      `PTAR_IO_FAILED; ${join(location, packPath(1))}: ${rights}`,
      `PTAR_IO_FAILED; ${join(location, packPath(1))}: ${rights}`,
      `PTAR_IO_FAILED; folder ${join(location, "locks")}: ${rights}`,
      `PTAR_IO_FAILED; ${join(location, "clock")}: ${rights}`,
    ]);
  });
});

describe("where files may have a certain length only", () => {
  let program: OtherProgram;
  beforeAll(() => {
    program = otherProgram(opener);
  });
  afterAll(() => program.remove());

  it("publishes nothing that is longer", () => {
    const location = join(folder, "limited");
    const { status, output } = program.runWithin('ulimit -f 1000; exec "$@"', location, "life");
    expect({ status, output }).toEqual({
      status: 1,
      output: `PTAR_IO_FAILED ${join(location, packPath(1))}: the file system holds no files of this size (EFBIG) use a smaller pack size, or raise the limit that \`ulimit -f\` shows\n`,
    });
    expect(readdirSync(join(location, "packs"))).toEqual([]);
  });
});
