import { linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { type FilesSourceOptions, filesSource } from "../../../../src/connectors/node/source/files-source.js";
import type { SourceEvent } from "../../../../src/tree/source.js";
import { putTree } from "../../disk-tree.js";
import { below, latin1, newFolder } from "../../folder.js";
import { entryNamed, eventsOf, linesOf } from "../../source-conformance.js";

const root = newFolder();
let count = 0;
let cwd: string;

// spec/06-snapshot.md#names
const walked = async (paths: readonly string[], options: FilesSourceOptions = {}) => linesOf(await eventsOf(filesSource(paths, { cwd, ...options })));
const conflict = (one: string, other: string, name: string) =>
  expect.objectContaining({
    code: "PTAR_SOURCE_CONFLICT",
    message: `sources ${one} and ${other}: both give the name ${name}`,
    details: { source: other },
  });

beforeEach(() => {
  const folder = join(root, String(count++));
  cwd = join(folder, "cwd");
  mkdirSync(cwd, { recursive: true });
  putTree(cwd, { a: { type: "directory", children: { b: { type: "directory", children: { c: "", d: "" } }, e: "" } }, f: "" });
  putTree(folder, { a: { type: "directory", children: { x: "" } }, g: "" });
});

describe("names of sources", () => {
  it.each([
    ["a/b", ["enter a", "enter a/b", "file a/b/c", "file a/b/d", "leave a/b", "leave a"]],
    ["./a//b/c", ["enter a", "enter a/b", "file a/b/c", "leave a/b", "leave a"]],
    ["../g", ["file g"]],
    ["a/../f", ["file f"]],
    ["a/b/../e", ["enter a", "file a/e", "leave a"]],
    ["f/", ["file f"]],
    ["a/b/..", ["enter a", "enter a/b", "file a/b/c", "file a/b/d", "leave a/b", "file a/e", "leave a"]],
  ])("of %s", async (path, lines) => {
    expect(await walked([path])).toEqual(lines);
  });

  it("of . are its entries, at the root", async () => {
    const lines = ["enter a", "enter a/b", "file a/b/c", "file a/b/d", "leave a/b", "file a/e", "leave a", "file f"];
    for (const path of [".", "./", "././/.", "a/..", "a/b/../.."]) expect(await walked([path])).toEqual(lines);
  });

  it("lose a leading slash", async () => {
    const lines = await walked([join(cwd, "f")]);
    expect(lines.filter((line) => line.startsWith("file"))).toEqual([`file ${join(cwd, "f").slice(1)}`]);
    expect(lines[0]).toBe(`enter ${cwd.split("/")[1]}`);
  });

  it("have parents with their own facts", async () => {
    const [parent] = await eventsOf(filesSource(["a/e"], { cwd }));
    expect(parent).toMatchObject({ kind: "enter", item: { type: "directory", mode: 0o777 & ~process.umask(), nlink: 3 } });
  });

  it("are joined into one tree, each path walked once", async () => {
    const whole = ["enter a", "enter a/b", "file a/b/c", "file a/b/d", "leave a/b", "file a/e", "leave a"];
    expect(await walked(["a/e", "a/b/d"])).toEqual(["enter a", "enter a/b", "file a/b/d", "leave a/b", "file a/e", "leave a"]);
    expect(await walked(["a", "a"])).toEqual(whole);
    expect(await walked(["a/b", "a", "./a/b/c"])).toEqual(whole);
    expect(await walked(["a", "../cwd/a/../f"])).toEqual([...(await walked(["a"])), ...(await walked(["../cwd/f"]))]);
    expect(await walked([".", "a/b", "f"])).toEqual([...whole, "file f"]);
  });

  it("are joined with the entries of . where they are free", async () => {
    expect(await walked([".", "../g"])).toEqual([...(await walked(["a"])), "file f", "file g"]);
  });

  it("are told from names that are not UTF-8 and read the same", async () => {
    writeFileSync(below(cwd, latin1("\xff")), "");
    writeFileSync(join(cwd, "../\ufffd"), "longer");
    const events = await eventsOf(filesSource([".", "../\ufffd"], { cwd }));
    expect(entryNamed(events, latin1("\xff")).item.size).toBe(0);
    expect(entryNamed(events, "\ufffd").item.size).toBe(6);
  });

  it("stand once although another file takes the name after the sources were joined", async () => {
    const walk = filesSource([".", "../g"], { cwd }).walk();
    writeFileSync(join(cwd, "g"), "");
    const events: SourceEvent[] = [];
    for await (const run of walk) events.push(...run);
    expect(linesOf(events).filter((line) => line === "file g")).toHaveLength(1);
  });

  it("conflict when two paths give one name", async () => {
    writeFileSync(join(cwd, "g"), "");
    await expect(walked(["g", "../g"])).rejects.toEqual(conflict("g", "../g", "g"));
    await expect(walked(["a/e", "../a/x"])).rejects.toEqual(conflict("a/e", "../a/x", "a"));
    await expect(walked([".", "../g"])).rejects.toEqual(conflict(".", "../g", "g"));
    await expect(walked([".", ".."])).rejects.toEqual(conflict(".", "..", "."));
  });

  it("conflict although the two paths are hard links of one file", async () => {
    linkSync(join(cwd, "../g"), join(cwd, "g"));
    await expect(walked(["g", "../g"])).rejects.toEqual(conflict("g", "../g", "g"));
  });

  it("do not follow a symlink that is a source itself", async () => {
    symlinkSync("a", join(cwd, "s"));
    expect(await walked(["s"])).toEqual(["symlink s"]);
    expect(await walked(["s/"])).toEqual(["symlink s"]);
    expect(await walked(["s/."])).toEqual(["enter s", "enter s/b", "file s/b/c", "file s/b/d", "leave s/b", "file s/e", "leave s"]);
  });

  it("follow a symlink on the way to a source, and record the directory", async () => {
    symlinkSync("a", join(cwd, "s"));
    expect(await walked(["s/e"])).toEqual(["enter s", "file s/e", "leave s"]);
  });

  it("conflict when a symlink is both a source and on the way to one", async () => {
    symlinkSync("a", join(cwd, "s"));
    await expect(walked(["s", "s/e"])).rejects.toEqual(conflict("s", "s/e", "s"));
    await expect(walked(["s/e", "s"])).rejects.toEqual(conflict("s/e", "s", "s"));
    await expect(walked([".", "s/e"])).rejects.toEqual(conflict(".", "s/e", "s"));
  });

  it.each(["missing", "a/missing/x", "f/x", "missing/../f"])("are refused before anything is walked: %s does not exist", async (path) => {
    const error = {
      code: "PTAR_SOURCE_NOT_FOUND",
      exitCode: 7,
      message: `source ${path}: no such file or directory`,
      hint: expect.any(String),
      details: { source: path },
    };
    expect(() => filesSource(["a", path], { cwd }).walk()).toThrowError(expect.objectContaining(error));
  });

  it("are refused when no archive can hold them", async () => {
    const deep = Array.from({ length: 257 }, () => "a").join("/");
    await expect(walked([deep])).rejects.toMatchObject({ code: "PTAR_LIMIT_EXCEEDED" });
    await expect(walked(["n".repeat(1025)])).rejects.toMatchObject({ code: "PTAR_LIMIT_EXCEEDED" });
  });

  it("can be left out by a rule as any other", async () => {
    expect(await walked(["a/b", "f"], { exclude: (path) => String(path) === "a/b" })).toEqual(["enter a", "excluded a/b", "leave a", "file f"]);
  });

  it("are relative to the working directory of the process without another one", async () => {
    const events = await eventsOf(filesSource(["package.json"]));
    expect(entryNamed(events, "package.json").content).toMatchObject({ path: new Uint8Array(Buffer.from("package.json")) });
  });
});

describe("sources in the snapshot", () => {
  it("have a label without the place on disk", () => {
    const labels = ["/x/y", "./a/", ".", "../../b", "/"].map((path) => filesSource([path], { cwd }).sources[0]);
    expect(labels).toEqual(["x/y", "a", ".", "b", "."].map((label) => ({ kind: "files", label })));
  });

  it("have their absolute path when asked for, and each stands once", () => {
    const { sources } = filesSource(["a", "./a/", "../g"], { cwd, withPath: true });
    expect(sources).toEqual([
      { kind: "files", label: "a", path: join(cwd, "a") },
      { kind: "files", label: "g", path: join(cwd, "../g") },
    ]);
  });
});
