import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { filesSource } from "../../../../src/connectors/node/source/files-source.js";
import { OneFileSystem } from "../../../../src/connectors/node/source/mounts.js";
import { isRoot, newFolder } from "../../folder.js";
import { eventsOf, linesOf } from "../../source-conformance.js";

const root = newFolder();
const everything = process.env.CI === "true";
let count = 0;
let folder: string;

beforeEach(() => {
  folder = join(root, String(count++));
  mkdirSync(folder);
});

/** A file system in memory at `path`, with a file `inside` in it. */
function mount(path: string): void {
  const at = join(folder, path);
  mkdirSync(at, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "none", at]);
  onTestFinished(() => {
    execFileSync("umount", ["-l", at]);
  });
  writeFileSync(join(at, "inside"), "");
}

const staying = (paths: readonly string[]) => filesSource(paths, { cwd: folder, oneFileSystem: true });
const typeHere = () => execFileSync("stat", ["-f", "-c", "%T", folder], { encoding: "utf8" }).trim().replace("ext2/ext3", "ext4");

// spec/06-snapshot.md#mounts
describe.runIf(isRoot || everything)("staying on one file system", () => {
  it("records mount points without entering them, and counts what is below once", async () => {
    mount("a/m");
    mkdirSync(join(folder, "a/n"));
    const source = staying(["a"]);
    const events = await eventsOf(source);
    expect(linesOf(events)).toEqual(["enter a", "enter a/m", "excluded a/m", "leave a/m", "enter a/n", "leave a/n", "leave a"]);
    expect(events[1]).toMatchObject({
      item: {
        type: "directory",
        attributes: [
          { name: "filesystem", value: "tmpfs" },
          { name: "mount-point", value: "not entered" },
        ],
      },
    });
    expect(events[4]).not.toHaveProperty("item.attributes");
    expect(source.attributes?.()).toEqual([{ name: "filesystem", value: typeHere() }]);
  });

  it("is a wish: without it mount points are entered and nothing is said", async () => {
    mount("a/m");
    const source = filesSource(["a"], { cwd: folder });
    const events = await eventsOf(source);
    expect(linesOf(events)).toEqual(["enter a", "enter a/m", "file a/m/inside", "leave a/m", "leave a"]);
    expect(events[1]).not.toHaveProperty("item.attributes");
    expect(source.attributes?.()).toEqual([]);
  });

  it("means that of each source, whose types the snapshot names", async () => {
    mount("m");
    mount("a/n");
    writeFileSync(join(folder, "f"), "");
    const source = staying(["m", "a", "f"]);
    expect(linesOf(await eventsOf(source))).toEqual([
      "enter a",
      "enter a/n",
      "excluded a/n",
      "leave a/n",
      "leave a",
      "file f",
      "enter m",
      "file m/inside",
      "leave m",
    ]);
    expect(source.attributes?.()).toEqual([{ name: "filesystem", value: [typeHere(), "tmpfs"].sort().join(", ") }]);
  });

  it("starts from the source itself, also at the root of the tree", async () => {
    mount("a/m");
    const inside = filesSource(["."], { cwd: join(folder, "a/m"), oneFileSystem: true });
    expect(linesOf(await eventsOf(inside))).toEqual(["file inside"]);
    expect(inside.attributes?.()).toEqual([{ name: "filesystem", value: "tmpfs" }]);
    expect(linesOf(await eventsOf(staying(["."])))).toEqual(["enter a", "enter a/m", "excluded a/m", "leave a/m", "leave a"]);
  });

  it("enters a mount point that is a source itself", async () => {
    mount("a/m");
    mkdirSync(join(folder, "a/m/deep"));
    const source = staying(["a", "a/m"]);
    expect(linesOf(await eventsOf(source))).toEqual([
      "enter a",
      "enter a/m",
      "enter a/m/deep",
      "leave a/m/deep",
      "file a/m/inside",
      "leave a/m",
      "leave a",
    ]);
    expect(source.attributes?.()).toEqual([{ name: "filesystem", value: [typeHere(), "tmpfs"].sort().join(", ") }]);
  });

  it("refuses a source that the walk over another one would not reach", () => {
    mount("a/m");
    mkdirSync(join(folder, "a/m/deep"));
    expect(() => staying(["a", "a/m/deep"]).walk()).toThrowError(
      expect.objectContaining({ code: "PTAR_SOURCE_CONFLICT", message: expect.stringContaining(`${folder}/a and ${folder}/a/m/deep`) }),
    );
    expect(() => filesSource(["a", "a/m/deep"], { cwd: folder }).walk()).not.toThrow();
    expect(() => staying(["a", "a/m", "a/m/deep"]).walk()).not.toThrow();
  });

  it("does not take another place of the same file system for a mount", async () => {
    for (const name of ["a/bound", "b"]) mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, "b/f"), "");
    execFileSync("mount", ["--bind", join(folder, "b"), join(folder, "a/bound")]);
    onTestFinished(() => {
      execFileSync("umount", ["-l", join(folder, "a/bound")]);
    });
    expect(linesOf(await eventsOf(staying(["a"])))).toEqual(["enter a", "enter a/bound", "file a/bound/f", "leave a/bound", "leave a"]);
  });

  it("knows the type by device, also of a mount point with odd bytes", async () => {
    mount("a/sp ace\n\\m");
    const events = await eventsOf(staying(["a"]));
    expect(events[1]).toMatchObject({ item: { attributes: [{ name: "filesystem", value: "tmpfs" }, {}] } });
  });
});

describe("the type of a file system", () => {
  it("is unknown where the system does not tell", () => {
    expect(new OneFileSystem([]).attributesOf(0xfff_ff_ffn)).toContainEqual({ name: "filesystem", value: "unknown" });
  });
});
