import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { canHold, roomToHold } from "../../../../src/connectors/node/source/held-directory.js";
import { runChild } from "../../child.js";
import { isRoot, newFolder } from "../../folder.js";
import { needs } from "../../programs.js";

const folder = newFolder();
/** Runs a shell script in the folder. */
const sh = (script: string) => execFileSync("sh", ["-euc", script], { cwd: folder });

describe.runIf(process.platform === "linux")("directories that are held", () => {
  it("are as many as wished where the system allows many open files, and fewer elsewhere", () => {
    expect(canHold()).toBe(true);
    expect(roomToHold(1)).toBe(1);
    const ended = runChild(
      `import { openSync } from "node:fs";
      import { roomToHold } from "./src/connectors/node/source/held-directory.ts";
      const before = roomToHold(256);
      for (let i = 0; i < 40; i++) openSync("/dev/null");
      const after = roomToHold(256);
      try { while (true) openSync("/dev/null"); } catch {}
      console.log(before > 10, before <= 25, before - after, roomToHold(256));`,
      { wrapper: ["sh", "-c", 'ulimit -n 100; exec "$@"', "sh"] },
    );
    expect(ended).toEqual({ status: 0, stderr: "", stdout: "true true 10 1\n" });
  });

  it.runIf(needs("getfattr") && needs("setfattr"))("fit into what the system allows, and everything is found", () => {
    sh("mkdir wide; cd wide; seq -f d%03g 200 | xargs mkdir; for d in *; do echo $d > $d/f; done; setfattr -n user.k -v v */f *");
    const ended = runChild(
      `import { filesSource } from "./src/connectors/node/source/files-source.ts";
        const source = filesSource([process.argv[2]]);
        const found = { xattrs: 0, errors: 0, read: 0 };
        for await (const run of source.walk()) for (const { item, content } of run) {
          found.xattrs += item?.xattrs?.length ?? 0;
          found.errors += item?.errors?.length ?? 0;
          if (content === undefined) continue;
          const reader = source.open(content);
          found.read += reader.read(new Uint8Array(9));
          reader.close();
        }
        console.log(JSON.stringify(found));`,
      { args: [join(folder, "wide")], wrapper: ["sh", "-c", `ulimit -n 64; exec "$@"`, "sh"] },
    );
    expect(ended).toEqual({ status: 0, stderr: "", stdout: `${JSON.stringify({ xattrs: 400, errors: 0, read: 1000 })}\n` });
  });

  it("are let go when no more files can be opened although that was foreseen otherwise", () => {
    sh("mkdir many; cd many; seq -f d%03g 200 | xargs mkdir; for d in *; do echo $d > $d/f; done");
    const ended = runChild(
      `import { closeSync, openSync, readdirSync } from "node:fs";
      import { filesSource } from "./src/connectors/node/source/files-source.ts";
      const own = [];
      let met = 0;
      // somebody else takes all but one of those that were left when the batch began
      const exclude = () => {
        if (++met !== 6) return false;
        try { while (true) own.push(openSync("/dev/null")); } catch { closeSync(own.pop()); }
        return false;
      };
      const open = () => readdirSync("/proc/self/fd").length;
      const before = open();
      let errors = 0;
      for await (const run of filesSource([process.argv[2]], { exclude, facts: "listing" }).walk()) for (const { item } of run) errors += item?.errors?.length ?? 0;
      own.forEach(closeSync);
      console.log(met > 400, errors, open() - before);`,
      { args: [join(folder, "many")], wrapper: ["sh", "-c", 'ulimit -n 128; exec "$@"', "sh"] },
    );
    expect(ended).toEqual({ status: 0, stderr: "", stdout: "true 0 0\n" });
  });

  it.runIf(isRoot || process.env.CI === "true")("are none without /proc: then names alone lead to entries, and no program is asked", () => {
    mkdirSync(join(folder, "d/e"), { recursive: true });
    writeFileSync(join(folder, "d/f"), "text");
    writeFileSync(join(folder, "d/e/g"), "text");
    const ended = runChild(
      `import { filesSource } from "./src/connectors/node/source/files-source.ts";
      for (const path of ["d", "d/e/g"]) {
        const source = filesSource([path], { cwd: process.argv[2] });
        const found = [source.captures.includes("xattrs"), source.captures.includes("holes")];
        for await (const run of source.walk()) for (const { item, content } of run) {
          found.push(item?.type, item?.errors);
          if (content === undefined) continue;
          const reader = source.open(content);
          found.push(reader.read(new Uint8Array(9)), reader.close());
        }
        console.log(JSON.stringify(found));
      }`,
      { args: [folder], wrapper: ["unshare", "-m", "sh", "-c", 'umount -l /proc; exec "$@"', "sh"] },
    );
    const file = ["file", null, 4, null];
    const entered = ["directory", null];
    const left = [null, null];
    expect(ended.stderr).toBe("");
    expect(
      ended.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      [false, false, ...entered, ...entered, ...file, ...left, ...file, ...left],
      [false, false, ...entered, ...entered, ...file, ...left, ...left],
    ]);
  });
});
