import { existsSync, linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { type CopyOptions, copyNew, linkOrCopy, moveNew } from "../../../../src/connectors/node/target/new-files.js";
import { newFolder } from "../../folder.js";

const root = newFolder();
let folder: string;
const at = (name: string) => Buffer.from(join(folder, name));
const plain: CopyOptions = { item: {}, settle: () => undefined };
const noLinks: typeof linkSync = () => {
  throw Object.assign(new Error("no links"), { code: "ENOTSUP" });
};

beforeEach(() => {
  folder = mkdtempSync(join(root, "x"));
});

describe("moveNew", () => {
  it.each([
    ["with", linkSync],
    ["without", noLinks],
  ])("moves a file to a free name and over nothing, %s hard links", (_how, makeLink) => {
    writeFileSync(at("part"), "new");
    writeFileSync(at("taken"), "old");
    expect(() => moveNew(at("part"), at("taken"), makeLink)).toThrowError(expect.objectContaining({ code: "EEXIST" }));
    symlinkSync("nowhere", at("dangling"));
    expect(() => moveNew(at("part"), at("dangling"), makeLink)).toThrowError(expect.objectContaining({ code: "EEXIST" }));
    moveNew(at("part"), at("free"), makeLink);
    expect(readdirSync(folder)).toEqual(["dangling", "free", "taken"]);
    expect(readFileSync(at("free"), "utf8")).toBe("new");
    expect(readFileSync(at("taken"), "utf8")).toBe("old");
  });
});

describe("linkOrCopy", () => {
  // another file system: links between two fail as those on one without links do
  const memory = "/dev/shm";
  const apart = existsSync(memory) && statSync(memory).dev !== statSync(root).dev;

  it.runIf(apart)("copies where there are no hard links, and says so", () => {
    const other = mkdtempSync(join(memory, "ptar-test-"));
    const first = Buffer.from(join(other, "first"));
    writeFileSync(first, Buffer.alloc(3_000_000, 7));
    expect(linkOrCopy(first, at("copy"), plain)).toBe("EXDEV, copied instead");
    expect(readFileSync(at("copy")).equals(Buffer.alloc(3_000_000, 7))).toBe(true);
    expect(() => linkOrCopy(first, at("copy"), plain)).toThrowError(expect.objectContaining({ code: "EEXIST" }));
    rmSync(other, { recursive: true });
  });

  it("copies through no symlink, over nothing, and leaves nothing when it fails", () => {
    writeFileSync(at("a"), "a");
    symlinkSync("a", at("s"));
    expect(() => copyNew(at("s"), at("new"), plain)).toThrowError(expect.objectContaining({ code: "ELOOP" }));
    expect(() => copyNew(at("a"), at("s"), plain)).toThrowError(expect.objectContaining({ code: "EEXIST" }));
    const failing: CopyOptions = {
      item: {},
      settle() {
        throw new Error("full");
      },
    };
    expect(() => copyNew(at("a"), at("new"), failing)).toThrow("full");
    expect(readdirSync(folder)).toEqual(["a", "s"]);
  });
});
