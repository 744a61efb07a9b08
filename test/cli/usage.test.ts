// The command line: help, mistakes, words that are easily misread.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { writerName } from "../../src/archive/version.js";
import type { Context } from "../../src/cli/command.js";
import { commands } from "../../src/cli/commands.js";
import { parseCommandLine } from "../../src/cli/parse.js";
import { createNotes } from "../../src/cli/ui/notes.js";
import { createOutput } from "../../src/cli/ui/output.js";
import { place } from "./run.js";
import { document } from "./schema.js";

describe("help", () => {
  it("names all commands, with examples", async () => {
    const { code, stdout, stderr } = await place().ptar("--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const name of ["create", "verify", "info", "list", "cat", "extract", "export", "rewrap", "keygen", "trust", "completion"])
      expect(stdout).toMatch(new RegExp(`  ptar ${name}\\b`));
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    expect(stdout).toContain("ptar create evidence.ptar ./case");
  });

  it("explains each command", async () => {
    const { ptar } = place();
    for (const name of ["create", "extract", "rewrap", "trust"]) expect((await ptar(name, "--help")).stdout).toMatch(new RegExp(`^ptar ${name}`));
    expect((await ptar("extract", "--help")).stdout).toContain("-C, --directory");
  });

  it("prints the version", async () => {
    expect((await place().ptar("--version")).stdout).toBe(`${writerName.version}\n`);
  });
});

/** What is thrown for a command line, in this process: child processes take a quarter of a second each. */
async function mistakeOf(argv: readonly string[]): Promise<unknown> {
  const context: Context = {
    env: { XDG_CONFIG_HOME: "/nonexistent" },
    argv,
    out: createOutput(new PassThrough()),
    notes: createNotes(new PassThrough(), { quiet: true }),
    signal: new AbortController().signal,
    removeOnExit: () => undefined,
  };
  try {
    const parsed = await parseCommandLine(argv, commands, "0");
    return "text" in parsed ? parsed.text : await parsed.command.run?.(parsed.args, context);
  } catch (error) {
    return error;
  }
}

describe("mistakes", () => {
  it.each([
    [[], "no command was given"],
    [["frob"], "unknown command frob"],
    [["list"], "arguments: 0 given, at least 1 needed"],
    [["list", "/nonexistent/a.ptar", "--nope"], "unknown argument --nope"],
    [["list", "/nonexistent/a.ptar", "b", "c"], "unknown argument c"],
    [["verify", "/nonexistent/a.ptar", "--trust"], "--trust needs a value"],
    [["verify", "/nonexistent/a.ptar", "--level", "some"], 'invalid value: --level: "some" is none of "standard", "full", "deep"'],
    [["verify", "/nonexistent/a.ptar", "--level", "full", "--level", "deep"], "--level: given 2 times, at most once expected"],
    [["verify", "/nonexistent/a.ptar", "--expect", "ptar1 12"], "--expect: is no fingerprint: ptar1 and 64 hex digits"],
    [["verify", ""], "archive: is empty"],
    [["create"], "arguments: 0 given, at least 1 needed"],
    [["create", "/nonexistent/a.ptar"], "no source was given"],
    [["create", "-", ".", "--json"], "--json: standard output holds the archive, there is no place for a document"],
    [["create", "/nonexistent/a.ptar", ".", "--null"], "--null: says how --files-from is read, which was not given"],
    [
      ["create", "/nonexistent/a.ptar", "--files-from", "-", "--exclude-from", "-"],
      "--files-from - and --exclude-from -: both read standard input, only one of them can be given",
    ],
    [
      ["create", "/nonexistent/a.ptar", "--files-from", "-", "--files-from", "-"],
      "--files-from - and --files-from -: both read standard input, only one of them can be given",
    ],
    [
      ["create", "/nonexistent/a.ptar", "--stdin-name", "x", "--exclude-from", "-"],
      "--exclude-from - and --stdin-name: both read standard input, only one of them can be given",
    ],
    [
      ["create", "/nonexistent/a.ptar", "--stdin-name", "x", "."],
      "--stdin-name: standard input is the only source; paths and --files-from cannot be given with it",
    ],
    [
      ["create", "/nonexistent/a.ptar", "--stdin-name", "x", "--files-from", "list"],
      "--stdin-name: standard input is the only source; paths and --files-from cannot be given with it",
    ],
    [["create", "/nonexistent/a.ptar", "--stdin-name", "../x"], 'name of standard input: "../x" is not a relative path'],
    [["create", "/nonexistent/a.ptar", ".", "--also-hash", "md5,crc32"], '--also-hash: "crc32" is none of md5, sha1, sha512'],
    [["create", "/nonexistent/a.ptar", ".", "--reproducible", "--owner-names"], "--owner-names and --reproducible: only one of them can be given"],
    [
      ["create", "/nonexistent/a.ptar", ".", "--profile", "portable", "--owner-names"],
      "--owner-names and --profile portable: only one of them can be given",
    ],
    [["create", "/nonexistent/a.ptar", ".", "--compression-level", "12abc"], '--compression-level: "12abc" is not a number from 1 to 22'],
    [["create", "/nonexistent/a.ptar", ".", "--compression-level", "23"], '--compression-level: "23" is not a number from 1 to 22'],
    [["create", "/nonexistent/a.ptar", ".", "--codec", "store", "--compression-level", "1"], "--compression-level: --codec store does not compress"],
    [["create", "/nonexistent/a.ptar", ".", "--no-sign", "--key", "k"], "--key and --no-sign: only one of them can be given"],
    [["create", "/nonexistent/a.ptar", ".", "--reproducible", "--provenance"], "--provenance and --reproducible: only one of them can be given"],
    [["create", "/nonexistent/a.ptar", ".", "--reproducible", "--recipient", "x"], "--recipient and --reproducible: only one of them can be given"],
    [["create", "/nonexistent/a.ptar", ".", "--reproducible", "--passphrase"], "--passphrase and --reproducible: only one of them can be given"],
    [
      ["create", "/nonexistent/a.ptar", ".", "--reproducible", "--passphrase-file", "x"],
      "--passphrase-file and --reproducible: only one of them can be given",
    ],
    [
      ["create", "/nonexistent/a.ptar", ".", "--reproducible", "--passphrase-command", "x"],
      "--passphrase-command and --reproducible: only one of them can be given",
    ],
    [["rewrap", "-", "--add-recipient", "x"], "archive -: something is appended to a file, not to a stream"],
    [["rewrap", "/nonexistent/a.ptar"], "rewrap: nobody to add"],
    [["create", "/nonexistent/a.ptar", ".", "--reproducible", "--codec", "deflate"], "--codec and --reproducible: only one of them can be given"],
    [
      ["create", "/nonexistent/a.ptar", ".", "--exclude", "a[b"],
      '--exclude: "a[b" matches nothing: a [ is not closed, or a backslash stands at its end; \\[ and \\\\ mean the characters',
    ],
    [["extract", "/nonexistent/a.ptar"], "-C DIR is missing: extract needs a folder to write to"],
    [
      ["extract", "/nonexistent/a.ptar", "-C", "o", "--same-owner", "--no-same-owner"],
      "--same-owner and --no-same-owner: only one of them can be given",
    ],
    [["cat", "/nonexistent/a.ptar", "/"], "path: the root of an archive is a directory"],
    [["trust"], "no sub-command was given"],
  ])("%j", async (args, message) => {
    const error = await mistakeOf(args);
    expect(error).toMatchObject({ code: "PTAR_USAGE", message });
  });

  it("go to standard error with a hint, exit 2", async () => {
    const outcome = await place().ptar("list", "a.ptar", "--nope");
    expect(outcome).toEqual({ code: 2, stdout: "", stderr: "ptar: unknown argument --nope\nptar: hint: ptar list --help says more\n" });
  });

  it("gives one document with --json", async () => {
    const { code, stdout } = await place().ptar("list", "--json");
    expect(document("error", stdout)).toMatchObject({ error: { code: "PTAR_USAGE" }, exitCode: 2 });
    expect(code).toBe(2);
  });

  it("speaks English whatever the locale is", async () => {
    expect((await place().shell("ptar list", { LANG: "de_DE.UTF-8", LC_ALL: "de_DE.UTF-8" })).stderr).toContain("ptar: arguments: 0 given");
  });
});

describe("words that are easily misread", () => {
  it("takes what follows -- as paths, and numbers as names", async () => {
    const { folder, ptar } = place();
    mkdirSync(join(folder, "src"));
    for (const name of ["-x", "--json", "007"]) writeFileSync(join(folder, name), name);
    expect((await ptar("create", "a.ptar", "--no-sign", "--", "-x", "--json", "007")).code).toBe(0);
    expect((await ptar("list", "a.ptar")).stdout).toBe("--json\n-x\n007\n");
    expect((await ptar("cat", "a.ptar", "007")).stdout).toBe("007");
  });

  it("does not let a list option swallow paths", async () => {
    const { folder, ptar } = place();
    writeFileSync(join(folder, "a"), "a");
    writeFileSync(join(folder, "b"), "b");
    expect((await ptar("create", "a.ptar", "--no-sign", "--tag", "t", "a", "--exclude", "b", "b")).code).toBe(0);
    expect((await ptar("list", "a.ptar")).stdout).toBe("a\n");
  });
});

describe("the environment", () => {
  it("shows stacks with PTAR_DEBUG=1 only", async () => {
    const { shell } = place();
    expect((await shell("ptar list no.ptar")).stderr).not.toContain("    at ");
    expect((await shell("ptar list no.ptar", { PTAR_DEBUG: "1" })).stderr).toContain("    at ");
  });

  it("refuses a SOURCE_DATE_EPOCH that is no number", async () => {
    const { code, stderr } = await place().shell("ptar create a.ptar . --reproducible", { SOURCE_DATE_EPOCH: "soon" });
    expect({ code, line: stderr.split("\n")[0] }).toEqual({ code: 2, line: 'ptar: SOURCE_DATE_EPOCH: "soon" is not a number of seconds since 1970' });
  });
});
