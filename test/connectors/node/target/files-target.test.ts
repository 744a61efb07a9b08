import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import type { Holding } from "../../../../src/connectors/node/target/directories.js";
import { createFilesTarget } from "../../../../src/connectors/node/target/files-target.js";
import type { Item } from "../../../../src/format/generated/types.js";
import { diskLines } from "../../disk-lines.js";
import { isRoot, newFolder, nobody } from "../../folder.js";
import { bytes, directory, file, nothingLost, pieces, symlink, targetConformance } from "../../target-conformance.js";

const root = newFolder();
let count = 0;
let folder: string;
let out: string;
const ways: readonly Holding[] = process.platform === "linux" ? ["descriptors", "paths"] : ["paths"];

beforeEach(() => {
  folder = join(root, String(count++));
  out = join(folder, "out");
  mkdirSync(folder);
});

const make = (holding?: Holding) => createFilesTarget(out, { owner: "skip", ...(holding === undefined ? {} : { holding }) });
const modeOf = (name: string) => lstatSync(join(out, name)).mode & 0o7777;

for (const holding of ways) {
  targetConformance(`files target by ${holding}`, async () => ({ target: await make(holding), lines: () => diskLines(out) }));
}

describe("the directory of a target", () => {
  it("is made when it is missing, with ordinary rights", async () => {
    await (await make()).finish();
    expect(statSync(out).mode & 0o777).toBe(0o777 & ~process.umask());
  });

  it("may be there and empty, also by way of a symlink of the user", async () => {
    mkdirSync(join(folder, "real"));
    symlinkSync("real", out);
    const target = await make();
    await target.file(bytes("f"), file, bytes("x"));
    await target.finish();
    expect(readdirSync(join(folder, "real"))).toEqual(["f"]);
  });

  it.each([
    ["is not empty", () => putFile(join(out, "f"))],
    ["is not a directory", () => writeFileSync(out, "")],
    ["is a symlink that leads nowhere", () => symlinkSync("nowhere", out)],
  ])("is refused when it exists and %s", async (problem, prepare) => {
    prepare();
    const refusal = { code: "PTAR_TARGET_EXISTS", exitCode: 9, message: `target ${out}: exists and ${problem}`, hint: expect.any(String) };
    await expect(make()).rejects.toMatchObject(refusal);
  });

  it("is not made together with the directory above it", async () => {
    out = join(folder, "missing/out");
    await expect(make()).rejects.toMatchObject({ code: "PTAR_IO_FAILED", hint: "make it first" });
    expect(existsSync(join(folder, "missing"))).toBe(false);
  });

  function putFile(path: string): void {
    mkdirSync(out);
    writeFileSync(path, "");
  }
});

describe("facts of what is made", () => {
  it.each(ways)("stand on each of directories side by side (%s)", async (holding) => {
    const target = await make(holding);
    const modes = { a: 0o711, b: 0o722, c: 0o733 };
    for (const [name, mode] of Object.entries(modes)) {
      await target.enter(bytes(name), { ...directory, mode });
      await target.enter(bytes("b"), { ...directory, mode: mode + 0o44 });
      await target.symlink(bytes("s"), symlink, bytes(name));
      await target.leave();
      await target.leave();
    }
    expect(await target.finish()).toEqual(nothingLost);
    expect(["a", "a/b", "b", "b/b", "c", "c/b"].map(modeOf)).toEqual([0o711, 0o755, 0o722, 0o766, 0o733, 0o777]);
    expect(diskLines(out).filter((line) => line.startsWith("symlink"))).toEqual(["symlink a/b/s -> a", "symlink b/b/s -> b", "symlink c/b/s -> c"]);
  });

  it("are set last: until then a directory is nobody else's", async () => {
    const target = await make();
    await target.enter(bytes("d"), { ...directory, mode: 0o777 });
    expect(modeOf("d")).toBe(0o700);
    await target.leave();
    await target.finish();
    expect(modeOf("d")).toBe(0o777);
  });

  it("are mode and times to the microsecond, of directories after all that is in them", async () => {
    const target = await make();
    await target.enter(bytes("d"), { ...directory, mode: 0o1755, mtime: "-1500000000123456000" });
    await target.file(bytes("f"), { ...file, mode: 0o604, atime: "1600000000654321999", mtime: "1500000000123456789" }, bytes("x"));
    await target.enter(bytes("closed"), { ...directory, mode: 0o500 });
    await target.file(bytes("g"), file, pieces(["x"]));
    await target.symlink(bytes("s"), { ...symlink, mtime: "1300000000000001000" }, bytes("f"));
    await target.leave();
    await target.leave();
    expect(await target.finish()).toEqual(nothingLost);
    // Node sets microseconds up to version 22, and afterwards as many digits as a double has
    const mtime = (name: string) => lstatSync(join(out, name), { bigint: true }).mtimeNs / 1000n;
    expect(mtime("d")).toBe(-1_500_000_000_123_456n);
    expect(mtime("d/f")).toBe(1_500_000_000_123_456n);
    expect(lstatSync(join(out, "d/f"), { bigint: true }).atimeNs / 1000n).toBe(1_600_000_000_654_321n);
    expect(mtime("d/closed")).toBe(1_400_000_000_000_000n);
    expect(mtime("d/closed/g")).toBe(1_500_000_000_123_456n);
    expect(mtime("d/closed/s")).toBe(1_300_000_000_000_001n);
    expect(["d", "d/f", "d/closed", "d/closed/g"].map(modeOf)).toEqual([0o1755, 0o604, 0o500, 0o640]);
  });

  it("are those of any new file where the item has none", async () => {
    const target = await make();
    await target.enter(bytes("d"), { type: "directory" });
    await target.file(bytes("f"), { type: "file" }, bytes("x"));
    await target.leave();
    expect(await target.finish()).toEqual(nothingLost);
    expect(modeOf("d")).toBe(0o777 & ~process.umask());
    expect(modeOf("d/f")).toBe(0o666 & ~process.umask());
    expect(Math.abs(statSync(join(out, "d/f")).mtimeMs - Date.now())).toBeLessThan(60_000);
  });

  it("never include setuid and setgid, nor sticky on files", async () => {
    const target = await make();
    await target.enter(bytes("d"), { ...directory, mode: 0o7755 });
    await target.file(bytes("whole"), { ...file, mode: 0o7755 }, bytes("x"));
    await target.file(bytes("streamed"), { ...file, mode: 0o4711 }, pieces(["x"]));
    await target.leave();
    const unrestored = (await target.finish()).first.map(({ path, what }) => `${Buffer.from(path)} ${what}`);
    expect(["d", "d/whole", "d/streamed"].map(modeOf)).toEqual([0o1755, 0o755, 0o711]);
    expect(unrestored).toEqual(["d/whole setuid", "d/whole setgid", "d/whole sticky", "d/streamed setuid", "d setuid", "d setgid"]);
  });

  it("keep the other time when only one is known", async () => {
    const target = await make();
    await target.file(bytes("f"), { type: "file", mtime: "1000000000", atime: null }, bytes("x"));
    await target.finish();
    expect(statSync(join(out, "f")).mtimeMs).toBe(1000);
    expect(Math.abs(statSync(join(out, "f")).atimeMs - Date.now())).toBeLessThan(60_000);
  });

  it("are reported when a time is too far away", async () => {
    const target = await make();
    await target.file(bytes("f"), { type: "file", mtime: "9".repeat(30) }, bytes("x"));
    expect((await target.finish()).first).toEqual([{ path: bytes("f"), what: "times", reason: "too far away for this system" }]);
  });

  it.runIf(isRoot)("include owners when these are restored", async () => {
    const target = await createFilesTarget(out, { owner: "restore" });
    const owned = { uid: nobody, gid: 12_345 };
    await target.enter(bytes("d"), { ...directory, ...owned });
    await target.file(bytes("f"), { ...file, ...owned, mode: 0o755 }, bytes("x"));
    await target.symlink(bytes("s"), { ...symlink, ...owned }, bytes("f"));
    await target.leave();
    await target.file(bytes("nobody's"), { ...file, uid: 0xffffffff, gid: 0 }, bytes("x"));
    expect(await target.finish()).toMatchObject({ first: [{ what: "owner" }], count: 1, kinds: { owner: 1 } });
    for (const name of ["d", "d/f", "d/s"]) expect(lstatSync(join(out, name))).toMatchObject({ uid: nobody, gid: 12_345 });
    expect(modeOf("d/f")).toBe(0o755);
    expect(lstatSync(join(out, "d/f"), { bigint: true }).mtimeNs / 1000n).toBe(1_500_000_000_123_456n);
  });

  it.runIf(isRoot)("leave owners alone otherwise", async () => {
    const target = await make();
    await target.file(bytes("f"), { ...file, uid: nobody, gid: nobody }, bytes("x"));
    await target.finish();
    expect(lstatSync(join(out, "f")).uid).toBe(0);
  });
});

describe("contents that are not whole", () => {
  it("have another name, in the same directory and readable by nobody else", async () => {
    const target = await make();
    const seen: string[] = [];
    async function* content() {
      yield bytes("half");
      const [name = "", ...others] = readdirSync(out);
      seen.push(name, ...others, (modeOf(name) & 0o777).toString(8));
      yield bytes(" more");
    }
    await target.file(bytes("f"), file, content());
    expect(seen).toEqual([expect.stringMatching(/^\.[0-9a-f]{18}\.ptar-part$/), "600"]);
    await target.finish();
    expect(diskLines(out)).toEqual(["file f: half more"]);
  });

  it("are gone after an abort, and are not completed by a writer that goes on", async () => {
    const target = await make();
    async function* content() {
      yield bytes("half");
      await target.abort();
      yield bytes(" more");
    }
    await expect(target.file(bytes("f"), file, content())).rejects.toMatchObject({ code: "PTAR_INTERRUPTED" });
    expect(existsSync(out)).toBe(false);
  });

  it("are not awaited after an abort, also when nothing but holes is still to come", async () => {
    const target = await make();
    const size = 2 ** 40;
    let taken = 0;
    async function* content() {
      const zeros = new Uint8Array(1 << 16);
      for (let left = size; left > 0 && taken < 2000; left -= zeros.length) {
        if (taken++ % 16 === 0) await setImmediate();
        yield zeros;
      }
    }
    const written = target.file(bytes("f"), { ...file, size, holes: [{ offset: 0, length: size }] }, content());
    await setImmediate();
    await setImmediate();
    await target.abort();
    await expect(written).rejects.toMatchObject({ code: "PTAR_INTERRUPTED" });
    expect(taken).toBeLessThan(2000);
    expect(existsSync(out)).toBe(false);
  });

  it("do not take whole files with them at an abort", async () => {
    const target = await make();
    await target.file(bytes("f"), file, bytes("whole"));
    await target.abort();
    expect(readFileSync(join(out, "f"), "utf8")).toBe("whole");
  });

  it("leave a directory of the user's own where it was", async () => {
    mkdirSync(out);
    await (await make()).abort();
    expect(existsSync(out)).toBe(true);
  });
});

describe("hard links", () => {
  const differing = ["owner", "mode"] as const;

  it.each([
    ["skip", "mode: as of the first name"],
    ["restore", "owner, mode: as of the first name"],
  ] as const)("with other facts than the first name have those of it, and are reported (owner: %s)", async (owner, reason) => {
    const target = await createFilesTarget(out, { owner });
    await target.file(bytes("first"), { ...file, mode: 0o640 }, bytes("x"));
    await target.link(bytes("l"), { ...file, mode: 0o600 }, { names: [bytes("first")], differing });
    expect(await target.finish()).toEqual({
      first: [{ path: bytes("l"), what: "facts of a hard link", reason }],
      count: 1,
      kinds: { "facts of a hard link": 1 },
    });
    expect(modeOf("l")).toBe(0o640);
  });

  it("lose nothing when they differ in what is not restored", async () => {
    const target = await make();
    await target.file(bytes("first"), file, bytes("x"));
    await target.link(bytes("l"), file, { names: [bytes("first")], differing: ["owner"] });
    expect(await target.finish()).toEqual(nothingLost);
  });
});

describe("symlinks", () => {
  it("say what their source did not let be read", async () => {
    const target = await make();
    await target.symlink(bytes("s"), { ...symlink, errors: [{ code: "EACCES", operation: "xattr" }] }, bytes("x"));
    expect((await target.finish()).first).toEqual([{ path: bytes("s"), what: "xattrs", reason: "EACCES at the source" }]);
  });

  it("that no file system holds are reported, and the others are made", async () => {
    const target = await make();
    await target.symlink(bytes("long"), symlink, bytes("x".repeat(5000)));
    await target.symlink(bytes("short"), symlink, bytes("x"));
    expect((await target.finish()).first).toEqual([{ path: bytes("long"), what: "symlink", reason: "ENAMETOOLONG" }]);
    expect(diskLines(out)).toEqual(["symlink short -> x"]);
  });
});

describe("deep trees", () => {
  it("of 256 directories are made, with names as long as they may be", async () => {
    const target = await make();
    const item: Item = { ...directory, mode: 0o700 };
    const names = Array.from({ length: 255 }, () => bytes("n".repeat(120)));
    for (const name of names) await target.enter(name, item);
    await target.file(bytes("first"), file, bytes("bottom"));
    await target.symlink(bytes("s"), symlink, bytes("first"));
    for (const _name of names) await target.leave();
    await target.link(bytes("again"), file, { names: [...names, bytes("first")], differing: [] });
    expect(await target.finish()).toEqual(nothingLost);
    expect(readFileSync(join(out, "again"), "utf8")).toBe("bottom");
    expect(statSync(join(out, "again")).nlink).toBe(2);
  });
});
