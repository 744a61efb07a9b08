// Names that a file system takes for others, drops parts of, or refuses. spec/12-extract.md#rules
import { linkSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { createFilesTarget } from "../../../../src/connectors/node/target/files-target.js";
import { Names, type PresentDirectory } from "../../../../src/connectors/node/target/target-names.js";
import { canMount, imageDisk } from "../../disks.js";
import { newFolder } from "../../folder.js";
import { bytes, directory, file, pieces } from "../../target-conformance.js";

const root = newFolder();
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(root, "x"));
});

/** The folder as a file system shows it that changes names by `change`. */
function changing(change: (name: string) => string): PresentDirectory {
  return {
    names: [bytes("d")],
    path: (name) => Buffer.from(join(folder, change(Buffer.from(name).toString()))),
    list: () => readdirSync(folder, { encoding: "buffer" }),
  };
}

const eexist = Object.assign(new Error("taken"), { code: "EEXIST" });
const unsafe = (message: string) => expect.objectContaining({ code: "PTAR_TARGET_UNSAFE", message });

describe("names that end with a dot or a space", () => {
  it("are refused where the file system drops that, and nothing stays of the trial", () => {
    const names = new Names(
      changing((name) => name.replace(/\.+$/, "")),
      "linux",
    );
    for (const name of ["a.", "b.."])
      expect(() => names.vet(bytes(name))).toThrowError(unsafe(`d/${name}: the name ends with a dot, which this file system drops`));
    expect(() => names.vet(bytes("a "))).not.toThrow();
    expect(readdirSync(folder)).toEqual([]);
    const spaces = new Names(
      changing((name) => name.trimEnd()),
      "linux",
    );
    expect(() => spaces.vet(bytes("a "))).toThrowError(unsafe("d/a : the name ends with a space, which this file system drops"));
  });

  it("are tried once, and names with other ends not at all", () => {
    const names = new Names(
      changing((name) => name.replace(/\.+$/, "")),
      "linux",
    );
    expect(() => names.vet(bytes("a."))).toThrow();
    rmSync(folder, { recursive: true });
    expect(() => names.vet(bytes("b."))).toThrowError(unsafe("d/b.: the name ends with a dot, which this file system drops"));
    for (const name of ["a", "a-", "a!"]) expect(() => names.vet(bytes(name))).not.toThrow();
  });

  it("are names like others where it keeps them", async () => {
    const target = await createFilesTarget(join(folder, "out"), { owner: "skip" });
    for (const name of ["a", "a.", "a ", "..."]) await target.file(bytes(name), file, bytes("x"));
    await target.finish();
    expect(readdirSync(join(folder, "out")).toSorted()).toEqual(["...", "a", "a ", "a."]);
  });
});

describe("a name that is taken", () => {
  const failure = (name: string, change = (text: string) => text) => new Names(changing(change), "linux").failure(eexist, bytes(name)).message;

  it("is reported with the one that took it: by case, Unicode form, or as the same file", () => {
    for (const name of ["other", "Stra\u00dfe", "caf\u00e9", "long name"]) writeFileSync(join(folder, name), "");
    const exact = (name: string) => failure(name, (text) => (text === name ? "other" : text));
    expect(exact("STRASSE")).toBe("d/STRASSE: it and d/Stra\u00dfe give one name on this file system");
    expect(exact("cafe\u0301")).toBe("d/cafe\u0301: it and d/caf\u00e9 give one name on this file system");
    linkSync(join(folder, "other"), join(folder, "zz"));
    rmSync(join(folder, "other"));
    expect(failure("LONGNA~1", (text) => (text === "LONGNA~1" ? "long name" : text))).toContain("it and d/long name give");
  });

  it("is reported alone when nothing else is found", () => {
    writeFileSync(join(folder, "same"), "");
    expect(failure("same")).toBe("d/same: two entries give one name on this file system");
    expect(failure("gone")).toBe("d/gone: two entries give one name on this file system");
  });
});

describe("a name that is refused", () => {
  const failing = (errno: string, present = changing((name) => name)) =>
    new Names(present, "linux").failure(Object.assign(new Error("no"), { code: errno }), bytes("a:b"));

  it.each(["EINVAL", "EILSEQ", "ENAMETOOLONG", "ENOENT", "EPERM"])("with %s is unsafe where others are taken", (errno) => {
    expect(failing(errno)).toEqual(unsafe(`d/a:b: the file system refuses this name (${errno})`));
    expect(readdirSync(folder)).toEqual([]);
  });

  it("with ENOENT because the directory is gone is another error", () => {
    rmSync(folder, { recursive: true });
    expect(failing("ENOENT")).toMatchObject({ code: "PTAR_IO_FAILED", message: "d/a:b: it does not exist (ENOENT)" });
  });
});

describe.runIf(canMount)("a file that is too large for the file system", () => {
  it("is an error before its contents are read, and nothing stays", async () => {
    // ext2 with blocks of 1 KiB holds files of 16 GiB
    const out = join(imageDisk("ext2", { make: ["-b", "1024"] }), "out");
    const target = await createFilesTarget(out, { owner: "skip" });
    const size = 20 * 2 ** 30;
    const content = pieces(["x"]);
    const item = { ...file, size, holes: [{ offset: 4096, length: size - 4096 }] };
    const error = { code: "PTAR_IO_FAILED", message: "d/f: the file system holds no files of this size (EFBIG)" };
    await target.enter(bytes("d"), directory);
    await expect(target.file(bytes("f"), item, content)).rejects.toMatchObject(error);
    expect(await content.next()).toMatchObject({ done: false });
    await target.abort();
    expect(readdirSync(join(out, "d"))).toEqual([]);
  });
});
