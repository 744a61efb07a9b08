import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runChild } from "../child.js";
import { isRoot, newFolder, nobody } from "../folder.js";

const folder = newFolder();
const preamble = `
  import { createFileSink } from "./src/connectors/node/archive/file-sink.ts";
  import { openFileReader } from "./src/connectors/node/archive/file-reader.ts";
  import { createFilesTarget } from "./src/connectors/node/target/files-target.ts";
  import { filesSource } from "./src/connectors/node/source/files-source.ts";
  import { mkdirSync, readdirSync } from "node:fs";
  const folder = process.argv[2];
  const code = (promise) => promise.then(() => "no error", (error) => error.code + " " + error.message.replaceAll(folder, "FOLDER"));
  async function* pieces(bytes) { yield bytes.subarray(0, 10); yield bytes.subarray(10); }
  const say = (value) => console.log(JSON.stringify(value));
`;

const said = ({ stdout, stderr }: { stdout: string; stderr: string }) => {
  expect(stderr).toBe("");
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
};

// root reads everything: these need root to become somebody else
describe.runIf(isRoot)("without rights", () => {
  it("a source reports what it cannot read, and goes on", () => {
    const own = join(folder, "source");
    mkdirSync(join(own, "closed"), { recursive: true });
    writeFileSync(join(own, "closed/x"), "");
    writeFileSync(join(own, "secret"), "secret", { mode: 0o600 });
    writeFileSync(join(own, "zebra"), "open to all");
    mkdirSync(join(own, "listed"));
    writeFileSync(join(own, "listed/y"), "");
    symlinkSync("z", join(own, "listed/z"));
    chmodSync(join(own, "closed"), 0);
    chmodSync(join(own, "listed"), 0o744);
    chmodSync(folder, 0o755);
    const ended = runChild(
      `${preamble}
      const source = filesSource(["."], { cwd: folder + "/source" });
      for await (const run of source.walk()) for (const event of run) {
        const name = event.name && Buffer.from(event.name).toString();
        say([event.kind, name, event.item?.type, event.item?.errors]);
        if (event.content === undefined) continue;
        try {
          const reader = source.open(event.content);
          const buffer = Buffer.alloc(100);
          say([buffer.toString("utf8", 0, reader.read(buffer)), reader.close() ?? "stable"]);
        } catch (error) {
          say([error.name, error.errno, error.operation]);
        }
      }
      const fails = async (path) => { for await (const run of filesSource([path]).walk()) for (const _ of run); };
      say(await code(fails(folder + "/source/closed/x")));
      say(await code(fails(folder + "/source/closed/.")));
      process.chdir(folder + "/source");
      process.stdout.write("");
      `,
      { uid: nobody, args: [folder] },
    );
    expect(said(ended)).toEqual([
      ["enter", "closed", "directory", [{ code: "EACCES", operation: "list" }]],
      ["leave", null, null, null],
      ["enter", "listed", "directory", null],
      ["entry", "y", "unknown", [{ code: "EACCES", operation: "stat" }]],
      ["entry", "z", "unknown", [{ code: "EACCES", operation: "stat" }]],
      ["leave", null, null, null],
      ["entry", "secret", "file", null],
      ["SourceFault", "EACCES", "open"],
      ["entry", "zebra", "file", null],
      ["open to all", "stable"],
      "PTAR_IO_FAILED source FOLDER/source/closed/x: permission is denied (EACCES)",
      "PTAR_IO_FAILED source FOLDER/source/closed/.: permission is denied (EACCES)",
    ]);
  });

  it("the root of a source that cannot be listed is an error", () => {
    mkdirSync(join(folder, "unlisted"));
    chmodSync(join(folder, "unlisted"), 0o711);
    chmodSync(folder, 0o755);
    const ended = runChild(
      `${preamble}
      say(await code((async () => { for await (const run of filesSource(["."], { cwd: folder + "/unlisted" }).walk()) for (const _ of run); })()));`,
      { uid: nobody, args: [folder] },
    );
    expect(said(ended)).toEqual(["PTAR_IO_FAILED source .: permission is denied (EACCES)"]);
  });

  it("a target reports owners that it cannot set, and archives say why they fail", () => {
    mkdirSync(join(folder, "mine"));
    chmodSync(join(folder, "mine"), 0o777);
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, "closed.ptar"), "", { mode: 0o600 });
    const ended = runChild(
      `${preamble}
      const target = await createFilesTarget(folder + "/mine/out", { owner: "restore" });
      const item = { type: "file", mode: 0o640, uid: 0, gid: 0 };
      await target.file(Buffer.from("f"), item, new Uint8Array(3));
      await target.enter(Buffer.from("d"), { ...item, type: "directory", mode: 0 });
      await target.file(Buffer.from("g"), item, pieces(new Uint8Array(30)));
      await target.symlink(Buffer.from("s"), { type: "symlink", uid: 0, gid: 0 }, Buffer.from("x"));
      await target.leave();
      say((await target.finish()).first.map(({ path, what, reason }) => [Buffer.from(path).toString(), what, reason].join(" ")));
      say(await code(createFileSink(folder + "/a.ptar")));
      say(await code(openFileReader(folder + "/closed.ptar")));
      say(await code(createFilesTarget(folder + "/out", { owner: "skip" })));
      `,
      { uid: nobody, args: [folder] },
    );
    expect(said(ended)).toEqual([
      ["f owner EPERM", "d/g owner EPERM", "d/s owner EPERM", "d owner EPERM"],
      "PTAR_IO_FAILED FOLDER/a.ptar: permission is denied (EACCES)",
      "PTAR_IO_FAILED archive FOLDER/closed.ptar: permission is denied (EACCES)",
      "PTAR_IO_FAILED target FOLDER/out: permission is denied (EACCES)",
    ]);
  });
});

const mounts = process.platform === "linux" && isRoot && spawnSync("unshare", ["-m", "true"]).status === 0;

// a small disk of their own: these need the right to mount one
describe.runIf(mounts)("on a disk", () => {
  const onDisk = (options: string, code: string) => {
    const disk = join(folder, "disk");
    mkdirSync(disk, { recursive: true });
    const mount = `mount -t tmpfs -o ${options} tmpfs "$0" && exec "$@"`;
    return runChild(preamble + code, { wrapper: ["unshare", "-m", "sh", "-c", mount, disk], args: [disk] });
  };

  it("that is full, nothing half-written stays", () => {
    const ended = onDisk(
      "size=1m",
      `
      const big = new Uint8Array(3 << 20);
      const sink = await createFileSink(folder + "/a.ptar");
      say(await code(sink.write(big)));
      say(await code(sink.publish()));
      await sink.discard();
      const late = await createFileSink(folder + "/b.ptar");
      for (let i = 0; i < 30; i++) await code(late.write(new Uint8Array(100_000)));
      say(await code(late.publish()));
      await late.discard();
      say(readdirSync(folder));
      const target = await createFilesTarget(folder + "/out", { owner: "skip" });
      const item = { type: "file", mode: 0o640 };
      say(await code(target.file(Buffer.from("f"), item, big)));
      say(await code(target.file(Buffer.from("g"), item, pieces(big))));
      say(readdirSync(folder + "/out"));
      await target.abort();
      say(readdirSync(folder));
      `,
    );
    const full = (name: string) => `PTAR_IO_NO_SPACE ${name}: the disk is full (ENOSPC)`;
    expect(said(ended)).toEqual([full("FOLDER/a.ptar"), full("FOLDER/a.ptar"), full("FOLDER/b.ptar"), [], full("f"), full("g"), [], []]);
  });

  it("without room for another name, directories and archives are refused", () => {
    const ended = onDisk(
      "nr_inodes=3",
      `
      const target = await createFilesTarget(folder + "/out", { owner: "skip" });
      await target.enter(Buffer.from("d"), { type: "directory" });
      say(await code(target.enter(Buffer.from("e"), { type: "directory" })));
      say(await code(createFileSink(folder + "/a.ptar")));
      `,
    );
    expect(said(ended)).toEqual(["PTAR_IO_NO_SPACE d/e: the disk is full (ENOSPC)", "PTAR_IO_NO_SPACE FOLDER/a.ptar: the disk is full (ENOSPC)"]);
  });

  it("that is read-only, it says so", () => {
    const ended = onDisk(
      "ro",
      `
      say(await code(createFileSink(folder + "/a.ptar")));
      say(await code(createFilesTarget(folder + "/out", { owner: "skip" })));
      const target = await createFilesTarget(folder, { owner: "skip" });
      say(await code(target.file(Buffer.from("f"), { type: "file" }, new Uint8Array(1))));
      `,
    );
    const readOnly = (name: string) => `PTAR_IO_FAILED ${name}: the file system is read-only (EROFS)`;
    expect(said(ended)).toEqual([readOnly("FOLDER/a.ptar"), readOnly("target FOLDER/out"), readOnly("f")]);
    expect(readdirSync(join(folder, "disk"))).toEqual([]);
  });
});
