import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { Holding } from "../../../../src/connectors/node/target/directories.js";
import { createFilesTarget } from "../../../../src/connectors/node/target/files-target.js";
import type { Target } from "../../../../src/tree/target.js";
import { diskLines } from "../../disk-lines.js";
import { newFolder } from "../../folder.js";
import { bytes, directory, file, pieces, symlink } from "../../target-conformance.js";

const root = newFolder();
let count = 0;
let out: string;
let outside: string;
const ways: readonly Holding[] = process.platform === "linux" ? ["descriptors", "paths"] : ["paths"];
const unsafe = expect.objectContaining({ code: "PTAR_TARGET_UNSAFE", exitCode: 9 });

beforeEach(() => {
  const folder = join(root, String(count++));
  out = join(folder, "out");
  outside = join(folder, "outside");
  mkdirSync(outside, { recursive: true });
  writeFileSync(join(outside, "canary"), "alive", { mode: 0o640 });
});

/** Nothing outside was made, changed or given other rights. */
function expectCanaryAlive(): void {
  expect(readdirSync(outside)).toEqual(["canary"]);
  expect(readFileSync(join(outside, "canary"), "utf8")).toBe("alive");
  expect(statSync(join(outside, "canary"))).toMatchObject({ mode: 0o100640, nlink: 1 });
  expect(statSync(outside).mode & 0o777).toBe(0o777 & ~process.umask());
}

/** Another process puts a symlink to the outside in place of a directory. */
function swap(path: string): void {
  execFileSync("sh", ["-c", 'mv "$1" "$1.moved" && ln -s "$2" "$1"', "sh", path, outside]);
}

describe.each(ways)("a target that holds %s", (holding) => {
  let target: Target;
  beforeEach(async () => {
    target = await createFilesTarget(out, { owner: "skip", holding });
  });

  it.each(["", ".", "..", "../canary", "/etc/x", "a/b", "a\0b"])("refuses the name %j for every kind of entry", async (name) => {
    const first = [bytes("f")];
    await target.file(bytes("f"), file, bytes("x"));
    await expect(target.enter(bytes(name), directory)).rejects.toEqual(unsafe);
    await expect(target.file(bytes(name), file, bytes("x"))).rejects.toEqual(unsafe);
    await expect(target.file(bytes(name), file, pieces(["x"]))).rejects.toEqual(unsafe);
    await expect(target.link(bytes(name), file, { names: first, differing: [] })).rejects.toEqual(unsafe);
    await expect(target.symlink(bytes(name), symlink, bytes("x"))).rejects.toEqual(unsafe);
    await target.abort();
    expect(diskLines(out)).toEqual(["file f: x"]);
    expectCanaryAlive();
  });

  it("refuses a name that the file system cannot hold, and leaves nothing of it", async () => {
    const name = bytes("n".repeat(300));
    await expect(target.file(name, file, bytes("x"))).rejects.toEqual(unsafe);
    await expect(target.file(name, file, pieces(["x"]))).rejects.toEqual(unsafe);
    await expect(target.enter(name, directory)).rejects.toEqual(unsafe);
    expect(diskLines(out)).toEqual([]);
  });

  it("escapes names in its sentences", async () => {
    const error = expect.objectContaining({ message: "a\\u{1b}[2J\\u{202e}/..: the name names a directory itself" });
    await target.enter(bytes("a\u001b[2J\u202e"), directory);
    await expect(target.enter(bytes(".."), directory)).rejects.toEqual(error);
  });

  it("writes through no symlink that was put where a file goes", async () => {
    symlinkSync(join(outside, "canary"), join(out, "f"));
    symlinkSync(join(outside, "new"), join(out, "g"));
    const exists = expect.objectContaining({ code: "PTAR_TARGET_EXISTS" });
    for (const name of ["f", "g"]) {
      await expect(target.file(bytes(name), file, bytes("evil"))).rejects.toEqual(exists);
      await expect(target.file(bytes(name), file, pieces(["evil"]))).rejects.toEqual(exists);
      await expect(target.enter(bytes(name), directory)).rejects.toEqual(exists);
    }
    expectCanaryAlive();
  });

  it("does not start to read contents whose name is taken", async () => {
    const content = pieces(["x"]);
    await target.file(bytes("f"), file, bytes("x"));
    await expect(target.file(bytes("f"), file, content)).rejects.toMatchObject({ code: "PTAR_TARGET_EXISTS" });
    expect(await content.next()).toMatchObject({ done: false });
  });

  it("goes through no symlink that takes the place of the present directory", async () => {
    await target.enter(bytes("d"), directory);
    swap(join(out, "d"));
    const attempts = [
      () => target.file(bytes("f"), file, bytes("evil")),
      () => target.file(bytes("g"), file, pieces(["evil"])),
      () => target.enter(bytes("e"), directory),
    ];
    for (const attempt of attempts) await attempt().catch((error) => expect(error).toEqual(unsafe));
    expectCanaryAlive();
    await target.abort();
  });

  it("goes through no symlink that takes the place of a directory above", async () => {
    mkdirSync(join(outside, "e"));
    await target.enter(bytes("d"), directory);
    await target.enter(bytes("e"), directory);
    swap(join(out, "d"));
    await target.file(bytes("f"), file, bytes("evil")).catch((error) => expect(error).toEqual(unsafe));
    await target.file(bytes("g"), file, pieces(["evil"])).catch((error) => expect(error).toEqual(unsafe));
    await target.abort();
    expect(readdirSync(join(outside, "e"))).toEqual([]);
    rmSync(join(outside, "e"), { recursive: true });
    expectCanaryAlive();
  });

  it("goes through no symlink while contents are streamed", async () => {
    await target.enter(bytes("d"), directory);
    async function* content() {
      yield bytes("evil");
      swap(join(out, "d"));
      yield bytes("evil");
    }
    await target.file(bytes("f"), file, content()).catch((error) => expect(error).toEqual(unsafe));
    expectCanaryAlive();
    await target.abort();
  });

  it("makes no symlink and sets no mode through one in the end", async () => {
    await target.enter(bytes("d"), { ...directory, mode: 0o777 });
    await target.symlink(bytes("s"), symlink, bytes("x"));
    await target.leave();
    swap(join(out, "d"));
    await expect(target.finish()).rejects.toEqual(unsafe);
    await target.abort();
    expectCanaryAlive();
  });

  it("sets no mode and no time through one in the end", async () => {
    await target.enter(bytes("d"), { ...directory, mode: 0o700 });
    await target.leave();
    swap(join(out, "d"));
    await expect(target.finish()).rejects.toEqual(unsafe);
    await target.abort();
    expectCanaryAlive();
  });

  it("sets no mode and no time of a file that takes the place of a directory", async () => {
    await target.enter(bytes("d"), { ...directory, mode: 0o777 });
    await target.leave();
    renameSync(join(out, "d"), join(out, "moved"));
    linkSync(join(outside, "canary"), join(out, "d"));
    await expect(target.finish()).rejects.toEqual(unsafe);
    await target.abort();
    rmSync(join(out, "d"));
    expectCanaryAlive();
  });

  it("links to nothing that is reached through a symlink, and not to one", async () => {
    await target.enter(bytes("d"), directory);
    await target.file(bytes("canary"), file, bytes("x"));
    await target.leave();
    await target.file(bytes("first"), file, bytes("x"));
    swap(join(out, "d"));
    rmSync(join(out, "first"));
    symlinkSync(join(outside, "canary"), join(out, "first"));
    await expect(target.link(bytes("l"), file, { names: [bytes("d"), bytes("canary")], differing: [] })).rejects.toEqual(unsafe);
    await expect(target.link(bytes("l"), file, { names: [bytes("first")], differing: [] })).rejects.toEqual(unsafe);
    expectCanaryAlive();
    await target.abort();
  });

  it("does not replace a file that appears while contents are streamed", async () => {
    async function* content() {
      yield bytes("mine");
      writeFileSync(join(out, "f"), "theirs");
    }
    await expect(target.file(bytes("f"), file, content())).rejects.toMatchObject({ code: "PTAR_TARGET_EXISTS" });
    expect(diskLines(out)).toEqual(["file f: theirs"]);
  });

  it("ends with an error, and writes nowhere else, when its directory is moved away", async () => {
    await target.enter(bytes("d"), directory);
    renameSync(join(out, "d"), join(outside, "../moved"));
    rmSync(join(outside, "../moved"), { recursive: true });
    await expect(target.file(bytes("f"), file, bytes("x"))).rejects.toMatchObject({ name: "PtarError" });
    await target.leave();
    await expect(target.finish()).rejects.toEqual(unsafe);
  });
});
