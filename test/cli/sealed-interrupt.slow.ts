// Ctrl-C around sealed archives: at questions for a passphrase and while one is made. Nothing is left behind.
import type { ChildProcess } from "node:child_process";
import { copyFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { onTerminal, type Step } from "../connectors/node/secrets/terminal.js";
import { needs } from "../connectors/programs.js";
import { root } from "./run.js";
import { type SealedCase, sealedCase } from "./sealed-case.js";

async function until(condition: () => boolean, child: ChildProcess): Promise<void> {
  while (!condition() && child.exitCode === null) await setTimeout(10);
}

describe.skipIf(!needs("age-keygen") || !needs("python3"))("Ctrl-C", () => {
  let the: SealedCase;
  beforeAll(async () => {
    the = sealedCase("ptar-stopped-");
    await the.ptar("keygen");
    await the.ptar("create", "p.ptar", "case", "--passphrase-file", "right");
    // it takes minutes to read and no space on the disk
    writeFileSync(the.path("zeros"), "");
    truncateSync(the.path("zeros"), 100_000_000_000);
  });
  afterAll(() => the.remove());

  const onScreen = (args: readonly string[], steps: readonly Step[]) =>
    onTerminal([process.execPath, join(root, "bin/ptar.js"), ...args], steps, {
      cwd: the.folder,
      env: { HOME: the.folder, XDG_CONFIG_HOME: the.path(".config"), PATH: process.env.PATH ?? "" },
      stdin: "",
    });
  const names = () => readdirSync(the.folder).sort();

  it.each([
    ["create", ["create", "new.ptar", "case", "--passphrase"], "new passphrase for new.ptar: "],
    ["list", ["list", "p.ptar"], "passphrase of p.ptar: "],
    ["extract", ["extract", "p.ptar", "-C", "out"], "passphrase of p.ptar: "],
    ["export", ["export", "p.ptar", "--format", "sha256sums", "-o", "out"], "passphrase of p.ptar: "],
    ["verify --report", ["verify", "p.ptar", "--passphrase", "--report", "out"], "passphrase of p.ptar: "],
    ["rewrap", ["rewrap", "p.ptar", "--add-recipient", "RECIPIENT"], "passphrase of p.ptar: "],
  ])("at the question of %s: exit 130, the terminal as before, nothing made and nothing changed", async (_, args, wait) => {
    const [before, archive] = [names(), the.read("p.ptar")];
    const words = args.map((word) => (word === "RECIPIENT" ? the.recipients.ann : word));
    const { code, stdout, stderr, screen, echo } = await onScreen(words, [{ wait, type: "orbit\x03" }]);
    expect({ code, stdout, echo }).toEqual({ code: 130, stdout: "", echo: true });
    expect(stderr).toMatch(/(^|\n)ptar: stopped on request\n$/);
    expect(screen + stderr).not.toContain("orbit");
    expect(names()).toEqual(before);
    expect(the.read("p.ptar").equals(archive)).toBe(true);
  });

  it("at the second question of create: nothing is made", async () => {
    const before = names();
    const { code } = await onScreen(
      ["create", "new.ptar", "case", "--passphrase"],
      [
        { wait: "new passphrase for new.ptar: ", type: `${the.passphrase}\r` },
        { wait: "the same again: ", type: "\x03" },
      ],
    );
    expect(code).toBe(130);
    expect(names()).toEqual(before);
  });

  it.each([
    ["for a recipient", () => ["--recipient", the.recipients.ann], 150],
    // no wait: it is still busy with the passphrase
    ["for a passphrase", () => ["--passphrase-file", "right"], 0],
  ])("during create %s: exit 130, no archive, no temporary file, and a second run works", async (_, keys, pause) => {
    const before = names();
    const { child, outcome } = the.start("create", "new.ptar", "zeros", ...keys());
    await until(() => names().some((name) => name.endsWith(".ptar-part")), child);
    await setTimeout(pause);
    child.kill("SIGINT");
    const { code, stdout, stderr } = await outcome;
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    expect(stderr).toMatch(/ptar: stopped on request\n$/);
    expect(names()).toEqual(before);
    copyFileSync(the.path("case/notes.md"), the.path("small"));
    expect((await the.ptar("create", "new.ptar", "small", ...keys())).code).toBe(0);
    for (const name of ["new.ptar", "small"]) rmSync(the.path(name));
  });
});
