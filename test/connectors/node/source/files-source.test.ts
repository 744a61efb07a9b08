import { execFileSync } from "node:child_process";
import { linkSync, lstatSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { type FilesSourceOptions, filesSource } from "../../../../src/connectors/node/source/files-source.js";
import { putTree } from "../../disk-tree.js";
import { below, isRoot, latin1, newFolder } from "../../folder.js";
import { entryNamed, eventsOf, linesOf, openContent, readAll, sourceConformance } from "../../source-conformance.js";

const root = newFolder();
let count = 0;
let folder: string;

beforeEach(() => {
  folder = join(root, String(count++));
  mkdirSync(folder);
});

const walked = (options: FilesSourceOptions = {}) => eventsOf(filesSource(["."], { cwd: folder, ...options }));

sourceConformance("files", async (tree) => {
  putTree(folder, tree);
  return filesSource(["."], { cwd: folder });
});

describe("facts of entries", () => {
  it("are those that the system gives, exactly", async () => {
    writeFileSync(join(folder, "f"), "abc", { mode: 0o604 });
    utimesSync(join(folder, "f"), 1_500_000_000.25, "-1.5");
    const stats = lstatSync(join(folder, "f"), { bigint: true });
    expect(entryNamed(await walked(), "f").item).toEqual({
      type: "file",
      size: 3,
      mode: 0o604,
      uid: Number(stats.uid),
      gid: Number(stats.gid),
      atime: "1500000000250000000",
      mtime: "-1500000000",
      ctime: String(stats.ctimeNs),
      birthtime: stats.birthtimeNs === 0n ? null : String(stats.birthtimeNs),
      dev: String(stats.dev),
      inode: String(stats.ino),
      nlink: 1,
    });
  });

  it("have no birthtime where the file system does not keep it", async () => {
    const events = await eventsOf(filesSource(["/proc/version"]));
    expect(entryNamed(events, "version").item.birthtime).toBeNull();
  });

  it("cover fifos and sockets, which are not opened", async () => {
    execFileSync("mkfifo", [join(folder, "p")]);
    const server = createServer().listen(join(folder, "s"));
    await new Promise((resolve) => server.once("listening", resolve));
    const events = await walked();
    server.close();
    expect(linesOf(events)).toEqual(["fifo p", "socket s"]);
    expect(events.every((event) => event.kind === "entry" && event.content === undefined && event.item.size === undefined)).toBe(true);
  });

  it.runIf(isRoot)("give device numbers in the Linux encoding", async () => {
    execFileSync("mknod", [join(folder, "b"), "b", "259", "300"]);
    execFileSync("mknod", [join(folder, "c"), "c", "4095", "1048575"]);
    const events = await walked();
    expect(entryNamed(events, "b").item).toMatchObject({ type: "block", rdev: { major: 259, minor: 300 } });
    expect(entryNamed(events, "c").item).toMatchObject({ type: "character", rdev: { major: 4095, minor: 1_048_575 } });
  });

  it("make groups of regular files only, across directories", async () => {
    mkdirSync(join(folder, "d"));
    writeFileSync(join(folder, "a"), "x");
    linkSync(join(folder, "a"), join(folder, "d/b"));
    symlinkSync("x", join(folder, "s"));
    linkSync(join(folder, "s"), join(folder, "t"));
    const events = await walked();
    expect(entryNamed(events, "a").group).toBeDefined();
    expect(entryNamed(events, "b").group).toBe(entryNamed(events, "a").group);
    expect(entryNamed(events, "s").group).toBeUndefined();
  });

  it.each([
    ["was written", "echo longer > a"],
    ["was written, and its time put back", "touch -r a ../time; echo y > a; touch -r ../time a"],
    ["got other rights", "chmod u+x a"],
  ])("make no group with a name that was listed before the file %s", async (_, change) => {
    writeFileSync(join(folder, "a"), "x\n");
    for (const name of ["b", "d"]) linkSync(join(folder, "a"), join(folder, name));
    const ctime = () => statSync(join(folder, "a"), { bigint: true }).ctimeNs;
    const before = ctime();
    const exclude = (path: Uint8Array) => {
      // the clock of a file system has ticks
      while (Buffer.from(path).toString() === "a" && ctime() === before) execFileSync("sh", ["-c", change], { cwd: folder });
      return false;
    };
    const events = await walked({ exclude, facts: "listing" });
    expect(entryNamed(events, "b").group).not.toBe(entryNamed(events, "a").group);
    expect(entryNamed(events, "d").group).toBe(entryNamed(events, "b").group);
  });

  it("keep names that are not UTF-8 apart, and open them", async () => {
    writeFileSync(below(folder, latin1("x\xfe")), "1");
    writeFileSync(below(folder, latin1("x\xff")), "2");
    const source = filesSource(["."], { cwd: folder });
    const events = await eventsOf(source);
    expect(linesOf(events)).toEqual(["file x\xfe", "file x\xff"]);
    expect(String(await readAll(openContent(source, entryNamed(events, latin1("x\xff")).content)))).toBe("2");
  });

  it("carry paths that do not share memory with anything else", async () => {
    writeFileSync(join(folder, "f"), "");
    const { content } = entryNamed(await walked(), "f");
    expect(content?.kind === "path" && content.path.buffer.byteLength === content.path.length).toBe(true);
  });
});

describe("what is left out", () => {
  it("is counted once and not entered", async () => {
    putTree(folder, { d: { type: "directory", children: { x: "", y: "" } }, e: { type: "directory", children: { d: "", keep: "" } } });
    const asked: string[] = [];
    const exclude = (path: Uint8Array, isDirectory: boolean) => {
      asked.push(`${Buffer.from(path)} ${isDirectory}`);
      return Buffer.from(path).toString() === "d" || Buffer.from(path).toString() === "e/d";
    };
    expect(linesOf(await walked({ exclude }))).toEqual(["excluded d", "enter e", "excluded e/d", "file e/keep", "leave e"]);
    expect(asked).toEqual(["d true", "e true", "e/d false", "e/keep false"]);
  });

  it("is the archive itself, by device and inode", async () => {
    putTree(folder, { "a.ptar": "", b: "" });
    const { dev, ino } = statSync(join(folder, "a.ptar"), { bigint: true });
    expect(linesOf(await walked({ skip: [{ dev: String(dev), inode: String(ino) }] }))).toEqual(["excluded a.ptar", "file b"]);
  });
});

describe("what changes during a walk", () => {
  /** Calls `act` after the walk has looked at `path` and before it looks at the next. */
  const whenSeen = (path: string, act: () => void): FilesSourceOptions => ({
    exclude: (seen) => {
      if (Buffer.from(seen).toString() === path) act();
      return false;
    },
  });

  it("is an unknown entry when it vanished between listing and stat", async () => {
    putTree(folder, { a: "", b: "", c: "" });
    const events = await walked(whenSeen("a", () => rmSync(join(folder, "b"))));
    expect(linesOf(events)).toEqual(["file a", "unknown b", "file c"]);
    expect(entryNamed(events, "b").item).toEqual({ type: "unknown", errors: [{ code: "ENOENT", operation: "stat" }] });
  });

  it.runIf(process.platform === "linux")("is not listed when another directory or a symlink takes its place after the look at it", async () => {
    for (const name of ["a", "b", "secret"]) mkdirSync(join(folder, name));
    writeFileSync(join(folder, "secret/shadow"), "");
    const seen = (path: Uint8Array) => {
      const name = Buffer.from(path).toString();
      if (name !== "a" && name !== "b") return false;
      renameSync(join(folder, name), join(folder, `${name}.moved`));
      if (name === "a") execFileSync("cp", ["-r", join(folder, "secret"), join(folder, "a")]);
      else symlinkSync("secret", join(folder, "b"));
      return false;
    };
    const events = await walked({ exclude: seen, facts: "listing" });
    expect(linesOf(events)).toEqual(["enter a", "leave a", "enter b", "leave b", "enter secret", "file secret/shadow", "leave secret"]);
    expect(events[0]).toMatchObject({ item: { errors: [{ code: "ESTALE", operation: "list" }] } });
    expect(events[2]).toMatchObject({ item: { errors: [{ code: "ENOTDIR", operation: "list" }] } });
  });

  it("is never followed when a symlink takes the place of a file", async () => {
    putTree(folder, { a: "mine", secret: "secret" });
    const source = filesSource(["."], { cwd: folder });
    const { content } = entryNamed(await eventsOf(source), "a");
    rmSync(join(folder, "a"));
    symlinkSync("secret", join(folder, "a"));
    expect(() => openContent(source, content)).toThrowError(expect.objectContaining({ errno: "ELOOP", operation: "open" }));
  });

  it.each([".", "src/d"])(
    "stays in a directory that a symlink takes the place of, and reads nothing through the symlink (source %s)",
    async (path) => {
      for (const name of ["d", "secret"]) {
        mkdirSync(join(folder, "src", name), { recursive: true });
        writeFileSync(join(folder, "src", name, "first"), "");
        writeFileSync(join(folder, "src", name, "shadow"), name);
      }
      const exchange = () => {
        renameSync(join(folder, "src/d"), join(folder, "src/moved"));
        symlinkSync("secret", join(folder, "src/d"));
      };
      const source = filesSource([path], { cwd: folder, ...whenSeen("src/d/first", exchange) });
      const { item, content } = entryNamed(await eventsOf(source), "shadow");
      expect(item.size).toBe("d".length);
      if (process.platform === "linux")
        expect(() => openContent(source, content)).toThrowError(expect.objectContaining({ errno: "ESTALE", operation: "open" }));
    },
  );

  it("does not block when a fifo takes the place of a file", async () => {
    putTree(folder, { a: "mine" });
    const source = filesSource(["."], { cwd: folder });
    const { content } = entryNamed(await eventsOf(source), "a");
    rmSync(join(folder, "a"));
    execFileSync("mkfifo", [join(folder, "a")]);
    expect(() => openContent(source, content)).toThrowError(expect.objectContaining({ errno: "ESTALE", operation: "open" }));
  });
});

describe("limits of names", () => {
  function deep(depth: number, name: string): void {
    // one directory at a time and from inside: the whole path is longer than a call takes
    execFileSync("sh", ["-c", `i=0; while [ $i -lt ${depth} ]; do mkdir ${name}; cd -P ./${name}; i=$((i+1)); done; echo bottom > file`], {
      cwd: folder,
    });
  }

  it("do not stop at the longest path of one system call", async () => {
    deep(40, "n".repeat(200));
    const source = filesSource(["."], { cwd: folder });
    const events = await eventsOf(source);
    const { content } = entryNamed(events, "file");
    expect(content?.kind === "path" && content.path.length > 8000).toBe(true);
    const reader = openContent(source, content);
    expect(String(await readAll(reader))).toBe("bottom\n");
    expect(reader.close()).toBeUndefined();
  });

  it("are an error of the directory that holds what no archive can", async () => {
    deep(257, "d");
    const events = await walked();
    const entered = events.filter((event) => event.kind === "enter");
    expect(entered).toHaveLength(256);
    expect(entered.at(-1)?.item).toMatchObject({ type: "directory", errors: [{ code: "ENAMETOOLONG", operation: "list" }] });
    expect(entered.at(-2)?.item.errors).toBeUndefined();
    expect(events.filter((event) => event.kind === "leave")).toHaveLength(256);
  });

  it("let a path of 256 names pass", async () => {
    deep(255, "d");
    const events = await walked();
    expect(entryNamed(events, "file").item.size).toBe(7);
    expect(events.some((event) => event.kind === "enter" && event.item.errors !== undefined)).toBe(false);
  });

  it("end at a path of 32,767 bytes", async () => {
    deep(170, "p".repeat(200));
    const entered = (await walked()).filter((event) => event.kind === "enter");
    // 163 names of 200 bytes and 162 slashes are 32,762 bytes: "/file" fits, a 164th name does not
    expect(entered).toHaveLength(163);
    expect(entered.at(-1)?.item.errors).toEqual([{ code: "ENAMETOOLONG", operation: "list" }]);
  });
});
