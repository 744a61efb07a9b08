import { afterEach, describe, expect, it } from "vitest";
import { dryRunTarget } from "../../../../src/connectors/node/target/dry-run-target.js";
import { type Platform, presentPlatform, unsafeName } from "../../../../src/connectors/node/target/safe-name.js";
import { latin1 } from "../../folder.js";
import { bytes, directory, file, pieces, symlink } from "../../target-conformance.js";

const platforms: readonly Platform[] = ["linux", "darwin", "win32"];

describe("unsafeName", () => {
  it.each(platforms)("lets ordinary names pass on %s", (platform) => {
    for (const name of [
      "a",
      "...a",
      ".hidden",
      "a b",
      "ü",
      "conx",
      "com",
      "comx",
      "com10",
      "lpt",
      "nula.txt",
      "x.nul",
      "~1",
      "PROGRA~1",
      "\u{10000}",
    ])
      expect([name, unsafeName(bytes(name), platform)]).toEqual([name, undefined]);
  });

  it.each(platforms)("refuses on %s what leaves the directory", (platform) => {
    const reasons = ["", ".", "..", "a/b", "/", "a\0"].map((name) => unsafeName(bytes(name), platform));
    expect(reasons).toEqual(["is empty", "names a directory itself", "names a directory itself", "has a slash", "has a slash", "has a NUL byte"]);
  });

  it("takes any other bytes on Linux, and UTF-8 only elsewhere", () => {
    const name = latin1("\xff");
    expect(unsafeName(name, "linux")).toBeUndefined();
    expect(unsafeName(name, "darwin")).toContain("is not UTF-8");
    expect(unsafeName(name, "win32")).toContain("is not UTF-8");
  });

  const devices = [
    "con",
    "PRN",
    "Aux",
    "nul",
    "NUL.txt",
    "nul .txt",
    "nul.tar.gz",
    "COM0",
    "com1",
    "COM9.log",
    "lpt1",
    "LPT9",
    "COM\u00b9",
    "lpt\u00b2.x",
    "CONIN$",
    "conout$",
  ];
  it.each(devices)("refuses the device %s on Windows only", (name) => {
    expect(unsafeName(bytes(name), "win32")).toBe("names a device on Windows");
    expect(unsafeName(bytes(name), "linux")).toBeUndefined();
    expect(unsafeName(bytes(name), "darwin")).toBeUndefined();
  });

  it.each(["C:", "C:x", "x:stream", "x::$DATA", "a\\b", "\\\\?\\x", "\\\\server", "a<", "a>", 'a"', "a|", "a?", "a*", "a\nb", "a\u0001", "a\u009b"])(
    "refuses %j on Windows",
    (name) => {
      expect(unsafeName(bytes(name), "win32")).toContain("has the character");
      expect(unsafeName(bytes(name), "linux")).toBeUndefined();
    },
  );

  it.each(["a.", "a ", "a. .", "..."])("refuses %j, whose end Windows drops", (name) => {
    expect(unsafeName(bytes(name), "win32")).toBe("ends with a dot or a space, which Windows drops");
    expect(unsafeName(bytes(name), "darwin")).toBeUndefined();
  });

  it("refuses names that are too long for Windows", () => {
    expect(unsafeName(bytes("n".repeat(255)), "win32")).toBeUndefined();
    expect(unsafeName(bytes("n".repeat(256)), "win32")).toBe("has more than 255 characters");
  });
});

describe("presentPlatform", () => {
  const platform = Object.getOwnPropertyDescriptor(process, "platform") as PropertyDescriptor;
  afterEach(() => {
    Object.defineProperty(process, "platform", platform);
  });

  it.each([
    ["win32", "win32"],
    ["darwin", "darwin"],
    ["freebsd", "linux"],
  ])("takes %s for %s", (present, rules) => {
    Object.defineProperty(process, "platform", { ...platform, value: present });
    expect(presentPlatform()).toBe(rules);
  });
});

describe("dryRunTarget", () => {
  const unsafe = expect.objectContaining({ code: "PTAR_TARGET_UNSAFE", message: "d/nul: the name names a device on Windows" });

  it("vets every name as an extraction does", async () => {
    const target = dryRunTarget("win32");
    await target.enter(bytes("d"), directory);
    await expect(target.enter(bytes("nul"), directory)).rejects.toEqual(unsafe);
    await expect(target.file(bytes("nul"), file, bytes("x"))).rejects.toEqual(unsafe);
    await expect(target.link(bytes("nul"), file, { names: [], differing: [] })).rejects.toEqual(unsafe);
    await expect(target.symlink(bytes("nul"), symlink, bytes("x"))).rejects.toEqual(unsafe);
  });

  it("is for this system without another one, and reads contents to their end", async () => {
    const target = dryRunTarget();
    await expect(target.enter(bytes(".."), directory)).rejects.toMatchObject({ code: "PTAR_TARGET_UNSAFE" });
    await target.enter(bytes("d"), { ...directory, errors: [{ code: "EIO", operation: "list" }] });
    await expect(target.file(bytes("f"), file, pieces(["a"], new Error("wrong digest")))).rejects.toThrow("wrong digest");
    await target.link(bytes("l"), file, { names: [bytes("first")], differing: ["owner", "mtime"] });
    await target.symlink(bytes("s"), { ...symlink, mode: 0o7777, errors: [{ code: "EACCES", operation: "xattr" }] }, bytes("x"));
    await target.other(bytes("p"), { type: "fifo" });
    await target.leave();
    await expect(target.leave()).rejects.toThrow(TypeError);
    expect((await target.finish()).first).toEqual([
      { path: bytes("d"), what: "contents", reason: "EIO at the source" },
      { path: bytes("d/l"), what: "facts of a hard link", reason: "mtime: as of the first name" },
      { path: bytes("d/s"), what: "xattrs", reason: "EACCES at the source" },
      { path: bytes("d/p"), what: "special file", reason: "fifo" },
    ]);
    await target.abort();
  });
});
