import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { filesSource } from "../../../../src/connectors/node/source/files-source.js";
import type { Content, PathContent } from "../../../../src/tree/source.js";
import { runChild } from "../../child.js";
import { isRoot, newFolder, nobody } from "../../folder.js";
import { entryNamed, eventsOf, openContent, readAll } from "../../source-conformance.js";

const root = newFolder();
let count = 0;
let folder: string;
let file: string;

beforeEach(() => {
  folder = join(root, String(count++));
  file = join(folder, "f");
  mkdirSync(folder);
});

const held = () => readdirSync("/proc/self/fd").length;

/** What the listing said of the file, and how its contents are opened. */
async function listed(text = "0123456789") {
  writeFileSync(file, text);
  const before = now();
  const source = filesSource(["."], { cwd: folder });
  const { content } = entryNamed(await eventsOf(source), "f");
  return { before, open: () => openContent(source, content) };
}

function now() {
  const { ctimeNs, mtimeNs, size } = statSync(file, { bigint: true });
  return { ctime: String(ctimeNs), mtime: String(mtimeNs), size: Number(size) };
}

describe("files that change while they are read", () => {
  it("end at the listed size when they grow, and are unstable", async () => {
    const { before, open } = await listed();
    const reader = open();
    appendFileSync(file, "more");
    expect(String(await readAll(reader, 4))).toBe("0123456789");
    expect(reader.close()).toEqual({ after: now(), before });
  });

  it("end at the listed size although they grow faster than they are read", async () => {
    const { before, open } = await listed("x".repeat(1000));
    const writer = spawn("sh", ["-c", `echo ready; while :; do printf %01000d 0 >> "$0"; done`, file], { stdio: ["ignore", "pipe", "ignore"] });
    try {
      await once(writer.stdout, "data");
      const reader = open();
      let length = 0;
      while (statSync(file).size < 100_000 || length === 0) length += await reader.read(new Uint8Array(100));
      length += (await readAll(reader, 7)).length;
      expect(length).toBe(1000);
      const unstable = reader.close();
      expect(unstable).toMatchObject({ before });
      expect(unstable?.after.size).toBeGreaterThanOrEqual(100_000);
    } finally {
      writer.kill("SIGKILL");
      await once(writer, "exit");
    }
  });

  it("end early when they shrink, and are unstable", async () => {
    const { before, open } = await listed();
    const reader = open();
    expect(await reader.read(new Uint8Array(4))).toBe(4);
    truncateSync(file, 6);
    expect(String(await readAll(reader))).toBe("45");
    expect(reader.close()).toEqual({ after: { ...now(), size: 6 }, before });
  });

  it("are unstable when only a time changed", async () => {
    const { before, open } = await listed();
    const reader = open();
    await readAll(reader);
    utimesSync(file, 1, 1);
    expect(reader.close()).toEqual({ after: { ...now(), mtime: "1000000000" }, before });
  });

  it("are unstable when somebody puts back the time of the last change", async () => {
    writeFileSync(file, "");
    utimesSync(file, 1000, 1000);
    const source = filesSource(["."], { cwd: folder });
    const before = now();
    const reader = openContent(source, entryNamed(await eventsOf(source), "f").content);
    utimesSync(file, 2000, 2000);
    utimesSync(file, 1000, 1000);
    const unstable = reader.close();
    expect(unstable).toEqual({ after: now(), before });
    expect(unstable?.after.mtime).toBe(before.mtime);
  });

  it("are unstable when only their rights changed", async () => {
    const { before, open } = await listed();
    const reader = open();
    await readAll(reader);
    chmodSync(file, 0o600);
    expect(reader.close()).toEqual({ after: now(), before });
  });

  it("are not read when another file took their place before they were opened", async () => {
    const { open } = await listed();
    writeFileSync(join(folder, "g"), "9876543210");
    renameSync(join(folder, "g"), file);
    expect(open).toThrowError(expect.objectContaining({ errno: "ESTALE", operation: "open" }));
  });

  // the same file below another directory: only the directory tells
  it.runIf(process.platform === "linux").each(["relative to a folder", "by absolute paths"])(
    "are not read when another directory took the place of that of a source, named %s",
    async (how) => {
      for (const name of ["a", "z"]) mkdirSync(join(folder, name));
      writeFileSync(join(folder, "a/f"), "0123456789");
      linkSync(join(folder, "a/f"), join(folder, "z/f"));
      const source = how === "by absolute paths" ? filesSource([join(folder, "a/f")]) : filesSource(["a/f"], { cwd: folder });
      const { content } = entryNamed(await eventsOf(source), "f");
      const reader = openContent(source, content);
      expect(String(await readAll(reader))).toBe("0123456789");
      expect(reader.close()).toBeUndefined();
      renameSync(join(folder, "a"), join(folder, "b"));
      renameSync(join(folder, "z"), join(folder, "a"));
      await setImmediate();
      expect(() => openContent(source, content)).toThrowError(expect.objectContaining({ errno: "ESTALE", operation: "open" }));
    },
  );

  // what is held is the directory that was listed, wherever it is by now
  it.runIf(process.platform === "linux")("are read from their own directory, which stays held while the next files of it are opened", async () => {
    for (const name of ["a", "z"]) mkdirSync(join(folder, name));
    for (const name of ["a/f", "a/g", "z/f", "z/g"]) writeFileSync(join(folder, name), name);
    const source = filesSource(["a", "z"], { cwd: folder });
    const events = await eventsOf(source);
    const [first, next, elsewhere] = events.flatMap((event) => ("content" in event && event.content ? [event.content] : []));
    const before = held();
    const stale = { errno: "ESTALE", operation: "open" };
    const text = async (content: Content | undefined) => {
      const reader = openContent(source, content);
      const bytes = await readAll(reader);
      reader.close();
      return String(bytes);
    };
    expect(await text(first)).toBe("a/f");
    await expect(text({ ...(next as PathContent), folder: (elsewhere as PathContent).folder as string })).rejects.toMatchObject(stale);
    expect(await text(first)).toBe("a/f");
    renameSync(join(folder, "a"), join(folder, "b"));
    renameSync(join(folder, "z"), join(folder, "a"));
    expect(await text(next)).toBe("a/g");
    expect(held()).toBe(before + 1);
    // by its path another directory is found now
    await expect(text(elsewhere)).rejects.toMatchObject({ errno: "ENOENT", operation: "open" });
    expect(held()).toBe(before);
    await expect(text(next)).rejects.toMatchObject(stale);
    expect(held()).toBe(before);
  });

  it.runIf(process.platform === "linux" && (isRoot || process.env.CI === "true"))(
    "are read where they are mounted, in a directory seen twice",
    () => {
      for (const name of ["a", "b"]) mkdirSync(join(folder, name));
      for (const name of ["a/f", "other"]) writeFileSync(join(folder, name), name);
      const ended = runChild(
        `import { filesSource } from "./src/connectors/node/source/files-source.ts";
      const source = filesSource(["a", "b"], { cwd: process.argv[2] });
      const contents = [];
      for await (const run of source.walk()) for (const { content } of run) if (content !== undefined) contents.push(content);
      for (const content of contents) {
        const buffer = Buffer.alloc(9);
        const reader = source.open(content);
        console.log(content.folder === contents[0].folder, buffer.toString("latin1", 0, reader.read(buffer)));
        reader.close();
      }`,
        { args: [folder], wrapper: ["unshare", "-m", "sh", "-c", `cd ${folder}; mount --bind a b; mount --bind other b/f; exec "$@"`, "sh"] },
      );
      expect(ended).toEqual({ status: 0, stdout: "true a/f\ntrue other\n", stderr: "" });
    },
  );

  it.runIf(process.platform === "linux")("leave nothing held when the thread goes on with something else", async () => {
    const { open } = await listed();
    await setImmediate();
    const before = held();
    for (let round = 0; round < 2; round++) {
      open().close();
      expect(held()).toBe(before + 1);
      await setImmediate();
      expect(held()).toBe(before);
    }
  });

  it.runIf(process.platform === "linux")("are read in the working directory by their names alone", () => {
    writeFileSync(file, "0123456789");
    const ended = runChild(
      `import { filesSource } from "./src/connectors/node/source/files-source.ts";
      process.chdir(process.argv[2]);
      const source = filesSource(["f"]);
      for await (const run of source.walk()) for (const { content } of run) {
        const reader = source.open(content);
        console.log(reader.read(new Uint8Array(100)), reader.close(), content.folder !== undefined);
      }`,
      { args: [folder] },
    );
    expect(ended).toEqual({ status: 0, stdout: "10 undefined true\n", stderr: "" });
  });

  it("are unstable when they were not read to their end", async () => {
    const { before, open } = await listed();
    const reader = open();
    await reader.read(new Uint8Array(4));
    expect(reader.close()).toEqual({ after: before, before });
  });

  it("are read although they say that they have no bytes, and are unstable then", async () => {
    const source = filesSource(["/proc/self/status"]);
    const { item, content } = entryNamed(await eventsOf(source), "status");
    expect(item.size).toBe(0);
    const reader = openContent(source, content);
    expect(String(await readAll(reader))).toMatch(/^Name:/);
    expect(reader.close()).toMatchObject({ after: { size: 0 } });
  });

  const sysfs = "/sys/class/net/lo";
  it.runIf(existsSync(`${sysfs}/mtu`))("are unstable when they have fewer bytes than they say", async () => {
    const source = filesSource([`${sysfs}/mtu`]);
    const reader = openContent(source, entryNamed(await eventsOf(source), "mtu").content);
    await readAll(reader);
    expect(reader.close()).toMatchObject({ after: { size: 4096 } });
  });

  it.runIf(existsSync(`${sysfs}/duplex`))("say which range could not be read, and can skip it", async () => {
    const source = filesSource([`${sysfs}/duplex`]);
    const reader = openContent(source, entryNamed(await eventsOf(source), "duplex").content);
    expect(() => reader.read(new Uint8Array(100))).toThrowError(expect.objectContaining({ errno: "EINVAL", operation: "read" }));
    expect(reader.skip(5000)).toBe(4096);
    // sysfs gives a file new times whenever the system had no memory left for it
    expect(reader.close()?.after?.size ?? 4096).toBe(4096);
  });
});

describe.runIf(process.platform === "linux")("access times", () => {
  const old = 1_000_000_000;

  it("are left alone by reading a file of one's own, which is said", async () => {
    await listed();
    utimesSync(file, old, old);
    const source = filesSource(["."], { cwd: folder });
    const reader = openContent(source, entryNamed(await eventsOf(source), "f").content);
    expect(String(await readAll(reader))).toBe("0123456789");
    expect(reader.noatime).toBe("kept");
    expect(reader.close()).toBeUndefined();
    expect(lstatSync(file).atimeMs).toBe(old * 1000);
  });

  it.runIf(isRoot)("may move when somebody else's file is read, which is said too", () => {
    writeFileSync(file, "0123456789");
    for (const path of [root, folder]) chmodSync(path, 0o755);
    const ended = runChild(
      `import { filesSource } from "./src/connectors/node/source/files-source.ts";
      const source = filesSource([process.argv[2]]);
      for await (const run of source.walk()) for (const { content } of run) {
        if (content === undefined) continue;
        const reader = source.open(content);
        console.log(reader.noatime, reader.read(new Uint8Array(100)));
        reader.close();
      }`,
      { uid: nobody, args: [file] },
    );
    expect(ended).toEqual({ status: 0, stdout: "refused 10\n", stderr: "" });
  });
});
