// Disks that are full or read-only: real file systems, mounted by the test. spec/12-extract.md#losses
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { noise } from "../archive/engines.js";
import { canMount, imageDisk, makeReadOnly, memoryDisk } from "../connectors/disks.js";
import { type CaseFolder, caseFolder } from "./case-folder.js";

const kib = 1 << 10;
const mib = 1 << 20;
let here: CaseFolder;

beforeEach(() => {
  here = caseFolder();
});

describe.runIf(canMount)("a full disk", () => {
  beforeEach(() => {
    for (const [i, name] of ["a", "b", "small"].entries()) here.put(name, noise(700 * kib, i + 1));
  });

  it("ends extraction with what is whole, and says that it is a part", async () => {
    await here.created();
    const disk = memoryDisk(2 * mib);
    const out = join(disk, "out");
    const { code, stderr } = await here.ptar("extract", "a.ptar", "-C", out);
    expect(code).toBe(1);
    expect(stderr).toContain("ptar: case/small: the disk is full (ENOSPC)\nptar: hint: free some space or choose another disk");
    expect(stderr).toContain(`ptar: ${out}: holds only a part of what was asked for\n`);
    expect(here.wholeFiles(join(out, "case"))).toEqual(["a", "b"]);
    // the same place is not filled again, and another one on the disk holds no more
    expect(await here.ptar("extract", "a.ptar", "-C", out)).toMatchObject({ code: 9 });
    const again = await here.ptar("extract", "a.ptar", "-C", join(disk, "again"));
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("the disk is full (ENOSPC)") });
    expect(here.wholeFiles(join(disk, "again/case"))).toEqual([]);
  });

  it("leaves nothing of a file that is streamed", async () => {
    here.put("c", noise(3 * mib, 9));
    await here.created();
    const disk = memoryDisk(3 * mib);
    const { code, stderr } = await here.ptar("extract", "a.ptar", "-C", join(disk, "out"));
    expect(code).toBe(1);
    expect(stderr).toContain("case/c: the disk is full (ENOSPC)");
    expect(here.wholeFiles(join(disk, "out/case"))).toEqual(["a", "b"]);
  });

  it("leaves no archive", async () => {
    const disk = memoryDisk(mib);
    const { code, stderr } = await here.ptar("create", join(disk, "x.ptar"), "case");
    expect(code).toBe(1);
    expect(stderr).toContain("x.ptar: the disk is full (ENOSPC)");
    expect(readdirSync(disk)).toEqual([]);
  });
});

describe.runIf(canMount)("a read-only disk", () => {
  it("is an error, and nothing is made", async () => {
    here.put("a", "a");
    await here.created();
    const disk = imageDisk("ext4");
    mkdirSync(join(disk, "empty"));
    makeReadOnly(disk);
    for (const folder of ["empty", "new"]) {
      const { code, stderr } = await here.ptar("extract", "a.ptar", "-C", join(disk, folder));
      expect(code).toBe(1);
      expect(stderr).toContain("the file system is read-only (EROFS)");
      expect(stderr).not.toContain("holds only a part");
    }
    const { code, stderr } = await here.ptar("create", join(disk, "x.ptar"), "case");
    expect({ code, readOnly: stderr.includes("the file system is read-only (EROFS)") }).toEqual({ code: 1, readOnly: true });
    expect(readdirSync(disk)).toEqual(["empty"]);
    expect(readdirSync(join(disk, "empty"))).toEqual([]);
  });

  it("gives an archive of what is on it", async () => {
    const disk = imageDisk("ext4");
    writeFileSync(join(disk, "a"), "a");
    makeReadOnly(disk);
    expect(await here.ptar("create", "a.ptar", disk)).toMatchObject({ code: 0 });
    expect(await here.ptar("verify", "a.ptar")).toMatchObject({ code: 0 });
  });
});
