import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { findProgram, runProgram } from "../../../src/connectors/node/programs.js";
import { newFolder } from "../folder.js";

const root = newFolder();
let count = 0;
let folder: string;

beforeEach(() => {
  folder = join(root, String(count++));
  mkdirSync(folder);
});
afterEach(() => vi.unstubAllEnvs());

describe("a program is looked for", () => {
  it("in the folders of PATH, in their order", () => {
    for (const name of ["one", "two"]) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "tool"), "", { mode: 0o755 });
    }
    vi.stubEnv("PATH", `${folder}/none:${folder}/two:${folder}/one`);
    expect(findProgram("tool")).toBe(join(folder, "two/tool"));
    expect(findProgram("other")).toBeUndefined();
  });

  it("never in the working directory", () => {
    writeFileSync(join(folder, "tool"), "", { mode: 0o755 });
    vi.stubEnv("PATH", `.::${relative(process.cwd(), folder)}`);
    expect(findProgram("tool")).toBeUndefined();
    vi.stubEnv("PATH", undefined);
    expect(findProgram("tool")).toBeUndefined();
  });

  it("among files that can be run", () => {
    writeFileSync(join(folder, "tool"), "", { mode: 0o755 });
    chmodSync(join(folder, "tool"), 0o644);
    mkdirSync(join(folder, "folder"));
    vi.stubEnv("PATH", folder);
    expect([findProgram("tool"), findProgram("folder")]).toEqual([undefined, undefined]);
  });
});

describe("a program that runs", () => {
  async function sh(script: string, options: Partial<Parameters<typeof runProgram>[1]> = {}) {
    const [lines, errorLines]: [string[], string[]] = [[], []];
    const status = await runProgram("/bin/sh", {
      arguments: ["-c", script],
      onLine: (line) => lines.push(line),
      onErrorLine: (line) => errorLines.push(line),
      ...options,
    });
    return { status, lines, errorLines };
  }
  const isAlive = (pid: number) => {
    const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "latin1") : " Z ";
    return !/\) Z /.test(stat) && stat !== " Z ";
  };
  /** A program that says where it and what it started are, and goes on for ever. */
  const endless = (path: string) => `sleep 1000 & echo $$ $! > "${path}.new"; mv "${path}.new" "${path}"; wait`;
  const numbers = (path: string) => readFileSync(path, "latin1").trim().split(" ").map(Number);

  it("gets its input and gives its lines as bytes, the last without a newline too", async () => {
    const input = Buffer.from("a\n\xff\n\nlast", "latin1");
    expect(await sh("cat; echo oops >&2; exit 3", { input })).toEqual({ status: 3, lines: ["a", "\xff", "", "last"], errorLines: ["oops"] });
  });

  it("may end before it has read its input", async () => {
    expect(await sh("exit 0", { input: Buffer.alloc(1 << 20) })).toMatchObject({ status: 0, lines: [] });
  });

  it("inherits descriptors, and nothing of the environment but PATH", async () => {
    writeFileSync(join(folder, "f"), "held\n");
    const fd = openSync(join(folder, "f"), "r");
    vi.stubEnv("PERL5OPT", "-Mnonsense");
    const { lines } = await sh(`cat /proc/self/fd/3; env | cut -d= -f1 | grep -v -e PWD -e SHLVL -e OLDPWD -e ^_ | sort`, { descriptors: [fd] });
    closeSync(fd);
    expect(lines).toEqual(["held", "LC_ALL", "PATH"]);
  });

  it("has no status when it was killed or cannot be started", async () => {
    expect((await sh("echo x; kill -9 $$")).status).toBeUndefined();
    expect(await runProgram(join(folder, "missing"), { arguments: [] })).toBeUndefined();
    expect(await runProgram(folder, { arguments: [] })).toBeUndefined();
    expect(await runProgram("/bin/sh", { arguments: ["\0"] })).toBeUndefined();
  });

  it("is ended with all that it started when it takes too long", async () => {
    const path = join(folder, "pids");
    expect((await sh(endless(path), { patienceMilliseconds: 1000 })).status).toBeUndefined();
    await vi.waitFor(() => expect(numbers(path).some(isAlive)).toBe(false), 5000);
  });

  it("is ended when it writes a line without end", async () => {
    expect((await sh("yes | tr -d '\\n'")).status).toBeUndefined();
  });

  it("is ended on request, and not started after one", async () => {
    const path = join(folder, "pids");
    const controller = new AbortController();
    const ended = sh(endless(path), { signal: controller.signal }).catch((error: unknown) => error);
    while (!existsSync(path)) await setTimeout(10);
    expect(numbers(path).every(isAlive)).toBe(true);
    controller.abort();
    expect(await ended).toMatchObject({ code: "PTAR_INTERRUPTED" });
    await vi.waitFor(() => expect(numbers(path).some(isAlive)).toBe(false), 5000);
    await expect(sh(`touch ${folder}/started`, { signal: controller.signal })).rejects.toMatchObject({ code: "PTAR_INTERRUPTED" });
    expect(existsSync(join(folder, "started"))).toBe(false);
  });
});
