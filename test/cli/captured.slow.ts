// What ptar create captures beside the contents, and where it is shown again.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { isRoot } from "../connectors/folder.js";
import { needs } from "../connectors/programs.js";
import { type Place, place } from "./run.js";
import { document } from "./schema.js";

const asRoot = isRoot || process.env.CI === "true";

async function captured({ ptar }: Place, ...args: readonly string[]) {
  const created = document("create", (await ptar("create", "a.ptar", "src", "--no-sign", "--json", "--force", ...args)).stdout);
  expect((await ptar("verify", "a.ptar", "--allow-unsigned", "--level", "deep")).code).toBe(0);
  const listed = document("list", (await ptar("list", "a.ptar", "--json")).stdout) as unknown as {
    readonly entries: readonly { readonly path: string }[];
  };
  const info = document("info", (await ptar("info", "a.ptar", "--json")).stdout) as unknown as {
    readonly snapshots: readonly {
      readonly snapshot: { readonly captured: { readonly classes: readonly string[] }; readonly attributes?: unknown };
    }[];
  };
  return { created, snapshot: info.snapshots[0]?.snapshot, entry: (path: string) => listed.entries.find((entry) => entry.path === path) };
}

const always = ["name", "type", "content", "links", "mode", "mtime", "atime", "ctime", "birthtime", "owner"];

// spec/06-snapshot.md#captured
describe.runIf(process.platform === "linux" && ["getfattr", "setfattr", "perl", "getent"].every(needs))("what is captured", () => {
  it("is extended attributes, access control lists and holes, and names of owners when asked for", async () => {
    const at = place();
    await at.shell(`mkdir src; : > src/f; setfattr -n user.case -v 26-1187 src/f; truncate -s 1M src/hole; echo data >> src/hole
      setfattr -n "user.$(printf 'raw\\377')" -v 0x00ff src`);
    const plain = await captured(at);
    expect(plain.created).toMatchObject({ complete: true, noatime: { kept: 2, refused: 0 } });
    expect(plain.snapshot?.captured.classes).toEqual([...always, "inode", "xattrs", "holes"]);
    expect(plain.entry("src")).toMatchObject({ xattrs: [{ nameRaw: Buffer.from("user.raw\xff", "latin1").toString("base64url"), value: "AP8" }] });
    expect(plain.entry("src/f")).toMatchObject({ xattrs: [{ name: "user.case", value: Buffer.from("26-1187").toString("base64url") }] });
    expect(plain.entry("src/hole")).toMatchObject({ size: 1_048_581, holes: [{ length: 1_048_576, offset: 0 }] });
    expect(plain.entry("src/f")).not.toHaveProperty("owner");
    const named = await captured(at, "--owner-names");
    expect(named.snapshot?.captured.classes).toEqual([...always, "owner-names", "inode", "xattrs", "holes"]);
    const [owner, group] = ["-un", "-gn"].map((which) => execFileSync("id", [which], { encoding: "utf8" }).trim());
    expect(named.entry("src/f")).toMatchObject({ owner, group });
  });

  it("is none of it in the portable profile", async () => {
    const at = place();
    await at.shell("mkdir src; truncate -s 1M src/f; setfattr -n user.k -v v src/f");
    for (const how of [["--profile", "portable"], ["--reproducible"]]) {
      const { snapshot, entry } = await captured(at, ...how);
      expect(snapshot?.captured.classes).toEqual(always.slice(0, 6));
      expect(entry("src/f")).not.toHaveProperty("xattrs");
      expect(entry("src/f")).not.toHaveProperty("holes");
    }
  });

  it("is not even looked at in the portable profile", async () => {
    const at = place();
    const stand = ["getfattr", "perl"].map((name) => `printf '#!/bin/sh\\necho ${name} >> ${at.folder}/runs\\n' > bin/${name}`);
    await at.shell(`mkdir src bin; truncate -s 1M src/f; ${stand.join("; ")}; chmod +x bin/*`);
    const path = { PATH: `${at.folder}/bin:${process.env.PATH}` };
    for (const how of ["--profile portable", "--reproducible"])
      expect((await at.shell(`ptar create a.ptar src --no-sign --force ${how}; cat runs`, path)).stdout).not.toMatch(/getfattr|perl/);
    expect((await at.shell("ptar create a.ptar src --no-sign --force; sort -u runs", path)).stdout).toMatch(/getfattr\nperl\n$/);
  });

  it("is everything where few files can be open", async () => {
    const at = place();
    await at.shell("mkdir src; cd src; seq -f d%03g 300 | xargs mkdir; for d in *; do echo $d > $d/f; done; setfattr -n user.k -v v */f");
    for (const most of [64, 256]) {
      const { stdout, code } = await at.shell(`ulimit -n ${most}; ptar create a.ptar src --no-sign --json --force`);
      expect(code).toBe(0);
      expect(document("create", stdout)).toMatchObject({ complete: true, completeness: { failed: 0, stored: 601 } });
    }
  });

  it.runIf(asRoot)("is one file system with --one-file-system, and what was left out is counted", async () => {
    const at = place();
    await at.shell("mkdir -p src/mount; echo here > src/f");
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "none", join(at.folder, "src/mount")]);
    onTestFinished(() => void execFileSync("umount", [join(at.folder, "src/mount")]));
    await at.shell("echo there > src/mount/g");
    const stayed = await captured(at, "--one-file-system");
    expect(stayed.created).toMatchObject({ completeness: { excluded: 1, failed: 0, seen: 4, stored: 3, unstable: 0 } });
    expect(stayed.snapshot?.attributes).toMatchObject([{ name: "filesystem" }]);
    const attributes = [
      { name: "filesystem", value: "tmpfs" },
      { name: "mount-point", value: "not entered" },
    ];
    expect(stayed.entry("src/mount")).toMatchObject({ type: "directory", attributes });
    expect(stayed.entry("src/mount/g")).toBeUndefined();
    const all = await captured(at);
    expect(all.entry("src/mount/g")).toMatchObject({ size: 6 });
    expect(all.snapshot?.attributes).toBeUndefined();
  });
});
