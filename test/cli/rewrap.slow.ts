// ptar rewrap with the real program: who can open the archive afterwards, and what is left when it fails. spec/14-encryption.md#rewrap
import { type ChildProcess, execFileSync } from "node:child_process";
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openSigned } from "../../src/archive/open.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { generateIdentity, recipientOf } from "../../src/crypto/age.js";
import { native } from "../archive/engines.js";
import { needs } from "../connectors/programs.js";
import { document } from "./schema.js";
import { type SealedCase, sealedCase } from "./sealed-case.js";

async function until(condition: () => boolean, child: ChildProcess): Promise<void> {
  while (!condition() && child.exitCode === null) await setTimeout(10);
}

describe.skipIf(!needs("age-keygen"))("ptar rewrap", () => {
  let the: SealedCase;
  beforeAll(async () => {
    the = sealedCase("ptar-rewrap-");
    const { ptar, recipients } = the;
    writeFileSync(the.path("bob.age"), `# the court\n${recipients.bob}\n`);
    // more of them than fit into what is left of a page of the disk
    const many = await Promise.all(Array.from({ length: 60 }, async () => recipientOf(await generateIdentity("x25519"))));
    writeFileSync(the.path("many.age"), many.join("\n"));
    await ptar("keygen", "--out", "k", "--comment", "lab");
    await ptar("keygen", "--out", "c", "--comment", "clerk");
    await ptar("create", "sealed.ptar", "case", "--key", "k", "--recipient", recipients.ann);
    await ptar("create", "p.ptar", "case", "--key", "k", "--passphrase-file", "right");
  });
  afterAll(() => the.remove());
  beforeEach(() => copyFileSync(the.path("sealed.ptar"), the.path("a.ptar")));

  const addBob = ["rewrap", "a.ptar", "--add-recipient", "bob.age", "--identity", "ann.txt", "--key", "c"] as const;
  const lock = () => the.path("a.ptar.ptar-lock");
  const opens = async (identity: string, archive = "a.ptar") =>
    (await the.ptar("cat", archive, "case/notes.md", "--identity", identity)).stdout === the.read("case/notes.md").toString();
  /** Nothing changed, and no lock is left. */
  const untouched = () => {
    expect(the.read("a.ptar").equals(the.read("sealed.ptar"))).toBe(true);
    expect(existsSync(lock())).toBe(false);
  };

  describe("adds recipients", () => {
    it("without changing an earlier byte, under a statement that verify shows", async () => {
      const { code, stdout, stderr } = await the.ptar(...addBob);
      expect({ code, stdout }).toEqual({ code: 0, stdout: `${the.recipients.bob}\n` });
      const [before, after] = [the.read("sealed.ptar"), the.read("a.ptar")];
      const more = `ptar: appended ${after.length - before.length} bytes to a.ptar; no earlier byte changed\n`;
      expect(stderr).toMatch(/^ptar: signed by SHA256:\S{43} \(key not known here\)\n/);
      expect(stderr.endsWith(more)).toBe(true);
      expect(after.subarray(0, before.length).equals(before)).toBe(true);
      expect(await Promise.all([opens("ann.txt"), opens("bob.txt"), opens("eve.txt"), opens("bob.txt", "sealed.ptar")])).toEqual([
        true,
        true,
        false,
        false,
      ]);
      const verified = await the.ptar("verify", "a.ptar", "--trust", "k.pub", "--trust", "c.pub", "--identity", "bob.txt");
      expect(verified.code).toBe(0);
      expect(verified.stdout).toMatch(/^custody {7}recorded {4}SHA256:\S{43} \(trusted as "clerk"\)$/m);
      expect(verified.stdout).toMatch(/^sealed: aes-256-gcm, 2 recipients \(X25519\)$/m);
      expect(verified.stdout).toMatch(/^later rewrapped by SHA256:\S{43} \(trusted as "clerk"\), custodian, \d{4}-/m);
      expect((await the.ptar("info", "a.ptar")).stdout).toMatch(/^rewrapped {3}SHA256:\S{43} \(key not known here\), custodian, \d{4}-/m);
      expect(readdirSync(the.folder).filter((name) => name.endsWith("lock"))).toEqual([]);
    });

    it("again, and by whom was added before", async () => {
      await the.ptar(...addBob);
      const { code, stdout } = await the.ptar(
        "rewrap",
        "a.ptar",
        "--add-recipient",
        the.recipients.eve,
        "--identity",
        "bob.txt",
        "--key",
        "k",
        "--json",
      );
      const signer = { fingerprint: (await the.shell("ssh-keygen -l -f k.pub | cut -d ' ' -f 2")).stdout.trim() };
      expect({ code, value: document("rewrap", stdout) }).toMatchObject({
        code: 0,
        value: { archive: "a.ptar", recipients: [the.recipients.eve], signer },
      });
      expect(await Promise.all(["ann.txt", "bob.txt", "eve.txt"].map((identity) => opens(identity)))).toEqual([true, true, true]);
      expect((await the.ptar("verify", "a.ptar", "--trust", "k.pub")).code).toBe(0);
    });

    it("to an archive with a passphrase, and each only once", async () => {
      copyFileSync(the.path("p.ptar"), the.path("q.ptar"));
      const twice = ["--add-recipient", "bob.age", "--add-recipient", the.recipients.bob];
      const { code, stdout } = await the.ptar("rewrap", "q.ptar", ...twice, "--passphrase-file", "right", "--key", "k");
      expect({ code, stdout }).toEqual({ code: 0, stdout: `${the.recipients.bob}\n` });
      expect(await opens("bob.txt", "q.ptar")).toBe(true);
      expect((await the.ptar("info", "q.ptar")).stdout).toContain("1 recipient (X25519), 1 passphrase");
    });

    it("to an unsigned archive, which stays unsigned", async () => {
      await the.ptar("create", "u.ptar", "case", "--no-sign", "--recipient", the.recipients.ann);
      const { code, stderr } = await the.ptar("rewrap", "u.ptar", "--add-recipient", "bob.age", "--identity", "ann.txt", "--key", "c");
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^ptar: signed by nobody\n/) });
      expect(await opens("bob.txt", "u.ptar")).toBe(true);
      const verified = await the.ptar("verify", "u.ptar", "--trust", "c.pub", "--identity", "bob.txt");
      expect({ code: verified.code, line: verified.stdout.split("\n")[1] }).toEqual({
        code: 5,
        line: "signature     unsigned    the archive says that nobody signed it",
      });
      expect((await the.ptar("verify", "u.ptar", "--trust", "c.pub", "--identity", "bob.txt", "--allow-unsigned")).code).toBe(0);
    });

    it("in frames that the program age opens", async () => {
      await the.ptar(...addBob);
      const { container } = await openSigned(new MemoryReader(the.read("a.ptar")), { engine: native, trust: "any-signer" });
      const frames = container.keys.covered.map(({ frame }) => frame.payload);
      expect(frames).toHaveLength(2);
      writeFileSync(the.path("keys.age"), frames[1] ?? "");
      expect(execFileSync("age", ["-d", "-i", the.path("bob.txt"), the.path("keys.age")]).length).toBe(80);
    });
  });

  describe("refuses", () => {
    it.each([
      ["another identity", ["a.ptar", "--add-recipient", "bob.age", "--identity", "eve.txt"], 8, "PTAR_IDENTITY_WRONG"],
      ["no identity", ["a.ptar", "--add-recipient", "bob.age"], 8, "PTAR_KEY_REQUIRED"],
      ["a passphrase, where there is none", ["a.ptar", "--add-recipient", "bob.age", "--passphrase-file", "right"], 8, "PTAR_KEY_REQUIRED"],
      ["an identity as recipient", ["a.ptar", "--add-recipient", "bob.txt", "--identity", "ann.txt"], 8, "PTAR_KEY_INVALID"],
      ["a file that is not there", ["a.ptar", "--add-recipient", "nope", "--identity", "ann.txt"], 7, "PTAR_KEY_NOT_FOUND"],
      ["nobody to add", ["a.ptar", "--identity", "ann.txt"], 2, "PTAR_USAGE"],
      ["a stream", ["-", "--add-recipient", "bob.age", "--identity", "ann.txt"], 2, "PTAR_USAGE"],
      ["no archive", ["nope.ptar", "--add-recipient", "bob.age"], 7, "PTAR_ARCHIVE_NOT_FOUND"],
      ["a folder", ["case", "--add-recipient", "bob.age"], 1, "PTAR_IO_FAILED"],
      ["another file", ["right", "--add-recipient", "bob.age"], 10, "PTAR_HEADER_MAGIC"],
    ])("%s", async (_, args, exitCode, code) => {
      const outcome = await the.ptar("rewrap", ...args, "--key", "c", "--json");
      expect(document("error", outcome.stdout)).toMatchObject({ error: { code }, exitCode });
      expect(outcome.code).toBe(exitCode);
      untouched();
      expect(readdirSync(the.folder).filter((name) => name.endsWith("lock"))).toEqual([]);
    });

    it("an archive that is not sealed", async () => {
      await the.ptar("create", "plain.ptar", "case", "--key", "k");
      const before = the.read("plain.ptar");
      const { code, stderr } = await the.ptar("rewrap", "plain.ptar", "--add-recipient", "bob.age", "--identity", "ann.txt", "--key", "c");
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("ptar: archive: it is not sealed, there is nothing to wrap\n") });
      expect(the.read("plain.ptar").equals(before)).toBe(true);
    });

    it("an archive that is damaged at its end", async () => {
      writeFileSync(the.path("cut.ptar"), the.read("sealed.ptar").subarray(0, -1));
      const { code } = await the.ptar("rewrap", "cut.ptar", "--add-recipient", "bob.age", "--identity", "ann.txt", "--key", "c");
      expect(code).toBe(4);
    });
  });

  describe("a lock", () => {
    it("of another ptar is respected; its hint names the length, and undoes what a killed one left", async () => {
      mkdirSync(the.path("killed"));
      copyFileSync(the.path("p.ptar"), the.path("killed/p.ptar"));
      const waiting = "echo $$ > sleeping; exec sleep 60";
      const holder = the.start("rewrap", "killed/p.ptar", "--add-recipient", "bob.age", "--passphrase-command", waiting, "--key", "c");
      await until(() => existsSync(the.path("sleeping")) && the.read("sleeping").length > 0, holder.child);
      const again = () => the.ptar("rewrap", "killed/p.ptar", "--add-recipient", "bob.age", "--passphrase-file", "right", "--key", "c");
      expect((await again()).code).toBe(11);
      holder.child.kill("SIGKILL");
      process.kill(Number(the.read("sleeping")), "SIGTERM");
      await holder.outcome;
      appendFileSync(the.path("killed/p.ptar"), "half a tail");
      const { code, stdout, stderr } = await again();
      expect({ code, stdout }).toEqual({ code: 11, stdout: "" });
      expect(stderr).toContain(
        "ptar: archive killed/p.ptar: another ptar is changing it (killed/p.ptar.ptar-lock)\nptar: hint: wait for it, or remove",
      );
      const undo = /`(truncate .*)`/.exec(stderr)?.[1] ?? "";
      expect((await the.shell(`rm killed/p.ptar.ptar-lock; ${undo}; cmp killed/p.ptar p.ptar`)).code).toBe(0);
      expect((await again()).code).toBe(0);
    });

    it("lets one of two win, and the other say why not", async () => {
      const runs = await Promise.all([0, 1, 2].map(() => the.ptar(...addBob)));
      const codes = runs.map(({ code }) => code);
      expect(codes.filter((code) => code !== 0 && code !== 11)).toEqual([]);
      const done = codes.filter((code) => code === 0).length;
      expect(done).toBeGreaterThan(0);
      const verified = await the.ptar("verify", "a.ptar", "--trust", "k.pub", "--identity", "bob.txt");
      expect({ code: verified.code, times: verified.stdout.match(/^later rewrapped/gm)?.length }).toEqual({ code: 0, times: done });
    });

    it("goes with Ctrl-C while a passphrase is waited for, and nothing is changed", async () => {
      copyFileSync(the.path("p.ptar"), the.path("i.ptar"));
      // a second signal does not wait for anything
      for (const signals of [["SIGINT"], ["SIGINT", "SIGTERM"]] as const) {
        const { child, outcome } = the.start("rewrap", "i.ptar", "--add-recipient", "bob.age", "--passphrase-command", "exec sleep 60", "--key", "c");
        await until(() => existsSync(the.path("i.ptar.ptar-lock")), child);
        await setTimeout(200);
        for (const signal of signals) child.kill(signal);
        const { code, stdout } = await outcome;
        expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
        expect(existsSync(the.path("i.ptar.ptar-lock"))).toBe(false);
        expect(the.read("i.ptar").equals(the.read("p.ptar"))).toBe(true);
      }
    });
  });

  describe("a disk that does not take the tail", () => {
    it("leaves the archive as it was when the file may not grow", async () => {
      // in units of 1,024 bytes: a part of the tail fits
      const blocks = Math.ceil(the.read("a.ptar").length / 1024) + 1;
      const { code, stderr } = await the.shell(`ulimit -f ${blocks}; ptar rewrap a.ptar --add-recipient many.age --identity ann.txt --key c`);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("(EFBIG)\n") });
      untouched();
    });

    /** Runs a script where a small disk with a.ptar is at `disk`; undefined where that is not permitted. */
    const onSmallDisk = async (script: string) => {
      const probe = await the.shell("unshare -m true 2>/dev/null || unshare -rm true");
      if (probe.code !== 0 && process.env.CI !== "true") return undefined;
      mkdirSync(the.path("disk"), { recursive: true });
      const flags = process.getuid?.() === 0 ? "-m" : "-rm";
      const inner = `mount -t tmpfs -o size=256k none disk && cp sealed.ptar disk/a.ptar && { ${script}\n}`;
      return the.shell(`declare -f ptar > ptar.sh; unshare ${flags} /bin/bash -c '. ./ptar.sh; ${inner}'`);
    };
    const rewrap = "ptar rewrap disk/a.ptar --identity ann.txt --key c";
    const left = "echo code $?; cmp sealed.ptar disk/a.ptar && ls -A disk";

    it("leaves the archive as it was when the disk is full, with and without room for the lock", async ({ skip }) => {
      for (const room of ["", "truncate -s -4096 disk/fill;"]) {
        const outcome = await onSmallDisk(`cat /dev/zero > disk/fill 2>/dev/null; ${room} ${rewrap} --add-recipient many.age; ${left}`);
        if (outcome === undefined) return skip("mounting a small disk is not permitted here");
        expect(outcome.stdout).toBe("code 1\na.ptar\nfill\n");
        expect(outcome.stderr).toContain(
          room === "" ? "ptar: lock disk/a.ptar.ptar-lock: the disk is full (ENOSPC)\n" : "ptar: archive disk/a.ptar: the disk is full (ENOSPC)\n",
        );
      }
    });

    it("says so when the disk is read-only", async ({ skip }) => {
      const outcome = await onSmallDisk(`mount -o remount,ro disk; ${rewrap} --add-recipient bob.age; ${left}`);
      if (outcome === undefined) return skip("mounting a small disk is not permitted here");
      expect(outcome.stdout).toBe("code 1\na.ptar\n");
      expect(outcome.stderr).toContain("ptar: archive disk/a.ptar: the file system is read-only (EROFS)\n");
    });

    it("says so when the file is read-only", async ({ skip }) => {
      // root may write to any file: another user tries
      if (process.getuid?.() !== 0) {
        const { code, stderr } = await the.shell(`chmod 444 a.ptar; ptar ${addBob.join(" ")}; code=$?; chmod 644 a.ptar; exit $code`);
        expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("ptar: archive a.ptar: permission is denied (EACCES)\n") });
        return untouched();
      }
      const probe = await the.shell(`chmod 755 .; setpriv --reuid=65534 --clear-groups "${process.execPath}" -e 0`);
      if (probe.code !== 0 && process.env.CI !== "true") return skip("no other user can run Node here");
      const readable = await the.shell(`setpriv --reuid=65534 --clear-groups test -r "${join(import.meta.dirname, "../../dist/cli/main.js")}"`);
      if (readable.code !== 0) return skip("this checkout is private: no other user can read the program");
      writeFileSync(the.path("ann.copy"), the.read("ann.txt"), { mode: 0o644 });
      const { code, stderr } = await the.shell(
        `declare -f ptar > ptar.sh; HOME=/nonexistent XDG_CONFIG_HOME=/nonexistent setpriv --reuid=65534 --clear-groups /bin/bash -c '. ./ptar.sh; ptar rewrap a.ptar --add-recipient bob.age --identity ann.copy'`,
      );
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("ptar: archive a.ptar: permission is denied (EACCES)\n") });
      untouched();
      expect(readFileSync(the.path("ann.copy")).equals(the.read("ann.txt"))).toBe(true);
    });
  });
});
