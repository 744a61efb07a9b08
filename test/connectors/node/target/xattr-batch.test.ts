// Extended attributes where a process may have few descriptors, or where /proc is of other processes. spec/12-extract.md#xattrs
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createFilesTarget } from "../../../../src/connectors/node/target/files-target.js";
import { runChild } from "../../child.js";
import { isRoot, newFolder } from "../../folder.js";
import { needs } from "../../programs.js";
import { bytes, file, nothingLost } from "../../target-conformance.js";
import { standIn } from "../stand-in.js";

const root = newFolder();
const few = ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh"];
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(root, "x"));
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** What a child prints that extracts into "out"; `make(name)` makes a file, `occupy(n)` leaves n descriptors and `release()` gives them back. */
function printed(steps: string, wrapper: readonly string[]): unknown {
  const code = `import { closeSync, openSync, readdirSync } from "node:fs";
    import { createFilesTarget } from "./src/connectors/node/target/files-target.ts";
    const bytes = (text) => new Uint8Array(Buffer.from(text));
    const held = [];
    const occupy = (left) => {
      try { for (;;) held.push(openSync("/dev/null")); } catch {}
      for (; left > 0; left--) closeSync(held.pop());
    };
    const release = () => held.splice(0).forEach((fd) => closeSync(fd));
    const open = () => readdirSync("/proc/self/fd").length;
    const begun = () => createFilesTarget(process.argv[2] + "/out", { owner: "skip" });
    const make = (target, name) =>
      target.file(bytes(name), { type: "file", mode: 0o444, xattrs: [{ name: "user.n", value: Buffer.from(name).toString("base64url") }] }, bytes("x"));
    ${steps}`;
  const { stdout, stderr, status } = runChild(code, { wrapper, args: [folder] });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return JSON.parse(stdout);
}

/** The names of files below "out" with their attribute "user.n". */
function attributes(): readonly string[] {
  const dump = execFileSync("getfattr", ["-R", "-d", "--absolute-names", join(folder, "out")], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return [...dump.matchAll(/out\/(.*)\nuser\.n="(.*)"/g)].map(([, name, value]) => `${name} ${value}`).sort();
}

const named = (count: number) => Array.from({ length: count }, (_, i) => `f${i} f${i}`).sort();

describe.runIf(needs("setfattr") && needs("getfattr"))("with 64 descriptors, extended attributes", () => {
  it("are set on every file, and files that wait hold few of them", () => {
    const steps = `const target = await begun();
      const before = open();
      let most = 0;
      for (let i = 0; i < 100; i++) {
        await make(target, "f" + i);
        most = Math.max(most, open() - before);
      }
      console.log(JSON.stringify({ most, losses: await target.finish() }));`;
    expect(printed(steps, few)).toEqual({ most: 7, losses: nothingLost });
    expect(attributes()).toEqual(named(100));
  });

  it("are set at once when hardly more are left than the program takes", () => {
    const steps = `occupy(20);
      const target = await begun();
      for (let i = 0; i < 20; i++) await make(target, "f" + i);
      console.log(JSON.stringify(await target.finish()));`;
    expect(printed(steps, few)).toEqual(nothingLost);
    expect(attributes()).toEqual(named(20));
  });

  it("wait until the program can be started", () => {
    const steps = `const target = await begun();
      for (let i = 0; i < 7; i++) await make(target, "f" + i);
      occupy(6);
      await make(target, "f7");
      release();
      console.log(JSON.stringify(await target.finish()));`;
    expect(printed(steps, few)).toEqual(nothingLost);
    expect(attributes()).toEqual(named(8));
  });

  it("wait until directories are left, those of hard links too", () => {
    const steps = `const target = await begun();
      const names = Array.from({ length: 32 }, () => bytes("d"));
      for (const name of names) await target.enter(name, { type: "directory" });
      await target.file(bytes("first"), { type: "file" }, bytes("x"));
      for (const _name of names) await target.leave();
      await target.link(bytes("l"), { type: "file" }, { names: [...names, bytes("first")], differing: [] });
      for (let i = 0; i < 4; i++) await make(target, "f" + i);
      console.log(JSON.stringify(await target.finish()));`;
    expect(printed(steps, few)).toEqual(nothingLost);
    expect(attributes()).toEqual(named(4));
  });

  it("are lost when it cannot be started to the end, and files have their other facts", () => {
    const steps = `import { statSync } from "node:fs";
      const target = await begun();
      for (let i = 0; i < 2; i++) await make(target, "f" + i);
      occupy(6);
      const { first, count } = await target.finish();
      console.log(JSON.stringify({ count, first: first.map(({ what, reason }) => what + " " + reason), mode: statSync(process.argv[2] + "/out/f0").mode & 0o777 }));`;
    expect(printed(steps, few)).toEqual({ count: 2, first: ["xattrs EMFILE", "xattrs EMFILE"], mode: 0o444 });
  });
});

describe.runIf(needs("setfattr"))("the program that sets extended attributes", () => {
  it("is told its own descriptors, and no number of a process", async () => {
    standIn(join(folder, "bin"), "setfattr", `tee "${folder}/input" | "$REAL" "$@"`);
    const target = await createFilesTarget(join(folder, "out"), { owner: "skip" });
    for (const name of ["f", "g"]) {
      const xattrs = ["user.a", "user.b"].map((which) => ({ name: which, value: "QQ" }));
      await target.file(bytes(name), { ...file, xattrs }, bytes("x"));
    }
    expect(await target.finish()).toEqual(nothingLost);
    const paths = readFileSync(join(folder, "input"), "utf8").match(/(?<=# file: ).*/g) ?? [];
    expect(new Set(paths).size).toBe(4);
    expect(paths.map((path) => path.replace(/\/[/.]*\//, "/"))).toEqual(
      [3, 3, 4, 4].map((fd) => expect.stringMatching(RegExp(`^/proc/self[/.]*/fd/${fd}$`))),
    );
  });

  it.runIf(isRoot && needs("unshare") && needs("getfattr"))("reaches them where /proc shows other processes under our number", () => {
    // the shell is the first process of the namespace and the child another one
    const wrapper = ["unshare", "--pid", "--fork", "sh", "-c", '"$@"; exit $?', "sh"];
    const steps = `const target = await begun();
      for (const name of ["f0", "f1"]) await make(target, name);
      console.log(JSON.stringify(await target.finish()));`;
    expect(printed(steps, wrapper)).toEqual(nothingLost);
    expect(attributes()).toEqual(named(2));
  });
});
