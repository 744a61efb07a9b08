// Extended attributes and access control lists that a target sets. spec/12-extract.md#xattrs
import { execFileSync } from "node:child_process";
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Holding } from "../../../../src/connectors/node/target/directories.js";
import { dryRunTarget } from "../../../../src/connectors/node/target/dry-run-target.js";
import { createFilesTarget } from "../../../../src/connectors/node/target/files-target.js";
import type { Item } from "../../../../src/format/generated/types.js";
import { encodeXattr } from "../../../../src/format/xattr.js";
import type { Losses } from "../../../../src/tree/target.js";
import { runChild } from "../../child.js";
import { openDescriptors } from "../../descriptors.js";
import { isRoot, newFolder, nobody } from "../../folder.js";
import { needs } from "../../programs.js";
import { bytes, directory, file, nothingLost, pieces, symlink } from "../../target-conformance.js";

const root = newFolder();
const ways: readonly Holding[] = process.platform === "linux" ? ["descriptors", "paths"] : ["paths"];
const refused = "never set from an archive";
let out: string;

beforeEach(() => {
  out = join(mkdtempSync(join(root, "x")), "out");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const make = (options: { owner?: "restore"; holding?: Holding } = {}) => createFilesTarget(out, { owner: "skip", ...options });

/** Extended attributes with these names, as a dump of getfattr has them, and values. */
function having(item: Item, values: Readonly<Record<string, string | Uint8Array>>): Item {
  const names = Object.keys(values).map((name) => Buffer.from(name, "latin1"));
  const value = (name: Buffer) => values[name.toString("latin1")] as string | Uint8Array;
  return { ...item, xattrs: names.sort(Buffer.compare).map((name) => encodeXattr({ name, value: new Uint8Array(Buffer.from(value(name))) })) };
}

/** All extended attributes of `name`: lines "name=0xhex" in octal escapes. */
function dumped(name: string): readonly string[] {
  const text = execFileSync("getfattr", ["-h", "-d", "-m", "-", "-e", "hex", "--absolute-names", join(out, name)], { encoding: "latin1" });
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("# file: "));
}

const lines = ({ first }: Losses) => first.map(({ path, what, reason }) => `${Buffer.from(path)}: ${what}: ${reason}`);
const hex = (text: string) => `0x${Buffer.from(text).toString("hex")}`;

describe.runIf(needs("setfattr") && needs("getfattr")).each(ways)("a target that holds %s sets extended attributes", (holding) => {
  it("of files, small and streamed, and of directories", async () => {
    const target = await make({ holding });
    await target.enter(bytes("d"), having({ ...directory, mode: 0o555 }, { "user.d": "1" }));
    await target.file(bytes("whole"), having({ ...file, mode: 0o444 }, { "user.a": "A", "user.empty": "" }), bytes("x"));
    await target.file(bytes("streamed"), having({ ...file, mode: 0o400 }, { "user.b": Buffer.from([0, 255, 10]) }), pieces(["x", "y"]));
    await target.symlink(bytes("s"), symlink, bytes("whole"));
    await target.leave();
    expect(await target.finish()).toEqual(nothingLost);
    expect(dumped("d")).toEqual([`user.d=${hex("1")}`]);
    expect(dumped("d/whole")).toEqual([`user.a=${hex("A")}`, "user.empty=0x"]);
    expect(dumped("d/streamed")).toEqual(["user.b=0x00ff0a"]);
    for (const [name, mode] of [
      ["d", 0o555],
      ["d/whole", 0o444],
      ["d/streamed", 0o400],
    ] as const)
      expect(lstatSync(join(out, name)).mode & 0o7777).toBe(mode);
    expect(lstatSync(join(out, "d"), { bigint: true }).mtimeNs).toBe(1_400_000_000_000_000_000n);
    expect(lstatSync(join(out, "d/whole"), { bigint: true }).mtimeNs / 1000n).toBe(1_500_000_000_123_456n);
  });
});

describe.runIf(needs("setfattr") && needs("getfattr")).each(ways)("a target that holds %s", (holding) => {
  it.each(['mkdir "$1/d"', 'ln -s moved "$1/d"'])("sets none on what takes the place of a directory by %j", async (swap) => {
    const target = await make({ holding });
    await target.enter(bytes("d"), having(directory, { "user.a": "A" }));
    execFileSync("sh", ["-c", `mv "$1/d" "$1/moved" && ${swap}`, "sh", out]);
    const left = await target.leave().catch((error) => error.code);
    // where a directory stands, only its inode tells
    if (holding === "paths" && swap.startsWith("mkdir")) expect(left).toBe("PTAR_TARGET_UNSAFE");
    else expect(["PTAR_TARGET_UNSAFE", undefined]).toContain(left);
    await target.abort();
    expect(dumped("d")).toEqual([]);
    expect(dumped("moved")).toEqual(holding === "descriptors" ? [`user.a=${hex("A")}`] : []);
  });
});

describe.runIf(needs("setfattr") && needs("getfattr"))("extended attributes", () => {
  it("have names of any bytes", async () => {
    const every = Array.from({ length: 255 }, (_, i) => String.fromCharCode(i + 1));
    const target = await make();
    // ext4 holds about 4 KiB for each file
    const parts = [0, 1, 2, 3, 4, 5].map((n) => every.filter((_, i) => i % 6 === n));
    for (const [n, chars] of parts.entries())
      await target.file(bytes(`f${n}`), having(file, Object.fromEntries(chars.map((char) => [`user.${char}x`, "value"]))), bytes("x"));
    expect(await target.finish()).toEqual(nothingLost);
    for (const [n, chars] of parts.entries()) {
      const found = dumped(`f${n}`).map((line) => line.replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))));
      expect(found.toSorted()).toEqual(chars.map((char) => `user.${char}x=${hex("value")}`).toSorted());
    }
  });

  it("are set for more entries than one batch holds, each its own", async () => {
    const open = openDescriptors();
    const target = await make();
    await target.enter(bytes("d"), having(directory, { "user.n": "dir" }));
    for (let i = 0; i < 150; i++) await target.file(bytes(`f${i}`), having({ ...file, mode: 0o444 }, { "user.n": String(i) }), bytes("x"));
    await target.leave();
    expect(await target.finish()).toEqual(nothingLost);
    for (const i of [0, 63, 64, 149]) expect(dumped(`d/f${i}`)).toEqual([`user.n=${hex(String(i))}`]);
    expect(openDescriptors()).toBeLessThanOrEqual(open);
  });

  it("reach files that were renamed or replaced meanwhile, and nothing outside", async () => {
    const outside = join(out, "../outside");
    writeFileSync(outside, "");
    const target = await make();
    await target.file(bytes("f"), having(file, { "user.a": "A" }), bytes("x"));
    execFileSync("sh", ["-c", 'mv "$1/f" "$1/moved" && ln -s ../outside "$1/f"', "sh", out]);
    expect(await target.finish()).toEqual(nothingLost);
    expect(dumped("moved")).toEqual([`user.a=${hex("A")}`]);
    expect(dumped("../outside")).toEqual([]);
  });

  it("that could give rights are never set, and each is reported", async () => {
    const hostile = {
      "security.capability": "x",
      "system.nfs4_acl": "x",
      "trusted.overlay.opaque": "y",
      "user.a\u001b[2J": "A",
      user: "x",
      "users.x": "x",
    };
    const target = await make();
    await target.enter(bytes("d"), having(directory, { "security.selinux": "x" }));
    await target.leave();
    await target.file(bytes("f"), having(file, hostile), bytes("x"));
    await target.symlink(bytes("s"), having(symlink, { "security.selinux": "x", "user.a": "A" }), bytes("f"));
    const losses = await target.finish();
    expect(lines(losses)).toEqual([
      `d: xattr security.selinux: ${refused}`,
      `f: xattr security.capability: ${refused}`,
      `f: xattr system.nfs4_acl: ${refused}`,
      `f: xattr trusted.overlay.opaque: ${refused}`,
      `f: xattr user: ${refused}`,
      `f: xattr users.x: ${refused}`,
      `s: xattr security.selinux: ${refused}`,
      "s: xattrs: symlinks hold none",
    ]);
    expect(losses).toMatchObject({ count: 8, kinds: { xattr: 7, xattrs: 1 } });
    expect(dumped("f")).toEqual([`user.a\u001b[2J=${hex("A")}`]);
  });

  it("have escaped names in reports", async () => {
    const target = await make();
    await target.file(bytes("f"), having(file, { "security.\u001b[2J": "x" }), bytes("x"));
    expect(lines(await target.finish())).toEqual([`f: xattr security.\\u{1b}[2J: ${refused}`]);
  });

  it("have names that are not UTF-8 in hex in reports", async () => {
    const target = await make();
    await target.file(bytes("f"), having(file, { "security.\xff \x1f!~\x7f": "x" }), bytes("x"));
    expect(lines(await target.finish())).toEqual([`f: xattr security.\\xff\\x20\\x1f!~\\x7f: ${refused}`]);
  });

  it("are what a dry run reports as never set, together with bits of the mode", async () => {
    const target = dryRunTarget();
    await target.file(bytes("f"), having({ ...file, mode: 0o4755 }, { "security.capability": "x", "user.a": "A" }), bytes("x"));
    expect(lines(await target.finish())).toEqual([`f: setuid: ${refused}`, `f: xattr security.capability: ${refused}`]);
  });

  it("that the system refuses are reported one by one, and the others are set", async () => {
    const target = await make();
    const large = "x".repeat(65_000);
    await target.file(bytes("f"), having({ ...file, mode: 0o444 }, { "user.": "x", "user.a": "A", "user.large": large, "user.z": "Z" }), bytes("x"));
    await target.file(bytes("g"), having(file, { "system.posix_acl_access": "no list", "user.g": "G" }), bytes("x"));
    const losses = await target.finish();
    expect(lines(losses)).toEqual([
      "f: xattr user.: EINVAL",
      "f: xattr user.large: ENOSPC",
      expect.stringMatching(/^g: xattr system\.posix_acl_access: E(INVAL|NOTSUP)$/),
    ]);
    expect([dumped("f"), dumped("g")]).toEqual([[`user.a=${hex("A")}`, `user.z=${hex("Z")}`], [`user.g=${hex("G")}`]]);
    expect(lstatSync(join(out, "f")).mode & 0o777).toBe(0o444);
  });

  it("are set on what is whole when an extraction fails", async () => {
    const target = await make();
    await target.file(bytes("f"), having({ ...file, mode: 0o444 }, { "user.a": "A" }), bytes("x"));
    await expect(target.file(bytes("f"), file, bytes("x"))).rejects.toMatchObject({ code: "PTAR_TARGET_EXISTS" });
    await target.abort();
    expect(dumped("f")).toEqual([`user.a=${hex("A")}`]);
    expect(lstatSync(join(out, "f")).mode & 0o777).toBe(0o444);
  });
});

describe("without a way to set them", () => {
  it("each entry is one loss, and has its other facts", async () => {
    vi.stubEnv("PATH", root);
    const target = await make();
    await target.enter(bytes("d"), having(directory, { "user.d": "1" }));
    await target.file(bytes("f"), having({ ...file, mode: 0o444 }, { "user.a": "A", "user.b": "B" }), bytes("x"));
    await target.leave();
    const losses = await target.finish();
    const reason = process.platform === "linux" ? "setfattr is not installed" : "this system has no /proc";
    expect(lines(losses)).toEqual([`d/f: xattrs: ${reason}`, `d: xattrs: ${reason}`]);
    expect(lstatSync(join(out, "d/f")).mode & 0o777).toBe(0o444);
  });

  it.each([
    ["exit 3", "setfattr failed (status 3)"],
    ["kill -9 $$", "setfattr was stopped (SIGKILL)"],
    ['echo "setfattr: unrecognized option" >&2; exit 1', "setfattr: unrecognized option"],
  ])("a program that does %j is a loss of each entry", async (script, reason) => {
    const bin = mkdtempSync(join(root, "bin"));
    writeFileSync(join(bin, "setfattr"), `#!/bin/sh\ncat >/dev/null\n${script}\n`);
    chmodSync(join(bin, "setfattr"), 0o755);
    vi.stubEnv("PATH", bin);
    const target = await make();
    await target.file(bytes("f"), having({ ...file, mode: 0o444 }, { "user.a": "A", "user.b": "B" }), bytes("x"));
    await target.file(bytes("g"), having(file, { "user.a": "A" }), bytes("x"));
    expect(lines(await target.finish())).toEqual([`f: xattrs: ${reason}`, `g: xattrs: ${reason}`]);
    expect(lstatSync(join(out, "f")).mode & 0o777).toBe(0o444);
  });
});

describe.runIf(needs("setfattr"))("an access control list of a directory", () => {
  it("opens it to nobody when an extraction fails", async () => {
    // version 2; the owner r-x, user 1234 r-x, the group, the mask, and all rights for others
    const list = "02000000 01000500ffffffff 02000500d2040000 04000500ffffffff 10000500ffffffff 20000700ffffffff".replaceAll(" ", "");
    const target = await make();
    await target.enter(bytes("d"), having(directory, { "system.posix_acl_access": Buffer.from(list, "hex") }));
    await target.file(bytes("f"), file, bytes("x"));
    await target.leave();
    await target.abort();
    expect(lstatSync(join(out, "d")).mode & 0o777).toBe(0o700);
  });
});

describe.runIf(needs("setfacl") && needs("setfattr"))("access control lists", () => {
  const acl = (name: string) => execFileSync("getfacl", ["-cnE", "--absolute-names", name], { encoding: "utf8" }).trim().split("\n");
  const aclOf = (path: string, which: string) =>
    Buffer.from(
      execFileSync("getfattr", ["-e", "hex", "--absolute-names", "-n", which, path], { encoding: "utf8" }).match(/0x(.*)/)?.[1] ?? "",
      "hex",
    );

  it("are those of the source, of files and directories, with the modes", async () => {
    const source = join(out, "../source");
    mkdirSync(source);
    writeFileSync(join(source, "f"), "", { mode: 0o640 });
    execFileSync("setfacl", ["-m", "u:1234:rwx,g:77:r,m:rw", join(source, "f")]);
    execFileSync("setfacl", ["-m", "u:1234:rx,d:u:99:rwx", source]);
    chmodSync(source, 0o550);
    const [access, inherited] = ["system.posix_acl_access", "system.posix_acl_default"];
    const target = await make();
    const mode = (path: string) => lstatSync(path).mode & 0o7777;
    const lists = { [access]: aclOf(source, access), [inherited]: aclOf(source, inherited) };
    await target.enter(bytes("d"), having({ ...directory, mode: mode(source) }, lists));
    await target.file(bytes("f"), having({ ...file, mode: mode(join(source, "f")) }, { [access]: aclOf(join(source, "f"), access) }), bytes("x"));
    await target.symlink(bytes("s"), symlink, bytes("f"));
    await target.leave();
    expect(await target.finish()).toEqual(nothingLost);
    expect(acl(join(out, "d"))).toEqual(acl(source));
    expect(acl(join(out, "d/f"))).toEqual(acl(join(source, "f")));
    expect(acl(join(out, "d/f"))).toContain("user:1234:rwx\t#effective:rw-".replace(/\t.*/, ""));
    expect([mode(join(out, "d")), mode(join(out, "d/f"))]).toEqual([0o550, 0o660]);
  });
});

// what root may do everybody else may not, and the other way round: the order of the facts shows
describe.runIf(isRoot && needs("setfattr"))("order of facts", () => {
  it("leaves owner, attributes, mode and times as recorded for root", async () => {
    const target = await make({ owner: "restore" });
    await target.file(bytes("f"), having({ ...file, mode: 0o400, uid: nobody, gid: nobody }, { "user.a": "A" }), bytes("x"));
    expect(await target.finish()).toEqual(nothingLost);
    expect(lstatSync(join(out, "f"))).toMatchObject({ uid: nobody, gid: nobody, mode: 0o100400 });
    expect(dumped("f")).toEqual([`user.a=${hex("A")}`]);
  });

  it("sets attributes of files and directories that their owner may not write afterwards", () => {
    const folder = mkdtempSync(join(root, "user"));
    chmodSync(folder, 0o777);
    chmodSync(root, 0o755);
    symlinkSync("/nonexistent", join(folder, "link"));
    const ended = runChild(
      `import { createFilesTarget } from "./src/connectors/node/target/files-target.ts";
      const bytes = (text) => new Uint8Array(Buffer.from(text));
      const xattrs = [{ name: "user.a", value: "QQ" }];
      // version 2; the owner r-x, user 1234 r-x, the group, the mask, and nothing for others
      const list = "02000000 01000500ffffffff 02000500d2040000 04000500ffffffff 10000500ffffffff 20000000ffffffff".replaceAll(" ", "");
      const acl = { name: "system.posix_acl_access", value: Buffer.from(list, "hex").toString("base64url") };
      const target = await createFilesTarget(process.argv[2] + "/out", { owner: "skip" });
      await target.enter(bytes("d"), { type: "directory", mode: 0o550, xattrs: [acl, ...xattrs] });
      await target.file(bytes("f"), { type: "file", mode: 0o400, xattrs }, bytes("x"));
      await target.symlink(bytes("s"), { type: "symlink", target: "f" }, bytes("f"));
      await target.leave();
      console.log(JSON.stringify(await target.finish()));`,
      { uid: nobody, args: [folder] },
    );
    expect(ended).toMatchObject({ stderr: "", stdout: `${JSON.stringify(nothingLost)}\n` });
    out = join(folder, "out");
    expect(dumped("d")).toEqual([expect.stringMatching(/^system\.posix_acl_access=0x020000000100050{2}f{8}0200/), "user.a=0x41"]);
    expect(dumped("d/f")).toEqual(["user.a=0x41"]);
    expect(lstatSync(join(out, "d/s")).isSymbolicLink()).toBe(true);
  });
});
