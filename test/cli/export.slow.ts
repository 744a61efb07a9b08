// ptar export, checked with the programs that it writes for.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Context } from "../../src/cli/command.js";
import { commands } from "../../src/cli/commands.js";
import { complete } from "../../src/cli/complete.js";
import { failureJson, failureOf } from "../../src/cli/failure.js";
import { parseCommandLine } from "../../src/cli/parse.js";
import { createNotes } from "../../src/cli/ui/notes.js";
import { createOutput } from "../../src/cli/ui/output.js";
import { errorCodes } from "../../src/errors/codes.js";
import { archiveOf } from "../archive/engines.js";
import { without } from "../interchange/lists.js";
import { type Outcome, placeIn } from "./run.js";
import { document } from "./schema.js";

const folder = mkdtempSync(join(tmpdir(), "ptar-export-"));
const { ptar: program, shell } = placeIn(folder);
const before = process.cwd();
const rawName = Buffer.from([0x72, 0xff, 0x1b, 0x0a]);
/** Temporary files that were left. */
const leftovers = () => readdirSync(folder).filter((name) => name.startsWith(".") && name !== ".config");

/** Runs a command line in this process, which spares a second each time. */
function ptar(...argv: readonly string[]): Promise<Outcome> {
  return run(argv, new AbortController().signal);
}

async function run(argv: readonly string[], signal: AbortSignal): Promise<Outcome> {
  const text = { stdout: "", stderr: "" };
  const stdout = new PassThrough();
  const terminal = { write: (part: string) => (text.stderr += part) };
  stdout.setEncoding("utf8").on("data", (part: string) => {
    text.stdout += part;
  });
  const notes = createNotes(terminal, { quiet: false });
  const env = { HOME: folder, XDG_CONFIG_HOME: join(folder, ".config") };
  const context: Context = { env, argv, out: createOutput(stdout), notes, signal, removeOnExit: (path) => void path.catch(() => undefined) };
  try {
    const parsed = await parseCommandLine(argv, commands, "0");
    if ("text" in parsed) return { code: 0, stdout: parsed.text, stderr: "" };
    return { code: (await parsed.command.run?.(parsed.args, context)) ?? 0, ...text };
  } catch (error) {
    const failure = failureOf(error, signal);
    notes.fail(failure);
    if (argv.includes("--json")) await context.out.json(failureJson(failure));
    return { code: failure.exitCode, ...text };
  }
}

beforeAll(async () => {
  process.chdir(folder);
  mkdirSync(join(folder, "case/sub"), { recursive: true });
  writeFileSync(join(folder, "case/a"), "aaa");
  writeFileSync(join(folder, "case/sub/back\\slash"), "b");
  writeFileSync(join(folder, "case/- | %41"), "c");
  symlinkSync("a", join(folder, "case/link"));
  await ptar("create", "a.ptar", "case");
  writeFileSync(Buffer.concat([Buffer.from(join(folder, "case/")), rawName]), "d");
  await ptar("create", "h.ptar", "case");
  await ptar("create", "unsigned.ptar", "case", "--no-sign");
  await ptar("extract", "a.ptar", "-C", "out");
  await ptar("extract", "h.ptar", "-C", "hostile");
  const facts = { type: "file", content: "x" } as const;
  writeFileSync(join(folder, "md5.ptar"), await archiveOf({ a: "aaa", b: "b" }, { alsoHash: ["md5", "sha1"] }));
  const incomplete = { fine: "y", "shut\u001b": { ...facts, openFault: "EACCES" } };
  writeFileSync(join(folder, "incomplete.ptar"), await archiveOf(incomplete));
  const broken = Object.fromEntries(Array.from({ length: 1_100 }, (_, i) => [`f${i}`, { ...facts, openFault: "EACCES" }]));
  writeFileSync(join(folder, "broken.ptar"), await archiveOf(broken));
});
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
});

describe("ptar export --format openssl", () => {
  it.skipIf(without("openssl"))("writes what openssl finds right, and says whose archive it is", async () => {
    const { code, stdout, stderr } = await program("export", "a.ptar", "--format", "openssl", "-o", "signatures");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "wrote signatures: 10 files\n" });
    expect(stderr).toMatch(/^ptar: signed by SHA256:\S{43} \(your key\)\n$/);
    const { stdout: checked } = await shell("sh signatures/verify.sh a.ptar; echo $?");
    expect(checked).toMatch(/\n0\n$/);
    expect(checked).not.toContain("FAILED");
    expect((await shell("sh signatures/verify.sh h.ptar")).code).toBe(1);
  });

  it("refuses an unsigned archive and leaves no folder", async () => {
    const { code, stdout } = await ptar("export", "unsigned.ptar", "--format", "openssl", "-o", "none", "--json");
    expect(document("error", stdout)).toMatchObject({ error: { code: "PTAR_SIGNATURE_MISSING" }, exitCode: 5 });
    expect(code).toBe(5);
    expect(existsSync(join(folder, "none"))).toBe(false);
  });

  it("writes nothing when one of its files is there", async () => {
    mkdirSync(join(folder, "taken"));
    writeFileSync(join(folder, "taken/verify.sh"), "mine");
    const { code, stderr } = await ptar("export", "a.ptar", "--format", "openssl", "-o", "taken");
    expect(code).toBe(errorCodes.PTAR_TARGET_EXISTS.exit);
    expect(stderr).toContain("ptar: taken/verify.sh: exists\nptar: hint: choose another folder, or use --force to replace what is there\n");
    expect(readdirSync(join(folder, "taken"))).toEqual(["verify.sh"]);
    expect((await ptar("export", "a.ptar", "--format", "openssl", "-o", "taken", "--force")).code).toBe(0);
    expect(readFileSync(join(folder, "taken/verify.sh"), "utf8")).toMatch(/^#!\/bin\/sh\n/);
  });

  it("never mixes with an earlier export", async () => {
    await ptar("export", "a.ptar", "--format", "openssl", "-o", "mixed");
    const whole = readdirSync(join(folder, "mixed"));
    for (const name of ["archive-7-1.sig", "snapshot-9.json", "manifest-3.json", "mine.txt"]) writeFileSync(join(folder, "mixed", name), "earlier");
    await ptar("export", "h.ptar", "--format", "openssl", "-o", "mixed", "--force");
    expect(readdirSync(join(folder, "mixed")).sort()).toEqual([...whole, "mine.txt"].sort());
    for (const name of whole) rmSync(join(folder, "mixed", name));
    writeFileSync(join(folder, "mixed/archive-7-1.sig"), "earlier");
    const { code, stderr } = await ptar("export", "a.ptar", "--format", "openssl", "-o", "mixed");
    expect(code).toBe(9);
    expect(stderr).toContain("ptar: mixed/archive-7-1.sig: exists\n");
    expect(readdirSync(join(folder, "mixed")).sort()).toEqual(["archive-7-1.sig", "mine.txt"]);
  });

  it("leaves nothing of either export when a new one fails half-way", async () => {
    await ptar("export", "a.ptar", "--format", "openssl", "-o", "torn");
    const controller = new AbortController();
    const stop = new Proxy(controller.signal, {
      get(signal, name) {
        // stops when the old ones are gone and some of the new ones are there
        const fresh = readdirSync(join(folder, "torn"));
        if (name === "throwIfAborted" && fresh.length > 2 && !fresh.includes("README.txt")) controller.abort();
        const value = Reflect.get(signal, name);
        return typeof value === "function" ? value.bind(signal) : value;
      },
    });
    expect((await run(["export", "h.ptar", "--format", "openssl", "-o", "torn", "--force"], stop)).code).toBe(errorCodes.PTAR_INTERRUPTED.exit);
    expect(readdirSync(join(folder, "torn"))).toEqual([]);
  });

  it("takes away what it wrote when it fails half-way", async () => {
    // a folder cannot be replaced by a file, not even with --force
    mkdirSync(join(folder, "half/README.txt"), { recursive: true });
    expect((await ptar("export", "a.ptar", "--format", "openssl", "-o", "half", "--force")).code).toBe(9);
    expect(readdirSync(join(folder, "half"))).toEqual(["README.txt"]);
  });
});

describe.skipIf(without("sha256sum"))("ptar export --format sha256sums", () => {
  it("writes what sha256sum checks in an extracted folder", async () => {
    expect((await ptar("export", "h.ptar", "--format", "sha256sums", "-o", "sums")).stdout).toBe("wrote sums: SHA256SUMS, 4 lines\n");
    const right = await shell("cd hostile && sha256sum --check --strict ../sums/SHA256SUMS");
    expect({ code: right.code, stderr: right.stderr, lines: right.stdout.match(/OK$/gm)?.length }).toEqual({ code: 0, stderr: "", lines: 4 });
    writeFileSync(join(folder, "hostile/case/sub/back\\slash"), "changed");
    const wrong = await shell("cd hostile && sha256sum --check --quiet ../sums/SHA256SUMS");
    expect({ code: wrong.code, stdout: wrong.stdout }).toEqual({ code: 1, stdout: "case/sub/back\\slash: FAILED\n" });
  });

  it("replaces a list only with --force", async () => {
    mkdirSync(join(folder, "kept"));
    writeFileSync(join(folder, "kept/SHA256SUMS"), "mine");
    const refused = await ptar("export", "a.ptar", "--format", "sha256sums", "-o", "kept", "--json");
    expect(document("error", refused.stdout)).toMatchObject({ error: { code: "PTAR_TARGET_EXISTS" }, exitCode: 9 });
    expect(readFileSync(join(folder, "kept/SHA256SUMS"), "utf8")).toBe("mine");
    expect((await ptar("export", "a.ptar", "--format", "sha256sums", "-o", "kept", "--force")).code).toBe(0);
    expect(readFileSync(join(folder, "kept/SHA256SUMS"), "utf8")).toMatch(/^[0-9a-f]{64} {2}case\/- \| %41\n/);
    expect(readdirSync(join(folder, "kept"))).toEqual(["SHA256SUMS"]);
  });

  it("says what has no sum, with its name escaped, and exits 3", async () => {
    const { code, stdout, stderr } = await ptar("export", "incomplete.ptar", "--format", "sha256sums", "-o", "part");
    expect({ code, stdout }).toEqual({ code: 3, stdout: "wrote part: SHA256SUMS, 1 line\n" });
    expect(stderr).toMatch(
      /\nptar: shut\\x1b: could not be read wholly at the source \(open: EACCES\)\nptar: incomplete: 1 entry not or not wholly in SHA256SUMS\n$/,
    );
    const json = await ptar("export", "incomplete.ptar", "--format", "sha256sums", "-o", "part", "--force", "--json");
    expect(document("export", json.stdout)).toMatchObject({
      format: "sha256sums",
      folder: "part",
      files: ["SHA256SUMS"],
      entries: 2,
      lines: 1,
      lossCount: 1,
      losses: [{ path: "shut\u001b", reason: "could not be read wholly at the source (open: EACCES)" }],
      exitCode: 3,
    });
  });

  it("says the first twenty losses, and how many there are", async () => {
    const { stderr } = await ptar("export", "broken.ptar", "--format", "sha256sums", "-o", "broken");
    expect(stderr.match(/could not be read/g)?.length).toBe(20);
    expect(stderr).toContain("ptar: 1 080 more; --json lists 1 000\nptar: incomplete: 1 100 entries not or not wholly in SHA256SUMS\n");
    const { stdout } = await ptar("export", "broken.ptar", "--format", "sha256sums", "-o", "broken", "--force", "--json");
    const { losses, lossCount } = document("export", stdout);
    expect([(losses as readonly unknown[]).length, lossCount]).toEqual([1_000, 1_100]);
  });
});

describe("ptar export --format md5sums", () => {
  it.skipIf(without("md5sum"))("writes what md5sum checks", async () => {
    expect((await ptar("export", "md5.ptar", "--format", "md5sums", "-o", "md5")).code).toBe(0);
    expect((await ptar("extract", "md5.ptar", "-C", "md5out")).code).toBe(0);
    expect((await shell("cd md5out && md5sum --check --strict --quiet ../md5/MD5SUMS")).code).toBe(0);
  });

  it("is refused for an archive without MD5 and leaves nothing behind", async () => {
    const { code, stderr } = await ptar("export", "a.ptar", "--format", "md5sums", "-o", "no-md5");
    expect(code).toBe(2);
    expect(stderr).toContain("ptar: hint: `ptar create --also-hash md5` records it when an archive is made");
    expect(existsSync(join(folder, "no-md5"))).toBe(false);
    expect(leftovers()).toEqual([]);
  });
});

describe("ptar export --format bodyfile", () => {
  it.skipIf(without("mactime"))("writes what mactime makes a timeline of", async () => {
    const { code, stderr } = await ptar("export", "a.ptar", "--format", "bodyfile", "-o", "body");
    expect(code).toBe(0);
    expect(stderr).toMatch(/\nptar: not captured, so 0 in every line: digests\n$/);
    const { stdout } = await shell("mactime -d -y -b body/bodyfile.txt 2>/dev/null");
    const named = new Set(
      stdout
        .trimEnd()
        .split("\n")
        .slice(1)
        .map((row) => /"(.*)"$/.exec(row)?.[1]),
    );
    expect([...named].sort()).toEqual(["case", "case/- | %41", "case/a", "case/link -> a", "case/sub", "case/sub/back\\\\slash"]);
  });

  it("names the facts that were not captured", async () => {
    const { stdout } = await ptar("export", "md5.ptar", "--format", "bodyfile", "-o", "poor", "--json");
    expect(document("export", stdout)).toMatchObject({ notCaptured: ["inode", "owner", "atime", "ctime", "birthtime"], exitCode: 0 });
  });
});

describe.skipIf(without("hashdeep"))("ptar export --format hashdeep", () => {
  it("writes what hashdeep audits an extracted folder with", async () => {
    expect((await ptar("export", "a.ptar", "--format", "hashdeep", "-o", "deep")).code).toBe(0);
    const audit = "cd out && hashdeep -a -k ../deep/hashdeep.txt -o f -r -l .";
    expect((await shell(audit)).stdout).toContain("Audit passed");
    writeFileSync(join(folder, "out/case/a"), "changed");
    const failed = await shell(audit);
    expect(failed.stdout).toContain("Audit failed");
    expect(failed.code).not.toBe(0);
  });

  it("says which names it cannot hold", async () => {
    const { code, stderr } = await ptar("export", "h.ptar", "--format", "hashdeep", "-o", "lossy");
    expect(code).toBe(3);
    expect(stderr).toContain("ptar: case/r\\xff\\x1b\\n: a list of hashdeep cannot hold a line feed in a name\n");
    const { stdout } = await ptar("export", "h.ptar", "--format", "hashdeep", "-o", "lossy", "--force", "--json");
    const raw = Buffer.concat([Buffer.from("case/"), rawName]).toString("base64url");
    expect(document("export", stdout)).toMatchObject({ losses: [{ pathRaw: raw }], lines: 3, exitCode: 3 });
  });
});

describe("ptar export", () => {
  it.each([
    [["--format", "openssl"], 10],
    [["--format", "hashdeep"], 1],
  ])("%j gives one document", async (args, files) => {
    const { stdout } = await ptar("export", "a.ptar", ...args, "-o", `json-${files}`, "--json");
    expect(document("export", stdout)).toMatchObject({ lossCount: 0, exitCode: 0 });
    expect((document("export", stdout).files as readonly string[]).length).toBe(files);
  });

  it("takes the beginning of the id of a snapshot", async () => {
    for (const format of ["openssl", "bodyfile"]) {
      const { stdout, code } = await ptar("export", "a.ptar", "--format", format, "-o", "snap", "--snapshot", "0000", "--json");
      expect([code, document("error", stdout).error]).toEqual([7, expect.objectContaining({ code: "PTAR_SNAPSHOT_NOT_FOUND" })]);
    }
    expect(existsSync(join(folder, "snap"))).toBe(false);
  });

  it.each(["openssl", "hashdeep"])("stops on request and leaves nothing of %s", async (format) => {
    const { code } = await run(["export", "a.ptar", "--format", format, "-o", "stopped"], AbortSignal.abort());
    expect(code).toBe(errorCodes.PTAR_INTERRUPTED.exit);
    expect(existsSync(join(folder, "stopped"))).toBe(false);
  });

  it.each([
    ["sha256sums", "SHA256SUMS"],
    ["openssl", "README.txt"],
    ["openssl", "archive-9-9.sig"],
  ])("never replaces the archive that is read: %s, %s", async (format, name) => {
    const dir = `own ${format} ${name}`;
    mkdirSync(join(folder, dir));
    const bytes = readFileSync(join(folder, "a.ptar"));
    writeFileSync(join(folder, dir, name), bytes);
    const { code, stdout } = await ptar("export", `${dir}/${name}`, "--format", format, "-o", dir, "--force", "--json");
    expect(code).toBe(9);
    expect(document("error", stdout)).toMatchObject({
      error: { code: "PTAR_TARGET_EXISTS", message: `${dir}/${name}: is the archive that is read` },
    });
    expect(readdirSync(join(folder, dir))).toEqual([name]);
    expect(Buffer.compare(readFileSync(join(folder, dir, name)), bytes)).toBe(0);
  });

  it("never replaces the archive on standard input", async () => {
    const { code, stderr } = await shell(
      "mkdir stdin && cp a.ptar stdin/hashdeep.txt && ptar export - --format hashdeep -o stdin --force < stdin/hashdeep.txt",
    );
    expect(code).toBe(9);
    expect(stderr).toContain("stdin/hashdeep.txt: is the archive that is read\n");
  });

  it("says that an empty list of sums has nothing to check", async () => {
    mkdirSync(join(folder, "nothing"));
    await ptar("create", "nothing.ptar", "nothing");
    for (const [format, name] of [
      ["md5sums", "MD5SUMS"],
      ["sha256sums", "SHA256SUMS"],
    ] as const) {
      const { code, stderr } = await ptar("export", "nothing.ptar", "--format", format, "-o", "empty");
      expect(code).toBe(0);
      expect(stderr).toContain(`ptar: ${name} is empty: there is no file with a sum, and nothing to check\n`);
    }
    expect((await ptar("export", "nothing.ptar", "--format", "hashdeep", "-o", "empty")).stderr).not.toContain("is empty");
  });

  it("needs a folder that can be one", async () => {
    symlinkSync("nowhere", join(folder, "dangling"));
    for (const output of ["dangling", "dangling/"])
      expect((await ptar("export", "a.ptar", "--format", "hashdeep", "-o", output)).stderr).toContain(
        `ptar: folder ${output}: is a symlink to nothing\nptar: hint: choose another name\n`,
      );
    writeFileSync(join(folder, "file"), "");
    expect((await ptar("export", "a.ptar", "--format", "hashdeep", "-o", "file")).stderr).toContain(
      "ptar: folder file: exists and is not a directory\n",
    );
    const { code, stderr } = await ptar("export", "a.ptar", "--format", "hashdeep", "-o", "no/where");
    expect(code).toBe(1);
    expect(stderr).toContain("ptar: folder no/where: it does not exist (ENOENT)\nptar: hint: the folder above it must be there\n");
  });

  it("completes its formats, and explains itself", async () => {
    expect(complete("ptar export a.ptar --format ".split(" "), commands)).toEqual(["openssl", "sha256sums", "md5sums", "bodyfile", "hashdeep"]);
    const { stdout } = await ptar("export", "--help");
    expect(stdout).toMatch(/^ptar export <archive>\n/);
    expect(stdout).toContain("-o, --output");
  });

  it.each([
    [[], "--format is missing"],
    [["--format", "zip"], 'invalid value: --format: "zip" is none of "openssl", "sha256sums", "md5sums", "bodyfile", "hashdeep"'],
    [["--format", "hashdeep"], "-o DIR is missing: export needs a folder to write to"],
    [["--format", "hashdeep", "-o", ""], "-o DIR is missing: export needs a folder to write to"],
  ])("refuses %j", async (args, message) => {
    const { code, stderr } = await ptar("export", "a.ptar", ...args);
    expect([code, stderr.split("\n")[0]]).toEqual([2, `ptar: ${message}`]);
  });
});
