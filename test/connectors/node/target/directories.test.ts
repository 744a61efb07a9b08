// Directories that are held on the way down. spec/12-extract.md#paths
import { mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { Directories, type Holding } from "../../../../src/connectors/node/target/directories.js";
import { openDescriptors } from "../../descriptors.js";
import { newFolder } from "../../folder.js";
import { bytes } from "../../target-conformance.js";

const root = newFolder();
const ways: readonly Holding[] = process.platform === "linux" ? ["descriptors", "paths"] : ["paths"];
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(root, "x"));
});

const shown = ({ names }: Directories) => names.map((name) => Buffer.from(name).toString()).join("/");

describe.each(ways)("directories held by %s", (holding) => {
  it("are left and entered as far as two ways differ, whatever names they share", () => {
    for (const path of ["a/b/c", "b/c", "c/a"]) mkdirSync(join(folder, path), { recursive: true });
    for (const path of ["a/b/c", "a/b", "a", "b/c", "b", "c/a", "c", ""]) writeFileSync(join(folder, path, "here"), path);
    const held = new Directories(folder, holding);
    for (const way of ["a/b/c", "b/c", "a/b", "b", "a/b", "c/a", "a/b/c", "c", "", "a"]) {
      held.go(way === "" ? [] : way.split("/").map(bytes));
      expect(shown(held)).toBe(way);
      expect(held.list().map(String)).toContain("here");
      expect(readFileSync(held.path(bytes("here")), "utf8")).toBe(way);
    }
    held.close();
  });

  it("are entered, or the reason is that of the system", () => {
    const held = new Directories(folder, holding);
    const long = { code: "PTAR_IO_FAILED", details: { errno: "ENAMETOOLONG" } };
    expect(() => held.push(bytes("n".repeat(300)))).toThrowError(expect.objectContaining(long));
    writeFileSync(join(folder, "f"), "");
    expect(() => held.push(bytes("f"))).toThrowError(expect.objectContaining({ code: "PTAR_TARGET_UNSAFE" }));
    held.close();
  });

  it("end at the root", () => {
    const held = new Directories(folder, holding);
    expect(() => held.pop()).toThrow("there is no directory to leave");
    expect(shown(held)).toBe("");
    held.close();
  });

  it("are closed when they are left, and all of them in the end", () => {
    const open = openDescriptors();
    mkdirSync(join(folder, "a/b"), { recursive: true });
    const held = new Directories(folder, holding);
    const atRoot = openDescriptors();
    held.go([bytes("a"), bytes("b")]);
    held.go([]);
    expect(openDescriptors()).toBeLessThanOrEqual(atRoot);
    held.go([bytes("a")]);
    held.close();
    expect(openDescriptors()).toBeLessThanOrEqual(open);
  });
});

describe("a directory by its path that is exchanged", () => {
  it("is not opened again, and nothing stays open", () => {
    mkdirSync(join(folder, "a"));
    const held = new Directories(folder, "paths");
    held.push(bytes("a"));
    renameSync(join(folder, "a"), join(folder, "moved"));
    mkdirSync(join(folder, "a"));
    const open = openDescriptors();
    expect(() => held.reopen()).toThrowError(expect.objectContaining({ code: "PTAR_TARGET_UNSAFE" }));
    expect(openDescriptors()).toBeLessThanOrEqual(open);
  });
});
