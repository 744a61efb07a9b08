// Disks that hold less than an archive does: FAT or exFAT, mounted by the test. spec/12-extract.md#losses
import { execFileSync } from "node:child_process";
import { linkSync, readdirSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { noise } from "../archive/engines.js";
import { canMount, plainDisk } from "../connectors/disks.js";
import { type CaseFolder, caseFolder } from "./case-folder.js";
import { document } from "./schema.js";

const mib = 1 << 20;
let here: CaseFolder;

beforeEach(() => {
  here = caseFolder();
});

describe.runIf(canMount)("a disk of FAT or exFAT", () => {
  const disk = (skip: () => never): string => plainDisk() ?? skip();

  it("gets all contents; links, owners, modes, attributes and exact times are reported", async ({ skip }) => {
    const target = disk(skip);
    here.put("first", noise(2 * mib));
    linkSync(join(here.folder, "case/first"), join(here.folder, "case/second"));
    symlinkSync("first", join(here.folder, "case/symlink"));
    here.put("owned", "mine");
    execFileSync("chown", ["1234:1234", join(here.folder, "case/owned")]);
    execFileSync("setfattr", ["-n", "user.a", "-v", "A", join(here.folder, "case/owned")]);
    utimesSync(join(here.folder, "case/owned"), 1_500_000_001.5, 1_500_000_001.5);
    await here.created();
    const { code, stdout, stderr } = await here.ptar("extract", "a.ptar", "-C", join(target, "out"), "--json");
    expect(code).toBe(0);
    expect(here.wholeFiles(join(target, "out/case"))).toEqual(["first", "owned", "second"]);
    const { unrestored, unrestoredCount, unrestoredKinds } = document("extract", stdout) as unknown as {
      readonly unrestored: readonly { readonly path: string; readonly what: string; readonly reason: string }[];
      readonly unrestoredCount: number;
      readonly unrestoredKinds: Readonly<Record<string, number>>;
    };
    const lost = unrestored.map(({ path, what }) => `${path}: ${what}`);
    expect(lost).toEqual(
      expect.arrayContaining(["case/second: hard link", "case/symlink: symlink", "case/owned: owner", "case/owned: mode", "case/owned: times"]),
    );
    // what creation captured is lost here, attributes too
    const { stdout: listed } = await here.ptar("list", "a.ptar", "case/owned", "--json");
    if (listed.includes('"xattrs"')) expect(lost).toContain("case/owned: xattrs");
    expect(Object.values(unrestoredKinds).reduce((sum, count) => sum + count)).toBe(unrestoredCount);
    expect(unrestoredCount).toBe(unrestored.length);
    expect(stderr).toMatch(/ptar: not restored: case\/symlink: symlink: E[A-Z]+\n/);
  });

  it("ends extraction at two names that it takes for one, and says which", async ({ skip }) => {
    const target = disk(skip);
    here.put("Report", "1");
    here.put("report", "2");
    await here.created();
    const { code, stderr } = await here.ptar("extract", "a.ptar", "-C", join(target, "out"));
    expect(code).toBe(9);
    expect(stderr).toContain("ptar: case/report: it and case/Report give one name on this file system\n");
    expect(here.wholeFiles(join(target, "out/case"))).toEqual(["Report"]);
  });

  it("refuses names that it cannot hold, and says so", async ({ skip }) => {
    const target = disk(skip);
    const names = ["a:b", "what?", "x\u0001"];
    here.put("A first", "1");
    for (const name of names) here.put(name, "2");
    await here.created();
    for (const [i, name] of names.entries()) {
      const out = join(target, `out${i}`);
      const { code, stderr } = await here.ptar("extract", "a.ptar", "case/A first", `case/${name}`, "-C", out);
      expect(code).toBe(9);
      expect(stderr).toMatch(/ptar: case\/\S+: the file system refuses this name \(E[A-Z]+\)\n/);
      expect(stderr).toContain("ptar: hint: extract to another file system");
      expect(here.wholeFiles(join(out, "case"))).toEqual(["A first"]);
    }
  });

  it("holds names that end with a dot or refuses them, and nothing gets another name", async ({ skip }) => {
    const target = disk(skip);
    here.put("end.", "1");
    await here.created();
    const { code, stderr } = await here.ptar("extract", "a.ptar", "-C", join(target, "out"));
    const names = readdirSync(join(target, "out/case"));
    if (code === 0) expect(names).toEqual(["end."]);
    else {
      expect(stderr).toContain("case/end.: the name ends with a dot, which this file system drops");
      expect({ code, names }).toEqual({ code: 9, names: [] });
    }
  });

  it("gets sparse files whole", async ({ skip }) => {
    const target = disk(skip);
    here.put("sparse", "start");
    truncateSync(join(here.folder, "case/sparse"), 5 * mib);
    await here.created();
    expect(await here.ptar("extract", "a.ptar", "-C", join(target, "out"))).toMatchObject({ code: 0 });
    expect(here.wholeFiles(join(target, "out/case"))).toEqual(["sparse"]);
  });

  it("holds an archive, whole or not at all, over nothing that is there", async ({ skip }) => {
    const target = disk(skip);
    const archive = join(target, "x.ptar");
    here.put("a", noise(mib));
    expect(await here.ptar("create", archive, "case")).toMatchObject({ code: 0 });
    expect(await here.ptar("verify", archive)).toMatchObject({ code: 0 });
    expect(await here.ptar("create", archive, "case")).toMatchObject({ code: 9 });
    expect(() => writeFileSync(join(target, "filler"), Buffer.alloc(70 * mib))).toThrow("ENOSPC");
    expect(await here.ptar("create", join(target, "y.ptar"), "case")).toMatchObject({ code: 1 });
    expect(readdirSync(target).toSorted()).toEqual(["filler", "x.ptar"]);
  });
});
