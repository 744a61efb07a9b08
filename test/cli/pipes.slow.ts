// Standard input and output as archives: real pipes, real terminals.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { newFolder } from "../connectors/folder.js";
import { placeIn, root } from "./run.js";

const folder = newFolder();
const { ptar, shell } = placeIn(folder);
const program = join(root, "bin/ptar.js");
const copying = "ptar: standard input is a pipe: reading it through a temporary file\n";
const wholeTmp = join(folder, "tmp");

beforeAll(async () => {
  cpSync(join(root, "examples/case"), join(folder, "case"), { recursive: true, verbatimSymlinks: true });
  mkdirSync(wholeTmp);
  await ptar("create", "a.ptar", "case");
});

describe("an archive on standard output", () => {
  it("is the archive and nothing else; summary and id go to standard error", async () => {
    const { code, stdout, stderr } = await shell("ptar create - case > out.ptar");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toMatch(
      /^ptar: read {6}18 entries, .*\nptar: packed .*\nptar: complete {2}yes .*\nptar: signed .*\nptar: ptar1( [0-9a-f]{4}){16}\n$/,
    );
    const [id] = /ptar1 .*/.exec(stderr) ?? [];
    expect((await ptar("verify", "out.ptar", "--expect", String(id))).code).toBe(0);
  });

  it("is not packed into itself", async () => {
    const { stdout } = await shell(
      "mkdir self; echo x > self/x; cd self; ptar create - . --quiet > here.ptar 2>/dev/null; ptar list here.ptar 2>/dev/null",
    );
    expect(stdout).toBe("x\n");
  });

  it("tells the id with --quiet too", async () => {
    expect((await shell("ptar create - case --quiet >/dev/null")).stderr).toMatch(/^ptar: ptar1( [0-9a-f]{4}){16}\n$/);
  });

  it("is refused on a terminal", async () => {
    const { code, stdout } = await shell(`script -qec '"${process.execPath}" "${program}" create - case' /dev/null </dev/null`);
    expect(code).toBe(2);
    expect(stdout).toBe("ptar: archive -: standard output is a terminal\r\nptar: hint: add > FILE, or a pipe; ./- is a file called -\r\n");
  });

  it("whose reader goes away is a failure", async () => {
    const { stdout, stderr } = await shell(
      "head -c 3000000 /dev/urandom > noise; ptar create - noise --codec store | head -c 10 >/dev/null; echo $PIPESTATUS",
    );
    expect(stdout).toBe("1\n");
    expect(stderr).toBe("ptar: standard output: its reader has gone (EPIPE)\n");
  });

  it("whose reader does not read ends on Ctrl-C", async () => {
    const child = spawn(process.execPath, [program, "create", "-", "noise", "--codec", "store"], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, XDG_CONFIG_HOME: join(folder, ".config") },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (part) => {
      stderr += part;
    });
    // the pipe is full by now, and nobody reads on
    await new Promise((resolve) => child.stdout.once("readable", resolve));
    await setTimeout(200);
    child.kill("SIGINT");
    expect(await new Promise((resolve) => child.on("exit", resolve))).toBe(130);
    expect(stderr).toBe("ptar: stopped on request\n");
    child.stdout.destroy();
  });

  it("and all other output to a file is whole, or the run a failure", async () => {
    await ptar("create", "noise.ptar", "noise", "--codec", "store");
    const full = "ptar: standard output: the file system holds no files of this size (EFBIG)\n";
    for (const args of ["create - noise --codec store", "cat noise.ptar noise"]) {
      const { code, stderr } = await shell(`ulimit -f 7; ptar ${args} > short`);
      expect({ code, said: stderr.endsWith(full) }).toEqual({ code: 1, said: true });
      expect(statSync(join(folder, "short")).size).toBe(7168);
    }
    expect((await shell("ptar cat noise.ptar noise > whole && cmp noise whole")).code).toBe(0);
    expect((await shell("ptar create - noise > /dev/full")).stderr).toBe(
      "ptar: standard output: the disk is full (ENOSPC)\nptar: hint: free some space or choose another disk, then run the command again\n",
    );
  });

  it("leaves ./- a file called -", async () => {
    expect((await ptar("create", "./-", "case")).code).toBe(0);
    expect((await ptar("verify", "./-")).code).toBe(0);
  });
});

describe("an archive on standard input", () => {
  it.each([
    ["verify -", "verify a.ptar"],
    ["info -", "info a.ptar"],
    ["list - case/photos", "list a.ptar case/photos"],
    ["cat - case/notes.md", "cat a.ptar case/notes.md"],
    ["extract - -C DIR", "extract a.ptar -C DIR"],
  ])("is read by %s as from a file, in place or through a temporary file", async (command, same) => {
    const run = async (line: string, out: string) => {
      const { code, stdout, stderr } = await shell(
        `${line.replace("DIR", out)} && { [ ! -d ${out} ] || diff -r --no-dereference case ${out}/case; }`,
        {
          TMPDIR: wholeTmp,
        },
      );
      expect(code).toBe(0);
      return { stdout: stdout.replaceAll(out, "DIR"), stderr };
    };
    const [name = ""] = command.split(" ");
    const wanted = await run(`ptar ${same}`, `${name}1`);
    expect(await run(`ptar ${command} < a.ptar`, `${name}2`)).toEqual(wanted);
    expect(await run(`cat a.ptar | ptar ${command}`, `${name}3`)).toEqual({ ...wanted, stderr: copying + wanted.stderr });
    expect(readdirSync(wholeTmp)).toEqual([]);
  });

  it("has the verdict of the same bytes in a file: empty, truncated", async () => {
    await shell(": > empty; head -c 3000 a.ptar > cut");
    for (const name of ["empty", "cut"]) {
      const wanted = await ptar("verify", name, "--json");
      expect(wanted.code).not.toBe(0);
      expect(await shell(`ptar verify - --json < ${name}`)).toEqual(wanted);
      expect(await shell(`cat ${name} | ptar verify - --json`)).toEqual({ ...wanted, stderr: copying + wanted.stderr });
    }
  });

  it("is refused on a terminal, and as a directory", async () => {
    const { code, stdout } = await shell(`script -qec '"${process.execPath}" "${program}" verify -' /dev/null </dev/null`);
    expect(code).toBe(2);
    expect(stdout).toBe("ptar: standard input: is a terminal, an archive expected\r\nptar: hint: add < ARCHIVE, or a pipe\r\n");
    const outcome = await shell("ptar list - < case");
    expect(outcome).toMatchObject({ code: 1, stderr: "ptar: standard input: is a directory\n" });
  });

  it("that finds no room for its temporary file is refused with a hint about TMPDIR", async ({ skip }) => {
    const flags = process.getuid?.() === 0 ? "-m" : "-rm";
    if (spawnSync("unshare", [flags, "true"]).status !== 0) return skip("mounting a small disk is not permitted here");
    const inner = "mount -t tmpfs -o size=1m none disk && head -c 3000000 /dev/zero | TMPDIR=disk ptar verify -; echo $?; ls -A disk";
    const { stdout, stderr } = await shell(`mkdir disk; declare -f ptar > ptar.sh; unshare ${flags} bash -c '. ./ptar.sh; ${inner}'`);
    expect(stdout).toBe("1\n");
    expect(stderr).toBe(
      `${copying}ptar: temporary file in disk: the disk is full (ENOSPC)\nptar: hint: set TMPDIR to a folder with room for the archive, or write it to a file first\n`,
    );
  });

  it("that does not end can be left by Ctrl-C, with nothing left behind", async () => {
    const child = spawn(process.execPath, [program, "verify", "-"], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, XDG_CONFIG_HOME: join(folder, ".config"), TMPDIR: wholeTmp },
    });
    let stderr = "";
    child.stderr.on("data", (part) => {
      stderr += part;
    });
    child.stdin.write("PTAR, so to say");
    while (!stderr.includes("temporary file")) await setTimeout(20);
    child.kill("SIGINT");
    expect(await new Promise((resolve) => child.on("exit", resolve))).toBe(130);
    expect(stderr).toBe("ptar: standard input is a socket: reading it through a temporary file\nptar: stopped on request\n");
    expect(readdirSync(wholeTmp)).toEqual([]);
  });

  it("that is private stays so: the temporary file has no name and no reader", async () => {
    const child = spawn(process.execPath, [program, "verify", "-"], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, XDG_CONFIG_HOME: join(folder, ".config"), TMPDIR: wholeTmp },
    });
    await new Promise((resolve) => child.stderr.once("data", resolve));
    await setTimeout(50);
    const { stdout } = spawnSync("bash", ["-c", `stat -L -c '%a %h %n' /proc/${child.pid}/fd/* 2>/dev/null; ls -l /proc/${child.pid}/fd`], {
      encoding: "utf8",
    });
    const [, fd] = new RegExp(`(\\d+) -> ${wholeTmp}/\\S+ \\(deleted\\)`).exec(stdout) ?? [];
    expect(stdout).toContain(`600 0 /proc/${child.pid}/fd/${fd}\n`);
    child.kill("SIGINT");
    await new Promise((resolve) => child.on("exit", resolve));
  });
});
