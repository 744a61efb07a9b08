import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type FilesSourceOptions, filesSource } from "../../../../src/connectors/node/source/files-source.js";
import type { SourceEvent } from "../../../../src/tree/source.js";
import { runChild } from "../../child.js";
import { putTree } from "../../disk-tree.js";
import { below, isRoot, latin1, newFolder, nobody } from "../../folder.js";
import { needs } from "../../programs.js";
import { eventsOf, linesOf } from "../../source-conformance.js";
import { onlyPrograms, standIn } from "../stand-in.js";

const root = newFolder();
let count = 0;
let folder: string;

beforeEach(() => {
  folder = join(root, String(count++), "tree");
  mkdirSync(folder, { recursive: true });
});
afterEach(() => vi.unstubAllEnvs());

/** Runs a shell script in the folder. */
const sh = (script: string) => execFileSync("sh", ["-euc", script], { cwd: folder });
const walked = (options: FilesSourceOptions = {}) => eventsOf(filesSource(["."], { cwd: folder, ...options }));
/** What a walk found by the name of each entry, one character for each byte: extended attributes with their values as text, and errors. */
function found(events: readonly SourceEvent[]) {
  const entries = events.flatMap((event) => {
    if (!("item" in event)) return [];
    const { xattrs, errors } = event.item;
    const text = (value: string) => Buffer.from(value, "base64url").toString("latin1");
    const list = xattrs?.map(({ name, nameRaw = "", value }) => `${name ?? text(nameRaw)}=${text(value)}`);
    return [[Buffer.from(event.name).toString("latin1"), { ...(list && { xattrs: list }), ...(errors && { errors }) }]];
  });
  return Object.fromEntries(entries);
}
const failed = (code: string) => ({ errors: [{ code, operation: "xattr" }] });
/** Calls `act` when the walk is at `path`: after everything before it was listed. */
const at = (path: string, act: () => void): FilesSourceOptions => ({
  exclude: (seen) => {
    if (Buffer.from(seen).toString() === path) act();
    return false;
  },
});

// spec/05-page.md#xattrs
describe.runIf(process.platform === "linux" && needs("getfattr") && needs("setfattr"))("extended attributes", () => {
  it("are raw bytes, sorted by the bytes of their names", async () => {
    putTree(folder, { a: "", b: "", plain: "" });
    sh(`setfattr -n user.z -v 0x00ff0a a; setfattr -n user.B -v text a; setfattr -n user.empty a; setfattr -n user.a -v 1 a
      setfattr -n "user.$(printf 'new\\nline=\\\\\\377')" -v x b`);
    expect(found(await walked())).toEqual({
      a: { xattrs: ["user.B=text", "user.a=1", "user.empty=", "user.z=\0\xff\n"] },
      b: { xattrs: ["user.new\nline=\\\xff=x"] },
      plain: {},
    });
    expect(filesSource([folder]).captures).toContain("xattrs");
  });

  it("are found behind names of any bytes", async () => {
    const names = ["-n", "--", "-h user.x", "a: b", "back\\134slash", "esc\x1b[0m", "line\nfeed", "quote'\"", "raw\xff\xfe", "# file: x", " ", "*"];
    for (const name of names) writeFileSync(below(folder, latin1(name)), "");
    sh(`for name in ./*; do setfattr -n user.name -v 0x$(printf %s "$name" | od -An -v -tx1 | tr -d ' \\n') -- "$name"; done`);
    expect(found(await walked())).toEqual(Object.fromEntries(names.map((name) => [name, { xattrs: [`user.name=./${name}`] }])));
  });

  it("are found in trees of many entries, many directories and long names", async () => {
    const long = "x".repeat(240);
    sh(`mkdir many long; cd many; seq -f d%03g 300 | xargs mkdir; for d in *; do : > $d/f; done; setfattr -n user.many -v 1 * */f
      cd ../long; seq -f ${long}%04g 1100 | xargs touch; setfattr -n user.long -v 1 *`);
    const events = await walked();
    const values = Object.values(found(events.filter((event) => event.kind === "entry" && event.name.length > 200)));
    expect(values).toEqual(Array(1100).fill({ xattrs: ["user.long=1"] }));
    const many = events.flatMap((event) => ("item" in event ? (event.item.xattrs ?? []) : [])).filter(({ name }) => name === "user.many");
    expect(many).toHaveLength(600);
    expect(linesOf(events)).toEqual(linesOf(await walked({ facts: "listing" })));
  });

  it("are asked for all at once", async () => {
    sh("mkdir d; : > d/a; : > d/b; : > c");
    standIn(join(folder, "../bin"), "getfattr", `echo run >> ${folder}/../runs; exec $REAL "$@"`);
    await walked();
    expect(readFileSync(join(folder, "../runs"), "utf8")).toBe("run\n");
  });

  it("are found below the longest path of one system call", async () => {
    const name = "n".repeat(200);
    sh(`i=0; while [ $i -lt 25 ]; do mkdir ${name}; cd -P ./${name}; i=$((i+1)); done; : > bottom; setfattr -n user.deep -v 1 bottom .`);
    const events = await walked();
    expect(found(events).bottom).toEqual({ xattrs: ["user.deep=1"] });
    expect(events.filter((event) => event.kind === "enter").at(-1)).toMatchObject({ item: { xattrs: [{ name: "user.deep" }] } });
  });

  it("are those of sources and of the directories above them", async () => {
    sh(`mkdir -p real/d; : > real/d/f; ln -s real link; for path in real real/d real/d/f; do setfattr -n user.of -v $path $path; done`);
    for (const cwd of [folder, undefined]) {
      const path = cwd === undefined ? join(folder, "link/d/f") : "link/d/f";
      const { link, d, f } = found(await eventsOf(filesSource([path], { ...(cwd !== undefined && { cwd: `${cwd}/` }) })));
      expect([link, d, f]).toEqual(["real", "real/d", "real/d/f"].map((of) => ({ xattrs: [`user.of=${of}`] })));
    }
  });

  it.runIf(needs("setfacl"))("hold access control lists, of directories the default ones too", async () => {
    sh("mkdir d; setfacl -m u:1000:r d; setfacl -d -m u:1000:r d");
    const [event] = await walked();
    const acl = "AgAAAAEABwD_____AgAEAOgDAAAEAAUA_____xAABQD_____IAAFAP____8";
    const xattrs = ["access", "default"].map((kind) => ({ name: `system.posix_acl_${kind}`, value: acl }));
    expect(event).toMatchObject({ kind: "enter", item: { xattrs } });
  });

  it.runIf(isRoot)("are those of symlinks and special files themselves", async () => {
    sh("ln -s nowhere s; mkfifo p; mknod c c 1 3; : > f; ln -s f t; for name in s p c f; do setfattr -h -n trusted.of -v $name $name; done");
    expect(found(await walked())).toEqual({
      ...Object.fromEntries(["c", "f", "p", "s"].map((name) => [name, { xattrs: [`trusted.of=${name}`] }])),
      t: {},
    });
  });

  it.runIf(isRoot)("that may not be read are an error, with the others of the entry", () => {
    sh("mkdir d; : > a; : > b; setfattr -n user.k -v secret a b d; setfacl -m u:1:r a; chmod 600 a; chmod 711 d; chmod 755 .");
    for (const path of [root, join(folder, "..")]) chmodSync(path, 0o755);
    const ended = runChild(
      `import { filesSource } from "./src/connectors/node/source/files-source.ts";
      for await (const run of filesSource([process.argv[2] + "/."]).walk()) for (const { item } of run) if (item) console.log(JSON.stringify([item.xattrs?.map(({ name }) => name), item.errors]));`,
      { uid: nobody, args: [folder] },
    );
    const denied = { code: "EACCES", operation: "xattr" };
    expect(ended.stderr).toBe("");
    const lines = ended.stdout.trim().split("\n");
    // the parents of the folder come first
    expect(lines.slice(-3).map((line) => JSON.parse(line))).toEqual([
      [["system.posix_acl_access"], [denied]],
      [["user.k"], null],
      [null, [{ code: "EACCES", operation: "list" }, denied]],
    ]);
  });

  it.each([
    ["", 2, ""],
    [", of those that are touched meanwhile too", 4, '[ -e ../touched ] || { : > ../touched; chmod u+x *; exec $REAL -h -d "$last"; }'],
  ])("that would fill the memory are asked for in parts%s", async (_, runs, first) => {
    sh("seq 1000 1099 | xargs touch; sleep 0.02");
    // 60,002 bytes for each name: 53 of them are more than 4 MiB as stored text
    standIn(
      join(folder, "../bin"),
      "getfattr",
      `cd ${folder}; echo run >> ../runs; hex=$(head -c 120000 /dev/zero | tr '\\0' 5)
      while [ "$1" != -- ]; do shift; done; shift
      for last; do :; done
      ${first}
      while [ $# -gt 1 ]; do name=$(readlink -f "$1"); printf '# file: %s\\nuser.of=0x%s%s\\n\\n' "$1" "\${name##*/}" $hex; shift; done
      $REAL -h -d "$1"`,
    );
    const values = Object.entries(found(await walked()));
    expect(values).toHaveLength(100);
    for (const [name, facts] of values)
      expect(facts).toEqual({ xattrs: [`user.of=${Buffer.from(name, "hex").toString("latin1")}${"U".repeat(60_000)}`] });
    expect(readFileSync(join(folder, "../runs"), "utf8")).toBe("run\n".repeat(runs));
  });

  it.each([
    ["usual", "8192"],
    ["small", "1024"],
    ["unlimited", "unlimited"],
  ])("are asked for in command lines that the system takes of a process with a stack that is %s", (_, size) => {
    const name = "x".repeat(200);
    sh(`seq -f ${name}%03g 900 | xargs touch; setfattr -n user.k -v v *`);
    const ended = runChild(
      `import { filesSource } from "./src/connectors/node/source/files-source.ts";
      const found = { xattrs: 0, errors: 0 };
      for await (const run of filesSource([process.argv[2]]).walk()) for (const { item } of run) {
        found.xattrs += item?.xattrs?.length ?? 0;
        found.errors += item?.errors?.length ?? 0;
      }
      console.log(JSON.stringify(found));`,
      { args: [folder], wrapper: ["sh", "-c", `ulimit -s ${size}; exec "$@"`, "sh"] },
    );
    expect(ended).toEqual({ status: 0, stderr: "", stdout: `${JSON.stringify({ xattrs: 900, errors: 0 })}\n` });
  });

  it("are not looked at without getfattr, or without xargs", async () => {
    sh(": > a; setfattr -n user.k -v v a");
    onlyPrograms(join(folder, "../bin"), ["getfattr"]);
    expect(filesSource([folder]).captures).not.toContain("xattrs");
    expect(found(await walked())).toEqual({ a: {} });
    vi.unstubAllEnvs();
    onlyPrograms(join(folder, "../sbin"), ["xargs"]);
    expect(filesSource([folder]).captures).not.toContain("xattrs");
  });
});

// spec/05-page.md#errors
describe.runIf(process.platform === "linux" && needs("getfattr") && needs("setfattr"))(
  "an entry that changes before its extended attributes are read",
  () => {
    it("gets an error and nothing of what took its place", async () => {
      sh(": > a; : > b; : > z; : > ../other; setfattr -n user.of -v a a; setfattr -n user.of -v other ../other; ln -s ../other ../symlink");
      const events = await walked(
        at("z", () => {
          renameSync(join(folder, "../other"), join(folder, "a"));
          renameSync(join(folder, "../symlink"), join(folder, "b"));
        }),
      );
      expect(found(events)).toEqual({ a: failed("ESTALE"), b: failed("ESTALE"), z: {} });
    });

    it("gets an error when it is gone", async () => {
      sh(": > a; : > z");
      expect(found(await walked(at("z", () => renameSync(join(folder, "a"), join(folder, "../a")))))).toEqual({ a: failed("ESTALE"), z: {} });
    });

    it("is read in the directory that was listed, whatever stands in its place", async () => {
      sh("mkdir d e; for of in d e; do : > $of/f; setfattr -n user.of -v $of $of/f; done; : > z");
      const events = await walked(
        at("z", () => {
          renameSync(join(folder, "d"), join(folder, "../moved"));
          symlinkSync("e", join(folder, "d"));
        }),
      );
      const [first] = events.filter((event) => event.kind === "entry");
      expect(found(events)).toMatchObject({ d: failed("ESTALE"), e: {} });
      expect(first).toMatchObject({ item: { xattrs: [{ name: "user.of", value: Buffer.from("d").toString("base64url") }] } });
    });

    it("is asked about again when it is the same, only touched", async () => {
      sh("mkdir d; setfattr -n user.k -v before d; : > z");
      standIn(
        join(folder, "../bin"),
        "getfattr",
        `[ -e ${folder}/d/new ] || setfattr -n user.k -v now ${folder}/d; : >> ${folder}/d/new; exec $REAL "$@"`,
      );
      const events = await walked(at("z", () => writeFileSync(join(folder, "d/other"), "")));
      expect(found(events)).toEqual({ d: { xattrs: ["user.k=now"] }, z: {} });
    });

    it.runIf(isRoot)("is read itself when it does not come to rest, a symlink and a fifo too", async () => {
      sh("mkdir d; : > f; mkfifo p; ln -s f s; for name in d f p s; do setfattr -h -n trusted.of -v $name $name; done; : > quiet");
      const touch = `for name in d f p s; do chown -h 0:$1 ${folder}/$name; done`;
      standIn(join(folder, "../bin"), "getfattr", `touch() { ${touch}; }; touch 1; $REAL "$@"; status=$?; sleep 0.02; touch 2; exit $status`);
      const own = Object.fromEntries(["d", "f", "p", "s"].map((name) => [name, { xattrs: [`trusted.of=${name}`] }]));
      const before = readdirSync("/proc/self/fd").length;
      expect(found(await walked())).toEqual({ ...own, quiet: {} });
      expect(readdirSync("/proc/self/fd")).toHaveLength(before);
    });

    it("is read in its own directory although others take the place of it for a while", async () => {
      sh("mkdir a z; for of in a z; do : > $of/f; setfattr -n user.of -v $of $of/f $of; done");
      const swap = `cd ${folder}; swap() { mv a x; mv z a; mv x z; }; swap; $REAL "$@"; status=$?; swap; exit $status`;
      standIn(join(folder, "../bin"), "getfattr", swap);
      const ways = [
        ["a/f", "z/f"],
        ["./a/f", `${folder}/../tree/z`],
        ["a/.", "z"],
      ];
      for (const paths of ways) {
        const events = await eventsOf(filesSource(paths, { cwd: folder }));
        const of = events.flatMap((event) => ("item" in event ? (event.item.xattrs ?? []) : [])).map(({ value }) => value);
        expect(of).toEqual(["YQ", "YQ", "eg", "eg"]);
      }
    });

    it("gives nothing of what stood in its place for a while", async () => {
      sh(": > a; setfattr -n user.of -v a a; : > other; setfattr -n user.of -v other other");
      const swap = (one: string, other: string) => `mv ${folder}/${one} ${folder}/${other}`;
      const script = [swap("a", "../kept"), swap("other", "a"), `$REAL "$@"`, "status=$?", swap("a", "other"), swap("../kept", "a"), "exit $status"];
      standIn(join(folder, "../bin"), "getfattr", script.join("\n"));
      expect(found(await walked()).a).toEqual({ xattrs: ["user.of=a"] });
    });
  },
);

describe.runIf(process.platform === "linux" && needs("getfattr") && needs("setfattr"))("a getfattr that fails", () => {
  const broken: readonly (readonly [string, string])[] = [
    ["says nothing", "exit 0"],
    ["says nothing and fails", "exit 1"],
    ["is killed", "kill -9 $$"],
    ["writes something else", `$REAL "$@"; echo usage: getfattr`],
    ["complains about something else", `$REAL "$@"; echo "getfattr: out of memory" >&2`],
    ["breaks off", `$REAL "$@" 2> /dev/null`],
    ["writes without end", `$REAL "$@"; yes | tr -d '\\n'`],
    ["is cut short", `$REAL "$@" | head -n 2`],
  ];
  it.each(broken)("is an error of every entry that it was asked about: it %s", async (_, script) => {
    sh(": > a; : > b; setfattr -n user.k -v v a b; mkdir d");
    standIn(join(folder, "../bin"), "getfattr", script);
    expect(found(await walked())).toEqual({ a: failed("EIO"), b: failed("EIO"), d: failed("EIO") });
  });

  it("is ended together with the walk", async () => {
    sh(": > a");
    const path = join(folder, "../pid");
    standIn(join(folder, "../bin"), "getfattr", `echo $$ > ${path}.new; mv ${path}.new ${path}; exec sleep 1000`);
    const controller = new AbortController();
    const ended = eventsOf(filesSource([folder]), controller.signal).catch((error: unknown) => error);
    while (!existsSync(path)) await setTimeout(10);
    const process = `/proc/${readFileSync(path, "latin1").trim()}`;
    const command = readFileSync(`${process}/stat`, "latin1");
    controller.abort();
    expect(await ended).toMatchObject({ code: "PTAR_INTERRUPTED" });
    expect(command).not.toMatch(/\) Z /);
    await vi.waitFor(() => expect(!existsSync(process) || /\) Z /.test(readFileSync(`${process}/stat`, "latin1"))).toBe(true), 5000);
  });
});

describe.runIf(process.platform === "linux")("what a walk holds", () => {
  const held = () => readdirSync("/proc/self/fd").length;

  it("is bounded in wide trees", async () => {
    sh("seq -f d%04g 1500 | xargs mkdir");
    const before = held();
    let [most, met] = [0, 0];
    const exclude = () => {
      // time ends a batch too, and counting takes long
      if (++met % 64 === 0) most = Math.max(most, held());
      return false;
    };
    await walked({ exclude });
    expect(most - before).toBeLessThan(560);
  });

  it("is let go at its end, and when it is left early", async () => {
    // more than one batch, so that the walk is under way
    sh("mkdir -p a/b/c d/e; cd a/b/c; seq -f f%04g 1100 | xargs touch");
    const before = held();
    await walked();
    expect(held()).toBe(before);
    for await (const run of filesSource(["."], { cwd: folder }).walk()) if (run.length > 0) break;
    expect(held()).toBe(before);
    await eventsOf(filesSource(["a/b/c/f0001", "./a/b/c/f0002", "././a/b/c/f0003", join(folder, "d/e")], { cwd: folder }));
    expect(held()).toBe(before);
    const controller = new AbortController();
    await expect(eventsOf(filesSource(["."], { cwd: folder, ...at("a/b/c/f1050", () => controller.abort()) }), controller.signal)).rejects.toThrow(
      "stopped",
    );
    expect(held()).toBe(before);
  });
});
