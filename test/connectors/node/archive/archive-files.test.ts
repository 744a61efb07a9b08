import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import type { link } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FileReader, openFileReader } from "../../../../src/connectors/node/archive/file-reader.js";
import { createFileSink, type FileSink } from "../../../../src/connectors/node/archive/file-sink.js";
import { publishExclusively } from "../../../../src/connectors/node/publish.js";
import { readerConformance, sinkConformance } from "../../bytes-conformance.js";
import { newFolder } from "../../folder.js";

const folder = newFolder();
let count = 0;
const fresh = () => join(folder, `archive-${count++}`);

readerConformance("file reader", async (bytes) => {
  const path = fresh();
  writeFileSync(path, bytes);
  return openFileReader(path);
});

sinkConformance("file sink", async () => {
  const path = fresh();
  const sink = await createFileSink(path);
  const written = async () => {
    await sink.publish();
    return readFileSync(path);
  };
  return { sink, written };
});

describe("openFileReader", () => {
  it("says that there is no such file", async () => {
    await expect(openFileReader("/does/not/exist")).rejects.toMatchObject({
      code: "PTAR_ARCHIVE_NOT_FOUND",
      message: "archive /does/not/exist: no such file",
      hint: expect.any(String),
    });
  });

  it("says that a path is a directory", async () => {
    await expect(openFileReader(folder)).rejects.toMatchObject({ code: "PTAR_IO_FAILED", message: `archive ${folder}: is a directory` });
  });

  it("refuses a fifo without waiting for its writer", async () => {
    const path = fresh();
    execFileSync("mkfifo", [path]);
    await expect(openFileReader(path)).rejects.toMatchObject({ code: "PTAR_IO_FAILED", message: `archive ${path}: is not a regular file` });
  });

  it("says that a part of the path is no directory", async () => {
    const path = fresh();
    writeFileSync(path, "");
    await expect(openFileReader(join(path, "x"))).rejects.toMatchObject({ code: "PTAR_IO_FAILED", details: { errno: "ENOTDIR" } });
  });

  it("notices a file that becomes shorter", async () => {
    const path = fresh();
    writeFileSync(path, "0123456789");
    const reader = await openFileReader(path);
    truncateSync(path, 4);
    await expect(reader.read(2, 5)).rejects.toMatchObject({ code: "PTAR_IO_FAILED", details: { offset: 2, expected: 5, found: 2 } });
    await reader.close();
  });

  // a file of sysfs that has a length and cannot be read
  const unreadable = "/sys/class/net/lo/duplex";
  it.runIf(existsSync(unreadable))("says where reading failed", async () => {
    const reader = await openFileReader(unreadable);
    await expect(reader.read(0, 10)).rejects.toMatchObject({ code: "PTAR_IO_FAILED", details: { offset: 0, errno: "EINVAL" } });
    await reader.close();
  });

  it("can be closed twice and is not read afterwards", async () => {
    const path = fresh();
    writeFileSync(path, "x");
    const reader: FileReader = await openFileReader(path);
    await reader.close();
    await reader.close();
    await expect(reader.read(0, 1)).rejects.toThrow(TypeError);
  });
});

describe("createFileSink", () => {
  let own: string;
  let path: string;
  const sinks: FileSink[] = [];
  const make = async (options?: { force?: boolean }) => {
    const sink = await createFileSink(path, options);
    sinks.push(sink);
    return sink;
  };

  beforeEach(() => {
    own = fresh();
    mkdirSync(own);
    path = join(own, "out.ptar");
  });
  afterEach(async () => {
    for (const sink of sinks.splice(0)) await sink.discard();
  });

  it("writes beside the target and gives the name in the end", async () => {
    const sink = await make();
    await sink.write(Buffer.from("abc"));
    expect(existsSync(path)).toBe(false);
    expect(sink.temporary).toMatch(/\/\.out\.ptar\.[0-9a-f]{12}\.ptar-part$/);
    const { dev, ino } = statSync(sink.temporary, { bigint: true });
    expect(sink.identity).toEqual({ dev: String(dev), inode: String(ino) });
    await sink.publish();
    expect(readdirSync(own)).toEqual(["out.ptar"]);
    expect(readFileSync(path, "utf8")).toBe("abc");
    expect(statSync(path).mode & 0o777).toBe(0o666 & ~process.umask());
    await sink.discard();
    expect(readdirSync(own)).toEqual(["out.ptar"]);
  });

  it("removes what was not published", async () => {
    const sink = await make();
    await sink.write(new Uint8Array(3 << 20));
    await sink.discard();
    await sink.discard();
    expect(readdirSync(own)).toEqual([]);
    await expect(sink.write(new Uint8Array(3 << 20))).rejects.toThrow(TypeError);
  });

  it("refuses an existing target before it writes anything", async () => {
    writeFileSync(path, "old");
    await expect(make()).rejects.toMatchObject({ code: "PTAR_TARGET_EXISTS", exitCode: 9, hint: expect.stringContaining("--force") });
    expect(readdirSync(own)).toEqual(["out.ptar"]);
  });

  it("refuses a dangling symlink too", async () => {
    symlinkSync("nowhere", path);
    await expect(make()).rejects.toMatchObject({ code: "PTAR_TARGET_EXISTS" });
  });

  it("replaces an existing target with force, when the new one is whole", async () => {
    writeFileSync(path, "old");
    const sink = await make({ force: true });
    await sink.write(Buffer.from("new"));
    expect(readFileSync(path, "utf8")).toBe("old");
    await sink.publish();
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(readdirSync(own)).toEqual(["out.ptar"]);
  });

  it("replaces a symlink and not what it points to", async () => {
    const other = join(own, "other");
    writeFileSync(other, "other");
    symlinkSync("other", path);
    await (await make({ force: true })).publish();
    expect(readFileSync(other, "utf8")).toBe("other");
    expect(readFileSync(path, "utf8")).toBe("");
  });

  it.each(["directory", "fifo"])("never replaces a %s", async (kind) => {
    if (kind === "directory") mkdirSync(path);
    else execFileSync("mkfifo", [path]);
    await expect(make({ force: true })).rejects.toMatchObject({ code: "PTAR_TARGET_EXISTS", message: `${path}: exists and is not a regular file` });
  });

  it("overwrites nothing that appears while it writes", async () => {
    const sink = await make();
    await sink.write(Buffer.from("mine"));
    writeFileSync(path, "theirs");
    await expect(sink.publish()).rejects.toMatchObject({ code: "PTAR_TARGET_EXISTS" });
    await sink.discard();
    expect(readFileSync(path, "utf8")).toBe("theirs");
    expect(readdirSync(own)).toEqual(["out.ptar"]);
  });

  it("says that the folder is missing", async () => {
    path = join(own, "missing", "out.ptar");
    await expect(make()).rejects.toMatchObject({ code: "PTAR_IO_FAILED", hint: "make the folder first" });
  });

  it("copes with a name that is as long as a name may be", async () => {
    path = join(own, "ä".repeat(127));
    await (await make()).publish();
    expect(readdirSync(own)).toEqual(["ä".repeat(127)]);
  });
});

describe("publishExclusively without hard links", () => {
  const noLinks: typeof link = () => Promise.reject(Object.assign(new Error("no links"), { code: "EPERM" }));

  it("claims the name and moves the file there", async () => {
    const [part, path] = [fresh(), fresh()];
    writeFileSync(part, "abc");
    await publishExclusively(part, path, noLinks);
    expect(readFileSync(path, "utf8")).toBe("abc");
    expect(existsSync(part)).toBe(false);
  });

  it("overwrites nothing", async () => {
    const [part, path] = [fresh(), fresh()];
    writeFileSync(part, "abc");
    writeFileSync(path, "theirs");
    await expect(publishExclusively(part, path, noLinks)).rejects.toMatchObject({ code: "PTAR_TARGET_EXISTS" });
    expect(readFileSync(path, "utf8")).toBe("theirs");
  });

  it("takes its claim back when moving fails", async () => {
    const [part, path] = [fresh(), fresh()];
    await expect(publishExclusively(part, path, noLinks)).rejects.toMatchObject({ code: "ENOENT" });
    expect(existsSync(path)).toBe(false);
  });

  it("does not take any other failure for missing links", async () => {
    const [part, path] = [fresh(), fresh()];
    writeFileSync(part, "abc");
    const failing: typeof link = () => Promise.reject(Object.assign(new Error("broken"), { code: "EIO" }));
    await expect(publishExclusively(part, path, failing)).rejects.toMatchObject({ code: "EIO" });
    expect([existsSync(part), existsSync(path)]).toEqual([true, false]);
  });
});
