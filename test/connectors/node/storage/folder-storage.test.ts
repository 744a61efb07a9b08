import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { folderStorage } from "../../../../src/connectors/node/storage/folder-storage.js";
import type { Storage, StorageFolder } from "../../../../src/repository/files/storage.js";
import { describeStorage } from "../../../repository/storage-conformance.js";
import { contentAt, contentOf, packPath, publish } from "../../../repository/storage-jobs.js";
import { isRoot, newFolder } from "../../folder.js";
import { opener } from "./killing.js";

const folder = newFolder();
let count = 0;
const fresh = () => join(folder, `repository-${count++}`);
const pack = packPath(1);

async function pair() {
  const location = fresh();
  return { storage: folderStorage(location), other: folderStorage(location) };
}

describeStorage("folder storage", pair, { opener });

let location: string;
let storage: Storage;
beforeEach(() => {
  location = fresh();
  storage = folderStorage(location);
});

async function namesIn(which: StorageFolder): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of storage.list(which)) names.push(name);
  return names;
}

describe("the files of a folder storage", () => {
  it("have their names in the folders of the layout, and ordinary rights", async () => {
    await publish(storage, pack, contentOf(1, 10));
    await publish(storage, "ptar-repository.json", contentOf(2, 10));
    expect(readdirSync(location, { recursive: true }).sort()).toEqual(["packs", pack, "ptar-repository.json"]);
    expect(readFileSync(join(location, pack))).toEqual(Buffer.from(contentOf(1, 10)));
    expect(statSync(join(location, pack)).mode & 0o777).toBe(0o666 & ~process.umask());
  });

  it("stand beside their final names while they are written", async () => {
    const file = await storage.create(pack);
    expect(readdirSync(join(location, "packs"))).toEqual([expect.stringMatching(/^\.[0-9a-f]{64}\.ptar\.[0-9a-f]{12}\.ptar-part$/)]);
    await file.discard();
    expect(readdirSync(join(location, "packs"))).toEqual([]);
  });

  it("leave no second name behind, whoever has got the first", async () => {
    await publish(storage, pack, contentOf(1, 10));
    await publish(storage, pack, contentOf(2, 10));
    await storage.now();
    expect(readdirSync(location, { recursive: true }).sort()).toEqual(["packs", pack]);
    expect(statSync(join(location, pack)).nlink).toBe(1);
  });

  it("are found where they were when the program goes to another folder", async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      const relative = folderStorage("relative");
      await publish(relative, pack, contentOf(1, 10));
      process.chdir("/");
      expect(relative.location).toBe("relative");
      expect(await contentAt(relative, pack)).toEqual(contentOf(1, 10));
    } finally {
      process.chdir(before);
    }
  });

  it("may stand in folders that a person has put elsewhere", async () => {
    mkdirSync(location);
    const elsewhere = fresh();
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, join(location, "packs"));
    await publish(storage, pack, contentOf(1, 10));
    expect(readdirSync(elsewhere)).toEqual([pack.slice("packs/".length)]);
    expect(await contentAt(storage, pack)).toEqual(contentOf(1, 10));
  });
});

function symlinkToFile(path: string): void {
  writeFileSync(`${location}-file`, "x");
  symlinkSync(`${location}-file`, path);
}

/** A socket is made under a short name only. */
async function socketAt(path: string): Promise<void> {
  const short = fresh();
  await new Promise<void>((resolve) => createServer().unref().listen(short, resolve));
  renameSync(short, path);
}

describe("what has the name of a file and is none", () => {
  const place = () => join(location, pack);
  beforeEach(() => mkdirSync(join(location, "packs"), { recursive: true }));
  const kinds: readonly (readonly [string, () => unknown])[] = [
    ["symlink to a file", () => symlinkToFile(place())],
    ["symlink to nowhere", () => symlinkSync("nowhere", place())],
    ["symlink to itself", () => symlinkSync(place(), place())],
    ["folder", () => mkdirSync(place())],
    ["fifo", () => execFileSync("mkfifo", [place()])],
    ["socket", () => socketAt(place())],
    ...(isRoot ? ([["device", () => execFileSync("mknod", [place(), "c", "1", "5"])]] as const) : []),
  ];

  it.each(kinds)("is refused when it is opened: %s", async (_kind, make) => {
    await make();
    await expect(storage.open(pack)).rejects.toMatchObject({
      code: "PTAR_REPOSITORY_INVALID",
      exitCode: 4,
      message: `${place()}: is not a regular file`,
      hint: expect.any(String),
    });
  });

  it.each(kinds)("is not listed and not replaced: %s", async (_kind, make) => {
    await make();
    expect(await namesIn("packs")).toEqual([]);
    expect(await publish(storage, pack, contentOf(1, 10))).toBe("exists");
    expect(readdirSync(join(location, "packs"))).toHaveLength(1);
    await expect(storage.open(pack)).rejects.toMatchObject({ code: "PTAR_REPOSITORY_INVALID" });
  });
});

describe("listing a folder storage", () => {
  it("leaves out names of other forms and files that are being written", async () => {
    await publish(storage, pack, contentOf(1, 10));
    const file = await storage.create(packPath(2));
    const name = pack.slice("packs/".length);
    for (const other of ["x", name.toUpperCase(), `${name}~`, `${name}.part`, name.replace(".ptar", ".json")]) {
      writeFileSync(join(location, "packs", other), "");
    }
    expect(await namesIn("packs")).toEqual([name]);
    await file.discard();
  });

  it("tells lengths and times of many files", async () => {
    mkdirSync(join(location, "index"), { recursive: true });
    const name = (i: number) => packPath(i).slice("packs/".length);
    for (let i = 0; i < 300; i++) writeFileSync(join(location, "index", name(i)), "x".repeat(i));
    // a number that is nearer to the next millisecond
    execFileSync("touch", ["-d", "@1795345882.868999999", join(location, "index", name(7))]);
    const listed = new Map<string, unknown>();
    for await (const file of storage.list("index")) listed.set(file.name, file);
    expect(listed.size).toBe(300);
    expect(listed.get(name(299))).toMatchObject({ length: 299 });
    expect(listed.get(name(7))).toEqual({ name: name(7), length: 7, written: 1_795_345_882_868 });
  });
});

describe("the folder of a storage", () => {
  it("is not made together with the one above it", async () => {
    storage = folderStorage(join(location, "repository"));
    await expect(storage.create(pack)).rejects.toMatchObject({
      code: "PTAR_IO_FAILED",
      message: `folder ${location}: it does not exist (ENOENT)`,
      hint: "make it first, or mount its disk",
    });
    expect(existsSync(location)).toBe(false);
    mkdirSync(location);
    expect(await publish(storage, pack, contentOf(1, 10))).toBe("published");
  });

  it.each(["", "packs"])("is refused when it is a file: %j", async (which) => {
    if (which !== "") mkdirSync(location);
    writeFileSync(join(location, which), "");
    const message = `${which === "" ? location : join(location, which)}: is not a folder`;
    await expect(storage.create(pack)).rejects.toMatchObject({ code: "PTAR_IO_FAILED", message, hint: expect.any(String) });
    await expect(namesIn("packs")).rejects.toMatchObject({ code: "PTAR_IO_FAILED", details: { errno: "ENOTDIR" } });
    await expect(storage.open(pack)).rejects.toMatchObject({ code: "PTAR_IO_FAILED", details: { errno: "ENOTDIR" } });
  });

  it("that goes away while something is written to it is named, with what to look for", async () => {
    const file = await storage.create(pack);
    rmSync(location, { recursive: true });
    await expect(file.publish()).rejects.toMatchObject({
      code: "PTAR_IO_FAILED",
      message: `${join(location, pack)}: it does not exist (ENOENT)`,
      hint: expect.stringContaining("look whether the disk is there"),
    });
    await expect(storage.create(pack)).rejects.toMatchObject({ code: "PTAR_IO_FAILED", details: { errno: "ENOENT" } });
  });

  it("says what stands in the way of removing", async () => {
    mkdirSync(join(location, pack), { recursive: true });
    await expect(storage.remove(pack)).rejects.toMatchObject({ code: "PTAR_IO_FAILED", message: expect.stringContaining(join(location, pack)) });
  });
});

describe("sweeping a folder storage", () => {
  const token = ".0123456789ab.ptar-part";
  const name = pack.slice("packs/".length);
  const old = [
    `.ptar-repository.json${token}`,
    `.clock${token}`,
    ...["packs", "adopted", "index", "snapshots"].map((in_) => `${in_}/.${name}${token}`),
    `keys/.${name.replace(".ptar", ".age")}${token}`,
    `marks/.${name.replace(".ptar", ".json")}${token}`,
    `locks/.prune.json${token}`,
    `packs/.${name}.000000000000.ptar-part`,
  ];
  const others = [
    `.other${token}`,
    `.${name}${token}`,
    `packs/${name}`,
    `packs/.${name}`,
    `packs/.x${token}`,
    `packs/.clock${token}`,
    `packs/.${name}.0123456789aB.ptar-part`,
    `packs/.${name}.0123456789.ptar-part`,
    `packs/.${name}.0123456789ab.ptar-part~`,
    `packs/x.${name}${token}`,
    `keys/.${name}${token}`,
    `other/.${name}${token}`,
  ];

  const plant = (path: string, seconds: number) => {
    mkdirSync(join(location, path, ".."), { recursive: true });
    writeFileSync(join(location, path), "x");
    utimesSync(join(location, path), seconds, seconds);
  };

  it("deletes old temporary files of each folder, and nothing else", async () => {
    for (const path of [...old, ...others]) plant(path, 1000);
    const young = `packs/.${name}.111111111111.ptar-part`;
    plant(young, 2000);
    expect(await storage.sweep(2_000_000)).toBe(old.length);
    for (const path of old) expect(existsSync(join(location, path)), path).toBe(false);
    for (const path of [...others, young]) expect(existsSync(join(location, path)), path).toBe(true);
  });

  it("leaves alone what is no file", async () => {
    mkdirSync(join(location, `packs/.${name}.000000000001.ptar-part`), { recursive: true });
    plant("packs/target", 1000);
    symlinkSync("target", join(location, `packs/.${name}.000000000002.ptar-part`));
    expect(await storage.sweep(Number.MAX_SAFE_INTEGER)).toBe(0);
    expect(readdirSync(join(location, "packs"))).toHaveLength(3);
  });
});

describe("the clock of a folder storage", () => {
  it("is that of its file system, and needs no other file", async () => {
    const before = await storage.now();
    writeFileSync(join(location, "x"), "");
    const { mtimeMs } = statSync(join(location, "x"), { bigint: true });
    const times = [before, Number(mtimeMs), await storage.now()];
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(readdirSync(location)).toEqual(["x"]);
  });

  it("does not depend on rights to read", async () => {
    mkdirSync(location);
    chmodSync(location, 0o300);
    expect(await storage.now()).toBeGreaterThan(0);
    chmodSync(location, 0o700);
  });
});
