// ptar create --stdin-name: what another program writes becomes a file.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { newFolder } from "../connectors/folder.js";
import { place, placeIn, root } from "./run.js";
import { document } from "./schema.js";

const folder = newFolder();
const { ptar, shell } = placeIn(folder);
const program = join(root, "bin/ptar.js");

beforeAll(() => cpSync(join(root, "examples/case"), join(folder, "case"), { recursive: true, verbatimSymlinks: true }));

describe("--stdin-name", () => {
  it("packs standard input as one file, and nothing that a stream does not have", async () => {
    const { code } = await shell("seq 300000 | tee numbers | ptar create s.ptar --stdin-name db/numbers.txt");
    expect(code).toBe(0);
    const { snapshots } = JSON.parse((await ptar("info", "s.ptar", "--json")).stdout);
    expect(snapshots[0].snapshot).toMatchObject({
      sources: [{ kind: "stream", label: "db/numbers.txt" }],
      captured: { classes: ["name", "type", "content"] },
    });
    const { stdout } = await shell(
      "ptar list s.ptar; ptar cat s.ptar db/numbers.txt | cmp - numbers && ptar extract s.ptar -C sout && cmp numbers sout/db/numbers.txt",
    );
    expect(stdout).toMatch(/^db\/\ndb\/numbers\.txt\nextracted 2 entries, 1 file/);
    expect((await ptar("verify", "s.ptar", "--level", "deep")).code).toBe(0);
  });

  it("gives the same bytes for the same stream with --reproducible", async () => {
    await shell("for name in 1 2; do cat case/notes.md | ptar create r$name.ptar --stdin-name n --reproducible; done");
    expect(readFileSync(join(folder, "r1.ptar"))).toEqual(readFileSync(join(folder, "r2.ptar")));
  });

  it("works between two pipes", async () => {
    const { stdout } = await shell("echo hello | ptar create - --stdin-name x 2>/dev/null | ptar cat - x 2>/dev/null");
    expect(stdout).toBe("hello\n");
  });

  it("packs a file and nothing alike", async () => {
    const { stdout } = await shell(
      "ptar create f.ptar --stdin-name f --quiet < case/notes.md; ptar create e.ptar --stdin-name e --quiet < /dev/null; ptar cat f.ptar f; ptar cat e.ptar e",
    );
    expect(stdout.split("\n").slice(2).join("\n")).toBe(readFileSync(join(folder, "case/notes.md"), "utf8"));
  });

  it("records an error of the stream, and the collection is incomplete", async () => {
    const { code, stdout } = await shell("ptar create broken.ptar --stdin-name x --json < /proc/self/mem");
    expect(code).toBe(3);
    expect(document("create", stdout)).toMatchObject({ complete: false, problems: [{ path: "x", problem: "read: EIO" }] });
    expect((await ptar("list", "broken.ptar", "--json")).stdout).toContain('"errors":[{"code":"EIO","length":1,"offset":0,"operation":"read"}]');
    expect((await ptar("verify", "broken.ptar", "--level", "deep")).code).toBe(3);
  });

  it("keeps what came before a connection broke", async () => {
    const server = createServer((peer: Socket) => {
      peer.on("error", () => undefined);
      peer.write("the first part");
      void setTimeout(100).then(() => peer.resetAndDestroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { readonly port: number };
    // reset before it is read: the bytes are there, and then not an end but an error
    const { code, stdout } = await shell(`exec 3< /dev/tcp/127.0.0.1/${port}; sleep 0.3; ptar create net.ptar --stdin-name x --json <&3`);
    server.close();
    expect(code).toBe(3);
    expect(document("create", stdout)).toMatchObject({ contentBytes: 15, problems: [{ path: "x", problem: "read: ECONNRESET" }] });
    expect((await ptar("cat", "net.ptar", "x")).stdout).toBe("the first part\0");
  });

  it("is left by Ctrl-C while it waits for bytes", async () => {
    const { folder: own, start } = place();
    const { child, outcome } = start("create", "a.ptar", "--stdin-name", "x", "--no-sign");
    expect((await outcome).code).toBe(0);
    expect(child.exitCode).toBe(0);
    const waiting = spawn(process.execPath, [program, "create", "b.ptar", "--stdin-name", "x", "--no-sign"], {
      cwd: own,
      env: { PATH: process.env.PATH, HOME: own },
    });
    while (!readdirSync(own).some((name) => name.endsWith(".ptar-part"))) await setTimeout(20);
    await setTimeout(100);
    waiting.kill("SIGINT");
    expect(await new Promise((resolve) => waiting.on("exit", resolve))).toBe(130);
    expect(existsSync(join(own, "b.ptar"))).toBe(false);
    expect(readdirSync(own).filter((name) => name.endsWith(".ptar-part"))).toEqual([]);
  });
});

describe("--also-hash", () => {
  it("records the digests that md5sum and others print", async () => {
    const { stdout } = await shell(
      "ptar create h.ptar case/notes.md --also-hash sha512,md5 --also-hash sha1 --quiet >/dev/null; ptar list h.ptar --json 2>/dev/null; md5sum < case/notes.md; sha1sum < case/notes.md; sha512sum < case/notes.md",
    );
    const [md5, sha1, sha512] = stdout
      .trimEnd()
      .split("\n")
      .slice(-3)
      .map((line) => line.split(" ")[0]);
    expect(stdout).toContain(JSON.stringify({ md5, sha1, sha512 }).slice(1, -1));
  });
});

describe("--one-file-system and --owner-names", () => {
  it("leave out what is mounted below, and record names", async ({ skip }) => {
    const flags = process.getuid?.() === 0 ? "-m" : "-rm";
    if (spawnSync("unshare", [flags, "true"]).status !== 0) return skip("mounting a disk is not permitted here");
    const inner =
      "mount -t tmpfs none own/mnt; touch own/mnt/in; for more in --one-file-system --owner-names; do ptar create o$more.ptar own $more --quiet >/dev/null; done";
    const script = `mkdir -p own/mnt; declare -f ptar > ptar.sh; unshare ${flags} bash -c '. ./ptar.sh; ${inner}'; for o in o--*; do ptar list ./$o --json; done`;
    const [names = "", one = ""] = (await shell(script)).stdout.split('"exitCode":0}').toSorted((a, b) => b.length - a.length);
    expect(one).not.toContain("own/mnt/in");
    expect(names).toContain("own/mnt/in");
    expect(names).toMatch(/"owner":"\w+"/);
    expect(one).not.toMatch(/"owner":/);
  });
});
