// Passphrases and identities never get out: not printed, not in reports and archives, not on command lines, whatever goes wrong.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { needs } from "../connectors/programs.js";
import type { Outcome } from "./run.js";
import { type SealedCase, sealedCase } from "./sealed-case.js";

describe.skipIf(!needs("age-keygen"))("a secret", () => {
  let the: SealedCase;
  /** Every form in which one could be found, as latin1. */
  let forms: readonly string[];

  beforeAll(async () => {
    the = sealedCase("ptar-secrets-");
    const identity = /AGE-SECRET-KEY-1(\S+)/.exec(the.read("ann.txt").toString())?.[1] as string;
    // one letter wrong: its check sum says so, and what is left is a secret still
    const broken = identity.slice(0, -1) + (identity.endsWith("Q") ? "P" : "Q");
    writeFileSync(the.path("broken.txt"), `AGE-SECRET-KEY-1${broken}\n`, { mode: 0o600 });
    const secrets = [the.passphrase, "velvet crumb", identity, identity.toLowerCase(), broken, identity.slice(20, 40)];
    forms = secrets.flatMap((text) => {
      const bytes = Buffer.from(text);
      return [bytes.toString("latin1"), bytes.toString("hex"), bytes.toString("base64").replace(/.?.?=*$/, ""), JSON.stringify(text).slice(1, -1)];
    });
    await the.ptar("create", "s.ptar", "case", "--recipient", the.recipients.ann);
    const made = await the.ptar("create", "p.ptar", "case", "--passphrase-file", "right");
    expect(made.code).toBe(0);
    writeFileSync(the.path("two-lines"), `${the.passphrase}\n${the.passphrase}\n`);
    writeFileSync(the.path("nul"), `${the.passphrase}\0\n`);
    writeFileSync(the.path("latin1"), Buffer.concat([Buffer.from(the.passphrase), Buffer.from([0xff])]));
    writeFileSync(the.path("long"), the.passphrase.repeat(200));
    const damaged = the.read("p.ptar");
    writeFileSync(the.path("damaged.ptar"), damaged.with(2000, (damaged[2000] as number) ^ 1));
  });
  afterAll(() => the.remove());

  const found = (text: string) => forms.filter((form) => text.includes(form));
  const foundIn = ({ stdout, stderr }: Outcome) => found(Buffer.from(stdout + stderr).toString("latin1"));

  /** Runs a script while the command lines of all processes are looked at; where a secret was seen. */
  async function watched(script: string, env: Readonly<Record<string, string>> = {}) {
    let seen: readonly string[] = [];
    const look = () => {
      for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) seen = [...seen, ...found(commandOf(pid))];
    };
    const timer = setInterval(look, 20);
    try {
      const outcome = await the.shell(script, { PTAR_DEBUG: "1", ...env });
      return { code: outcome.code, printed: foundIn(outcome), seen };
    } finally {
      clearInterval(timer);
    }
  }

  function commandOf(pid: string): string {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "latin1");
    } catch {
      return "";
    }
  }

  it("can be found by this test", async () => {
    expect(found(the.read("right").toString("latin1")).length).toBeGreaterThan(0);
    expect(found(the.read("ann.txt").toString("latin1")).length).toBeGreaterThan(0);
    const { printed, seen } = await watched('cat right ann.txt; x=$(cat right); /bin/sh -c "sleep 1; : $x"');
    expect(printed.length).toBeGreaterThan(0);
    expect(seen.length).toBeGreaterThan(0);
  });

  it.each([
    ["that opens", "ptar list p.ptar --passphrase-file right --json", 0],
    ["that is wrong", "ptar list p.ptar --passphrase-file wrong --json", 8],
    ["of two lines", "ptar list p.ptar --passphrase-file two-lines --json", 8],
    ["with a NUL", "ptar list p.ptar --passphrase-file nul", 8],
    ["that is not UTF-8", "ptar list p.ptar --passphrase-file latin1", 8],
    ["that is too long", "ptar list p.ptar --passphrase-file long", 8],
    ["for a damaged archive", "ptar verify damaged.ptar --passphrase-file right --json", 4],
    ["for an archive without one", "ptar list s.ptar --passphrase-file right", 8],
    ["for a path that is not there", "ptar cat p.ptar nope --passphrase-file right", 7],
    ["for a new archive of nothing", "ptar create x.ptar nope --passphrase-file right --json", 7],
    ["for an archive that exists", "ptar create p.ptar case --passphrase-file right", 9],
    ["of a program that fails", "ptar list p.ptar --passphrase-command 'cat right; exit 3'", 8],
    ["on standard input, and a full disk", "cat right | ptar list p.ptar --passphrase-file - > /dev/full", 1],
    ["given as an identity", "ptar list s.ptar --identity right --json", 8],
    ["given as recipients", "ptar create x.ptar case --recipient right", 8],
    ["given as a list of trusted keys", "ptar verify s.ptar --trust right", 9],
    ["given as a signing key", "ptar create x.ptar case --key right", 8],
  ])("is not shown: a passphrase %s", async (_, script, code) => {
    expect(await watched(script)).toEqual({ code, printed: [], seen: [] });
  });

  it.each([
    ["that opens", "ptar list p.ptar --json", 0],
    ["where there is nothing to open", "ptar list nope.ptar --json", 7],
    ["with a mistake on the command line", "ptar list p.ptar --passphrase --passphrase-file right", 2],
    ["for rewrap, and a recipient that is none", "ptar rewrap p.ptar --add-recipient wrong", 8],
  ])("is not shown: a passphrase of the environment %s", async (_, script, code) => {
    expect(await watched(script, { PTAR_PASSPHRASE: the.passphrase })).toEqual({ code, printed: [], seen: [] });
  });

  it.each([
    ["that opens", "ptar list s.ptar --identity ann.txt --json", 0],
    ["with a typing mistake", "ptar list s.ptar --identity broken.txt --json", 8],
    ["given as a recipient", "ptar create x.ptar case --recipient ann.txt --json", 8],
    ["with a typing mistake given as a recipient", "ptar create x.ptar case --recipient broken.txt", 8],
    ["given as recipient to add", "ptar rewrap s.ptar --add-recipient ann.txt --identity ann.txt", 8],
    ["given as a passphrase", "ptar list p.ptar --passphrase-file broken.txt", 8],
    ["given as a list of trusted keys", "ptar verify s.ptar --trust ann.txt", 9],
    ["given as a signing key", "ptar create x.ptar case --key ann.txt", 8],
  ])("is not shown: an identity %s", async (_, script, code) => {
    expect(await watched(script)).toEqual({ code, printed: [], seen: [] });
  });

  it.each([
    ["--recipient", 'ptar create x.ptar case --recipient "$(grep AGE ann.txt)" --json'],
    ["--recipient, misspelt", 'ptar create x.ptar case --recipient "$(cat broken.txt)" --json'],
    ["--identity", 'ptar list s.ptar --identity "$(grep AGE ann.txt)" --json'],
    ["--add-recipient", 'ptar rewrap s.ptar --add-recipient "$(grep AGE ann.txt)" --identity ann.txt'],
    ["--passphrase", 'ptar create x.ptar case --passphrase="$(cat right)"'],
  ])("that was typed for %s is not printed", async (_, script) => {
    const outcome = await the.shell(script, { PTAR_DEBUG: "1" });
    expect({ code: outcome.code, printed: foundIn(outcome) }).toEqual({ code: expect.toSatisfy((code) => code === 8 || code === 2), printed: [] });
  });

  it("is not in an archive, nor in a report", async () => {
    const archives = readdirSync(the.folder).filter((name) => name.endsWith(".ptar"));
    expect(archives).toContain("p.ptar");
    for (const name of archives) expect(found(the.read(name).toString("latin1"))).toEqual([]);
    const runs = [
      await the.shell("ptar verify p.ptar --passphrase-command 'echo \"$(cat right)\"' --report r1", { PTAR_DEBUG: "1" }),
      await the.ptar("verify", "p.ptar", "--passphrase-command", `echo '${the.passphrase}'`, "--report", "r2"),
      await the.ptar("verify", "p.ptar", "--passphrase-file", "wrong", "--report", "r3"),
      await the.ptar("verify", "s.ptar", "--identity", "ann.txt", "--report", "r4"),
    ];
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 8, 0]);
    expect(runs.flatMap(foundIn)).toEqual([]);
    for (const folder of ["r1", "r2", "r3", "r4"])
      for (const name of readdirSync(the.path(folder))) expect(found(the.read(`${folder}/${name}`).toString("latin1"))).toEqual([]);
  });
});
