import { existsSync, linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CopyOptions, copyNew, linkOrCopy, moveNew } from "../../../../src/connectors/node/target/new-files.js";
import { openDescriptors } from "../../descriptors.js";
import { newFolder } from "../../folder.js";

const root = newFolder();
let folder: string;
/** Descriptors before a test: everything that is opened is closed again. */
let open: number;
const at = (name: string) => Buffer.from(join(folder, name));
const plain: CopyOptions = { item: {}, settle: () => undefined };
const noLinks: typeof linkSync = () => {
  throw Object.assign(new Error("no links"), { code: "ENOTSUP" });
};

beforeEach(() => {
  folder = mkdtempSync(join(root, "x"));
  open = openDescriptors();
});

afterEach(() => {
  expect(openDescriptors()).toBeLessThanOrEqual(open);
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

  it("moves nothing when the system fails in another way", () => {
    writeFileSync(at("part"), "new");
    const failing: typeof linkSync = () => {
      throw Object.assign(new Error("the device reports an error"), { code: "EIO" });
    };
    expect(() => moveNew(at("part"), at("free"), failing)).toThrowError(expect.objectContaining({ code: "EIO" }));
    expect(readdirSync(folder)).toEqual(["part"]);
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

  it("copies nothing when the system fails in another way", () => {
    // two calls of a missing file, and the error of the first
    const failed = expect.objectContaining({ code: "ENOENT", syscall: "link" });
    expect(() => linkOrCopy(at("missing"), at("copy"), plain)).toThrowError(failed);
  });

  it.each([0, 1, 1 << 20, (1 << 20) + 1])("copies all of %i bytes", (length) => {
    writeFileSync(at("a"), Buffer.alloc(length, 7));
    copyNew(at("a"), at("copy"), plain);
    expect(readFileSync(at("copy")).equals(Buffer.alloc(length, 7))).toBe(true);
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
